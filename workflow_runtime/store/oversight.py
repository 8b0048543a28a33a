"""Rows for those who look after an installation: pages of jobs and incidents, the versions that cases run on, tasks that are late."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, false, func, select

from workflow_runtime.store.conditions import belongs_to
from workflow_runtime.store.keys import LARGEST_ID, possible_key
from workflow_runtime.store.rows import IncidentRow, JobRow
from workflow_runtime.store.tables import bundles, case_parties, cases, deployments, incidents, jobs, user_tasks
from workflow_runtime.store.user_tasks import IS_OPEN

MOVING = ("queued", "running", "held", "incident")
"""States of jobs that are not over; only these are counted, the others are as many as the books are old."""


class BundleUse(NamedTuple):
    """A stored bundle: since when, and how many cases are still under way on it."""

    bundle_id: str
    business: str
    created_at: datetime
    running: int


class Oversight:
    """What is looked at from above, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def jobs(self, state: str | None, before: int | None, limit: int) -> list[tuple[JobRow, str, str]]:
        """Jobs, newest first, with number and bundle of their case."""
        statement = _page(
            select(jobs, cases.c.number, cases.c.bundle_id).join(cases, cases.c.id == jobs.c.case_id), jobs.c.id, before, limit
        )
        if state is not None:
            statement = statement.where(jobs.c.state == state if possible_key(state) else false())
        return [_with_case(JobRow, dict(row)) for row in self._connection.execute(statement).mappings()]

    def moving(self) -> dict[str, int]:
        """How many jobs are in each state that is not an end."""
        statement = select(jobs.c.state, func.count()).where(jobs.c.state.in_(MOVING)).group_by(jobs.c.state)
        return {row[0]: row[1] for row in self._connection.execute(statement)}

    def incidents(self, *, only_open: bool, before: int | None, limit: int) -> list[tuple[IncidentRow, str, str]]:
        """Incidents, newest first, with number and bundle of their case."""
        joined = select(incidents, cases.c.number, cases.c.bundle_id).join(cases, cases.c.id == incidents.c.case_id)
        statement = _page(joined, incidents.c.id, before, limit)
        if only_open:
            statement = statement.where(incidents.c.state == "open")
        return [_with_case(IncidentRow, dict(row)) for row in self._connection.execute(statement).mappings()]

    def job(self, job_id: int) -> JobRow | None:
        """The job, without a lock."""
        found = self._connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
        return None if found is None else JobRow(**found)

    def bundles(self) -> list[BundleUse]:
        """Bundles that are deployed, or on which cases are under way; the newest of a business first."""
        going = select(cases.c.bundle_id, func.count().label("running")).where(cases.c.state.in_(("running", "suspended")))
        used = going.group_by(cases.c.bundle_id).subquery()
        running = func.coalesce(used.c.running, 0)
        columns = select(bundles.c.id, bundles.c.business, bundles.c.created_at, running)
        joined = columns.outerjoin(used, used.c.bundle_id == bundles.c.id)
        wanted = joined.where((running > 0) | bundles.c.id.in_(select(deployments.c.bundle_id)))
        ordered = wanted.order_by(bundles.c.business, bundles.c.created_at.desc())
        return [BundleUse(*row) for row in self._connection.execute(ordered)]

    def late(self, now: datetime, parties: Collection[str] | None) -> list[tuple[str, str, int]]:
        """(business, authority's party, number of cases) of running cases with a task past its due date that belong to these parties (None: all)."""
        authority = case_parties.alias()
        count = func.count(cases.c.id.distinct())
        statement = (
            select(cases.c.business, func.coalesce(authority.c.party, ""), count)
            .select_from(user_tasks)
            .join(cases, cases.c.id == user_tasks.c.case_id)
            .outerjoin(authority, (authority.c.case_id == cases.c.id) & (authority.c.name == "authority"))
            .where(cases.c.state == "running", IS_OPEN, user_tasks.c.due_at < now)
            .group_by(cases.c.business, authority.c.party)
        )
        if parties is not None:
            statement = statement.where(belongs_to(parties))
        return [(row[0], row[1], row[2]) for row in self._connection.execute(statement)]


def _page(statement: Select[Any], key: Any, before: int | None, limit: int) -> Select[Any]:
    ordered = statement.order_by(key.desc()).limit(limit)
    return ordered if before is None else ordered.where(key < min(before, LARGEST_ID))


def _with_case(kind: Any, values: dict[str, Any]) -> Any:
    number, bundle_id = values.pop("number"), values.pop("bundle_id")
    return kind(**values), number, bundle_id
