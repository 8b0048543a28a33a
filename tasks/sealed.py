"""The receiver of the seal network's call-backs."""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from sqlalchemy import Connection

from registry.certificates import Certificate, by_identifier
from registry.folding import fold_number
from registry.nonces import remember_nonce
from tasks.context import Context
from tasks.platforms.signing import verify
from workflow_runtime.errors import Failure, NotFound, Text
from workflow_runtime.handlers import IncomingMessage, IncomingRequest, Json, receives

LONGEST_WORD = 100
PAYLOAD = {
    "event": "event",
    "request_id": "requestId",
    "request_key": "requestKey",
    "certificate_no": "certificateNo",
    "identifier": "identifier",
    "seal_name": "sealName",
    "sealed_at": "sealedAt",
    "file_digest": "fileDigest",
    "failure": "failure",
}
"""What the message tells the case, by the network's names."""


@receives("certificate.sealed")
def certificate_sealed(ctx: Context, request: IncomingRequest) -> IncomingMessage:
    """A seal request was sealed or given up: the message `certificate.sealed`, with `event` `sealed` or `failed`.

    Nothing in it is believed but that it is time to look: `certificate.fetch` asks the network itself. Raises NotAllowed SIGNATURE_INVALID,
    Failure CALLBACK_UNREADABLE, NotFound SEAL_REQUEST_UNKNOWN when it is not about the current seal request of that certificate.
    """
    _ensure_signed(ctx, request)
    told = _document(request.body)
    with ctx.transaction() as connection:
        certificate = _certificate(connection, told)
    payload: dict[str, Json] = {ours: told.get(theirs) for ours, theirs in PAYLOAD.items()}
    return IncomingMessage(certificate.case, "certificate.sealed", payload, f"{told.get('requestId')}-{told.get('event')}")


def _ensure_signed(ctx: Context, request: IncomingRequest) -> None:
    settings = ctx.settings

    def is_new(nonce: str) -> bool:
        with ctx.transaction() as connection:
            return remember_nonce(connection, settings.provincial_app_key, nonce, ctx.now)

    verify(
        settings.provincial_app_key,
        settings.provincial_app_secret,
        request.headers,
        request.method,
        request.path,
        parse_qsl(request.query, keep_blank_values=True),
        request.body,
        now=ctx.now,
        is_new=is_new,
    )


def _document(body: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    if isinstance(told, dict) and told.get("event") in ("sealed", "failed") and _is_word(told.get("identifier"), told.get("requestId")):
        return told
    raise Failure(
        Text("回调内容无法识别", "The call-back cannot be read"),
        Text("请核对回调报文格式。", "Check the call-back's format."),
        code="CALLBACK_UNREADABLE",
    )


def _is_word(*values: object) -> bool:
    # what is looked up or made a key has to fit the books
    return all(isinstance(v, str) and 0 < len(v) <= LONGEST_WORD and v.isprintable() for v in values)


def _certificate(connection: Connection, told: dict[str, Any]) -> Certificate:
    try:
        found = by_identifier(connection, told["identifier"])
    except NotFound:
        raise _not_ours() from None
    same_number = fold_number(str(told.get("certificateNo"))) == fold_number(found.number)
    if not (same_number and found.seal_request is not None and found.seal_request == told.get("requestKey")):
        raise _not_ours()
    return found


def _not_ours() -> NotFound:
    return NotFound(
        Text("没有与该回调对应的签章申请", "There is no seal request that this call-back answers"),
        Text("请核对证照标识、编号和申请键。", "Check identifier, number and request key."),
        code="SEAL_REQUEST_UNKNOWN",
    )
