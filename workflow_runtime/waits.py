"""Where tokens wait, as rows: user tasks in the inbox, service tasks among the jobs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from workflow_runtime.diagram.model import Node
from workflow_runtime.engine.tokens import Waiting
from workflow_runtime.handlers import Json
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import CaseRow, JobRow, LaneRow, TaskRow

LEASE_OF_NOBODY = 60.0
"""Seconds that a worker owns a job whose handler is not installed."""


def write_user_tasks(
    uow: UnitOfWork, case: CaseRow, arrived: Sequence[Waiting], left: Sequence[Waiting], due: Callable[[Node], datetime | None]
) -> None:
    """Take the user tasks that are left out of the inbox and put those that are reached in. Raises NotFound (a lane's party)."""
    uow.tasks.cancel(case.id, [w.token for w in left])
    if not arrived:
        return
    lanes = uow.library.lanes_named(sorted({w.node.lane or "" for w in arrived}))
    tasks = [_task(uow, case, w, lanes[w.node.lane or ""], due(w.node)) for w in arrived]
    uow.tasks.add(tasks)
    if not {task.party for task in tasks} <= set(case.parties.values()):
        uow.search.touch(case.id)


def _task(uow: UnitOfWork, case: CaseRow, waiting: Waiting, lane: LaneRow, due_at: datetime | None) -> TaskRow:
    return TaskRow(
        id=0,
        case_id=case.id,
        token=waiting.token,
        process=waiting.node.process,
        element=waiting.node.id,
        name=waiting.node.name or waiting.node.id,
        role=lane.role,
        party=uow.runtime.resolve_party(uow.connection, lane.party, case.parties),
        state="open",
        bulk=waiting.node.properties.get("bulk") == "true",
        created_at=uow.now,
        due_at=due_at,
    )


def write_jobs(
    uow: UnitOfWork,
    case: CaseRow,
    arrived: Sequence[Waiting],
    left: Sequence[Waiting],
    arguments: Callable[[Node], dict[str, Json]],
    failures: Mapping[str, dict[str, Json]],
) -> list[JobRow]:
    """Cancel the jobs of service tasks that are left and queue one for each that is reached.

    `failures` (by token) are those of local handlers that could not do their work inside the step: their jobs are incidents at once, and
    returned.
    """
    uow.jobs.cancel(case.id, [w.token for w in left], uow.now)
    uow.queued += uow.jobs.add([_job(uow, case, w, arguments(w.node), failures.get(w.token)) for w in arrived])
    failed = [job for w in arrived if w.token in failures and (job := uow.jobs.of_token(case.id, w.token)) is not None]
    for job in failed:
        uow.jobs.raise_incident(job, failures[job.token], uow.now)
    return failed


def _job(uow: UnitOfWork, case: CaseRow, waiting: Waiting, arguments: dict[str, Json], failure: dict[str, Json] | None) -> JobRow:
    name = waiting.node.operator.handler if waiting.node.operator else ""
    handler = uow.runtime.catalogue.handlers.get(name)
    return JobRow(
        id=0,
        case_id=case.id,
        token=waiting.token,
        process=waiting.node.process,
        element=waiting.node.id,
        handler=name,
        arguments=arguments,
        state="incident" if failure else "queued",
        run_at=uow.now,
        lease_seconds=handler.lease if handler else LEASE_OF_NOBODY,
        created_at=uow.now,
        error=failure,
    )
