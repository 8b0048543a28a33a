"""What is kept of a case before it is moved, beside its tokens, so that it can be brought back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from workflow_runtime.store.rows import CaseRow, JobRow, TaskRow

TASK = ("process", "element", "name", "role", "party", "bulk", "claimed_by", "claimed_name", "draft")
JOB = ("process", "element", "handler", "arguments", "lease_seconds")


def kept_of(case: CaseRow, tasks: Sequence[TaskRow], jobs: Sequence[JobRow], anew: Collection[str]) -> dict[str, Any]:
    """The case's status and clocks, its open tasks and jobs by token; `anew` are the tokens of jobs that begin anew."""
    return {
        "status": case.status,
        "clocks": dict(case.clocks),
        "tasks": {task.token: _values(task, TASK) | _instants(task) for task in tasks},
        "jobs": {job.token: _values(job, JOB) | {"anew": job.token in anew} for job in jobs},
    }


def _values(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _instants(task: TaskRow) -> dict[str, str | None]:
    return {name: _text(getattr(task, name)) for name in ("due_at", "claimed_at")}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def restore_task(task: TaskRow, kept: dict[str, Any]) -> None:
    """The inbox row as it was; whoever has claimed the task since keeps it, if the same people work it."""
    reassigned = (task.role, task.party) != (kept["role"], kept["party"])
    for name in ("process", "element", "name", "role", "party", "bulk"):
        setattr(task, name, kept[name])
    task.due_at = _moment(kept["due_at"])
    if reassigned:
        task.claimed_by, task.claimed_name, task.draft = kept["claimed_by"], kept["claimed_name"], kept["draft"]
        task.claimed_at = _moment(kept["claimed_at"])


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def restore_job(job: JobRow, kept: dict[str, Any]) -> None:
    """The job as its diagram said it."""
    for name in JOB:
        setattr(job, name, kept[name])
