"""What a case gives back when it ends, however it ends."""

from registry.certificates import abandon
from registry.machines import release_claims
from tasks.context import Context
from workflow_runtime.handlers import when_case_ends


@when_case_ends
def settle_books(ctx: Context) -> None:
    """Release its machine for other cases; make its draft and its unused numbers void, with the case's last status as the reason."""
    with ctx.transaction() as connection:
        release_claims(connection, ctx.case.number)
        abandon(connection, ctx.case.number, ctx.case.status or "已结束 / ended", ctx.now)
