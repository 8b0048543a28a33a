"""Administrative acts on the books: only an administrator may, and the audit gets what changed in the same transaction."""

from registry.changes import Change
from workflow_runtime.actors import Actor
from workflow_runtime.guards import ADMINISTRATOR, ensure_role
from workflow_runtime.runtime import UnitOfWork


def enter(uow: UnitOfWork, actor: Actor, change: Change | None, reason: str = "") -> bool:
    """Take an administrative change of the books into the audit; False when nothing has changed.

    Raises NotAllowed, and with the transaction the change itself is gone.
    """
    ensure_role(actor, ADMINISTRATOR)
    if change is None:
        return False
    stream = change.act.partition(".")[0]
    uow.audit.record(stream, actor, change.act, change.subject, {"before": dict(change.before), "after": dict(change.after)}, reason)
    return True
