"""Queries of the auditor: the streams of the audit, a stream page by page, and whether its chain holds."""

from collections.abc import Sequence

from workflow_runtime import audit
from workflow_runtime.actors import Actor
from workflow_runtime.audit import AuditEntry, AuditReport
from workflow_runtime.errors import Text
from workflow_runtime.guards import ADMINISTRATOR, ensure_role, not_found
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.audit import CASE_PREFIX
from workflow_runtime.store.trail import OnePage, OneStream, Streams

AUDITOR = "auditor"
PAGE = 50
EXPORTED = 100_000
"""Entries of one export at most; a longer stream goes out by the command line."""


def case_stream(number: str) -> str:
    """The stream of a case."""
    return CASE_PREFIX + number


def streams(uow: UnitOfWork, actor: Actor) -> Sequence[tuple[str, int]]:
    """The streams that are not cases, with the number of their entries. Raises NotAllowed."""
    ensure_role(actor, AUDITOR, ADMINISTRATOR)
    return Streams(uow.connection).common()


def entries(uow: UnitOfWork, actor: Actor, stream: str, *, before: int | None = None, limit: int = PAGE) -> list[AuditEntry]:
    """Entries of a stream, newest first; `before` is the last one's sequence number on the page before. Raises NotAllowed."""
    ensure_role(actor, AUDITOR, ADMINISTRATOR)
    return audit.entries_of(OnePage(uow.connection, before, limit), stream)


def verify(uow: UnitOfWork, actor: Actor, stream: str | None = None) -> AuditReport:
    """Recompute a stream's chain, or every one. Raises NotAllowed, NotFound for a stream without entries."""
    ensure_role(actor, AUDITOR, ADMINISTRATOR)
    if stream is None:
        return audit.verify(uow.audit_rows)
    if not any(OnePage(uow.connection, None, 1).entries(stream)):
        raise not_found(Text(f"审计链 {stream} ", f"Audit stream {stream}"))
    return audit.verify(OneStream(uow.connection, stream))
