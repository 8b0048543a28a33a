"""Which column tells what: the head of a register is found by the names that its columns have (`data/legacy_columns.csv`)."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from registry import data
from registry.legacy_fields import FIELDS, cleaned
from registry.legacy_import.reading import Cell

WITHIN = 40
"""Rows of a sheet within which its head stands."""
ENOUGH = 3
"""Known columns that make a row a head."""
IGNORED = "ignored"
_BRACKETED = re.compile(r"\(.*?\)|\[.*?\]|【.*?】|〔.*?〕")
_LONGEST_LABEL = 60


@dataclass(frozen=True)
class Column:
    """A column: its place (0-based), its head as written, the field that it tells ("" if none), and whose words its values are."""

    place: int
    label: str
    field: str = ""
    words: str = ""

    @property
    def letter(self) -> str:
        """Its name in a spreadsheet: A, B … AA."""
        return column_letter(self.place)


@dataclass(frozen=True)
class Head:
    """The head of a sheet; it ends with row `last`. `columns` are those that hold something, from left to right."""

    last: int
    columns: tuple[Column, ...]

    def of(self, field: str) -> list[Column]:
        """The columns that tell a field."""
        return [column for column in self.columns if column.field == field]

    @property
    def fields(self) -> frozenset[str]:
        """What is told."""
        return frozenset(column.field for column in self.columns) & FIELDS.keys()

    @property
    def missing(self) -> list[str]:
        """The compulsory fields without a column; of manufacturer and serial number one will do."""
        lacking = [field for field in ("number", "owner_name") if field not in self.fields]
        return lacking + ([] if self.fields & {"manufacturer", "serial_no"} else ["manufacturer"])


def column_letter(place: int) -> str:
    """A column's name in a spreadsheet, from its place (0-based)."""
    name, rest = "", place + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def fold_label(label: str) -> str:
    """A column's name for comparison: NFKC, lower case, no blanks, no signs."""
    normal = unicodedata.normalize("NFKC", label).lower()
    return "".join(c for c in normal if unicodedata.category(c)[0] in "LN")


@cache
def names() -> Mapping[str, tuple[str, int]]:
    """Folded name → field and rank; names of rank 2 mean the field only where none of rank 1 does."""
    return {fold_label(row["name"]): (row["field"], int(row["rank"])) for row in data.rows("legacy_columns")}


def known(label: str) -> tuple[str, int] | None:
    """The field that a column of this name tells, and the rank of the name; what stands in brackets may be left out."""
    if len(label) > _LONGEST_LABEL:
        return None
    bare = _BRACKETED.sub("", unicodedata.normalize("NFKC", label))
    return names().get(fold_label(label)) or names().get(fold_label(bare))


def rating(rows: Sequence[Sequence[Cell]]) -> int:
    """How many columns the best head among these rows has."""
    head = find_head(list(enumerate(rows, start=1)))
    return 0 if head is None else len(head.fields)


def find_head(rows: Sequence[tuple[int, Sequence[Cell]]]) -> Head | None:
    """The row, or the two rows, whose columns are known best; None when fewer than ENOUGH are."""
    best, most = None, ENOUGH - 1
    for place, (number, cells) in enumerate(rows[:WITHIN]):
        below = rows[place + 1] if place + 1 < len(rows) else None
        candidates = [Head(number, _columns([_label(cell) for cell in cells]))]
        if below is not None and below[0] == number + 1:
            candidates.append(Head(below[0], _columns(*_two_rows(cells, below[1]))))
        for head in candidates:
            if len(head.fields) > most:
                best, most = head, len(head.fields)
    return best


def _label(cell: Cell) -> str:
    return cleaned("", cell) if isinstance(cell, str) else "" if isinstance(cell, bool) else str(cell)


def _two_rows(upper: Sequence[Cell], lower: Sequence[Cell]) -> tuple[list[str], list[str]]:
    """The lower names, those above them where nothing stands below; and each as it reads below the name of its group."""
    width = max(len(upper), len(lower))
    above = [_label(cell) for cell in upper] + [""] * (width - len(upper))
    below = [_label(cell) for cell in lower] + [""] * (width - len(lower))
    group, single, whole = "", [], []
    for over, under in zip(above, below, strict=True):
        group = over or group
        single.append(under or over)
        whole.append(group + under if under else over)
    return single, whole


def _columns(labels: Sequence[str], longer: Sequence[str] | None = None) -> tuple[Column, ...]:
    """`longer` are other readings of the same names, which come first."""
    readings = [(known(long) or known(label), label or long) for label, long in zip(labels, longer or labels, strict=True)]
    best: dict[str, int] = {}
    for found, _ in readings:
        if found is not None:
            best[_told(found[0])] = min(found[1], best.get(_told(found[0]), found[1]))
    columns = []
    for place, (found, label) in enumerate(readings):
        if found is not None and best[_told(found[0])] == found[1]:
            columns.append(Column(place, label, _told(found[0]), found[0]))
        else:
            columns.append(Column(place, label or column_letter(place)))
    return tuple(columns)


def _told(kind: str) -> str:
    """`is_cancelled` and `is_valid` tell the state, in words of their own."""
    return "state" if kind in ("is_cancelled", "is_valid") else kind
