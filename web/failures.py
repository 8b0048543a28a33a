"""A failure as a document: what `--json` and the web answer with."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

from web.words import text_of
from workflow_runtime.attachments import AttachmentRefused
from workflow_runtime.errors import Conflict, DiagramRefused, Failure, Finding, Invalid, NotAllowed, NotFound, WrongState
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


def finding_document(finding: Finding) -> dict[str, Any]:
    """A finding with its two languages named."""
    return {**asdict(finding), "message": finding.message._asdict(), "cure": finding.cure._asdict()}


def failure_document(failure: Failure) -> dict[str, Any]:
    """Code, message and remedy; with every wrong field, or every finding."""
    told: dict[str, Any] = {"code": failure.code, "message": failure.message._asdict(), "remedy": failure.remedy._asdict()}
    if isinstance(failure, Conflict):
        told["who"], told["when"] = failure.who, failure.when.isoformat() if failure.when is not None else None
    if isinstance(failure, Invalid):
        told["fields"] = [{"field": f.field, "label": f.label, "message": f.message._asdict()} for f in failure.fields]
    if isinstance(failure, DiagramRefused):
        count = len(failure.findings)
        told["message"] = {"zh": f"流程图未部署，共 {count} 个问题。", "en": f"Not deployed, {count} finding(s)."}
        told["findings"] = [finding_document(f) for f in failure.findings]
    return told
