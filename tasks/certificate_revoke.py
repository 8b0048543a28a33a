"""`certificate.revoke`: end a certificate in force: 撤销, 注销 or 失效."""

from dataclasses import dataclass

from registry.certificates import Certificate, by_case, change_state
from registry.legacy_reissue import restore
from registry.parties import authority_party
from tasks.context import Context
from tasks.refusing import as_business_error
from workflow_runtime.errors import BusinessError, Text
from workflow_runtime.handlers import service_task

ENDINGS = ("revoked", "cancelled", "lapsed")
ERRORS = ("CERTIFICATE_OF_ANOTHER_AUTHORITY", "CERTIFICATE_STATE", "CERTIFICATE_UNKNOWN", "STATE_UNKNOWN")


@dataclass(frozen=True)
class Revoked:
    """Whether there was one in force, and which."""

    revoked: bool
    number: str | None = None
    identifier: str | None = None


@service_task("certificate.revoke", local=True, errors=ERRORS)
def certificate_revoke(ctx: Context, reason: str, state: str = "revoked", certificate_no: str | None = None) -> Revoked:
    """Bring a certificate in force into a state of the register: `revoked` (撤销), `cancelled` (注销) or `lapsed` (失效).

    `certificate_no` is its number, identifier or QR text; it shows the new state on the public page at once. Without one it is the case's
    own certificate, of a case that itself comes to nothing: a draft is left alone then, since it becomes void when the case ends, and what
    the certificate had replaced in an old register counts again. The national platform is told by `platform.update_state`; before 归集 it knows of no certificate. Business errors: CERTIFICATE_STATE,
    CERTIFICATE_UNKNOWN, CERTIFICATE_OF_ANOTHER_AUTHORITY (than the case's), STATE_UNKNOWN.
    """
    if state not in ENDINGS:
        raise _unknown(state)
    with ctx.transaction() as connection, as_business_error("CERTIFICATE_STATE", "CERTIFICATE_UNKNOWN"):
        held = by_case(connection, ctx.case.number) if certificate_no is None else ctx.certificate(connection, certificate_no)
        if held is None or (certificate_no is None and held.state == "draft"):
            return Revoked(False)
        _ensure_of(ctx.case.parties.get("authority"), held)
        change_state(connection, held.identifier, state, reason, ctx.now)
        if certificate_no is None:
            restore(connection, held.identifier, ctx.now)
    return Revoked(True, held.number, held.identifier)


def _ensure_of(party: str | None, held: Certificate) -> None:
    if party is None or party == authority_party(held.authority_code):
        return
    raise BusinessError(
        "CERTIFICATE_OF_ANOTHER_AUTHORITY",
        Text(f"备案证 {held.number} 由另一机关签发", f"Certificate {held.number} was issued by another authority"),
        Text("请由签发机关办理。", "Only who issued it can end it."),
    )


def _unknown(state: str) -> BusinessError:
    known = "、".join(ENDINGS)
    return BusinessError(
        "STATE_UNKNOWN",
        Text(f"备案证不能这样终止：“{state}”", f"A certificate does not end as '{state}'"),
        Text(f"请在流程图中改用：{known}。", f"Use one of these in the diagram: {known}."),
    )
