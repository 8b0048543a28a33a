"""The pure functions of the expression grammar. Null or a wrong kind of argument gives null, never an error."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from workflow_runtime.expressions.spans import Span, as_span, months_later, span_between
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

    A year is full on the anniversary; that of 29 February is 28 February in a common year (Civil Code, art. 202).
    """
    first, last = as_date(start), as_date(end)
    if first is None or last is None:
        return None
    span = span_between(min(first, last), max(first, last))
    years = span.months // 12 if span is not None else 0
    return years if first <= last else -years


def age(start: Any, today: Any) -> Span | None:
    """How old something is on a day, to compare with durations to the day: `> P10Y` from the day after the tenth anniversary.

    Null for what begins later.
    """
    first, last = as_date(start), as_date(today)
    return None if first is None or last is None else span_between(first, last)


def add_years(start: Any, years: Any) -> date | None:
    """The anniversary so many years later; of 29 February in a common year 28 February (Civil Code, art. 202)."""
    first = as_date(start)
    if first is None or not is_number(years) or years != int(years) or abs(years) > _MOST_YEARS:
        return None
    return months_later(first, 12 * int(years))


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
_MOST_YEARS = 9999

FUNCTIONS = {
    "len": Function(length, 1, 1),
    "min": Function(smallest, 1, _ANY),
    "max": Function(largest, 1, _ANY),
    "lower": Function(lower, 1, 1),
    "date": Function(as_date, 1, 1),
    "duration": Function(as_span, 1, 1),
    "years_between": Function(years_between, 2, 2),
    "age": Function(age, 2, 2),
    "add_years": Function(add_years, 2, 2),
    "exists": Function(exists, 1, 1),
}
