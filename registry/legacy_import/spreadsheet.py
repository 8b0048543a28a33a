"""A program of its own that reads a spreadsheet from standard input and writes its rows to standard output, a JSON line each.

It runs apart because a small hostile file can ask its reader for any memory and time: here it gets a measured share of both, and no more.
Lines: `["hidden", sheet]`; `["row", sheet, number, cells]` (1-based; a cell is a text, a number, a truth value or `{"date": iso}`; what a
cell holds that is merged downwards stands in each of its rows); at the end `["end"]`, or `["failed", kind]` with kind `password` or
`unreadable`.
"""

import io
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
import python_calamine as calamine

MEMORY = 768 * 1024 * 1024
"""Bytes of address space: 100,000 rows need a quarter of it."""
CPU_SECONDS = 60

Span = tuple[tuple[int, int], tuple[int, int]]


def limit() -> None:
    """Bind this process to its share."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def lines(content: bytes) -> Iterator[list[Any]]:
    """What is written, line by line."""
    try:
        with calamine.load_workbook(io.BytesIO(content)) as workbook:
            for index, sheet in enumerate(workbook.sheets_metadata):
                if sheet.visible is not calamine.SheetVisibleEnum.Visible:
                    yield ["hidden", sheet.name]
                elif sheet.typ is calamine.SheetTypeEnum.WorkSheet:
                    yield from rows(workbook.get_sheet_by_index(index))
    except calamine.PasswordError:
        yield ["failed", "password"]
    except (calamine.CalamineError, ValueError, OSError):
        yield ["failed", "unreadable"]
    else:
        yield ["end"]


def rows(sheet: calamine.CalamineSheet) -> Iterator[list[Any]]:
    """The rows of a sheet that hold anything, blanks at their ends left out."""
    below = Merged(sheet.merged_cell_ranges or [])
    for number, values in enumerate(sheet.to_python(skip_empty_area=False)):
        blank = all(value == "" for value in values)
        cells = below.filled(number, values)
        while cells and cells[-1] == "":
            cells.pop()
        if not blank:
            yield ["row", sheet.name, number + 1, [plain(value) for value in cells]]


class Merged:
    """Cells merged downwards: what the first one holds is meant for each row."""

    def __init__(self, spans: list[Span]) -> None:
        self._starting: dict[int, list[Span]] = {}
        for span in spans:
            if span[1][0] > span[0][0]:
                self._starting.setdefault(span[0][0], []).append(span)
        self._open: dict[int, tuple[int, Any]] = {}

    def filled(self, number: int, values: list[Any]) -> list[Any]:
        """The cells of a row (0-based), with what was merged down to it."""
        for column, (last, value) in list(self._open.items()):
            if number > last:
                del self._open[column]
            elif column < len(values) and values[column] == "":
                values[column] = value
        for (_, column), (last, _) in self._starting.get(number, ()):
            if column < len(values):
                self._open[column] = (last, values[column])
        return values


def plain(value: Any) -> Any:
    """A cell as JSON has it."""
    if isinstance(value, datetime):
        return {"date": value.date().isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return str(value) if isinstance(value, time | timedelta) else value


def main() -> None:
    """Read, and write."""
    content = sys.stdin.buffer.read()
    limit()
    out = sys.stdout.buffer
    for line in lines(content):
        out.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    out.flush()


if __name__ == "__main__":
    main()
