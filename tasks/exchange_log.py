"""The push log bound to one call of a handler: each entry is a transaction of its own, committed before anything is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from registry.exchanges import close_exchange, open_exchange
from tasks.platforms.http import Outcome
from workflow_runtime.handlers import Call

LONGEST_TEXT = 4_000
"""Characters of each text of a request that are kept."""


class CallLog:
    """See `tasks.platforms.http.ExchangeLog`; not for local handlers, whose transaction stays open."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def now(self) -> datetime:
        """The current instant."""
        return self._call.clock.now()

    def open(self, platform: str, operation: str, request: Mapping[str, Any]) -> int:
        """Write down what is about to be sent, and commit."""
        with self._call.transaction() as connection:
            return open_exchange(
                connection,
                platform=platform,
                operation=operation,
                case=self._call.case.number,
                key=self._call.key,
                request={name: _bounded(value) for name, value in request.items()},
                now=self.now(),
            )

    def close(self, entry: int, *, status: int | None, answer: str, outcome: Outcome, duration_ms: int) -> None:
        """Write down what came back, and commit."""
        with self._call.transaction() as connection:
            close_exchange(connection, entry, status=status, answer=answer, outcome=outcome, duration_ms=duration_ms)


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, Mapping):
        return {name: _bounded(inner) for name, inner in value.items()}
    return [_bounded(inner) for inner in value] if isinstance(value, list) else value
