"""Ages and durations: whole months and the days beyond them, so that an age and a limit in years compare to the day."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any

_TEXT = re.compile(r"P(?=[0-9])(?:(?P<years>[0-9]{1,4})Y)?(?:(?P<months>[0-9]{1,5})M)?(?:(?P<days>[0-9]{1,2})D)?")


@dataclass(frozen=True, order=True)
class Span:
    """So many full months and days beyond them; written as ISO 8601 (`P10Y2M3D`)."""

    months: int
    days: int = 0

    def __str__(self) -> str:
        years, months = divmod(self.months, 12)
        parts = [f"{amount}{unit}" for amount, unit in ((years, "Y"), (months, "M"), (self.days, "D")) if amount]
        return "P" + ("".join(parts) or "0D")


def as_span(value: Any) -> Span | None:
    """The duration that a span or an ISO 8601 text of years, months and days (`P8Y6M`) names, else None."""
    if isinstance(value, Span):
        return value
    match = _TEXT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    amount = {unit: int(number) for unit, number in match.groupdict(default="0").items()}
    return Span(amount["years"] * 12 + amount["months"], amount["days"])


def months_later(day: date, months: int) -> date | None:
    """The same day so many months later (earlier when negative), or that month's last day where it has no such day (Civil Code, art. 202).

    None outside the years 1 to 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def span_between(start: date, end: date) -> Span | None:
    """The age on `end` of what began on `start`; None when it begins later.

    It is greater than ten years from the day after the tenth anniversary, and equal to them on it.
    """
    if end < start:
        return None
    months = (end.year - start.year) * 12 + end.month - start.month
    reached = months_later(start, months)
    if reached is None or reached > end:
        months -= 1
        reached = months_later(start, months)
    return None if reached is None else Span(months, (end - reached).days)
