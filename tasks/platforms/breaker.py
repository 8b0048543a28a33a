"""The circuit breaker of a platform: after several failures in a row it is left alone for a while, and nothing is sent to it.

The states are those of `pybreaker`. Its `call` holds a lock while the call lasts and reads the machine's clock; so the network is used outside of
it, only the outcome goes through it, and the time is the one that is passed in.
"""

import threading
from datetime import datetime, timedelta

import pybreaker

from workflow_runtime.errors import Failure, RemoteTransient, RemoteUnknown, Text


class Breaker:
    """Opens after `failures` transient or unknown outcomes in a row, for `seconds`; then calls are let through and the first outcome decides.

    A refusal is an answer, not a failure. 0 failures switches it off.
    """

    def __init__(self, platform: Text, failures: int, seconds: float) -> None:
        self._platform, self._pause = platform, timedelta(seconds=seconds)
        self._opened: datetime | None = None
        self._lock = threading.Lock()
        self._breaker = pybreaker.CircuitBreaker(fail_max=failures, exclude=[_is_answer]) if failures > 0 else None

    def admit(self, now: datetime) -> None:
        """Raises RemoteTransient, with the seconds left, while the platform is left alone."""
        if self._breaker is None:
            return
        with self._lock:
            if self._breaker.current_state != pybreaker.STATE_OPEN or self._opened is None:
                return
            left = (self._opened + self._pause - now).total_seconds()
            if left <= 0:
                self._breaker.half_open()
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
            try:
                self._breaker.call(_outcome, failure)
            except (Failure, pybreaker.CircuitBreakerError):
                if self._breaker.current_state == pybreaker.STATE_OPEN:
                    self._opened = now


def _is_answer(error: object) -> bool:
    return not isinstance(error, RemoteTransient | RemoteUnknown)


def _outcome(failure: Failure | None) -> None:
    if failure is not None:
        raise failure
