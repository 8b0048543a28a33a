"""The circuit breaker of a platform: after several failures in a row it is left alone for a while, and nothing is sent to it.

The states are those of `pybreaker`. Its `call` holds a lock while the call lasts and reads the machine's clock; so the network is used outside of
it, only the outcome goes through it, and the time is the one that is passed in.
"""

import threading
from datetime import datetime, timedelta

import pybreaker

from workflow_runtime.errors import Failure, RemoteTransient, RemoteUnknown, Text

LONGEST = 20
"""Times the first pause: the longest one."""


class Breaker:
    """Opens after `failures` transient or unknown outcomes in a row, for `seconds`; then one call is let through and its outcome decides.

    Each pause after a probe that failed is twice as long as the one before, up to `LONGEST` times the first: a platform that is down for a
    day is asked a few times an hour, however much waits. A refusal is an answer, not a failure. 0 failures switches it off.
    """

    def __init__(self, platform: Text, failures: int, seconds: float) -> None:
        self._platform, self._first = platform, timedelta(seconds=seconds)
        self._pause = self._first
        self._until: datetime | None = None
        self._lock = threading.Lock()
        self._breaker = pybreaker.CircuitBreaker(fail_max=failures, exclude=[_is_answer]) if failures > 0 else None

    def admit(self, now: datetime) -> None:
        """Raises RemoteTransient, with the seconds left, while the platform is left alone."""
        if self._breaker is None:
            return
        with self._lock:
            if self._until is None:
                return
            left = (self._until - now).total_seconds()
            if left <= 0:
                self._breaker.half_open()
                self._until = now + self._pause  # for the others, should the probe never come back
                return
        raise RemoteTransient(
            Text(f"{self._platform.zh}连续多次无法连通，暂停调用", f"{self._platform.en} failed several times in a row and is left alone"),
            Text(
                "系统会自动重试；若持续出现，请运维人员检查网络与对方系统。",
                "It is tried again by itself; if it goes on, have the network and the platform checked.",
            ),
            retry_after=left,
        )

    def record(self, failure: Failure | None, now: datetime) -> None:
        """Take in how a call ended: None for well, else the failure."""
        if self._breaker is None:
            return
        with self._lock:
            if self._breaker.current_state == pybreaker.STATE_OPEN:
                return  # the answer to a call made before it opened
            probed = self._breaker.current_state == pybreaker.STATE_HALF_OPEN
            try:
                self._breaker.call(_outcome, failure)
            except (Failure, pybreaker.CircuitBreakerError):
                if self._breaker.current_state == pybreaker.STATE_OPEN:
                    self._pause = min(2 * self._pause, LONGEST * self._first) if probed else self._first
                    self._until = now + self._pause
                    return
            if self._breaker.current_state == pybreaker.STATE_CLOSED:
                self._pause, self._until = self._first, None

    def pass_on(self, now: datetime) -> None:
        """Take in a success that says nothing of the platform's work: the next call is the probe in its place."""
        if self._breaker is None:
            return
        with self._lock:
            if self._breaker.current_state == pybreaker.STATE_HALF_OPEN:
                self._breaker.open()
                self._until = now


def _is_answer(error: object) -> bool:
    return not isinstance(error, RemoteTransient | RemoteUnknown)


def _outcome(failure: Failure | None) -> None:
    if failure is not None:
        raise failure
