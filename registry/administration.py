"""Changes of the books on their way into the audit, in the same transaction: an administrator's, and those that a case brings about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from registry.changes import Change
from workflow_runtime.actors import SYSTEM, Actor
from workflow_runtime.audit import Audit
from workflow_runtime.guards import ADMINISTRATOR, ensure_role
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.audit import AuditRows


def enter(uow: UnitOfWork, actor: Actor, change: Change | None, reason: str = "") -> bool:
    """Take an administrative change of the books into the audit; False when nothing has changed.

    Raises NotAllowed, and with the transaction the change itself is gone.
    """
    ensure_role(actor, ADMINISTRATOR)
    if change is None:
        return False
    uow.audit.record(_stream(change), actor, change.act, change.subject, _details(change), reason)
    return True


def enter_for_case(connection: Connection, change: Change | None, case: str, now: datetime) -> None:
    """Take into the audit what a case changed in the books, its number as the reason; a new or unchanged entry is nothing to tell."""
    if change is not None and change.before:
        Audit(AuditRows(connection), now).record(_stream(change), SYSTEM, change.act, change.subject, _details(change), case)


def _stream(change: Change) -> str:
    return change.act.partition(".")[0]


def _details(change: Change) -> Mapping[str, Any]:
    return {"before": dict(change.before), "after": dict(change.after)}
