"""The old registers (原备案登记簿): what the authorities had filed on paper, or in systems of their own, before this one.

An entry is known by its number in its authority's register, compared folded (`folding.fold_number`). It is valid until a certificate of
ours replaces it, or until somebody notes that it was cancelled; nothing is ever deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from registry import tables
from registry.changes import Change
from registry.folding import fold_number
from registry.legacy_fields import fold_keyword
from registry.legacy_history import record
from workflow_runtime.actors import SYSTEM
from workflow_runtime.errors import NotFound, Text, WrongState
from workflow_runtime.store.keys import possible_id, possible_key

_ROW = tables.legacy_entry.c

PAGE = 50
LONGEST_KEYWORD = 200

STATES: Mapping[str, Text] = {
    "valid": Text("有效", "Valid"),
    "reissued": Text("已换发", "Reissued"),
    "cancelled": Text("已注销", "Cancelled"),
}


@dataclass(frozen=True)
class LegacyEntry:
    """One entry; "" and None stand for what the old register does not tell.

    `number` is the 原备案编号 as written, `identifier` the 证照标识 where it had one, `category` the letter of the machine's category.
    `reissued_as` is the identifier of the certificate that replaced it. `remarks` are the register's other columns, by their heads.
    """

    id: int
    authority_code: str
    number: str
    identifier: str
    equipment_no: str
    manufacturer: str
    serial_no: str
    category: str
    model: str
    owner_name: str
    owner_code: str
    made_on: date | None
    issued_on: date | None
    state: str
    reissued_as: str | None
    revision: int
    remarks: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


COLUMNS = tuple(_ROW[f.name] for f in fields(LegacyEntry))


def as_entry(row: Row[Any]) -> LegacyEntry:
    """A row of `COLUMNS`."""
    return LegacyEntry(**row._mapping)


def find(connection: Connection, number: str, *, authority: str, lock: bool = False) -> LegacyEntry | None:
    """The entry of this number, however typed: in the authority's own register, else the only one in all registers.

    None when there is none, or several elsewhere and so no telling which is meant. With `lock` nobody else changes it until the
    transaction ends.
    """
    folded = fold_number(number)
    if not folded or not possible_key(folded):
        return None
    query = select(*COLUMNS).where(_ROW.folded_number == folded).order_by(_ROW.id)
    found = [as_entry(row) for row in connection.execute(query.with_for_update() if lock else query)]
    own = [entry for entry in found if entry.authority_code == authority]
    return own[0] if own else found[0] if len(found) == 1 else None


def entry(connection: Connection, entry_id: int, *, lock: bool = False) -> LegacyEntry:
    """The entry with this id; with `lock` nobody else changes it until the transaction ends. Raises NotFound LEGACY_UNKNOWN."""
    query = select(*COLUMNS).where(_ROW.id == entry_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none() if possible_id(entry_id) else None
    if row is None:
        raise NotFound(
            Text(f"原备案登记簿中没有第 {entry_id} 条", f"The old registers have no entry {entry_id}"),
            Text("请用编号、产权单位或出厂编号查询。", "Search by number, owner or serial number."),
            code="LEGACY_UNKNOWN",
        )
    return as_entry(row)


def search(
    connection: Connection, *, keyword: str = "", authority: str = "", state: str = "", before: int | None = None, limit: int = PAGE
) -> Sequence[LegacyEntry]:
    """Entries, the newest first: those whose number, owner, serial number or manufacturer contains the keyword, however typed.

    `before`: the id of the last one of the page before.
    """
    folded = fold_keyword(keyword[:LONGEST_KEYWORD])
    if not all(possible_key(text) for text in (keyword, authority, state)):
        return []
    query = select(*COLUMNS).order_by(_ROW.id.desc()).limit(limit)
    if folded:
        query = query.where(_ROW.searched.contains(folded, autoescape=True))
    if authority:
        query = query.where(_ROW.authority_code == authority)
    if state:
        query = query.where(_ROW.state == state)
    if before is not None:
        query = query.where(_ROW.id < before)
    return [as_entry(row) for row in connection.execute(query)]


def lock_numbers(connection: Connection, code: str) -> None:
    """Only one transaction at a time gives new numbers to this authority's register."""
    connection.execute(select(tables.authority.c.code).where(tables.authority.c.code == code).with_for_update())


def mark_reissued(connection: Connection, entry_id: int, identifier: str, now: datetime) -> LegacyEntry:
    """The certificate with this 证照标识 has come into force in the entry's place; the same again changes nothing.

    Raises NotFound LEGACY_UNKNOWN; WrongState LEGACY_REISSUED (another certificate has replaced it), LEGACY_STATE (it is not valid).
    """
    before = entry(connection, entry_id, lock=True)
    if before.reissued_as == identifier:
        return before
    ensure_valid(before)
    values = {"state": "reissued", "reissued_as": identifier}
    row = connection.execute(
        update(tables.legacy_entry).where(_ROW.id == entry_id).values(**values, revision=before.revision + 1).returning(*COLUMNS)
    ).one()
    after = as_entry(row)
    change = Change("legacy.reissued", str(entry_id), {"state": before.state, "reissued_as": before.reissued_as}, values)
    record(connection, SYSTEM, change, after.revision, "", now)
    return after


def ensure_valid(found: LegacyEntry) -> None:
    """The entry is still in force. Raises WrongState LEGACY_REISSUED, LEGACY_STATE."""
    ensure_not_reissued(found)
    if found.state != "valid":
        raise WrongState(
            Text(f"原备案编号 {found.number} 为“{STATES[found.state].zh}”", f"The old filing {found.number} is {STATES[found.state].en}"),
            Text(
                "只有有效的备案可以换发；需要时请重新申请备案。", "Only a valid filing can be reissued; file the machine anew if need be."
            ),
            code="LEGACY_STATE",
        )


def ensure_not_reissued(found: LegacyEntry) -> None:
    """No certificate has replaced the entry. Raises WrongState LEGACY_REISSUED."""
    if found.state == "reissued":
        raise WrongState(
            Text(
                f"原备案编号 {found.number} 已换发为 {found.reissued_as}", f"The old filing {found.number} has become {found.reissued_as}"
            ),
            Text(
                "一个原备案编号只能换发一次；请查看已换发的备案证。",
                "An old filing is reissued once; see the certificate that replaced it.",
            ),
            code="LEGACY_REISSUED",
        )
