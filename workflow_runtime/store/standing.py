"""How much waits, and for how long: counts for monitoring, of open rows alone, so that they cost what waits and not what was done."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from workflow_runtime.store.tables import incidents, jobs, user_tasks
from workflow_runtime.store.user_tasks import IS_OPEN

UNFINISHED = ("queued", "running", "held", "incident")


class Standing(NamedTuple):
    """So many of one kind, the oldest of them since then."""

    kind: tuple[str, ...]
    number: int
    oldest: datetime


OPEN_TASKS = (
    select(user_tasks.c.process, user_tasks.c.element, func.count(), func.min(user_tasks.c.created_at))
    .where(IS_OPEN)
    .group_by(user_tasks.c.process, user_tasks.c.element)
)
OPEN_JOBS = (
    select(jobs.c.handler, jobs.c.state, func.count(), func.min(jobs.c.run_at))
    .where(jobs.c.state.in_(UNFINISHED))
    .group_by(jobs.c.handler, jobs.c.state)
)
OPEN_INCIDENTS = select(func.count()).select_from(incidents).where(incidents.c.state == "open")


def waiting_tasks(connection: Connection) -> list[Standing]:
    """Open user tasks by process and element."""
    return [_standing(row) for row in connection.execute(OPEN_TASKS)]


def unfinished_jobs(connection: Connection) -> list[Standing]:
    """Jobs that are not over by handler and state."""
    return [_standing(row) for row in connection.execute(OPEN_JOBS)]


def open_incidents(connection: Connection) -> int:
    """What waits for the operator."""
    return connection.execute(OPEN_INCIDENTS).scalar_one()


def _standing(row: Row[Any]) -> Standing:
    values: tuple[Any, ...] = tuple(row)
    return Standing(values[:-2], values[-2], values[-1])
