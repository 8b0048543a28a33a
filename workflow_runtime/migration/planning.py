"""What would become of a case: its tokens, its tasks and jobs, its parties and variables, looked at together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from workflow_runtime.bundles import Bundle, BundleUnreadable
from workflow_runtime.engine.codec import UnreadableState
from workflow_runtime.engine.places import Marking, Place, read_places
from workflow_runtime.errors import NotFound
from workflow_runtime.migration import reasons
from workflow_runtime.migration.checking import examine
from workflow_runtime.migration.mapping import ElementMap
from workflow_runtime.migration.passage import Passage
from workflow_runtime.migration.verdict import JobFacts, Reason, Verdict
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import LaneRow


class Job(Protocol):
    """What a plan needs of an open job."""

    @property
    def token(self) -> str:
        """The service task's token."""
        ...

    @property
    def handler(self) -> str:
        """What it calls."""
        ...

    @property
    def state(self) -> str:
        """Queued, running, …"""
        ...

    @property
    def deliveries(self) -> int:
        """How often a worker has taken it."""
        ...

    @property
    def attempts(self) -> int:
        """How many answers came."""
        ...

    @property
    def unsure(self) -> bool:
        """An earlier delivery may have had its effect."""
        ...


@dataclass(frozen=True)
class Plan:
    """What would become of one case; `before` is where its tokens stand now."""

    verdict: Verdict
    before: Marking | None

    @property
    def moves(self) -> bool:
        """Nothing stands against it."""
        return self.verdict.marking is not None


def never_begun(job: Job) -> bool:
    """No worker has taken the job, or none since it was certain that nothing had come of it: its effect cannot have happened."""
    return job.deliveries == 0 and job.attempts == 0 and not job.unsure and job.state != "running"


class Planner:
    """Plans the moves of many cases to one bundle; what was found out about one case serves those that stand like it."""

    def __init__(self, new: Bundle, mapping: ElementMap) -> None:
        self.new, self.mapping = new, mapping
        self._passages: dict[str, Passage] = {}
        self._wanted: dict[tuple[str, Any], frozenset[str]] = {}
        self._verdicts: dict[Any, Verdict] = {}
        self._parties: dict[Any, Reason | None] = {}
        self._lanes: dict[str, LaneRow] = {}

    def plan(
        self, uow: UnitOfWork, bundle_id: str, tokens: bytes, parties: Mapping[str, str], jobs: Iterable[Job], *, alike: bool = False
    ) -> Plan:
        """The plan of a case under way; what is wrong with the case is a reason, never an exception.

        With `alike` it may be the plan of another case that stands alike: good for a forecast, not for a move.
        """
        facts = {job.token: JobFacts(job.handler, not never_begun(job)) for job in jobs}
        try:
            passage = self.passage(uow, bundle_id)
            marking = read_places(tokens, passage.old.program)
        except (UnreadableState, BundleUnreadable) as failure:
            return Plan(Verdict((Reason(failure.code, "", failure.message),), (), None), None)
        key = (bundle_id, shape(marking, facts)) if alike else None
        verdict = self._verdicts.get(key) or examine(passage, marking, facts)
        if key is not None:
            self._verdicts[key] = verdict
        return Plan(self._with_parties(uow, verdict, parties), marking)

    def passage(self, uow: UnitOfWork, bundle_id: str) -> Passage:
        """The way from this bundle. Raises NotFound, BundleUnreadable."""
        if bundle_id not in self._passages:
            self._passages[bundle_id] = Passage(uow.bundle(bundle_id), self.new, self.mapping)
        return self._passages[bundle_id]

    def missing(self, uow: UnitOfWork, bundle_id: str, plan: Plan) -> frozenset[str]:
        """The variables that a case that moves would need to have: the new way reads them first, the old way did not."""
        if plan.before is None or plan.verdict.marking is None:
            return frozenset()
        key = (bundle_id, shape(plan.before, {}))
        if key not in self._wanted:
            self._wanted[key] = self.passage(uow, bundle_id).wanted(plan.before, plan.verdict.marking)
        return self._wanted[key]

    def lane(self, uow: UnitOfWork, name: str) -> LaneRow:
        """The role table's entry. Raises NotFound."""
        if name not in self._lanes:
            found = uow.library.lanes_named([name])
            self._lanes.update(found)
        if name not in self._lanes:
            text = reasons.no_lane(name)
            raise NotFound(text)
        return self._lanes[name]

    def _with_parties(self, uow: UnitOfWork, verdict: Verdict, parties: Mapping[str, str]) -> Verdict:
        changed = [stand for stand in verdict.tasks if stand.old.lane != stand.new.lane]
        found = [reason for stand in changed if (reason := self._party(uow, stand.new, parties)) is not None]
        return replace(verdict, reasons=(*verdict.reasons, *found), marking=None) if found else verdict

    def _party(self, uow: UnitOfWork, node: Any, parties: Mapping[str, str]) -> Reason | None:
        key = (node.lane, tuple(sorted(parties.items())))
        if key not in self._parties:
            try:
                uow.runtime.resolve_party(uow.connection, self.lane(uow, node.lane or "").party, parties)
                self._parties[key] = None
            except NotFound as failure:
                self._parties[key] = reasons.party_missing(node, failure.message)
        return self._parties[key]


def shape(marking: Marking, jobs: Mapping[str, JobFacts]) -> Any:
    """What cases have in common that stand alike: everything but the names of tokens and the instants of timers."""
    return (marking.scope, tuple(_place_shape(place, jobs) for place in marking.places))


def _place_shape(place: Place, jobs: Mapping[str, JobFacts]) -> Any:
    attached = tuple((event.element, _kept(event.internal)) for event in place.attached)
    inside = None if place.inside is None else shape(place.inside, jobs)
    return (place.element, place.state, _kept(place.internal), attached, inside, jobs.get(place.token))


def _kept(internal: Mapping[str, Any]) -> Any:
    return tuple(sorted((key, None if key.startswith("due") else value) for key, value in internal.items()))
