"""Correcting an entry of an old register by hand: with a reason, kept beside the entry and in the audit."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from registry import tables
from registry.changes import difference
from registry.codes import WRONG_CODE, is_credit_code
from registry.folding import fold_number
from registry.legacy_fields import DATES, EARLIEST, FIELDS, LONGEST_FOLDED, Value, cleaned, longest, searched
from registry.legacy_history import as_document, history, record
from registry.legacy_register import COLUMNS, LegacyEntry, as_entry, ensure_not_reissued, entry, lock_numbers
from registry.legacy_roles import ensure_keeps
from workflow_runtime.actors import Actor
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.guards import conflict, reason_given
from workflow_runtime.runtime import UnitOfWork

_ROW = tables.legacy_entry.c
CATEGORY = re.compile(r"[A-Z]?")
CHOSEN = ("valid", "cancelled")
"""States that a person may give an entry."""


def correct(uow: UnitOfWork, actor: Actor, entry_id: int, given: Mapping[str, str], seen: int, reason: str) -> LegacyEntry:
    """Write the fields that are given, as they were typed; others stay. The same again changes nothing.

    `seen` is the revision that the person saw. Raises NotFound LEGACY_UNKNOWN, NotAllowed, Conflict (who was faster, and when), WrongState
    LEGACY_REISSUED (what a certificate has replaced stays as it was), Invalid (every wrong field).
    """
    ensure_keeps(actor, code := entry(uow.connection, entry_id).authority_code)
    if "number" in given:  # before the entry, as an import does: two that wait for each other would wait for ever
        lock_numbers(uow.connection, code)
    before = entry(uow.connection, entry_id, lock=True)
    _ensure_seen(uow.connection, before, seen)
    ensure_not_reissued(before)
    values, errors = _read(given, uow.now)
    after: dict[str, Value] = {**{name: getattr(before, name) for name in FIELDS}, **values}
    errors += _incomplete(after) + _taken(uow.connection, before, after)
    if errors:
        raise Invalid(errors)
    was = as_document({name: getattr(before, name) for name in FIELDS})
    change = difference("legacy.corrected", str(entry_id), was, as_document(after))
    why = reason_given(reason, needed=True)
    if change is None:
        return before
    written = _write(uow.connection, before, after)
    record(uow.connection, actor, change, written.revision, why, uow.now)
    return written


def _ensure_seen(connection: Connection, found: LegacyEntry, seen: int) -> None:
    if found.revision != seen:
        events = history(connection, found.id)
        who, when = (events[-1].who, events[-1].at) if events else (None, None)
        raise conflict(who, when, "已更改该条", "has changed this entry")


def _write(connection: Connection, before: LegacyEntry, after: Mapping[str, Value]) -> LegacyEntry:
    values: dict[str, Any] = {**after, "folded_number": fold_number(str(after["number"])), "searched": searched(after)}
    statement = update(tables.legacy_entry).where(_ROW.id == before.id).values(**values, revision=before.revision + 1)
    return as_entry(connection.execute(statement.returning(*COLUMNS)).one())


def _read(given: Mapping[str, str], now: datetime) -> tuple[dict[str, Value], list[FieldError]]:
    values: dict[str, Value] = {}
    errors = []
    for name in FIELDS.keys() & given.keys():
        text = cleaned(name, given[name])
        values[name] = text
        if name in DATES:
            values[name] = day = _day(text)
            today = now.astimezone(SHANGHAI).date()
            if text and (day is None or not EARLIEST <= day <= today):
                errors.append(_error(name, Text(f"应为 {EARLIEST} 至 {today} 之间的日期", f"must be a day from {EARLIEST} to {today}")))
        elif wrong := _wrong(name, text):
            errors.append(_error(name, wrong))
    return values, errors


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wrong(name: str, text: str) -> Text | None:
    if len(text) > longest(name) or (name == "number" and len(fold_number(text)) > LONGEST_FOLDED):
        return Text(f"不能超过 {longest(name)} 个字", f"must not have more than {longest(name)} characters")
    if name == "state" and text not in CHOSEN:
        return Text("应为有效或注销", "must be valid or cancelled")
    if name == "category" and not CATEGORY.fullmatch(text):
        return Text("应为类别的字母", "must be the letter of a category")
    return WRONG_CODE if name == "owner_code" and text and not is_credit_code(text) else None


def _incomplete(after: Mapping[str, Value]) -> list[FieldError]:
    blank = Text("不能为空", "must not be empty")
    errors = [_error(name, blank) for name in ("number", "owner_name") if not after[name]]
    if not after["manufacturer"] and not after["serial_no"]:
        errors.append(_error("serial_no", Text("制造单位和出厂编号至少填写一项", "fill in the manufacturer or the serial number")))
    return errors


def _taken(connection: Connection, before: LegacyEntry, after: Mapping[str, Value]) -> list[FieldError]:
    folded = fold_number(str(after["number"]))
    if folded == fold_number(before.number) or len(folded) > LONGEST_FOLDED:
        return []
    other = select(_ROW.id).where(_ROW.authority_code == before.authority_code, _ROW.folded_number == folded)
    if (number := connection.execute(other).scalar()) is None:
        return []
    return [_error("number", Text(f"该编号已在登记簿中（第 {number} 条）", f"the register has this number already (entry {number})"))]


def _error(name: str, wrong: Text) -> FieldError:
    return FieldError(name, FIELDS[name].zh, wrong)
