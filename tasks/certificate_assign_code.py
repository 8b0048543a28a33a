"""`certificate.assign_code`: 赋码, the national platform's QR code, which the certificate's face must carry before the seal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from registry.issuing import ensure_in_pipeline, record_code
from tasks.context import Context
from tasks.platforms.national_record import code_record
from tasks.remarks import Finding, from_national
from workflow_runtime.handlers import service_task


@dataclass(frozen=True)
class Coded:
    """What 赋码 gave; `warnings` are the platform's."""

    ecert_id: str
    qr_text: str
    coded_at: datetime
    warnings: Sequence[Finding]


@service_task("certificate.assign_code", replay="inquire", errors=("CODE_REFUSED", "OPERATION_UNKNOWN"))
def certificate_assign_code(ctx: Context, certificate_no: str, operation: str | None = None, associated: str | None = None) -> Coded:
    """Have a code assigned and keep it; an older seal becomes stale. Business error: CODE_REFUSED, with the platform's code and our remedy.

    `operation` is our word for the national `operateType` (`certificate.prepare` gives it), by default `new`, or `change` for one that replaces a
    certificate of ours. `associated` is the identifier of the certificate that this one replaces (关联证照标识), where that is not one of ours.
    """
    with ctx.transaction() as connection:
        certificate = ctx.certificate(connection, certificate_no)
    ensure_in_pipeline(certificate)
    ecert_id = ecert_id_of(ctx.key)
    word = operation or ("change" if certificate.previous_identifier else "new")
    record = code_record(certificate, ecert_id, ctx.settings.operate_type(word), ctx.settings, associated)
    given = ctx.national.assign_code(record)
    with ctx.transaction() as connection:
        coded = record_code(connection, certificate.identifier, ecert_id=ecert_id, qr_text=given.qr_text, now=ctx.now)
    return Coded(ecert_id, given.qr_text, coded.coded_at or ctx.now, [from_national(w, "warn") for w in given.warnings])


@certificate_assign_code.inquire  # type: ignore[attr-defined, untyped-decorator]
def code_assigned_before(ctx: Context, certificate_no: str, operation: str | None = None, associated: str | None = None) -> Coded:
    """Ask by sending the same eCertID again: "exists already" comes with the code, and a request that never arrived is done now."""
    return certificate_assign_code(ctx, certificate_no, operation, associated)


def ecert_id_of(key: str) -> str:
    """The eCertID (32 hex) of a task instance: the same for every attempt, so that a repetition is known as one."""
    return sha256(f"eCertID {key}".encode()).hexdigest()[:32]
