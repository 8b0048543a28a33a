"""`notify`: leave a note for a party of the case."""

from dataclasses import dataclass

from registry.notifications import leave_note
from registry.parties import is_party, resolve_party
from tasks.context import Context
from workflow_runtime.errors import NotFound
from workflow_runtime.handlers import service_task


@dataclass(frozen=True)
class Notified:
    """Whether somebody was there to be told."""

    notified: bool


@service_task("notify", local=True)
def notify(ctx: Context, to: str, text: str) -> Notified:
    """Leave a note. `to` is a party, or an expression such as `owner`, `authority`, `authority.parent`; where there is none, nobody is told."""
    with ctx.transaction() as connection:
        try:
            party = to if is_party(to) else resolve_party(connection, to, ctx.case.parties)
        except NotFound:
            return Notified(False)
        leave_note(connection, party, text, case=ctx.case.number, key=ctx.key, now=ctx.now)
    return Notified(True)
