"""Answers of the interface: JSON with its revision as ETag; and those that are given once under an `Idempotency-Key`."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import Any

import orjson
from flask import Response, request, send_file

from web.current import actor, runtime
from workflow_runtime.once import earlier, remember
from workflow_runtime.runtime import UnitOfWork

KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
"""Says that the answer is the one of an earlier request with the same key."""

DIGITS = 16
"""Of a document's digest in its ETag."""


@dataclass(frozen=True)
class Reply:
    """What is answered: a JSON document, its status, and headers. `is_final` False: the same request again may get another answer."""

    document: Any
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = True

    def response(self, **more: str) -> Response:
        """As Flask sends it."""
        empty = self.status == HTTPStatus.NO_CONTENT
        answer = Response(b"" if empty else orjson.dumps(self.document), self.status, mimetype="application/json")
        answer.headers.update({**self.headers, **more})
        return answer


def tag(revision: int) -> str:
    """A revision as an ETag."""
    return f'"{revision}"'


def tagged(document: Any, revision: int, status: int = HTTPStatus.OK, **headers: str) -> Reply:
    """A document whose revision the next writer names by `If-Match`."""
    return Reply(document, status, {"ETag": tag(revision), **headers})


def tagged_whole(document: Any, revision: int) -> Reply:
    """The like for what tells more than its revision covers, or not the same to everybody: a digest stands behind the revision."""
    digest = hashlib.sha256(orjson.dumps(document)).hexdigest()[:DIGITS]
    return Reply(document, headers={"ETag": f'"{revision}-{digest}"'})


def shown(reply: Reply) -> Response:
    """The answer to a GET: 304 for whoever has it in this revision already."""
    return conditional(reply.response())


def conditional(answer: Response) -> Response:
    """304 where `If-None-Match` names the answer's ETag; what is cached is asked about again each time, and each person's own."""
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Authorization")
    answer.make_conditional(request)
    return answer


def file_shown(content: bytes, media_type: str, name: str, digest: str) -> Response:
    """The answer to a GET of a file, to be saved under this name (RFC 6266); its digest is its ETag."""
    answer = send_file(BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name, conditional=False, etag=digest)
    return conditional(answer)


def once(act: Callable[[UnitOfWork], Reply]) -> Response:
    """Do it in one transaction, and under a key only once: the same request again gets the first answer.

    Raises KeyReused, InFlight, Invalid (the key), and what `act` raises.
    """
    with runtime().transaction() as uow:
        return _under_key(uow, lambda: act(uow))


def once_in_parts(act: Callable[[], Reply]) -> Response:
    """The like for what makes its own transactions: the key is kept after them, so a retry after a crash between does what is left."""
    if KEY in request.headers:
        with runtime().reading() as uow:
            told = earlier(uow, actor(), request.headers[KEY], fingerprint())
        if told is not None:
            return _replayed(told)
    reply = act()
    if not reply.is_final:
        return reply.response()
    with runtime().transaction() as uow:
        return _under_key(uow, lambda: reply)


def _under_key(uow: UnitOfWork, act: Callable[[], Reply]) -> Response:
    key = request.headers.get(KEY)
    if key is None:
        return act().response()
    told = earlier(uow, actor(), key, fingerprint())
    if told is not None:
        return _replayed(told)
    reply = act()
    remember(uow, actor(), key, fingerprint(), {"document": reply.document, "status": int(reply.status), "headers": dict(reply.headers)})
    return reply.response()


def _replayed(told: Any) -> Response:
    return Reply(**told).response(**{REPLAYED: "true"})


def fingerprint() -> str:
    """What makes two requests the same one: method, address and body. Files count by name and content: their boundary is new each time."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode(errors="replace"))
    if request.mimetype == "multipart/form-data":
        for part in sorted(_parts()):
            digest.update(f"{part}\n".encode(errors="replace"))
    else:
        digest.update(request.get_data())
    return digest.hexdigest()


def _parts() -> Iterator[str]:
    yield from (repr(field) for field in request.form.items(multi=True))
    for name, file in request.files.items(multi=True):
        file.seek(0)
        yield repr((name, file.filename, hashlib.sha256(file.read()).hexdigest()))
        file.seek(0)
