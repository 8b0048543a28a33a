"""`platform.update_state`: tell the national platform that an aggregated certificate has ended (状态更新)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.certificates import Certificate
from registry.state_reports import ensure_has_ended, record_state_report, state_report
from tasks.context import Context
from tasks.platforms.national_record import state_record
from tasks.refusing import as_business_error
from tasks.remarks import Finding, from_national, spoken
from workflow_runtime.errors import Text
from workflow_runtime.handlers import as_json, service_task

OPERATIONS = {"cancelled": "cancel", "lapsed": "expire", "revoked": "other", "superseded": "change"}
"""Our word for the national `operateType` by the state that a certificate has come to, unless the diagram names another one."""

GUARDS = ("CERTIFICATE_STATE", "CERTIFICATE_UNKNOWN")


@dataclass(frozen=True)
class StateTold:
    """Whether the platform knows the state now, since when, and its warnings; `message` says why it had not to be told, null otherwise."""

    told: bool
    told_at: datetime | None
    warnings: Sequence[Finding]
    message: dict[str, str] | None = None


@service_task("platform.update_state", replay="inquire", errors=("UPDATE_REFUSED", "OPERATION_UNKNOWN", *GUARDS))
def platform_update_state(ctx: Context, certificate_no: str, operation: str | None = None, description: str | None = None) -> StateTold:
    """Tell the national platform the state that the certificate has in our register, which has to have changed before (`certificate.revoke`).

    `certificate_no` is its number, identifier or QR text. `operation` is our word for the national `operateType`, by default what goes with
    the state (cancelled: `cancel`, lapsed: `expire`, revoked: `other`, superseded: `change`); `description` says more, by default the
    state's word. Of a certificate that was never aggregated (归集) the platform knows nothing: then nothing is sent, and `told` is false.
    Business errors: UPDATE_REFUSED, OPERATION_UNKNOWN, and the register's guards before anything is sent.
    """
    certificate = _ended(ctx, certificate_no)
    if certificate.aggregated_at is None:
        return StateTold(False, None, [], spoken(_never_aggregated(certificate)))
    word = operation or OPERATIONS[certificate.state]
    accepted = ctx.national.update(state_record(certificate, ctx.settings.operate_type(word), description or "", ctx.settings))
    warnings = [from_national(w, "warn") for w in accepted.warnings]
    with ctx.transaction() as connection, as_business_error(*GUARDS):
        kept = record_state_report(connection, certificate.identifier, [as_json(w) for w in warnings], ctx.now)
    return StateTold(True, kept.at, warnings)


@platform_update_state.inquire  # type: ignore[attr-defined, untyped-decorator]
def state_told_before(ctx: Context, certificate_no: str, operation: str | None = None, description: str | None = None) -> StateTold:
    """Look into our own books, then ask by sending the same again: a state that the platform has already changes nothing there."""
    certificate = _ended(ctx, certificate_no)
    with ctx.transaction() as connection:
        known = state_report(connection, certificate)
    if known is not None:
        return StateTold(True, known.at, [Finding(**warning) for warning in known.warnings])
    return platform_update_state(ctx, certificate_no, operation, description)


def _ended(ctx: Context, certificate_no: str) -> Certificate:
    with ctx.transaction() as connection, as_business_error(*GUARDS):
        certificate = ctx.certificate(connection, certificate_no)
        ensure_has_ended(certificate)
    return certificate


def _never_aggregated(certificate: Certificate) -> Text:
    return Text(
        f"备案证 {certificate.number} 从未归集，全国平台没有它的记录，无需上报",
        f"Certificate {certificate.number} was never aggregated: the national platform knows nothing of it",
    )
