"""Queries of operator and analyst: incidents and jobs page by page, and the versions that cases run on. They change nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import BundleUnreadable
from workflow_runtime.deployment import ANALYST
from workflow_runtime.errors import RemoteTransient, Text
from workflow_runtime.guards import ADMINISTRATOR, OPERATOR, ensure_role, not_found
from workflow_runtime.queries import readable
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.oversight import Oversight
from workflow_runtime.store.rows import TIMERS, CaseRow, IncidentRow, JobRow

PAGE = 50


def given_up(incident: IncidentRow) -> bool:
    """Whether the error's own remedy (it is tried again by itself) holds no longer: every attempt has been used."""
    return bool(incident.error["code"] == RemoteTransient.code)


@dataclass(frozen=True)
class IncidentItem:
    """A row of the list of incidents; `name` is what the diagram calls the step."""

    incident: IncidentRow
    number: str
    name: str

    @property
    def given_up(self) -> bool:
        """See `given_up`."""
        return given_up(self.incident)


@dataclass(frozen=True)
class IncidentView:
    """An incident with its job and its case."""

    incident: IncidentRow
    job: JobRow
    case: CaseRow
    name: str

    @property
    def given_up(self) -> bool:
        """See `given_up`."""
        return given_up(self.incident)

    @property
    def key(self) -> str:
        """The key under which this step's calls are in the log (`Call.key`): the same for each attempt."""
        return f"{self.case.number}-{self.job.token}"

    @property
    def resolvable(self) -> bool:
        """Whether a person may enter a result: timers have none."""
        return self.job.handler != TIMERS


@dataclass(frozen=True)
class JobItem:
    """A row of the list of jobs."""

    job: JobRow
    number: str
    name: str


@dataclass(frozen=True)
class Version:
    """A version of a business; `current`: new cases get it. `deployed_by` is known of the current one only."""

    business: str
    title: str
    bundle_id: str
    since: datetime
    deployed_by: str
    current: bool
    startable: bool
    running: int


def incidents(uow: UnitOfWork, actor: Actor, *, only_open: bool = True, before: int | None = None, limit: int = PAGE) -> list[IncidentItem]:
    """Incidents, newest first; `before` is the id of the last row of the page before. Raises NotAllowed."""
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    names = _Names(uow)
    found = Oversight(uow.connection).incidents(only_open=only_open, before=before, limit=limit)
    return [IncidentItem(row, number, names.of(bundle, row.element)) for row, number, bundle in found]


def incident(uow: UnitOfWork, actor: Actor, incident_id: int) -> IncidentView:
    """One incident. Raises NotFound, NotAllowed."""
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    row = uow.jobs.incident(incident_id)
    job = Oversight(uow.connection).job(row.job_id) if row is not None else None
    case = uow.cases.by_id(row.case_id) if row is not None else None
    if row is None or job is None or case is None:
        raise not_found(Text(f"异常 {incident_id} ", f"Incident {incident_id}"))
    return IncidentView(row, job, case, _Names(uow).of(case.bundle_id, row.element))


def jobs(uow: UnitOfWork, actor: Actor, *, state: str | None = None, before: int | None = None, limit: int = PAGE) -> list[JobItem]:
    """Jobs, newest first; `before` is the id of the last row of the page before. Raises NotAllowed."""
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    names = _Names(uow)
    found = Oversight(uow.connection).jobs(state, before, limit)
    return [JobItem(row, number, names.of(bundle, row.element)) for row, number, bundle in found]


def moving_jobs(uow: UnitOfWork, actor: Actor) -> Mapping[str, int]:
    """How many jobs are in each state that is not an end. Raises NotAllowed."""
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    return Oversight(uow.connection).moving()


def versions(uow: UnitOfWork, actor: Actor) -> list[Version]:
    """What is deployed, and older versions with cases under way, by business, the newest first. Raises NotAllowed."""
    ensure_role(actor, ANALYST, ADMINISTRATOR)
    deployed = {row.business: row for row in uow.library.deployed()}
    result = []
    for use in Oversight(uow.connection).bundles():
        now = deployed.get(use.business)
        current = now is not None and now.bundle_id == use.bundle_id
        title = use.business if now is None else now.title
        since, by = (now.deployed_at, now.deployed_by) if now is not None and current else (use.created_at, "")
        startable = current and now is not None and now.startable
        result.append(Version(use.business, title, use.bundle_id, since, by, current, startable, use.running))
    return result


def late(uow: UnitOfWork, actor: Actor) -> list[tuple[str, str, int]]:
    """(business, authority's party, number of cases with a task past its due date), of the cases that the actor may see."""
    return Oversight(uow.connection).late(uow.now, readable(uow, actor))


class _Names:
    """What diagrams call their elements; each bundle is read once."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._known: dict[str, dict[str, str]] = {}

    def of(self, bundle_id: str, element: str) -> str:
        """The element's name; its id where it has none."""
        if bundle_id not in self._known:
            self._known[bundle_id] = self._read(bundle_id)
        return self._known[bundle_id].get(element, element)

    def _read(self, bundle_id: str) -> dict[str, str]:
        try:
            processes = self._uow.bundle(bundle_id).contents.processes.values()
        except BundleUnreadable:
            return {}  # an operator must see the incident all the same
        return {node.id: node.name for process in processes for node in process.nodes if node.name}
