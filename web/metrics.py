"""`/metrics` for Prometheus: what waits and for how long, what becomes of jobs, how the platforms answer. Counts alone, nothing about anybody.

What stands in the database (tasks, jobs, incidents, calls) is asked when it is scraped, so every process tells the same; what this process
has done (deliveries of jobs and how long they took) is counted in it, and `crane worker --metrics-port` serves that of a worker.
"""

import hmac
from collections.abc import Iterator

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from registry.exchanges import recent_outcomes
from web.access import PUBLIC, access
from workflow_runtime.errors import NotFound, Text
from workflow_runtime.runtime import Runtime
from workflow_runtime.store.standing import Standing, open_incidents, unfinished_jobs, waiting_tasks

RECENT_CALLS = 1_000


class Waiting(Collector):
    """What stands in the database, asked anew at each scrape."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def describe(self) -> list[Metric]:
        """Nothing: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Tasks by element, jobs by handler and state, incidents, and the platforms' last answers. Raises Unavailable."""
        with self._runtime.reading() as uow:
            tasks, jobs = waiting_tasks(uow.connection), unfinished_jobs(uow.connection)
            incidents, calls, now = open_incidents(uow.connection), recent_outcomes(uow.connection, RECENT_CALLS), uow.now

        def counted(name: str, said: str, labels: tuple[str, ...], rows: list[Standing]) -> Iterator[Metric]:
            count = GaugeMetricFamily(f"crane_{name}", said, labels=labels)
            age = GaugeMetricFamily(f"crane_{name}_oldest_seconds", f"{said}: age of the oldest", labels=labels)
            for row in rows:
                count.add_metric(row.kind, row.number)
                age.add_metric(row.kind, max(0.0, (now - row.oldest).total_seconds()))
            yield from (count, age)

        yield from counted("tasks_waiting", "user tasks that wait", ("process", "element"), tasks)
        yield from counted("jobs_unfinished", "jobs that are not over", ("handler", "state"), jobs)
        yield GaugeMetricFamily("crane_incidents_open", "incidents that wait for the operator", value=incidents)
        share = GaugeMetricFamily(
            "crane_platform_calls_recent", f"of the last {RECENT_CALLS} calls", labels=("platform", "operation", "outcome")
        )
        mean = GaugeMetricFamily(
            "crane_platform_seconds_recent", "mean duration of these calls", labels=("platform", "operation", "outcome")
        )
        for platform, operation, outcome, count, seconds in calls:
            share.add_metric((platform, operation, outcome), count)
            mean.add_metric((platform, operation, outcome), seconds)
        yield from (share, mean)


def measured(runtime: Runtime) -> CollectorRegistry:
    """The metrics of this process; from now on its deliveries of jobs are counted."""
    found = CollectorRegistry()
    done = Counter("crane_job_deliveries", "deliveries of jobs in this process", ("handler", "verdict"), registry=found)
    took = Histogram("crane_job_seconds", "how long a delivery took in this process", ("handler",), registry=found)

    def observe(handler: str, verdict: str, seconds: float) -> None:
        done.labels(handler, verdict).inc()
        took.labels(handler).observe(seconds)

    runtime.observe = observe
    found.register(Waiting(runtime))
    return found


def door(runtime: Runtime, token: str) -> Blueprint:
    """`/metrics` of this process, for who sends the token as a bearer token; everybody else learns not even that it is there."""
    told, blueprint = measured(runtime), Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    @access(PUBLIC)
    def scrape() -> Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(token.encode(), given.encode(errors="replace")):
            raise NotFound(Text("没有这个页面。", "There is no such page."), Text("请检查网址。", "Check the address."))
        return Response(generate_latest(told), content_type=CONTENT_TYPE_LATEST)

    return blueprint
