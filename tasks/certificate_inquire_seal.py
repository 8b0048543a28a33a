"""`certificate.inquire_seal`: ask the provincial network how the seal request stands, in case its call-back never comes."""

from dataclasses import dataclass
from datetime import datetime

from tasks.context import Context
from tasks.platforms.provincial import instant
from workflow_runtime.handlers import service_task


@dataclass(frozen=True)
class SealStanding:
    """`status` is the network's `pending`, `sealed` or `failed`, or `none` when it has no request."""

    sealed: bool
    status: str
    sealed_at: datetime | None


@service_task("certificate.inquire_seal", replay="key")
def certificate_inquire_seal(ctx: Context, certificate_no: str) -> SealStanding:
    """How the certificate's current seal request stands."""
    with ctx.transaction() as connection:
        request_key = ctx.certificate(connection, certificate_no).seal_request
    standing = None if request_key is None else ctx.provincial.seal_request(request_key)
    if standing is None:
        return SealStanding(False, "none", None)
    status = str(standing.get("status"))
    return SealStanding(status == "sealed", status, instant(standing.get("sealedAt")))
