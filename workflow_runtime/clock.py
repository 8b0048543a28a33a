"""Time is injected: everything that asks for the time asks a clock that it was given."""

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone of naive dates in diagrams, forms and calendars."""


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that only moves when told to: for tests, scenarios and simulations."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward; time never runs backwards."""
        if by < timedelta(0):
            raise ValueError("time does not run backwards")
        self._now += by
