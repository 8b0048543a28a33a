"""Client of the provincial seal network (内蒙古政务服务网): request a seal, ask how it stands, fetch the file, look an authority up.

Requests are found again by our own request key, so nothing depends on having seen the network's answer.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import orjson

from tasks.platforms import outcomes, refusals
from tasks.platforms.http import LONGEST_ANSWER, LONGEST_FILE, Channel, ExchangeLog, Incoming, Outcome, Outgoing
from tasks.platforms.signing import signed_headers
from workflow_runtime.errors import RemoteRefused, Text

T = TypeVar("T")
NAME = Text("政务服务网", "The government service network")


class Provincial:
    """The network as one call of a handler sees it: connections are shared, `log` is the call's own."""

    def __init__(self, channel: Channel, app_key: str, secret: str, log: ExchangeLog) -> None:
        self._channel, self._app_key, self._secret, self._log = channel, app_key, secret, log

    def request_seal(self, request: Mapping[str, Any]) -> str:
        """Ask for a seal; `request["requestKey"]` again gives the same request. Returns the network's number of it.

        Raises RemoteRefused SEAL_REFUSED (remote_code NO_ACCOUNT, NO_SEAL, CATALOGUE_NOT_CLAIMED, UNKNOWN_AUTHORITY, INCOMPLETE,
        KEY_REUSED), RemoteTransient, RemoteUnknown.
        """
        return self._send("seal", "POST", "/api/seal-requests", _request_id, body=request)

    def seal_request(self, request_key: str) -> dict[str, Any] | None:
        """How a seal request stands; None when the network never got it. Raises RemoteTransient, RemoteUnknown."""
        return self._send("inquire", "GET", "/api/seal-requests", _document_or_none, query=(("requestKey", request_key),))

    def file(self, request_id: str) -> bytes | None:
        """The sealed certificate's file, None when there is none (yet). Raises RemoteTransient, RemoteUnknown."""
        path = f"/api/certificates/{quote(request_id, safe='')}/file"
        return self._send("fetch", "GET", path, _content_or_none, longest=LONGEST_FILE)

    def authority(self, credit_code: str) -> dict[str, Any] | None:
        """What the network knows of an authority; None when it does not know it. Raises RemoteTransient, RemoteUnknown."""
        return self._send("authority", "GET", f"/api/authorities/{quote(credit_code, safe='')}", _document_or_none)

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        read: Callable[[Incoming], tuple[Outcome, T]],
        *,
        query: tuple[tuple[str, str], ...] = (),
        body: Mapping[str, Any] | None = None,
        longest: int = LONGEST_ANSWER,
    ) -> T:
        content = b"" if body is None else orjson.dumps(body)
        nonce = secrets.token_hex(16)
        headers = signed_headers(self._app_key, self._secret, method, path, query, content, now=self._log.now(), nonce=nonce)
        if content:
            headers["Content-Type"] = "application/json"
        outgoing = Outgoing(
            operation=operation,
            method=method,
            path=path,
            shown={"path": path, **dict(query)} if body is None else body,
            query=query,
            body=content,
            headers=headers,
            secrets=(self._secret, headers["X-Signature"]),
            longest=longest,
        )
        return self._channel.send(self._log, outgoing, lambda incoming: read(_authenticated(incoming)))


def instant(text: object) -> datetime | None:
    """An ISO 8601 time with an offset; None for anything else."""
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return read if read is not None and read.tzinfo is not None else None


def _authenticated(incoming: Incoming) -> Incoming:
    if incoming.status in (401, 403):
        raise outcomes.misconfigured(NAME, Text("不接受请求签名", "refuses the request's signature"))
    return incoming


def _request_id(incoming: Incoming) -> tuple[Outcome, str]:
    document = incoming.document(NAME)
    if incoming.status >= 400:
        raise _refusal(document)
    request_id = document.get("requestId")
    if not (isinstance(request_id, str) and request_id):
        raise outcomes.unknown(NAME, Text("的签章答复不完整", "gave an incomplete answer to the seal request"))
    return "accepted", request_id


def _refusal(document: Mapping[str, Any]) -> RemoteRefused:
    code, said = str(document.get("code") or ""), str(document.get("message") or "")
    fields = document.get("fields")
    detail = "、".join(map(str, fields)) if isinstance(fields, list) else ""
    told = refusals.explained(refusals.PROVINCIAL, code, f"{said}（{detail}）" if detail else said)
    message = Text(f"政务服务网拒绝签章申请：{told.message.zh}", f"The service network refuses the seal request: {told.message.en}")
    return RemoteRefused("SEAL_REFUSED", message, told.remedy, remote_code=code)


def _document_or_none(incoming: Incoming) -> tuple[Outcome, dict[str, Any] | None]:
    document = incoming.document(NAME)
    if incoming.status == 404 and document.get("code") == "NOT_FOUND":
        return "refused", None
    _ensure_answered(incoming)
    return "accepted", document


def _content_or_none(incoming: Incoming) -> tuple[Outcome, bytes | None]:
    if incoming.status == 404 and incoming.document(NAME).get("code") == "NOT_FOUND":
        return "refused", None
    _ensure_answered(incoming)
    if not incoming.body or not incoming.content_type.startswith(("application/ofd", "application/octet-stream")):
        raise outcomes.unknown(NAME, Text("没有返回证照文件", "did not send the certificate's file"))
    return "accepted", incoming.body


def _ensure_answered(incoming: Incoming) -> None:
    if incoming.status >= 400:
        raise outcomes.misconfigured(NAME, Text(f"拒绝请求（HTTP {incoming.status}）", f"rejects the request (HTTP {incoming.status})"))
