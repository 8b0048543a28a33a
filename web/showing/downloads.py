"""Files that a page hands out: tables for spreadsheets, documents for programs."""

from collections.abc import Iterable, Sequence

from flask import Response

from web.csv_files import csv_bytes


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A table as CSV that spreadsheets open."""
    return attached(name, csv_bytes(columns, rows), "text/csv; charset=utf-8")


def attached(name: str, content: bytes, media_type: str) -> Response:
    """A file that the browser keeps under this (ASCII) name."""
    return Response(content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
