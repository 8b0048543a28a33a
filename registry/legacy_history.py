"""What happened to the entries of the old registers: told beside each entry, and in the audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from registry import tables
from registry.changes import Change
from workflow_runtime.actors import Actor
from workflow_runtime.audit import Audit
from workflow_runtime.store.audit import AuditRows

STREAM = "legacy"
"""The audit stream of the old registers."""

_ROW = tables.legacy_event.c


@dataclass(frozen=True)
class LegacyEvent:
    """One change of an entry: `event` is the act without its `legacy.`, `revision` the entry's since then."""

    at: datetime
    event: str
    revision: int
    who: str
    reason: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def history(connection: Connection, entry_id: int) -> Sequence[LegacyEvent]:
    """Everything that changed in an entry, oldest first."""
    query = select(_ROW.at, _ROW.event, _ROW.revision, _ROW.who, _ROW.reason, _ROW.before, _ROW.after)
    return [LegacyEvent(*row) for row in connection.execute(query.where(_ROW.entry_id == entry_id).order_by(_ROW.id))]


def record(connection: Connection, actor: Actor, change: Change, revision: int, reason: str, now: datetime) -> None:
    """Keep a change beside its entry, whose revision it has made, and in the audit."""
    connection.execute(insert(tables.legacy_event).values(event_values(actor, change, revision, reason, now)))
    details = {"before": dict(change.before), "after": dict(change.after)}
    Audit(AuditRows(connection), now).record(STREAM, actor, change.act, change.subject, details, reason)


def event_values(actor: Actor, change: Change, revision: int, reason: str, now: datetime) -> dict[str, Any]:
    """A change as its row says it; its subject is the entry's id."""
    return {
        "entry_id": int(change.subject),
        "at": now,
        "event": change.act.partition(".")[2],
        "revision": revision,
        "who": actor.name,
        "reason": reason,
        "before": dict(change.before),
        "after": dict(change.after),
    }


def as_document(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an entry as JSON keeps them."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
