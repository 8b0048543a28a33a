"""What importing a register would do to the books: new entries, changed ones, and what stands against it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from registry import tables
from registry.folding import fold_number
from registry.legacy_fields import FIELDS, same
from registry.legacy_import.problems import ERROR, SEVERITIES, Problem, shortened
from registry.legacy_import.register import STEP, Progress, Register, silent
from registry.legacy_import.rows import LegacyRow
from registry.legacy_register import COLUMNS, LegacyEntry
from workflow_runtime.errors import Text

_ROW, _ISSUED = tables.legacy_entry.c, tables.certificate.c


@dataclass(frozen=True)
class Changed:
    """An entry that the file would change, and its fields that would be other ones."""

    entry: LegacyEntry
    row: LegacyRow
    after: Mapping[str, Any]

    @property
    def before(self) -> dict[str, Any]:
        """The same fields as they are."""
        return {name: getattr(self.entry, name) for name in self.after}


@dataclass
class Plan:
    """A register compared with the books. `replacing`: entries that differ are to be updated; otherwise they are errors."""

    register: Register
    authority: str
    replacing: bool
    new: list[LegacyRow] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    found: list[Problem] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        """Everything that the report says, in the order of the file's rows; what concerns whole sheets stands at their beginning."""
        order = {sheet: place for place, sheet in enumerate(dict.fromkeys(p.place.sheet for p in self.register.problems))}
        return sorted((*self.register.problems, *self.found), key=lambda p: (order.get(p.place.sheet, 0), p.place.row))

    @property
    def refused(self) -> bool:
        """Whether an error keeps the file out."""
        return self.register.faulty or any(problem.severity == ERROR for problem in self.found)

    @property
    def counts(self) -> dict[str, int]:
        """How many of what, for people, programs and the audit."""
        severities = [problem.severity for problem in (*self.register.problems, *self.found)]
        return {
            "rows": len(self.register.rows) + self.register.duplicates,
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": self.unchanged,
            "duplicates": self.register.duplicates,
            **{f"{severity}s": severities.count(severity) for severity in SEVERITIES},
        }


def compare(
    connection: Connection, register: Register, authority: str, *, replacing: bool, lock: bool = False, progress: Progress = silent
) -> Plan:
    """What importing the register as this authority's would do; with `lock` nobody else changes what it names until the transaction ends."""
    plan = Plan(register, authority, replacing)
    for start in range(0, len(register.rows), STEP):
        progress("compare", start, len(register.rows))
        _compare(connection, plan, register.rows[start : start + STEP], lock)
    return plan


def _compare(connection: Connection, plan: Plan, rows: Sequence[LegacyRow], lock: bool) -> None:
    folded = [fold_number(row.text("number")) for row in rows]
    query = select(_ROW.folded_number, *COLUMNS).where(_ROW.authority_code == plan.authority, _ROW.folded_number.in_(folded))
    found = connection.execute(query.with_for_update() if lock else query)
    known = {key: LegacyEntry(*columns) for key, *columns in found}
    issued = select(_ISSUED.folded_number).where(_ISSUED.folded_number.in_(folded), _ISSUED.issued_at.is_not(None))
    ours = set(connection.scalars(issued))
    for key, row in zip(folded, rows, strict=True):
        if key in ours:
            plan.found.append(Problem("NUMBER_ISSUED", row.place, FIELDS["number"].zh, shortened(row.text("number"))))
        if (entry := known.get(key)) is None:
            plan.new.append(row)
        else:
            _settle(plan, entry, row)


def _settle(plan: Plan, entry: LegacyEntry, row: LegacyRow) -> None:
    after = dict(differing(entry, row))
    if after and entry.state != "reissued" and plan.replacing:
        plan.changed.append(Changed(entry, row, after))
    else:
        plan.unchanged += 1
    code = "REISSUED_STAYS" if entry.state == "reissued" else "UPDATED" if plan.replacing else "REGISTER_DIFFERS"
    plan.found += _told(code, entry, row, after)


def differing(entry: LegacyEntry, row: LegacyRow) -> Iterator[tuple[str, Any]]:
    """The fields that the row tells otherwise than the entry, as they would be; what a row does not tell is kept."""
    for name, value in row.values.items():
        if name == "state" and entry.state == "reissued":
            continue
        if not same(name, getattr(entry, name), value):
            yield name, value
    remarks = {**entry.remarks, **row.remarks}
    if remarks != entry.remarks:
        yield "remarks", remarks


def _told(code: str, entry: LegacyEntry, row: LegacyRow, after: Mapping[str, Any]) -> Iterator[Problem]:
    for name, value in after.items():
        if name != "remarks":
            was = getattr(entry, name)
            yield Problem(code, row.place, FIELDS[name].zh, shortened(value), (FIELDS[name], shortened(was)))
    for label, text in after.get("remarks", {}).items():
        if entry.remarks.get(label) != text:
            was = entry.remarks.get(label, "")
            yield Problem(code, row.place, label, shortened(text), (Text(label, label), shortened(was)))
