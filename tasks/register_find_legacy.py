"""`register.find_legacy`: the entry of an old register (原备案登记簿) that a filing wants reissued, and whether it is the same machine and owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.certificates import by_case
from registry.legacy_matching import in_words, machine_differences, owner_differences
from registry.legacy_register import STATES, LegacyEntry, find
from registry.legacy_reissue import is_open
from registry.parties import party_code
from tasks.context import Context
from tasks.remarks import spoken
from workflow_runtime.errors import Text
from workflow_runtime.handlers import service_task


@dataclass(frozen=True)
class FoundEntry:
    """`valid`: neither cancelled nor reissued by another case. Differences and the state are words in both languages (`zh`, `en`).

    What is told of the entry is null where nothing was found. `confidential`: it is another owner's or another machine's, and so nothing
    that the party that files may read: old numbers can be guessed.
    """

    found: bool
    valid: bool
    machine_matches: bool
    owner_matches: bool
    machine_differences: Mapping[str, str]
    owner_differences: Mapping[str, str]
    entry: int | None = None
    number: str | None = None
    identifier: str | None = None
    equipment_no: str | None = None
    state: Mapping[str, str] | None = None
    reissued: bool = False
    reissued_as: str | None = None
    confidential: bool = False


def _standing(entry: LegacyEntry) -> Text:
    word = STATES[entry.state]
    return Text(f"{word.zh}为 {entry.reissued_as}", f"{word.en} as {entry.reissued_as}") if entry.reissued_as else word


@service_task("register.find_legacy", local=True)
def register_find_legacy(ctx: Context, number: str | None, filing: dict[str, Any], authority: str) -> FoundEntry:
    """Look a number up in the old registers, however it is typed: the authority's own first, else the only one anywhere.

    `number` is the 原备案编号, `filing` the form's answers, `authority` a party (`authority:<code>`) or the bare credit code.
    """
    with ctx.transaction() as connection:
        entry = find(connection, number or "", authority=party_code(authority) or authority)
        own = by_case(connection, ctx.case.number)
    if entry is None:
        return FoundEntry(False, False, False, False, spoken(Text("", "")), spoken(Text("", "")))
    valid = is_open(entry, own.identifier if own else None)
    return _compared(entry, filing, valid=valid)


def _compared(entry: LegacyEntry, filing: Mapping[str, Any], *, valid: bool) -> FoundEntry:
    machine, owner = machine_differences(entry, filing), owner_differences(entry, filing)
    return FoundEntry(
        found=True,
        valid=valid,
        machine_matches=not machine,
        owner_matches=not owner,
        machine_differences=spoken(in_words(machine)),
        owner_differences=spoken(in_words(owner)),
        entry=entry.id,
        number=entry.number,
        identifier=entry.identifier,
        equipment_no=entry.equipment_no,
        state=spoken(_standing(entry)),
        reissued=entry.state == "reissued",
        reissued_as=entry.reissued_as,
        confidential=bool(machine or owner),
    )
