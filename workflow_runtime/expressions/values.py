"""What the operators do with JSON values and dates. Nothing here ever raises: what makes no sense is false or null.

JSON has no dates: variables hold ISO 8601 text, `date(x)` makes a date of it, and a date meeting a text reads the text as a date, and an age meeting a text reads it as a duration (`P10Y`).
"""

import re
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.expressions.spans import Span, as_span
from workflow_runtime.expressions.tokens import LARGEST

LONGEST_TEXT = 100_000
"""Characters of a joined text; a longer one is null, so that a short expression cannot fill the memory."""

_NUMBERS = frozenset({int, float})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_number(value: Any) -> bool:
    """Whether it is a number; true and false are none."""
    return type(value) in _NUMBERS


def as_date(value: Any) -> date | None:
    """The day that a date or an ISO 8601 text (`2026-01-31`, or an instant, taken in Asia/Shanghai) names, else None."""
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(SHANGHAI)).date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.match(value):
        return None
    try:
        return date.fromisoformat(value) if len(value) == 10 else as_date(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None


def truth(value: Any) -> bool:
    """null, false, 0, empty text, list and mapping are false."""
    return bool(value)


def equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 = 1.0, but true is not 1, also inside lists and mappings."""
    kind, other = type(left), type(right)
    if kind is other:
        if kind is list:
            return len(left) == len(right) and all(map(equal, left, right))
        if kind is dict:
            return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
        return bool(left == right)
    if kind in _NUMBERS and other in _NUMBERS:
        return bool(left == right)
    return (date in (kind, other) or Span in (kind, other)) and order(left, right) == 0


def order(left: Any, right: Any) -> int | None:
    """Negative, zero or positive as `left` is before, beside or after `right`; None when they have no order."""
    kind, other = type(left), type(right)
    if not ((kind is other and kind in (str, date, Span)) or (kind in _NUMBERS and other in _NUMBERS)):
        if date in (kind, other):
            left, right = as_date(left), as_date(right)
        elif Span in (kind, other):
            left, right = as_span(left), as_span(right)
        else:
            return None
        if left is None or right is None:
            return None
    return int(left > right) - int(left < right)


def contains(container: Any, value: Any) -> bool:
    """Membership in a list, or of a text in a text; null is in nothing."""
    if isinstance(container, list):
        return value is not None and any(equal(value, item) for item in container)
    return isinstance(container, str) and isinstance(value, str) and value in container


def negative(value: Any) -> Any:
    """Minus a number; null for anything else."""
    return -value if is_number(value) else None


def plus(left: Any, right: Any) -> Any:
    """Number + number, text + text, date + days; else null."""
    if is_number(left) and is_number(right):
        return _bounded(left + right)
    if type(left) is str and type(right) is str:
        return left + right if len(left) + len(right) <= LONGEST_TEXT else None
    if type(left) is int and type(right) is date:
        left, right = right, left
    return _moved(left, right, 1)


def minus(left: Any, right: Any) -> Any:
    """Number - number, date - days (a date), date - date (days; one of the two may be ISO text); else null."""
    if is_number(left) and is_number(right):
        return _bounded(left - right)
    if type(right) is int:
        return _moved(left, right, -1)
    if date not in (type(left), type(right)):
        return None
    later, earlier = as_date(left), as_date(right)
    return None if later is None or earlier is None else (later - earlier).days


def _bounded(number: float) -> float | None:
    if isinstance(number, int):
        return number if -LARGEST <= number <= LARGEST else None
    return number if isfinite(number) else None


def _moved(day: Any, days: Any, sign: int) -> date | None:
    if type(day) is not date or type(days) is not int:
        return None
    try:
        return day + timedelta(days=sign * days)
    except OverflowError:
        return None
