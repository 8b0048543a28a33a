"""`certificate.assign_code`: 赋码, the national platform's QR code, which the certificate's face must carry before the seal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from registry.effect_keys import next_ecert_id
from registry.exchanges import exchanges_of
from registry.issuing import ensure_in_pipeline, note_number_taken, record_code
from tasks.context import Context
from tasks.platforms.national_record import code_record
from tasks.remarks import Finding, from_national
from workflow_runtime.errors import RemoteRefused
from workflow_runtime.handlers import service_task

NUMBER_TAKEN = "E2001"
"""The platform's word for a certificate number that another machine has there."""


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
    A number that another machine has there (the register was restored from a backup and has given it out again) is noted: sent back for
    correction, the case draws another one.
    """
    with ctx.transaction() as connection:
        certificate = ctx.certificate(connection, certificate_no)
        ecert_id = next_ecert_id(connection, certificate, ctx.key)
    ensure_in_pipeline(certificate)
    word = operation or ("change" if certificate.previous_identifier else "new")
    record = code_record(certificate, ecert_id, ctx.settings.operate_type(word), ctx.settings, associated)
    try:
        given = ctx.national.assign_code(record)
    except RemoteRefused as refusal:
        if NUMBER_TAKEN in refusal.remote_code.split(","):
            with ctx.transaction() as connection:
                note_number_taken(connection, certificate.identifier, ctx.now)
        raise
    with ctx.transaction() as connection:
        since = _first_asked(connection, ctx) if given.repeated else None
        coded = record_code(
            connection, certificate.identifier, ecert_id=ecert_id, qr_text=given.qr_text, now=ctx.now, task=ctx.key, given_at=since
        )
    return Coded(ecert_id, given.qr_text, coded.coded_at or ctx.now, [from_national(w, "warn") for w in given.warnings])


@certificate_assign_code.inquire  # type: ignore[attr-defined, untyped-decorator]
def code_assigned_before(ctx: Context, certificate_no: str, operation: str | None = None, associated: str | None = None) -> Coded:
    """Ask by sending the same eCertID again: "exists already" comes with the code, and a request that never arrived is done now."""
    return certificate_assign_code(ctx, certificate_no, operation, associated)


def _first_asked(connection: Connection, ctx: Context) -> datetime:
    """The code is not older than our first request; one that a restored register knows nothing of, not older than the case.

    Taken for younger, it would make the seal stale that was put on it meanwhile.
    """
    *earlier, _ = (e for e in exchanges_of(connection, ctx.case.number, ctx.key) if e.operation == "fm")
    return earlier[0].opened_at if earlier else ctx.case.opened
