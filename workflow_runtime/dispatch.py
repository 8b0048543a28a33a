"""Telling workers that there is work. The job table stays the truth: a call that is lost, doubled or late harms nobody."""

from collections.abc import Sequence
from typing import Protocol


class Dispatcher(Protocol):
    """Called after each commit that leaves jobs which are due. It neither fails nor waits: what it does not deliver is found by sweeping."""

    def deliver(self, jobs: Sequence[int]) -> None:
        """The numbers of these jobs are due, and perhaps others."""
        ...


class Polling:
    """Workers find out by looking."""

    def deliver(self, jobs: Sequence[int]) -> None:
        """See `Dispatcher.deliver`."""


class Together:
    """Tells several: this process's own workers, and those elsewhere."""

    def __init__(self, *dispatchers: Dispatcher) -> None:
        self._dispatchers = dispatchers

    def deliver(self, jobs: Sequence[int]) -> None:
        """See `Dispatcher.deliver`."""
        for each in self._dispatchers:
            each.deliver(jobs)
