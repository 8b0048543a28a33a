"""Files that a page hands out: tables for spreadsheets, documents for programs."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"＝＋－＠")
"""How a cell begins that a spreadsheet would run (CSV injection); in East Asian ones the full-width signs, too."""


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A table as CSV that spreadsheets open: UTF-8 with a mark, and no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return attached(name, text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8")


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def attached(name: str, content: bytes, media_type: str) -> Response:
    """A file that the browser keeps under this (ASCII) name."""
    return Response(content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
