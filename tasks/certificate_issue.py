"""`certificate.issue`: put a sealed certificate in force."""

from dataclasses import dataclass
from datetime import datetime

from registry.issuing import issue
from tasks.context import Context
from tasks.refusing import as_business_error
from workflow_runtime.handlers import service_task

GUARDS = ("SEAL_MISSING", "SEAL_STALE", "CERTIFICATE_STATE", "MACHINE_ALREADY_CERTIFIED")


@dataclass(frozen=True)
class Issued:
    """`verification_code` opens the public page."""

    issued_at: datetime
    verification_code: str


@service_task("certificate.issue", local=True, errors=GUARDS)
def certificate_issue(ctx: Context, certificate_no: str) -> Issued:
    """Put the certificate in force; the one that it replaces becomes superseded. Business errors: the register's guards."""
    with ctx.transaction() as connection, as_business_error(*GUARDS):
        issued = issue(connection, ctx.certificate(connection, certificate_no).identifier, ctx.now)
    return Issued(issued.issued_at or ctx.now, issued.verification_code)
