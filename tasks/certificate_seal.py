"""`certificate.seal`: ask the provincial network to seal the certificate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.certificates import Certificate
from registry.effect_keys import next_seal_key
from registry.issuing import record_seal_request
from tasks.context import Context
from tasks.face_items import face_items
from workflow_runtime.errors import RemoteRefused
from workflow_runtime.handlers import service_task


@dataclass(frozen=True)
class SealRequested:
    """A seal request that the network took: its number there, and our key of it."""

    request_id: str
    request_key: str
    requested_at: datetime


@service_task("certificate.seal", replay="inquire", errors=("SEAL_REFUSED",))
def certificate_seal(ctx: Context, certificate_no: str) -> SealRequested:
    """Request the seal. Business error: SEAL_REFUSED (remote_code NO_ACCOUNT, NO_SEAL, CATALOGUE_NOT_CLAIMED, UNKNOWN_AUTHORITY, INCOMPLETE).

    An earlier request for the same face that is still to be sealed, or was sealed and not fetched yet, goes on instead: nobody seals twice. The
    register gets our request key before anything is sent, so that a call-back that overtakes the answer is known.
    """
    with ctx.transaction() as connection:
        found = ctx.certificate(connection, certificate_no)
    if (earlier := _still_open(ctx, found)) is not None:
        return earlier
    certificate = _asking(ctx, found)
    key = certificate.seal_request or ""
    try:
        request_id = ctx.provincial.request_seal(_request(ctx, certificate))
    except RemoteRefused as refusal:
        # Asked for before with another date or call-back address, and forgotten since: the register was restored from a backup.
        if refusal.remote_code != "KEY_REUSED" or (standing := ctx.provincial.seal_request(key)) is None:
            raise
        request_id = str(standing["requestId"])
    return SealRequested(request_id, key, certificate.seal_requested_at or ctx.now)


@certificate_seal.inquire  # type: ignore[attr-defined, untyped-decorator]
def seal_requested_before(ctx: Context, certificate_no: str) -> SealRequested | None:
    """Ask by our request key whether the network has the request."""
    with ctx.transaction() as connection:
        found = ctx.certificate(connection, certificate_no)
        key = next_seal_key(connection, found, ctx.key)
    standing = ctx.provincial.seal_request(key)
    if standing is None:
        return None
    certificate = _asking(ctx, found)
    return SealRequested(str(standing["requestId"]), key, certificate.seal_requested_at or ctx.now)


def _asking(ctx: Context, certificate: Certificate) -> Certificate:
    with ctx.transaction() as connection:
        key = next_seal_key(connection, certificate, ctx.key)
        return record_seal_request(connection, certificate.identifier, key, ctx.now, ctx.key)


def _still_open(ctx: Context, certificate: Certificate) -> SealRequested | None:
    """The current request of an earlier task. A new code or face takes it off, a fetched file has had its verdict."""
    key = certificate.seal_request
    if key is None or certificate.file_version is not None:
        return None
    standing = ctx.provincial.seal_request(key)
    if standing is None or standing.get("status") not in ("pending", "sealed"):
        return None
    return SealRequested(str(standing["requestId"]), key, certificate.seal_requested_at or ctx.now)


def _request(ctx: Context, certificate: Certificate) -> dict[str, Any]:
    callback = ctx.settings.callback_url("certificate.sealed")
    return {
        "requestKey": certificate.seal_request,
        "authorityCode": certificate.authority_code,
        "authorityName": certificate.face["authority_name"],
        "operator": ctx.settings.seal_operator,
        "certificate": {**face_items(certificate), "identifier": certificate.identifier},
        **({"callbackUrl": callback} if callback else {}),
    }
