"""Turning pages: which page an address asks for, and where the next one begins."""

from collections.abc import Sequence
from typing import TypeVar

from flask import request

Row = TypeVar("Row")


def before() -> int | None:
    """The id of the last row of the page before; None on the first page, and for anything that is no id."""
    value = request.args.get("before", type=int)
    return value if value is not None and value > 0 else None


def page_of(rows: Sequence[Row], size: int) -> tuple[Sequence[Row], Row | None]:
    """The rows of one page, and its last row when there are more, of `size` + 1 rows that were asked for."""
    return (rows[:size], rows[size - 1]) if len(rows) > size else (rows, None)
