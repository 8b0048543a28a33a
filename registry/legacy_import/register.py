"""A whole file, read and understood, before anything is compared with the books."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, groupby, islice

from registry.folding import fold_number, fold_part
from registry.legacy_fields import FIELDS, same
from registry.legacy_import import refused
from registry.legacy_import.columns import WITHIN, Head, find_head, rating
from registry.legacy_import.problems import ERROR, Place, Problem, shortened
from registry.legacy_import.reading import Row, rows_of
from registry.legacy_import.rows import LegacyRow, RowReader
from workflow_runtime.errors import Text

Progress = Callable[[str, int, int | None], None]
"""Is told the stage (`read`, `compare`, `write`), how many rows are done, and of how many (None: not known yet)."""

COMPULSORY = ("number", "owner_name", "manufacturer")
STEP = 500
"""Rows after which progress is told."""
FULL = 4
"""Filled cells of a row that may be an entry: a sheet that has such rows needs a head."""


@dataclass(frozen=True)
class Sheet:
    """A sheet that was understood; `name` is "" in CSV."""

    name: str
    head: Head
    rows: int


@dataclass
class Register:
    """An old register as its file tells it: each number once, in the order of the file. `duplicates` rows said the same as another."""

    name: str
    sha256: str
    sheets: list[Sheet] = field(default_factory=list)
    rows: list[LegacyRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    duplicates: int = 0

    @property
    def faulty(self) -> bool:
        """Whether an error keeps it out."""
        return any(problem.severity == ERROR for problem in self.problems)


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """For who does not want to know of progress."""


def read_register(name: str, content: bytes, today: date, progress: Progress = silent) -> Register:
    """Read a file; `name` is what the report calls it, `today` the last day that a date in it can be. Raises FileRefused."""
    register, nearest, missing = Register(name, hashlib.sha256(content).hexdigest()), "", list(COMPULSORY)
    for sheet, group in groupby(_counted(rows_of(content, rating), progress), key=lambda row: row.sheet):
        rest = iter(group)
        first = list(islice(rest, WITHIN))
        rows = chain(first, rest)
        if first[0].number == 0:
            register.problems.append(Problem("SHEET_HIDDEN", Place(sheet, 0)))
            continue
        head = find_head([(row.number, row.cells) for row in first])
        if head is not None and not head.missing:
            _read_sheet(register, sheet, head, rows, today)
        else:
            nearest, missing = _nearest(head, first), missing if head is None else head.missing
            register.problems.append(Problem(_kind_of_no_register(rows), Place(sheet, first[0].number)))
    if not register.sheets:
        raise refused.no_head(nearest, _names(missing))
    if not register.rows:
        raise refused.no_rows()
    _leave_out_duplicates(register)
    return register


def _counted(rows: Iterator[Row], progress: Progress) -> Iterator[Row]:
    for count, row in enumerate(rows, start=1):
        if count % STEP == 0:
            progress("read", count, None)
        yield row


def _read_sheet(register: Register, sheet: str, head: Head, rows: Iterator[Row], today: date) -> None:
    reader, before = RowReader(head, today, register.problems), len(register.rows)
    for row in rows:
        if row.number > head.last and (read := reader.read(Place(sheet, row.number), row.cells)) is not None:
            register.rows.append(read)
    register.sheets.append(Sheet(sheet, head, len(register.rows) - before))


def _kind_of_no_register(rows: Iterator[Row]) -> str:
    """A sheet without a head: an error when it looks as if it held entries, else something beside the register."""
    full = any(sum(bool(str(cell).strip()) for cell in row.cells) >= FULL for row in rows)
    return "SHEET_WITHOUT_HEAD" if full else "SHEET_SKIPPED"


def _nearest(head: Head | None, rows: Sequence[Row]) -> str:
    """The row that comes nearest to a head, as it reads."""
    fullest = max(rows, key=lambda row: sum(bool(str(cell).strip()) for cell in row.cells)).cells
    labels = [str(cell) for cell in fullest] if head is None else [column.label for column in head.columns]
    return shortened("、".join(" ".join(label.split()) for label in labels if label.strip()))


def _names(fields: Sequence[str]) -> tuple[str, str]:
    """The compulsory fields in words; either of manufacturer and serial number would do."""
    told = [FIELDS[name] if name != "manufacturer" else Text("制造单位或出厂编号", "manufacturer or serial number") for name in fields]
    return "、".join(text.zh for text in told), ", ".join(text.en.lower() for text in told)


def _leave_out_duplicates(register: Register) -> None:
    """Each number once: what says the same is left out, what contradicts is an error that names both rows."""
    kept: dict[str, LegacyRow] = {}
    machines: dict[tuple[str, str], LegacyRow] = {}
    for row in register.rows:
        first = kept.setdefault(fold_number(row.text("number")) or f"\n{len(kept)}", row)
        if first is row:
            _note_same_machine(register, machines, row)
        else:
            register.duplicates += 1
            register.problems += _contradictions(first, row) or [_problem("DUPLICATE_SAME", row, "number", first.place.words)]
            first.values, first.remarks = {**row.values, **first.values}, {**row.remarks, **first.remarks}
    register.rows = list(kept.values())


def _contradictions(first: LegacyRow, row: LegacyRow) -> list[Problem]:
    differing = [
        name for name in FIELDS if name in first.values and name in row.values and not same(name, first.values[name], row.values[name])
    ]
    return [_problem("DUPLICATE_DIFFERS", row, name, first.place.words, FIELDS[name], str(first.values[name])) for name in differing]


def _note_same_machine(register: Register, machines: dict[tuple[str, str], LegacyRow], row: LegacyRow) -> None:
    key = (fold_part(row.text("manufacturer")), fold_part(row.text("serial_no")))
    if all(key) and row.values.get("state") != "cancelled":
        first = machines.setdefault(key, row)
        if first is not row:
            register.problems.append(_problem("SAME_MACHINE", row, "serial_no", first.place.words))


def _problem(code: str, row: LegacyRow, name: str, *facts: Text | str) -> Problem:
    return Problem(code, row.place, FIELDS[name].zh, shortened(row.text(name)), facts)
