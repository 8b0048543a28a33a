"""Distributed delivery by Celery: it carries the numbers of jobs to workers on other machines and keeps nothing; the job table stays the truth.

A delivery that is lost is made again by a sweep, one that comes twice or late finds nothing to do.
"""

import logging
import os
import socket
import time
from collections.abc import Sequence
from datetime import timedelta
from threading import Event, Thread, current_thread
from typing import Any

from celery import Celery
from celery.signals import worker_shutting_down
from kombu.exceptions import OperationalError

from workflow_runtime.errors import Failure, Text
from workflow_runtime.runtime import Runtime
from workflow_runtime.store.database import Unavailable
from workflow_runtime.sweep import SWEEP_SECONDS, sweep
from workflow_runtime.worker import attempted

log = logging.getLogger(__name__)

BROKERS = ("redis://", "rediss://", "amqp://", "amqps://")
TASK = "crane.job"
QUEUE = "crane"
CONNECT_SECONDS = 1.0
"""A person who has pressed a button does not wait for a broker longer than this."""
SILENT_SECONDS = 10.0
"""A broker that could not be reached is left alone for so long: what is written meanwhile is delivered by sweeping."""
AGAIN_SECONDS = 30.0
"""A job that is still due so long after its delivery is delivered again."""
GRACE = timedelta(seconds=2)
"""A job that has just become due is on its way already."""
MOST = 1_000
"""Jobs that one sweep delivers."""


def application(broker: str) -> Celery:
    """Celery for the broker at this address (`redis://…`, `amqp://…`). Raises Failure BROKER_ADDRESS."""
    if not broker.lower().startswith(BROKERS):
        raise Failure(
            Text("CRANE_BROKER_URL 指定的消息代理地址无法使用。", "The broker of CRANE_BROKER_URL cannot be used."),
            Text("应为 redis://… 或 amqp://…。", "Give it as redis://… or amqp://…."),
            code="BROKER_ADDRESS",
        )
    app = Celery("crane", broker=broker)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_timeout=CONNECT_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": 5.0, "max_retries": 0},
    )
    return app


class CeleryDispatcher:
    """Sends job numbers to the broker; one that is down costs a person at most one short wait."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._silent_until = 0.0

    def deliver(self, jobs: Sequence[int]) -> None:
        """See `Dispatcher.deliver`."""
        self.sent(jobs)

    def sent(self, jobs: Sequence[int]) -> int:
        """Sends them, and says how many went."""
        if time.monotonic() < self._silent_until:
            return 0
        for number, job in enumerate(jobs):
            try:
                self._app.send_task(TASK, (job,), retry=False)
            except (OperationalError, OSError) as error:
                self._silent_until = time.monotonic() + SILENT_SECONDS
                log.warning("the broker cannot be reached: %s", error)
                return number
        return len(jobs)


class Redelivery:
    """Delivers what is due and was not delivered lately: lost deliveries, retries whose time has come, jobs of dead workers."""

    def __init__(self, runtime: Runtime, dispatcher: CeleryDispatcher) -> None:
        self._runtime, self._dispatcher = runtime, dispatcher
        self._sent: dict[int, float] = {}

    def deliver(self) -> int:
        """Says how many jobs went."""
        now = time.monotonic()
        try:
            with self._runtime.reading() as uow:
                due = uow.jobs.due(uow.now - GRACE, MOST)
        except Unavailable as error:
            log.warning("%s %s", error.message.en, error.reason)
            return 0
        self._sent = {job: at for job in due if now - (at := self._sent.get(job, -AGAIN_SECONDS)) < AGAIN_SECONDS}
        wanted = [job for job in due if job not in self._sent]
        went = self._dispatcher.sent(wanted)
        self._sent |= dict.fromkeys(wanted[:went], now)
        return went


def work(runtime: Runtime, app: Celery, threads: int) -> None:
    """Do jobs as the broker delivers them, `threads` at the same time, until SIGTERM or Ctrl-C; what is in hand is finished."""
    name, stopping = f"{socket.gethostname()}-{os.getpid()}", Event()

    @worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
    def stop(**_: object) -> None:
        stopping.set()

    @app.task(name=TASK)  # type: ignore[untyped-decorator]  # Celery has no types
    def job(number: int) -> None:
        attempted(runtime, f"{name}-{current_thread().name}", number, stopping=stopping)

    redelivery = Redelivery(runtime, CeleryDispatcher(app))

    def watch() -> None:
        while not stopping.wait(SWEEP_SECONDS):
            sweep(runtime)
            redelivery.deliver()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    worker: Any = app.Worker(
        pool="threads", concurrency=threads, hostname=f"crane@{name}", loglevel="WARNING", without_gossip=True, without_mingle=True
    )
    try:
        worker.start()
    finally:
        stopping.set()
        watcher.join()
