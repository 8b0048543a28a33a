"""`certificate.aggregate`: 归集, the push of a sealed certificate in force to the national platform."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.issuing import ensure_may_aggregate, record_aggregation
from tasks.context import Context
from tasks.platforms.national_record import aggregation_record
from tasks.refusing import as_business_error
from tasks.remarks import Finding, from_national
from workflow_runtime.handlers import as_json, service_task

GUARDS = ("NOT_IN_FORCE", "SEAL_MISSING", "SEAL_STALE")


@dataclass(frozen=True)
class Aggregated:
    """`return_code` is `1`, or `2` with warnings."""

    aggregated_at: datetime
    return_code: str
    warnings: Sequence[Finding]


@service_task("certificate.aggregate", replay="inquire", errors=("AGGREGATION_REFUSED", *GUARDS))
def certificate_aggregate(ctx: Context, certificate_no: str) -> Aggregated:
    """Push the certificate with its preview address. Business errors: AGGREGATION_REFUSED, and the register's guards before anything is sent."""
    with ctx.transaction() as connection, as_business_error(*GUARDS):
        certificate = ctx.certificate(connection, certificate_no)
        ensure_may_aggregate(certificate)
    record = aggregation_record(certificate, ctx.settings.preview_url(certificate.verification_code))
    accepted = ctx.national.aggregate(record)
    warnings = [from_national(w, "warn") for w in accepted.warnings]
    with ctx.transaction() as connection, as_business_error(*GUARDS):
        kept = record_aggregation(connection, certificate.identifier, [as_json(w) for w in warnings], ctx.now)
    return Aggregated(kept.aggregated_at or ctx.now, accepted.return_code, warnings)


@certificate_aggregate.inquire  # type: ignore[attr-defined, untyped-decorator]
def aggregated_before(ctx: Context, certificate_no: str) -> Aggregated:
    """Look into our own books, then ask by sending the same again.

    "Aggregated already", with our own identifier, is success, and one that never arrived is done now.
    """
    with ctx.transaction() as connection:
        kept = ctx.certificate(connection, certificate_no)
    if kept.aggregated_at is not None:
        warnings = [Finding(**warning) for warning in kept.aggregation_warnings or ()]
        return Aggregated(kept.aggregated_at, "2" if warnings else "1", warnings)
    return certificate_aggregate(ctx, certificate_no)
