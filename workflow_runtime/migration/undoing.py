"""Taking a batch back: every case that has not moved on since is what it was before, the others stay and are told."""

from collections.abc import Callable, Iterator
from functools import partial

from workflow_runtime.actors import Actor
from workflow_runtime.deployment import ANALYST
from workflow_runtime.errors import Failure, Text
from workflow_runtime.guards import ADMINISTRATOR, ensure_role, not_found, reason_given
from workflow_runtime.migration.kept import restore_job, restore_task
from workflow_runtime.migration.moving import Outcome, by_itself, fingerprint
from workflow_runtime.migration.planning import never_begun
from workflow_runtime.migration.verdict import Reason
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.stepping import Step
from workflow_runtime.store.batches import UNDER_WAY
from workflow_runtime.store.rows import TIMERS, CaseRow, JobRow, MovedRow

UNDONE = "case.migration_undone"

MOVED_ON = Reason("MOVED_ON", "", Text("案件在迁移之后已继续办理。", "The case has moved on since."))
MIGRATED_AGAIN = Reason("MIGRATED_AGAIN", "", Text("案件之后又迁移到了别的版本。", "The case was moved to yet another version."))
OVER = Reason("CASE_OVER", "", Text("案件已经结束。", "The case is over."))


def undo_migration(runtime: Runtime, actor: Actor, batch_id: int, reason: str, limit: int | None = None) -> Iterator[Outcome]:
    """Bring back the cases of a batch (at most `limit` of them now), each in a transaction of its own: `moved` says that it is back, else
    why not. A batch that is still going on moves no more.

    Raises NotAllowed, NotFound, Invalid (reason), Unavailable; calling again goes on.
    """
    ensure_role(actor, ANALYST, ADMINISTRATOR)
    reason = reason_given(reason, needed=True)
    with runtime.transaction() as uow:
        if uow.batches.get(batch_id) is None:
            raise not_found(Text(f"迁移批次 {batch_id} ", f"Batch {batch_id}"))
        uow.batches.finish(batch_id, uow.now)
        moved = uow.batches.moved(batch_id)
    back = partial(_bring_back, actor=actor, batch_id=batch_id, reason=reason)
    return _each(runtime, back, moved, limit)


def _each(runtime: Runtime, back: Callable[..., Outcome | None], moved: list[int], limit: int | None) -> Iterator[Outcome]:
    """Those that stay do not count against the limit: they come first again the next time."""
    done = 0
    for case_id in moved:
        if limit is not None and done >= limit:
            return
        outcome = by_itself(runtime, case_id, partial(back, case_id=case_id))
        if outcome is not None:
            done += outcome.moved
            yield outcome


def _bring_back(uow: UnitOfWork, actor: Actor, batch_id: int, case_id: int, reason: str) -> Outcome | None:
    case = uow.cases.locked(case_id)
    before, batch = uow.batches.before(batch_id, case_id), uow.batches.get(batch_id)
    if case is None or before is None or batch is None:
        return None
    jobs = uow.jobs.open_locked(case_id)
    if against := _against(case, before, batch.bundle_id, jobs):
        return Outcome(case.number, False, (against,))
    try:
        uow.bundle(before.from_bundle)
    except Failure as failure:
        return Outcome(case.number, False, (Reason(failure.code, "", failure.message),))
    _restore(uow, actor, case, before, jobs, {"from": batch.bundle_id, "to": before.from_bundle, "batch": batch_id}, reason)
    uow.batches.brought_back(batch_id, case_id, uow.now)
    return Outcome(case.number, True)


def _against(case: CaseRow, before: MovedRow, bundle_id: str, jobs: list[JobRow]) -> Reason | None:
    if case.state not in UNDER_WAY:
        return OVER
    if case.bundle_id != bundle_id:
        return MIGRATED_AGAIN
    begun = [job for job in jobs if before.kept["jobs"].get(job.token, {}).get("anew") and not never_begun(job)]
    return MOVED_ON if begun or fingerprint(case.tokens) != before.after else None


def _restore(
    uow: UnitOfWork, actor: Actor, case: CaseRow, before: MovedRow, jobs: list[JobRow], details: dict[str, object], reason: str
) -> None:
    kept = before.kept
    case.bundle_id, case.tokens = before.from_bundle, before.tokens
    case.clocks = kept["clocks"]
    uow.jobs.cancel(case.id, [TIMERS], uow.now)
    dues = {}
    for task in uow.tasks.of_case(case.id, only_open=True):
        restore_task(task, kept["tasks"][task.token])
        uow.tasks.renew(task, seen=True)
        uow.search.touch(case.id)
        dues[task.process, task.element] = task.due_at
    for job in jobs:
        if job.token != TIMERS:
            restore_job(job, kept["jobs"][job.token])
            uow.jobs.renew(job)
    step = Step.opened(uow, case)
    step.wait_for(dues)
    case.status = kept["status"]
    uow.queued += [job.id for job in jobs if job.state == "queued"]
    step.save(actor, UNDONE, before.from_bundle[:12], details, reason)
