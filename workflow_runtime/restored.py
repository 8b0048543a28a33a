"""The use case after a restore from a backup: nobody knows what became of the jobs that were open when it was made."""

from workflow_runtime.actors import Actor
from workflow_runtime.guards import ADMINISTRATOR, OPERATOR, ensure_role
from workflow_runtime.runtime import UnitOfWork

STREAM = "database"


def mark_restored(uow: UnitOfWork, actor: Actor) -> int:
    """Each open job may have been done since the backup: its handler asks before it sends, and one that cannot ask becomes an incident.

    Returns how many jobs. Raises NotAllowed.
    """
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    marked = uow.jobs.doubt_all()
    uow.audit.record(STREAM, actor, "database.restored", "job", {"unsure": marked})
    return marked
