"""`certificate.revoke`: end a certificate of the case that is in force, because the case itself comes to nothing."""

from dataclasses import dataclass

from registry.certificates import by_case, change_state
from tasks.context import Context
from tasks.refusing import as_business_error
from workflow_runtime.handlers import service_task


@dataclass(frozen=True)
class Revoked:
    """Whether there was one in force."""

    revoked: bool


@service_task("certificate.revoke", local=True, errors=("CERTIFICATE_STATE",))
def certificate_revoke(ctx: Context, reason: str, state: str = "revoked") -> Revoked:
    """Bring the case's certificate in force into a state of the register: `revoked` (撤销), `cancelled` (注销) or `lapsed` (失效).

    A draft is left alone: it becomes void when the case ends. The national platform is not told; before 归集 it knows of no certificate.
    Business error: CERTIFICATE_STATE.
    """
    with ctx.transaction() as connection, as_business_error("CERTIFICATE_STATE"):
        held = by_case(connection, ctx.case.number)
        if held is None or held.state == "draft":
            return Revoked(False)
        change_state(connection, held.identifier, state, reason, ctx.now)
    return Revoked(True)
