"""The pace of calls to a platform: a pause after every few calls (the national platform throttles its clients)."""

import threading
import time
from collections.abc import Callable


class RateLimit:
    """After every `calls` calls the next one waits until `pause` seconds have gone by; 0 of either is no limit.

    Safe for many threads: each gets a place in the line at once and sleeps until its turn.
    """

    def __init__(
        self,
        calls: int,
        pause: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls, self._pause = calls, pause
        self._monotonic, self._sleep = monotonic, sleep
        self._lock = threading.Lock()
        self._made = 0
        self._next = float("-inf")

    def wait(self) -> None:
        """Return when the next call may be made."""
        if self._calls <= 0 or self._pause <= 0:
            return
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._next)
            self._made += 1
            if self._made % self._calls == 0:
                self._next = turn + self._pause
        if turn > now:
            self._sleep(turn - now)
