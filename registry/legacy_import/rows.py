"""A row of a register, understood: its cells as the fields of an entry, and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from registry.legacy_fields import FIELDS, Value, cleaned, same
from registry.legacy_import.columns import Column, Head, column_letter
from registry.legacy_import.problems import Place, Problem, shortened
from registry.legacy_import.reading import Cell
from registry.legacy_import.values import Wrong, as_text, is_nothing, value_of, words
from workflow_runtime.errors import Text

LONGEST_REMARK, LONGEST_LABEL = 500, 60
KEYS = ("number", "manufacturer", "serial_no", "owner_name")
"""Without any of these a row is no entry."""
KEPT_AS_REMARK = frozenset({"DATE_INCOMPLETE", "OWNER_CODE_WRONG", "CATEGORY_UNKNOWN"})
"""What is told does not fit its field, but must not be lost."""


@dataclass(slots=True)
class LegacyRow:
    """What a row tells: `values` are the fields that are filled in, `remarks` its other columns by their heads."""

    place: Place
    values: dict[str, Value] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    """Fields that are filled in, but with what cannot be kept."""

    def text(self, name: str) -> str:
        """A field as a text; "" where it is not told."""
        return str(self.values.get(name) or "")


class RowReader:
    """Reads the rows below one head; `today` bounds the dates. What is wrong goes to `problems`."""

    def __init__(self, head: Head, today: date, problems: list[Problem]) -> None:
        self.today, self.problems = today, problems
        self._fields = {name: columns for name in FIELDS if (columns := head.of(name))}
        self._labels = {column.place: column.label for column in head.columns}
        self._told = {column.place for column in head.columns if column.field}
        self._number = head.of("number")[0]

    def read(self, place: Place, cells: Sequence[Cell]) -> LegacyRow | None:
        """The entry of a row; None for the head once more, and for totals and remarks."""
        if code := self._kind_of_no_entry(cells):
            self._say(code, place, value=next((text for cell in cells if (text := as_text(cell).strip())), ""))
            return None
        row = LegacyRow(place)
        for name, columns in self._fields.items():
            self._read_field(row, name, columns, cells)
        for at, cell in enumerate(cells):
            if at not in self._told and not is_nothing(text := cleaned("", as_text(cell))):
                self._remark(row, self._labels.get(at) or column_letter(at), text)
        self._ensure_complete(row)
        return row

    def _kind_of_no_entry(self, cells: Sequence[Cell]) -> str:
        """The code of the note on a row that is no entry; "" for an entry."""
        if cleaned("", as_text(_at(cells, self._number.place))) == self._number.label:
            return "HEAD_AGAIN"
        if self._filled("manufacturer", cells) or self._filled("serial_no", cells):
            return ""
        if self._filled("number", cells) or self._filled("owner_name", cells):
            first = next((text for cell in cells if (text := as_text(cell).strip())), "")
            return "ROW_SKIPPED" if first.startswith(tuple(words("remark"))) else ""
        return "ROW_SKIPPED" if sum(self._filled(name, cells) for name in self._fields) < 2 else ""

    def _filled(self, name: str, cells: Sequence[Cell]) -> bool:
        return any(not is_nothing(as_text(_at(cells, column.place)).strip()) for column in self._fields.get(name, ()))

    def _read_field(self, row: LegacyRow, name: str, columns: Sequence[Column], cells: Sequence[Cell]) -> None:
        """The first column that is filled in tells; another may only say the same."""
        told: Column | None = None
        for column in columns:
            cell = _at(cells, column.place)
            text = cleaned(name, as_text(cell))
            if is_nothing(text):
                continue
            try:
                value = value_of(column, cell, text, self.today)
            except Wrong as wrong:
                row.spoilt.add(name)
                self._say(wrong.code, row.place, column.label, text, *wrong.facts)
                if wrong.code in KEPT_AS_REMARK:
                    self._remark(row, column.label, text)
                continue
            if told is None:
                told, row.values[name] = column, value
            elif not same(name, row.values[name], value):
                self._say("COLUMNS_DISAGREE", row.place, column.label, text, told.label, told.letter, str(row.values[name]))

    def _ensure_complete(self, row: LegacyRow) -> None:
        missing = [name for name in KEYS if name not in row.values and name not in row.spoilt]
        for name, code in (("number", "NUMBER_MISSING"), ("owner_name", "OWNER_MISSING")):
            if name in missing:
                self._say(code, row.place, self._label(name))
        parts = [name for name in ("manufacturer", "serial_no") if name in missing]
        if len(parts) == 2:
            self._say("MACHINE_MISSING", row.place, self._label("serial_no") or self._label("manufacturer"))
        elif parts:
            self._say("PART_MISSING", row.place, self._label(parts[0]), "", FIELDS[parts[0]])
        made, issued = row.values.get("made_on"), row.values.get("issued_on")
        if isinstance(made, date) and isinstance(issued, date) and issued < made:
            self._say("ISSUED_BEFORE_MADE", row.place, self._label("issued_on"), issued, made.isoformat())

    def _label(self, name: str) -> str:
        columns = self._fields.get(name)
        return columns[0].label if columns else ""

    def _remark(self, row: LegacyRow, label: str, text: str) -> None:
        row.remarks[label[:LONGEST_LABEL]] = text[:LONGEST_REMARK]
        if len(text) > LONGEST_REMARK:
            self._say("TOO_LONG", row.place, label, text, str(LONGEST_REMARK))

    def _say(self, code: str, place: Place, column: str = "", value: object = "", *facts: Text | str) -> None:
        self.problems.append(Problem(code, place, column, shortened(value), facts))


def _at(cells: Sequence[Cell], place: int) -> Cell:
    return cells[place] if place < len(cells) else ""
