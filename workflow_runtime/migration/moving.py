"""Moving one case, under its row lock, in one transaction: tokens, inbox, jobs, timers and audit together."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import Bundle
from workflow_runtime.changes.elements import compare_elements
from workflow_runtime.contents import Key
from workflow_runtime.engine.places import write_places
from workflow_runtime.errors import Failure
from workflow_runtime.migration import reasons
from workflow_runtime.migration.kept import kept_of
from workflow_runtime.migration.planning import Plan, Planner
from workflow_runtime.migration.verdict import Reason, Stand
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.stepping import Step
from workflow_runtime.store.database import Unavailable
from workflow_runtime.store.rows import TIMERS, BatchRow, CaseRow, JobRow, MovedRow, TaskRow
from workflow_runtime.waits import LEASE_OF_NOBODY

log = logging.getLogger(__name__)

MOVED = "case.migrated"


@dataclass(frozen=True)
class Outcome:
    """What became of one case: moved, or the reasons why not; `notices` is what has changed for it."""

    number: str
    moved: bool
    reasons: tuple[Reason, ...] = ()
    notices: tuple[Reason, ...] = ()


def by_itself(runtime: Runtime, case_id: int, act: Callable[[UnitOfWork], Outcome | None]) -> Outcome | None:
    """One case in a transaction of its own; one that fails for a reason that nobody foresaw stays as it is and does not hold up the others.

    Raises Unavailable.
    """
    try:
        with runtime.transaction() as uow:
            return act(uow)
    except Unavailable:
        raise
    except Exception as error:
        log.error("case %s cannot be moved: %s", case_id, error, exc_info=not isinstance(error, Failure))
        trouble = error
    with runtime.reading() as uow:
        case = uow.cases.by_id(case_id)
        return None if case is None else Outcome(case.number, False, (reasons.unforeseen(trouble),))


def move_case(uow: UnitOfWork, actor: Actor, batch: BatchRow, planner: Planner, case_id: int) -> Outcome | None:
    """Move a case as it stands now, whatever a forecast said; None when there is nothing to move any more."""
    case = uow.cases.locked(case_id)
    if case is None or not uow.batches.wants(batch, case_id):
        return None
    jobs = uow.jobs.open_locked(case.id)
    plan = planner.plan(uow, case.bundle_id, case.tokens, case.parties, jobs)
    if plan.verdict.marking is None:
        return Outcome(case.number, False, plan.verdict.reasons)
    missing = sorted(planner.missing(uow, case.bundle_id, plan) - case.variables.keys())
    notices = (*plan.verdict.notices, *(reasons.variable_missing(name) for name in missing))
    _Move(uow, actor, batch, planner, case, jobs).make(plan, notices)
    return Outcome(case.number, True, (), notices)


def fingerprint(tokens: bytes) -> str:
    """By which it is known whether a case's tokens have moved."""
    return hashlib.sha256(tokens).hexdigest()


class _Move:
    """One case on its way."""

    def __init__(self, uow: UnitOfWork, actor: Actor, batch: BatchRow, planner: Planner, case: CaseRow, jobs: list[JobRow]) -> None:
        self.uow, self.actor, self.batch, self.planner, self.case = uow, actor, batch, planner, case
        self.old = planner.passage(uow, case.bundle_id).old
        self.jobs = {job.token: job for job in jobs}
        self.tasks = {task.token: task for task in uow.tasks.of_case(case.id, only_open=True)}

    def make(self, plan: Plan, notices: tuple[Reason, ...]) -> None:
        """Write the case as the new version has it."""
        verdict, case = plan.verdict, self.case
        assert verdict.marking is not None  # noqa: S101 the caller has asked
        tokens = case.tokens
        kept = kept_of(case, [*self.tasks.values()], [*self.jobs.values()], verdict.anew)
        case.bundle_id, case.tokens = self.batch.bundle_id, write_places(verdict.marking, self.planner.new.program)
        self._clocks()
        # Timers that nobody could read are asked again in the new version.
        self.uow.jobs.cancel(case.id, [TIMERS], self.uow.now)
        step = Step.opened(self.uow, case)
        dues = {(stand.new.process, stand.new.id): self._task(step, stand) for stand in verdict.tasks}
        step.wait_for(dues)
        for stand in verdict.jobs:
            self._job(step, stand, anew=stand.token in verdict.anew)
        self._status(step, [*verdict.tasks, *verdict.jobs])
        step.save(self.actor, MOVED, self.batch.bundle_id[:12], self._details(notices), self.batch.reason)
        # What a kept message has set going cannot be taken back.
        after = "" if step.tokens.path else fingerprint(case.tokens)
        self.uow.batches.keep(MovedRow(self.batch.id, case.id, self.old.id, tokens, kept, after))

    def _details(self, notices: tuple[Reason, ...]) -> dict[str, Any]:
        told: dict[str, Any] = {"from": self.old.id, "to": self.batch.bundle_id, "batch": self.batch.id}
        if self.batch.mapping:
            told["mapping"] = self.batch.mapping
        if notices:
            told["notices"] = sorted({f"{each.code} {each.element}".strip() for each in notices})
        return told

    def _clocks(self) -> None:
        """The working days that a task has used up stay with it under its new id."""
        clocks = {}
        for key, used in self.case.clocks.items():
            process, _, element = key.partition("/")
            clocks[f"{process}/{self.planner.mapping.new_id(process, element)}"] = used
        self.case.clocks = clocks

    def _task(self, step: Step, stand: Stand) -> Any:
        """The inbox row as the new version says it; its due date. Whoever has claimed the task keeps it, unless others work it now."""
        task, old, new = self.tasks[stand.token], stand.old, stand.new
        if old.lane != new.lane:
            self._reassign(task, new.lane or "")
        if old.properties.get("dueWorkingDays") != new.properties.get("dueWorkingDays"):
            task.due_at = step.due(new, task.created_at)
        task.process, task.element, task.name = new.process, new.id, new.name or new.id
        task.bulk = new.properties.get("bulk") == "true"
        self.uow.tasks.renew(task, seen=self._looks_other(stand))
        return task.due_at

    def _reassign(self, task: TaskRow, lane: str) -> None:
        row = self.planner.lane(self.uow, lane)
        party = self.uow.runtime.resolve_party(self.uow.connection, row.party, self.case.parties)
        if (task.role, task.party) == (row.role, party):
            return
        task.role, task.party = row.role, party
        self.uow.search.touch(self.case.id)
        task.claimed_by = task.claimed_name = task.claimed_at = task.draft = None

    def _looks_other(self, stand: Stand) -> bool:
        """Whether somebody who has the task on his screen sees something that no longer holds."""
        if any(compare_elements(stand.old, stand.new)):
            return True
        keys = [("form", form) for form in (stand.new.form, *stand.new.form_modes) if form]
        return any(_file(self.old, key) != _file(self.planner.new, key) for key in keys)

    def _job(self, step: Step, stand: Stand, *, anew: bool) -> None:
        job, new = self.jobs[stand.token], stand.new
        job.process, job.element = new.process, new.id
        if anew:
            handler = self.uow.runtime.catalogue.handlers.get(new.operator.handler if new.operator else "")
            job.handler = new.operator.handler if new.operator else ""
            job.arguments, job.lease_seconds = step.parameters(new), handler.lease if handler else LEASE_OF_NOBODY
            self.uow.jobs.queue_anew(job, self.uow.now, held=self.case.state == "suspended")
            self.uow.queued.append(job.id)
        self.uow.jobs.renew(job)

    def _status(self, step: Step, stands: list[Stand]) -> None:
        """Where the case's status word is that of an element that waits, the new version may have another one for it."""
        words = {stand.new.properties.get("status", "") for stand in stands if stand.old.properties.get("status") == self.case.status}
        if len(words) == 1 and (word := words.pop()):
            self.case.status = word


def _file(bundle: Bundle, key: Key) -> bytes | None:
    source = bundle.contents.sources.get(key)
    return None if source is None else bundle.contents.files[source][1]
