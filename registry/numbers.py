"""Certificate numbers (编号): prefix, `-`, category letter, year, serial of the year, e.g. `蒙AA-T202600001`.

Every number that was ever drawn stays in the books as reserved, used or void with its reason: none is doubled, none is missing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from string import ascii_uppercase
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy import insert as plain_insert

from registry.folding import fold_number
from registry.series import advance, year_of
from registry.tables import NUMBER_IS_LIVE, certificate_number, legacy_entry, series
from workflow_runtime.errors import Failure, NotFound, Text, WrongState
from workflow_runtime.store.upsert import insert_or

NUMBER = re.compile(r"(?P<prefix>[一-鿿][A-Z]{2})-(?P<category>[A-Z])(?P<year>\d{4})(?P<serial>\d{5})")
LAST_SERIAL = 99_999
ALL_CATEGORIES = ""
_ROW = certificate_number.c


@dataclass(frozen=True)
class Number:
    """The parts of a certificate number."""

    prefix: str
    category: str
    year: int
    serial: int

    def __str__(self) -> str:
        return f"{self.prefix}-{self.category}{self.year:04d}{self.serial:05d}"


@dataclass(frozen=True)
class NumberEntry:
    """What the books say of a number: its case, its state (`reserved`, `used`, `void`), why it is void, when it was drawn and settled."""

    number: str
    case: str
    state: str
    reason: str
    reserved_at: datetime
    settled_at: datetime | None


def parse_number(text: str) -> Number:
    """The parts of a number, however its dash and width were typed. Raises Failure NUMBER_INVALID."""
    match = NUMBER.fullmatch(fold_number(text))
    if match is None:
        raise Failure(
            Text(f"“{text}”不是有效的备案编号", f"'{text}' is not a certificate number"),
            Text("编号形如 蒙AA-T202600001。", "A number looks like 蒙AA-T202600001."),
            code="NUMBER_INVALID",
        )
    return Number(match["prefix"], match["category"], int(match["year"]), int(match["serial"]))


def reserve_number(connection: Connection, prefix: str, category: str, case: str, now: datetime, *, authority: str | None = None) -> str:
    """The number of this case, drawn if it has none. `authority` is the credit code of whoever issues under it.

    The same case asking again for the same prefix, category and year gets the same number; for another one the reserved number is
    made void with its reason and a new one is drawn. A used number is kept. Raises WrongState NUMBER_USED for a used number of another
    prefix or category, SERIES_EXHAUSTED after serial 99999.
    """
    year = year_of(now)
    held = _live(connection, case)
    if held is not None and (held.prefix, held.category) == (prefix, category) and (held.year == year or held.state == "used"):
        return str(held.number)
    if held is not None:
        _ensure_reserved(held)
        _settle(connection, held.number, "void", f"改为 {prefix}-{category}{year} / changed to {prefix}-{category}{year}", now)
    drawn = _draw(connection, prefix, category, year, authority)
    while _in_old_register(connection, drawn):
        drawn = _draw(connection, prefix, category, year, authority)
    return _keep(connection, drawn, case, now, authority)


def keep_taken(connection: Connection, number: str, case: str, now: datetime) -> str | None:
    """Enter a number that was given out and has been forgotten, as reserved for its case or, without one that needs it, as void.

    The series goes on behind it; serials that it leaps over are entered as void. One that was entered so waits for its case: the owner files
    again. Returns the state, None when nothing has changed. Raises Failure NUMBER_INVALID.
    """
    wanted = parse_number(number)
    needed = bool(case) and _live(connection, case) is None
    known = connection.execute(select(certificate_number).where(_ROW.folded == fold_number(number))).one_or_none()
    if known is not None:
        if not (needed and known.state == "void" and known.case_no == ""):
            return None
        change = update(certificate_number).where(_ROW.number == known.number)
        connection.execute(change.values(case_no=case, state="reserved", reason="", settled_at=None))
        return "reserved"
    held = (series.c.scope == wanted.prefix, series.c.category == ALL_CATEGORIES, series.c.year == wanted.year)
    last = connection.execute(select(series.c.last).where(*held)).scalar_one_or_none() or 0
    for _ in range(last, wanted.serial - 1):
        leapt = replace(wanted, serial=advance(connection, wanted.prefix, ALL_CATEGORIES, wanted.year))
        _enter(connection, leapt, "", "void", "恢复备份后跳过 / leapt over after a restore", now)
    if last < wanted.serial:
        advance(connection, wanted.prefix, ALL_CATEGORIES, wanted.year)
    if needed:
        _enter(connection, wanted, case, "reserved", "", now)
        return "reserved"
    _enter(connection, wanted, "", "void", "恢复备份后核对：全国平台已有 / found at the national platform after a restore", now)
    return "void"


def _enter(connection: Connection, drawn: Number, case: str, state: str, reason: str, now: datetime) -> None:
    values: dict[str, Any] = {"number": str(drawn), "folded": fold_number(str(drawn)), "case_no": case, "state": state, "reason": reason}
    values |= {"prefix": drawn.prefix, "category": drawn.category, "year": drawn.year, "reserved_at": now}
    connection.execute(plain_insert(certificate_number).values(**values, settled_at=now if state == "void" else None))


def _in_old_register(connection: Connection, drawn: Number) -> bool:
    """An authority that issued electronic certificates before has old entries with numbers of this very kind, in the current year too.

    Whatever their category: the identifier is made of the serial.
    """
    alike = [fold_number(str(replace(drawn, category=letter))) for letter in ascii_uppercase]
    query = select(legacy_entry.c.id).where(legacy_entry.c.folded_number.in_(alike)).limit(1)
    return connection.execute(query).first() is not None


def _draw(connection: Connection, prefix: str, category: str, year: int, authority: str | None) -> Number:
    # The identifier is made of authority, year and serial alone, so one serial per prefix and year, whatever the category, and none twice
    # for an authority: it may get another prefix in mid-year, or share one with the authority that it takes over from.
    serial = advance(connection, prefix, ALL_CATEGORIES, year)
    if authority is not None and (own := advance(connection, authority, ALL_CATEGORIES, year, at_least=serial)) > serial:
        serial = advance(connection, prefix, ALL_CATEGORIES, year, at_least=own)
    if serial > LAST_SERIAL:
        raise WrongState(
            Text(f"{prefix} {year} 年的流水号已用完", f"The serials of {prefix} in {year} are used up"),
            Text("流水号次年重新起编；本年度请报上级主管部门处理。", "They begin anew next year; until then ask the authority above."),
            code="SERIES_EXHAUSTED",
        )
    return Number(prefix, category, year, serial)


def _keep(connection: Connection, drawn: Number, case: str, now: datetime, authority: str | None) -> str:
    """Enter a drawn number; if the same case drew one at the same moment, that one counts and ours is entered as void."""
    values: dict[str, Any] = {"number": str(drawn), "folded": fold_number(str(drawn)), "case_no": case, "reserved_at": now}
    values |= {"prefix": drawn.prefix, "category": drawn.category, "year": drawn.year}
    statement = insert_or(connection, certificate_number).values(**values, state="reserved", reason="")
    statement = statement.on_conflict_do_nothing(index_elements=[_ROW.case_no], index_where=NUMBER_IS_LIVE)
    if connection.execute(statement.returning(_ROW.number)).first() is not None:
        return str(drawn)
    void = {"state": "void", "reason": "同一案件重复取号 / drawn twice for one case", "settled_at": now}
    connection.execute(plain_insert(certificate_number).values(**values, **void))
    held = _live(connection, case)
    if held is not None:
        return str(held.number)
    return reserve_number(connection, drawn.prefix, drawn.category, case, now, authority=authority)


def _live(connection: Connection, case: str) -> Row[Any] | None:
    query = select(certificate_number).where(_ROW.case_no == case, NUMBER_IS_LIVE)
    return connection.execute(query).one_or_none()


def _ensure_reserved(held: Row[Any]) -> None:
    if held.state == "reserved":
        return
    raise WrongState(
        Text(f"编号 {held.number} 已经使用", f"Number {held.number} has been used"),
        Text("已使用的编号不能更换设备类别或前缀，请另行办理。", "A used number keeps its category and prefix; file anew."),
        code="NUMBER_USED",
    )


def _settle(connection: Connection, number: str, state: str, reason: str, now: datetime) -> None:
    change = update(certificate_number).where(_ROW.number == number, _ROW.state == "reserved")
    connection.execute(change.values(state=state, reason=reason, settled_at=now))


def number_entry(connection: Connection, number: str) -> NumberEntry:
    """What the books say of a number. Raises NotFound NUMBER_UNKNOWN."""
    row = connection.execute(select(certificate_number).where(_ROW.folded == fold_number(number))).one_or_none()
    if row is None:
        raise NotFound(
            Text(f"没有编号 {number}", f"There is no number {number}"),
            Text("请核对备案编号。", "Check the certificate number."),
            code="NUMBER_UNKNOWN",
        )
    return NumberEntry(row.number, row.case_no, row.state, row.reason, row.reserved_at, row.settled_at)


def use_number(connection: Connection, number: str, now: datetime) -> None:
    """A certificate with this number is in force; saying so again changes nothing. Raises NotFound, WrongState NUMBER_VOID."""
    entry = number_entry(connection, number)
    if entry.state == "void":
        raise WrongState(
            Text(f"编号 {number} 已作废：{entry.reason}", f"Number {number} is void: {entry.reason}"),
            Text("请重新取号。", "Reserve a new number."),
            code="NUMBER_VOID",
        )
    _settle(connection, entry.number, "used", "", now)


def void_unused(connection: Connection, case: str, reason: str, now: datetime) -> list[str]:
    """Make what this case reserved and did not use void; returns those numbers."""
    change = update(certificate_number).where(_ROW.case_no == case, _ROW.state == "reserved")
    change = change.values(state="void", reason=reason, settled_at=now)
    return list(connection.execute(change.returning(_ROW.number)).scalars())


def numbers_of(connection: Connection, case: str) -> Sequence[NumberEntry]:
    """Every number that this case ever drew, oldest first."""
    query = select(certificate_number).where(_ROW.case_no == case).order_by(_ROW.reserved_at, _ROW.number)
    return [NumberEntry(r.number, r.case_no, r.state, r.reason, r.reserved_at, r.settled_at) for r in connection.execute(query)]
