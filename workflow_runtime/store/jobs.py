"""Rows of `job` and `incident`: the work that leaves the house, and what a person has to look at."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, exists, false, insert, or_, select, update

from workflow_runtime.store.keys import possible_id, possible_key
from workflow_runtime.store.prepared import Prepared
from workflow_runtime.store.rows import TIMERS, CaseRow, IncidentRow, JobRow
from workflow_runtime.store.tables import cases, incidents, jobs

CHANGED = ("state", "run_at", "attempts", "deliveries", "unsure", "lease", "lease_until", "worker", "error", "finished_at")
"""What a delivery changes."""
OPEN = ("queued", "running", "held", "incident")

_RUNNING_CASE = exists().where(cases.c.id == jobs.c.case_id, cases.c.state == "running")
"""A job may have come to be queued after its case was suspended."""
_DUE = select(jobs).where(jobs.c.state == "queued", jobs.c.run_at <= bindparam("now"), _RUNNING_CASE).order_by(jobs.c.run_at, jobs.c.id)
_ANY_DUE = _DUE.with_only_columns(jobs.c.id).limit(1)
_CLAIM = _DUE.limit(1).with_for_update(skip_locked=True)
ANY_DUE, THIS_DUE = Prepared(_ANY_DUE), Prepared(_ANY_DUE.where(jobs.c.id == bindparam("wanted")))
CLAIM, CLAIM_THIS = Prepared(_CLAIM), Prepared(_CLAIM.where(jobs.c.id == bindparam("wanted")))
DUE = _DUE.with_only_columns(jobs.c.id).limit(bindparam("most"))
EXPIRED = select(jobs.c.id).where(jobs.c.state == "running", jobs.c.lease_until < bindparam("now"))
ANY_EXPIRED = EXPIRED.limit(1)
LOCKED = Prepared(select(jobs).where(jobs.c.id == bindparam("wanted")).with_for_update())
OF_TOKEN = Prepared(select(jobs).where(jobs.c.case_id == bindparam("of_case"), jobs.c.token == bindparam("of_token")))
INSERT = Prepared(insert(jobs).returning(jobs.c.id), [column.name for column in jobs.c if column.name != "id"])
SAVE = Prepared(update(jobs).where(jobs.c.id == bindparam("wanted")), CHANGED)
_GONE = (jobs.c.case_id == bindparam("of_case"), jobs.c.token == bindparam("gone"))
CANCEL = Prepared(
    update(jobs)
    .where(*_GONE, or_(*(jobs.c.state == state for state in OPEN)))
    .values(state="cancelled", lease=None, finished_at=bindparam("now"))
    .returning(jobs.c.id)
)
SETTLE_GONE = (
    update(incidents)
    .where(incidents.c.job_id.in_(select(jobs.c.id).where(*_GONE)), incidents.c.state == "open")
    .values(state="resolved", resolved_at=bindparam("now"), resolved_by="system", resolution="cancelled")
)


class Jobs:
    """The jobs, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[JobRow]) -> list[int]:
        """Insert new jobs; the numbers of those that are to be done."""
        added = [(row, INSERT.first(self._connection, vars(row))) for row in rows]
        return [found["id"] for row, found in added if row.state == "queued" and found is not None]

    def due(self, now: datetime, limit: int) -> list[int]:
        """The numbers of jobs that are due, the longest waiting first."""
        return list(self._connection.execute(DUE, {"now": now, "most": limit}).scalars())

    def any_due(self, now: datetime, job_id: int | None = None) -> bool:
        """There is something to claim; asked without a lock, so that idle workers hold nobody up."""
        return (ANY_DUE if job_id is None else THIS_DUE).first(self._connection, {"now": now, "wanted": job_id}) is not None

    def claim(self, now: datetime, lease: str, worker: str, job_id: int | None = None) -> JobRow | None:
        """Take the job that has waited longest (or this one, if it is due): a fresh lease, one more delivery. None when nothing is due."""
        row = self._one(CLAIM if job_id is None else CLAIM_THIS, now=now, wanted=job_id)
        if row is None:
            return None
        row.state, row.lease, row.worker, row.deliveries = "running", lease, worker, row.deliveries + 1
        row.lease_until = now + timedelta(seconds=row.lease_seconds)
        self.save(row)
        return row

    def any_expired(self, now: datetime) -> bool:
        """A worker has not come back within its lease."""
        return self._connection.execute(ANY_EXPIRED, {"now": now}).first() is not None

    def reclaim_expired(self, now: datetime) -> int:
        """Jobs whose worker has not come back within its lease: queued again, and unsure whether their effect happened.

        A job whose answer is being taken in at this moment is left alone.
        """
        expired = EXPIRED.with_for_update(skip_locked=True).scalar_subquery()
        taken = update(jobs).where(jobs.c.id.in_(expired)).values(state="queued", unsure=True, lease=None, worker=None, run_at=now)
        return self._connection.execute(taken, {"now": now}).rowcount

    def doubt_all(self) -> int:
        """Whether the effect of any open job has happened is unsure; returns how many that are."""
        return self._connection.execute(update(jobs).where(jobs.c.state.in_(OPEN)).values(unsure=True)).rowcount

    def locked(self, job_id: int) -> JobRow | None:
        """The job, its row locked until the transaction ends; lock its case first. Claims and expired leases change it without the case."""
        return self._one(LOCKED, wanted=job_id)

    def open_locked(self, case_id: int) -> list[JobRow]:
        """A case's jobs that are not over, their rows locked until the transaction ends; lock the case first."""
        statement = select(jobs).where(jobs.c.case_id == case_id, jobs.c.state.in_(OPEN)).order_by(jobs.c.id).with_for_update()
        return [JobRow(**row) for row in self._connection.execute(statement).mappings()]

    def _one(self, statement: Prepared, **given: Any) -> JobRow | None:
        found = statement.first(self._connection, given)
        return None if found is None else JobRow(**found)

    def save(self, row: JobRow) -> None:
        """Write back what a delivery changes."""
        SAVE.run(self._connection, {"wanted": row.id, **vars(row)})

    def renew(self, row: JobRow) -> None:
        """Write back what its diagram says: element, handler, arguments; open incidents name the element, too."""
        values = {name: getattr(row, name) for name in ("process", "element", "handler", "arguments", "lease_seconds")}
        self._connection.execute(update(jobs).where(jobs.c.id == row.id).values(values))
        mine = (incidents.c.job_id == row.id, incidents.c.state == "open")
        self._connection.execute(update(incidents).where(*mine).values(element=row.element))

    def queue_anew(self, row: JobRow, now: datetime, *, held: bool) -> None:
        """A job that has never begun begins as its diagram now says; an incident about it is settled by that."""
        row.state, row.run_at, row.error = "held" if held else "queued", now, None
        self.save(row)
        self._connection.execute(
            update(incidents)
            .where(incidents.c.job_id == row.id, incidents.c.state == "open")
            .values(state="resolved", resolved_at=now, resolved_by="system", resolution="migrated")
        )

    def cancel(self, case_id: int, tokens: Iterable[str], now: datetime) -> None:
        """The tokens of these jobs are gone: an answer that still comes is too late. Their open incidents are settled with them."""
        for token in tokens:
            given = {"of_case": case_id, "gone": token, "now": now}
            if CANCEL.first(self._connection, given) is not None:
                self._connection.execute(SETTLE_GONE, given)

    def hold(self, case_id: int, *, held: bool) -> list[int]:
        """A suspended case's queued jobs wait; a resumed one's go on. The numbers of these jobs."""
        old, new = ("queued", "held") if held else ("held", "queued")
        changed = update(jobs).where(jobs.c.case_id == case_id, jobs.c.state == old).values(state=new)
        return list(self._connection.execute(changed.returning(jobs.c.id)).scalars())

    def of_case(self, case_id: int) -> list[JobRow]:
        """A case's jobs, oldest first."""
        statement = select(jobs).where(jobs.c.case_id == case_id).order_by(jobs.c.id)
        return [JobRow(**row) for row in self._connection.execute(statement).mappings()]

    def of_token(self, case_id: int, token: str) -> JobRow | None:
        """The job of one service task."""
        return self._one(OF_TOKEN, of_case=case_id, of_token=token)

    def listed(self, state: str | None, limit: int) -> list[tuple[JobRow, str]]:
        """Jobs, newest first, with their case numbers."""
        statement = select(jobs, cases.c.number).join(cases, cases.c.id == jobs.c.case_id).order_by(jobs.c.id.desc()).limit(limit)
        if state is not None:
            statement = statement.where(jobs.c.state == state if possible_key(state) else false())
        rows = self._connection.execute(statement).mappings()
        return [(JobRow(**{k: v for k, v in row.items() if k != "number"}), row["number"]) for row in rows]

    def raise_incident(self, job: JobRow, error: dict[str, Any], now: datetime) -> None:
        """A person has to look at this job; `error` says why."""
        row = IncidentRow(0, job.case_id, job.id, job.element, error, job.attempts, "open", now)
        values = asdict(row)
        del values["id"]
        self._connection.execute(insert(incidents).values(values))

    def stop_timers(self, case: CaseRow, element: str, error: dict[str, Any], now: datetime) -> bool:
        """The timers of this case cannot go on by themselves: an incident, unless one is open already (False)."""
        row = self.of_token(case.id, TIMERS)
        if row is not None and row.state == "incident":
            return False
        if row is None:
            self.add([JobRow(0, case.id, TIMERS, case.business, element, TIMERS, {}, "incident", now, 0.0, now)])
            row = self.of_token(case.id, TIMERS)
        assert row is not None  # noqa: S101 it was inserted just now
        row.state, row.error = "incident", error
        self.save(row)
        self.raise_incident(replace(row, element=element), error, now)
        return True

    def incident(self, incident_id: int) -> IncidentRow | None:
        """The incident, without a lock."""
        if not possible_id(incident_id):
            return None
        found = self._connection.execute(select(incidents).where(incidents.c.id == incident_id)).mappings().first()
        return None if found is None else IncidentRow(**found)

    def resolve(self, incident_id: int, now: datetime, by: str, resolution: str) -> bool:
        """Close an open incident; False when somebody else has closed it."""
        statement = (
            update(incidents)
            .where(incidents.c.id == incident_id, incidents.c.state == "open")
            .values(state="resolved", resolved_at=now, resolved_by=by, resolution=resolution)
        )
        return self._connection.execute(statement).rowcount == 1

    def incidents(self, *, only_open: bool, case_id: int | None, limit: int) -> list[tuple[IncidentRow, str]]:
        """Incidents, newest first, with their case numbers."""
        statement = (
            select(incidents, cases.c.number).join(cases, cases.c.id == incidents.c.case_id).order_by(incidents.c.id.desc()).limit(limit)
        )
        if only_open:
            statement = statement.where(incidents.c.state == "open")
        if case_id is not None:
            statement = statement.where(incidents.c.case_id == case_id)
        rows = self._connection.execute(statement).mappings()
        return [(IncidentRow(**{k: v for k, v in row.items() if k != "number"}), row["number"]) for row in rows]
