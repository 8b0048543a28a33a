"""Rows as dataclasses: what the store hands to the use cases and takes back."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

CaseState = Literal["running", "suspended", "ended", "cancelled"]
TaskState = Literal["open", "completed", "cancelled"]
JobState = Literal["queued", "running", "held", "done", "incident", "cancelled"]

TIMERS = "timers"
"""Token and handler of the row that stands for a case's timers among its jobs when a person has to look at them; nobody calls it."""


@dataclass
class CaseRow:
    """A case. `tokens` is the engine's state, `clocks` the working days that each user task has used up so far."""

    id: int
    number: str
    business: str
    bundle_id: str
    state: CaseState
    status: str
    revision: int
    parties: dict[str, str]
    tokens: bytes
    variables: dict[str, Any]
    clocks: dict[str, int]
    next_due: datetime | None
    kept_messages: int
    audit_seq: int
    audit_head: str
    opened_at: datetime
    opened_by: str
    ended_at: datetime | None = None


@dataclass
class TaskRow:
    """A user task in the inbox."""

    id: int
    case_id: int
    token: str
    process: str
    element: str
    name: str
    role: str
    party: str
    state: TaskState
    bulk: bool
    created_at: datetime
    due_at: datetime | None
    revision: int = 1
    claimed_by: str | None = None
    claimed_name: str | None = None
    claimed_at: datetime | None = None
    draft: dict[str, Any] | None = None
    outcome: str | None = None
    completed_by: str | None = None
    completed_name: str | None = None
    completed_at: datetime | None = None


@dataclass
class JobRow:
    """A service task's job. `unsure`: an earlier delivery may have had its effect, so ask before doing it again."""

    id: int
    case_id: int
    token: str
    process: str
    element: str
    handler: str
    arguments: dict[str, Any]
    state: JobState
    run_at: datetime
    lease_seconds: float
    created_at: datetime
    attempts: int = 0
    deliveries: int = 0
    unsure: bool = False
    lease: str | None = None
    lease_until: datetime | None = None
    worker: str | None = None
    error: dict[str, Any] | None = None
    finished_at: datetime | None = None


@dataclass
class MessageRow:
    """A message about a case, kept until somebody waits for it."""

    id: int
    case_id: int
    name: str
    key: str
    payload: Any
    received_at: datetime
    delivered_at: datetime | None = None


@dataclass
class IncidentRow:
    """Something that a person has to look at: a job that cannot go on by itself."""

    id: int
    case_id: int
    job_id: int
    element: str
    error: dict[str, Any]
    attempts: int
    state: Literal["open", "resolved"]
    created_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None


@dataclass(frozen=True)
class LaneRow:
    """Which role at which party works in a lane."""

    lane: str
    role: str
    party: str


@dataclass(frozen=True)
class AttachmentRow:
    """A stored file without its content."""

    id: str
    case_id: int | None
    uploaded_by: str
    party: str
    name: str
    type: str
    size: int
    sha256: str
    created_at: datetime


@dataclass
class Deployed:
    """The bundle that new cases of a business get."""

    business: str
    bundle_id: str
    title: str
    startable: bool
    deployed_at: datetime
    deployed_by: str
    changed: bool = field(default=False)


@dataclass
class BatchRow:
    """Cases that are moved together to another bundle. `numbers` None: all of the business; `mapping`: old element → new."""

    id: int
    business: str
    bundle_id: str
    mapping: dict[str, str]
    numbers: list[str] | None
    reason: str
    begun_at: datetime
    begun_by: str
    begun_name: str
    cursor: int = 0
    finished_at: datetime | None = None


@dataclass
class MovedRow:
    """A case of a batch as it was before: its bundle, its tokens, and in `kept` its inbox, jobs, clocks and status.

    `after` is the fingerprint of the tokens that the move has left; empty when what followed cannot be taken back.
    """

    batch_id: int
    case_id: int
    from_bundle: str
    tokens: bytes
    kept: dict[str, Any]
    after: str
    undone_at: datetime | None = None
