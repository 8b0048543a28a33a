"""What is answered when something cannot be done: a page for people, a document for programs, never a traceback."""

import logging
from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from web.failure_documents import failure_document
from web.failures import problem, status_of
from workflow_runtime.errors import Failure, Text
from workflow_runtime.store.database import Unavailable

log = logging.getLogger(__name__)

PROGRAMS = ("/api/", "/incoming/", "/healthz", "/readyz")
"""Addresses that programs ask: they get JSON."""

CODES = {
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "TOO_LARGE",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
}
"""The code of what Flask itself refuses; of anything else HTTP_REFUSED."""

RETRY_SECONDS = 10
"""When to come again while the database cannot be used."""

Answer = tuple[Response | str, int]


def answer_failures(app: Flask) -> None:
    """Every failure in its own words, whatever met it."""
    app.register_error_handler(Failure, failed)
    app.register_error_handler(CSRFError, stale)
    app.register_error_handler(HTTPException, not_served)
    app.register_error_handler(Exception, broken)


def answer(failure: Failure, status: int) -> Answer:
    """The failure as a page, or as a document where programs ask; with 503, when to come again."""
    body, status = _told(failure, status)
    if status != HTTPStatus.SERVICE_UNAVAILABLE:
        return body, status
    later = current_app.make_response((body, status))
    later.headers["Retry-After"] = str(RETRY_SECONDS)
    return later, status


def _told(failure: Failure, status: int) -> Answer:
    if request.path.startswith("/api/"):
        return problem(failure, status), status
    if request.path.startswith(PROGRAMS):
        return jsonify(failure_document(failure)), status
    return render_template("failure.html", failure=failure, status=status), status


def failed(failure: Failure) -> Answer:
    """A failure in its own words."""
    if isinstance(failure, Unavailable):
        log.warning("%s %s: %s %s", request.method, request.url_rule, failure.code, failure.reason)
    return answer(failure, status_of(failure))


def stale(_error: CSRFError) -> Answer:
    """A form that this browser's session did not get from us: forged, or from before the browser forgot its cookies."""
    told = Failure(
        Text("页面已过期，本次操作未执行。", "The page has expired; nothing was done."),
        Text("请返回上一页，刷新后重新提交。", "Go back, reload the page and submit again."),
        code="PAGE_EXPIRED",
    )
    return answer(told, HTTPStatus.BAD_REQUEST)


def not_served(error: HTTPException) -> Answer:
    """What Flask itself refuses: an unknown address, a wrong method, too large a body."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status < HTTPStatus.BAD_REQUEST:
        return Response("", status, headers=error.get_response().headers), status
    told = Failure(
        Text(f"请求未受理（{status.value}）。", f"The request was not served: {status.phrase}."),
        Text("请核对地址、方法和报文大小。", "Check address, method and size."),
        code=CODES.get(status, "HTTP_REFUSED"),
    )
    body, _ = answer(told, status)
    refused = current_app.make_response((body, status))
    if isinstance(error, MethodNotAllowed):
        refused.allow.update(error.valid_methods or ())  # RFC 9110 15.5.6: a 405 names the methods that there are
    return refused, status


def broken(error: Exception) -> Answer:
    """Last resort: nothing of the inside is told, the log has it all."""
    log.error("%s %s", request.method, request.url_rule, exc_info=error)
    told = Failure(
        Text("系统内部错误，本次请求未生效。", "Internal error; the request had no effect."),
        Text("请稍后重试，或联系运维人员。", "Try again later, or ask the operator."),
        code="INTERNAL",
    )
    return answer(told, HTTPStatus.INTERNAL_SERVER_ERROR)
