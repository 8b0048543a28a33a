"""A failure as an answer of HTTP: its status, and the problem document."""

from http import HTTPStatus

import orjson
from flask import Response

from registry.legacy_import.refused import FileRefused
from web.failure_documents import failure_document
from web.words import text_of
from workflow_runtime.attachments import AttachmentRefused
from workflow_runtime.errors import Conflict, DiagramRefused, Failure, Invalid, NotAllowed, NotFound, WrongState
from workflow_runtime.once import KeyReused
from workflow_runtime.store.database import Unavailable

STATUS = {
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    WrongState: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    DiagramRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    AttachmentRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    FileRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The HTTP status of a failure's answer; of any other one 400."""


def status_of(failure: Failure) -> HTTPStatus:
    """The HTTP status with which a failure is answered."""
    return next((status for kind, status in STATUS.items() if isinstance(failure, kind)), HTTPStatus.BAD_REQUEST)


def problem(failure: Failure, status: int) -> Response:
    """A failure as RFC 9457 `application/problem+json`: `code` is stable; sentences are in the caller's language and in both."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": text_of(failure.message),
        **failure_document(failure),
    }
    return Response(orjson.dumps(document), status, mimetype="application/problem+json")
