"""The pure functions of the expression grammar. Null or a wrong kind of argument gives null, never an error."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from workflow_runtime.expressions.values import as_date, is_number, order


class Function(NamedTuple):
    """A function and how many arguments it takes."""

    call: Callable[..., Any]
    least: int
    most: int


def length(value: Any) -> int | None:
    """Number of characters, items or entries; 0 for null, since nothing has been given."""
    if value is None:
        return 0
    return len(value) if isinstance(value, str | list | dict) else None


def smallest(*values: Any) -> Any:
    """The least of the arguments, or of one list: all numbers, all texts, or dates; else null."""
    return _extreme(values, -1)


def largest(*values: Any) -> Any:
    """The greatest of the arguments, or of one list: all numbers, all texts, or dates; else null."""
    return _extreme(values, 1)


def lower(value: Any) -> str | None:
    """A text in lower case."""
    return value.lower() if isinstance(value, str) else None


def years_between(start: Any, end: Any) -> int | None:
    """Full years from one day to another; negative when `end` is earlier.

    A year is full on the anniversary; that of 29 February is 1 March in a common year.
    """
    first, last = as_date(start), as_date(end)
    if first is None or last is None:
        return None
    return _full_years(first, last) if first <= last else -_full_years(last, first)


def _full_years(first: date, last: date) -> int:
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


def exists(value: Any) -> bool:
    """Whether a value has been written; an empty text exists."""
    return value is not None


def _extreme(values: tuple[Any, ...], sign: int) -> Any:
    if len(values) == 1 and isinstance(values[0], list):
        values = tuple(values[0])
    if not values or not (is_number(values[0]) or isinstance(values[0], str | date)):
        return None
    best = values[0]
    for value in values[1:]:
        difference = order(value, best)
        if difference is None:
            return None
        if difference * sign > 0:
            best = value
    return best


_ANY = 1000

FUNCTIONS = {
    "len": Function(length, 1, 1),
    "min": Function(smallest, 1, _ANY),
    "max": Function(largest, 1, _ANY),
    "lower": Function(lower, 1, 1),
    "date": Function(as_date, 1, 1),
    "years_between": Function(years_between, 2, 2),
    "exists": Function(exists, 1, 1),
}
