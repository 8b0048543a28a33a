"""The embedded worker: threads that do jobs, and one that fires timers and takes back expired leases.

Waiting is on a condition with a time limit: a wake-up that is lost costs one poll, never a job.
"""

import logging
import os
import socket
import threading
from collections import Counter
from collections.abc import Sequence

from workflow_runtime.jobs import run_jobs
from workflow_runtime.runtime import Runtime
from workflow_runtime.store.database import Unavailable
from workflow_runtime.store.notify import listen
from workflow_runtime.sweep import SWEEP_SECONDS, sweep
from workflow_runtime.timers import fire_due

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
AGAIN_SECONDS = 1.0
"""Pause before an answer that the database could not take in is brought to it once more."""


class Worker:
    """`start`, `wake` when there is work, `stop` to finish what is in hand and end."""

    def __init__(self, runtime: Runtime, *, threads: int = 4, poll: float = POLL_SECONDS) -> None:
        self._runtime = runtime
        self._poll = poll
        self._stopping = threading.Event()
        self._work = threading.Condition()
        self._woken = 0
        name = f"{socket.gethostname()}-{os.getpid()}"
        self._threads = [threading.Thread(target=self._do_jobs, args=(f"{name}-{n}",), daemon=True) for n in range(threads)]
        self._threads.append(threading.Thread(target=self._watch, daemon=True))
        if not runtime.database.is_sqlite:
            self._threads.append(threading.Thread(target=listen, args=(runtime.database, self.wake, self._stopping), daemon=True))

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def deliver(self, jobs: Sequence[int]) -> None:
        """See `Dispatcher.deliver`: whichever thread is free takes what has waited longest."""
        self.wake()

    def wake(self) -> None:
        """New jobs may be due."""
        with self._work:
            self._woken += 1
            self._work.notify_all()

    def stop(self, timeout: float = 30.0) -> None:
        """Finish what is in hand and end; waits at most `timeout` seconds for each thread."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout)

    def _do_jobs(self, name: str) -> None:
        while not self._stopping.is_set():
            seen = self._woken
            if not attempted(self._runtime, name, stopping=self._stopping):
                with self._work:
                    self._work.wait_for(lambda seen=seen: self._woken != seen or self._stopping.is_set(), self._poll)  # type: ignore[misc]

    def _watch(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            if sweep(self._runtime):
                self.wake()


def attempted(runtime: Runtime, worker: str, job_id: int | None = None, *, stopping: threading.Event) -> int:
    """`run_jobs`: how many were done. Trouble with the database or a defect is logged, and counts as none: the job stays in the table."""
    try:
        return sum(1 for _ in run_jobs(runtime, worker, job_id, stopping.is_set, lambda: not stopping.wait(AGAIN_SECONDS)))
    except Unavailable as error:
        log.warning("worker %s: %s %s", worker, error.message.en, error.reason)
    except Exception:
        log.exception("worker %s", worker)
    return 0


def drain(runtime: Runtime, worker: str = "drain", limit: int = 100_000) -> Counter[str]:
    """Do every job and timer that is due now, in this thread, at most about `limit` of them. For tests, scenarios and the command line.

    Returns how often each verdict came, and under `timers` how many cases these moved.
    """
    counts: Counter[str] = Counter()

    def nearly_full() -> bool:
        return counts.total() + 1 >= limit

    while (before := counts.total()) < limit:
        counts["timers"] += fire_due(runtime)
        jobs = -1
        while counts.total() < limit and jobs != counts.total():
            jobs = counts.total()
            for verdict in run_jobs(runtime, worker, stopping=nearly_full):
                counts[verdict] += 1
        if counts.total() == before:
            break
    return counts
