"""`certificate.supersede`: a certificate in force gives way to another one, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from registry.issuing import supersede
from tasks.context import Context
from tasks.refusing import as_business_error
from workflow_runtime.handlers import service_task

GUARDS = (
    "CERTIFICATE_STATE",
    "CERTIFICATE_UNKNOWN",
    "MACHINE_ALREADY_CERTIFIED",
    "PREVIOUS_OF_ANOTHER_MACHINE",
    "SEAL_MISSING",
    "SEAL_STALE",
)


@dataclass(frozen=True)
class Superseded:
    """`superseded` is the identifier of the one that gave way, `identifier` and `verification_code` are those of the one in force now."""

    superseded: str
    identifier: str
    verification_code: str
    issued_at: datetime


@service_task("certificate.supersede", local=True, errors=GUARDS)
def certificate_supersede(ctx: Context, certificate_no: str, by: str) -> Superseded:
    """Let the certificate `certificate_no` give way (已换发) to the sealed one `by`, of the same machine, which comes into force.

    Each is given by number, identifier or QR text. A certificate that was prepared with `replaces` needs no such step: `certificate.issue`
    does the same for it. Business errors: the register's guards.
    """
    with ctx.transaction() as connection, as_business_error(*GUARDS):
        old, new = ctx.certificate(connection, certificate_no), ctx.certificate(connection, by)
        issued = supersede(connection, old.identifier, new.identifier, ctx.now)
    return Superseded(old.identifier, issued.identifier, issued.verification_code, issued.issued_at or ctx.now)
