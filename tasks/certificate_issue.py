"""`certificate.issue`: put a sealed certificate in force."""

from dataclasses import dataclass
from datetime import datetime

from registry.issuing import issue
from tasks.context import Context
from tasks.refusing import as_business_error
from workflow_runtime.handlers import service_task

GUARDS = (
    "CERTIFICATE_STATE",
    "LEGACY_CHANGED",
    "LEGACY_REISSUED",
    "LEGACY_STATE",
    "LEGACY_UNKNOWN",
    "MACHINE_ALREADY_CERTIFIED",
    "SEAL_MISSING",
    "SEAL_STALE",
)


@dataclass(frozen=True)
class Issued:
    """`verification_code` opens the public page."""

    issued_at: datetime
    verification_code: str


@service_task("certificate.issue", local=True, errors=GUARDS)
def certificate_issue(ctx: Context, certificate_no: str, replaces_entry: int | None = None) -> Issued:
    """Put the certificate in force; what it replaces gives way: a certificate of ours, or (`replaces_entry`) an entry of an old register.

    `certificate.prepare` tells the entry. Business errors: the register's guards.
    """
    with ctx.transaction() as connection, as_business_error(*GUARDS):
        issued = issue(connection, ctx.certificate(connection, certificate_no).identifier, ctx.now, replaces_entry=replaces_entry)
    return Issued(issued.issued_at or ctx.now, issued.verification_code)
