"""Test cases of a decision table, as an analyst keeps them in a spreadsheet: a row of inputs and what the table shall say.

The header names variables that the table reads (`apply.category`), and its outputs by name or label; a column whose header begins with `#` is
for people. A cell is a number, `true`, `false`, a day, or a text (in quotation marks where it would read as something else); an empty one is
null. What a COLLECT table lists stands in one cell for each output, separated by `;`, in any order.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from workflow_runtime.decisions.table import Decision
from workflow_runtime.errors import Failure, Text
from workflow_runtime.expressions.values import as_date, equal

if TYPE_CHECKING:
    from workflow_runtime.handlers import Json

MOST_CASES = 10_000
"""Rows of a file."""
MOST_BYTES = 5_000_000
"""Size of a file."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_SPREADSHEET_DAY = re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})")
_WORDS: Mapping[str, bool | None] = {"": None, "null": None, "true": True, "false": False}


class CasesInvalid(Failure):
    """The file of cases cannot be read; the sentence names the line or the column."""

    code = "CASES_INVALID"


@dataclass(frozen=True)
class Case:
    """A line of the file: the variables, and the expected values by output."""

    line: int
    variables: Mapping[str, Any]
    expected: Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A case that the table decides otherwise: what was expected of an output, and what came."""

    line: int
    output: str
    expected: Any
    got: Any


@dataclass(frozen=True)
class Outcome:
    """What running the cases shows; `unhit` are the rules (counted from 1) that no case reached."""

    cases: int
    differences: Sequence[Difference]
    unhit: Sequence[int]

    @property
    def passed(self) -> bool:
        """Whether the table says in every case what was expected."""
        return not self.differences


def read_cases(decision: Decision, name: str, data: bytes) -> list[Case]:
    """The cases of a CSV file (UTF-8, with or without a mark at its beginning, or GB18030, as spreadsheets save). Raises CasesInvalid."""
    rows = _rows(name, data)
    if len(rows) < 2:
        raise _invalid(
            name,
            Text("文件没有测试用例", "the file holds no case"),
            Text("首行是名称，其后每行一个用例。", "Names first, then a case a line."),
        )
    columns = [column_of(decision, name, header.strip()) for header in rows[0][1]]
    named = [column for column in columns if column[0] != "note"]
    if twice := next((of for kind, of in named if named.count((kind, of)) > 1), None):
        message = Text(f"列 {twice} 重复", f"the column {twice} is there twice")
        raise _invalid(name, message, Text("每个名称只写一列。", "Give every name one column."))
    return [_case(decision, name, columns, line, row) for line, row in rows[1:]]


def run_cases(decision: Decision, cases: Sequence[Case]) -> Outcome:
    """Ask the table about every case. Never raises."""
    hit: set[int] = set()
    differences: list[Difference] = []
    for case in cases:
        hit.update(decision.rule(case.variables))
        got = decision.decide(case.variables)
        differences += [
            Difference(case.line, output, expected, found)
            for output, expected in case.expected.items()
            if not _same(expected, found := _said(got, output))
        ]
        differences += _misfit(case, got)
    return Outcome(len(cases), differences, [number for number in range(1, len(decision.rules) + 1) if number not in hit])


def typed(text: str) -> "Json":
    """What a cell, or a value on the command line, stands for."""
    bare = text.strip()
    if bare.lower() in _WORDS:
        return _WORDS[bare.lower()]
    if len(bare) >= 2 and bare[0] == bare[-1] == '"':
        return bare[1:-1]
    if _NUMBER.fullmatch(bare):
        return float(bare) if "." in bare else int(bare)
    if match := _SPREADSHEET_DAY.fullmatch(bare):
        day = f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
        return day if as_date(day) is not None else bare
    return bare


def nested(values: Mapping[str, "Json"]) -> dict[str, Any]:
    """Values by dotted name as the variables of a case. Raises CasesInvalid for a name that is also the beginning of another."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        *path, last = name.split(".")
        place = found
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise _clash(name)
        if last in place:
            raise _clash(name)
        place[last] = value
    return found


def _rows(name: str, data: bytes) -> list[tuple[int, list[str]]]:
    """The lines that hold something, with their numbers."""
    if len(data) > MOST_BYTES:
        raise _invalid(name, Text("文件超过 5 MB", "the file is larger than 5 MB"), Text("请拆成几个文件。", "Split it."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, row))
            if len(rows) > MOST_CASES + 1:
                raise _invalid(name, Text(f"超过 {MOST_CASES} 行", f"more than {MOST_CASES} lines"), Text("请拆成几个文件。", "Split it."))
    except csv.Error as error:
        message = Text(f"第 {reader.line_num} 行不是 CSV：{error}", f"line {reader.line_num} is no CSV: {error}")
        raise _invalid(name, message, Text("请用电子表格另存为 CSV。", "Save it as CSV in a spreadsheet.")) from error
    return rows


def column_of(decision: Decision, name: str, header: str) -> tuple[str, str]:
    """(kind, name) of a column: a variable, an output, or a note."""
    if header.startswith("#") or not header:
        return "note", header
    for output, label in zip(decision.outputs, decision.labels, strict=True):
        if header in (output, label):
            return "output", output
    for column in decision.columns:
        if header == column.label and column.name:
            return "variable", column.name
    if header in decision.names:
        return "variable", header
    known = [*decision.names, *decision.outputs, *(label for label in decision.labels if label)]
    near = get_close_matches(header, known, n=1) or sorted(known)
    raise _invalid(
        name,
        Text(f"没有名为“{header[:100]}”的输入或输出", f"there is no input and no output '{header[:100]}'"),
        Text(f"是不是 {'、'.join(near)}？仅供说明的列名前加 #。", f"Did you mean {', '.join(near)}? A column for people begins with #."),
    )


def _case(decision: Decision, name: str, columns: Sequence[tuple[str, str]], line: int, row: Sequence[str]) -> Case:
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        message = Text(f"第 {line} 行的单元格多于列", f"line {line} has more cells than there are columns")
        raise _invalid(name, message, Text("含逗号的内容要加引号。", "Put what holds a comma in quotation marks."))
    cells = [*row, *[""] * (len(columns) - len(row))]
    told = list(zip(columns, cells, strict=False))
    read = _listed if decision.policy == "COLLECT" and decision.aggregation is None else typed
    return Case(
        line,
        nested({of: typed(cell) for (kind, of), cell in told if kind == "variable"}),
        {of: read(cell) for (kind, of), cell in told if kind == "output"},
    )


def _listed(cell: str) -> list[Any]:
    return [typed(part) for part in re.split("[;；]", cell)] if cell.strip() else []


def _said(got: "Json", output: str) -> Any:
    if isinstance(got, list):
        return [row[output] for row in got if isinstance(row, dict)]
    return got.get(output) if isinstance(got, dict) else None


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, list) and isinstance(found, list):
        return sorted(map(repr, map(_plain, expected))) == sorted(map(repr, map(_plain, found)))
    return equal(expected, found)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _misfit(case: Case, got: "Json") -> list[Difference]:
    """A COLLECT table whose outputs are each as expected, but not in the same rows."""
    if not isinstance(got, list) or len(case.expected) < 2:
        return []
    columns = list(case.expected)
    found = sorted(repr([_plain(row[column]) for column in columns]) for row in got if isinstance(row, dict))
    lists = [case.expected[column] for column in columns]
    if any(not _same(case.expected[column], _said(got, column)) for column in columns):
        return []
    expected = sorted(repr([_plain(value) for value in row]) for row in zip(*lists, strict=True))
    return [] if expected == found else [Difference(case.line, " + ".join(columns), expected, found)]


def _clash(name: str) -> CasesInvalid:
    return CasesInvalid(
        Text(f"名称 {name} 与另一名称冲突", f"The name {name} clashes with another one"),
        Text("请只写最完整的名称。", "Give the longest name only."),
    )


def _invalid(name: str, reason: Text, remedy: Text) -> CasesInvalid:
    return CasesInvalid(Text(f"测试用例 {name}：{reason.zh}", f"The cases {name}: {reason.en}"), remedy)
