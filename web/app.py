"""The Flask application: for now the door through which the platforms' call-backs come in, and the health check."""

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from web.failures import failure_document
from workflow_runtime.errors import Conflict, Failure, NotAllowed, NotFound, Text, WrongState
from workflow_runtime.handlers import IncomingRequest
from workflow_runtime.messages import receive
from workflow_runtime.runtime import Runtime
from workflow_runtime.store.database import Unavailable

log = logging.getLogger(__name__)

MAX_BODY = 1_000_000
"""Bytes of a call-back; a larger one is refused before it is read."""

STATUS = {
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    WrongState: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of a failure's answer; of any other one 400."""

CODES = {
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "TOO_LARGE",
}
"""The code of what Flask itself refuses; of anything else HTTP_REFUSED."""


def create_app(runtime: Runtime) -> Flask:
    """The application around one runtime. What it refuses is told as JSON: code, message and remedy in both languages."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @app.post("/incoming/<receiver>")
    def incoming(receiver: str) -> Response:
        """A raw request of another system: its receiver checks the signature and names case and message."""
        message = receive(runtime, receiver, raw_request())
        return jsonify({"code": "RECEIVED", "case": message.case})

    @app.get("/healthz")
    def healthz() -> Response:
        """The process answers."""
        return jsonify({"status": "ok"})

    app.register_error_handler(Failure, failed)
    app.register_error_handler(HTTPException, not_served)
    app.register_error_handler(Exception, broken)
    return app


def raw_request() -> IncomingRequest:
    """The request as it stands on the wire: signatures are over the path before it was decoded."""
    target = str(request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or request.path)
    return IncomingRequest(
        method=request.method,
        path=target.partition("?")[0],
        query=request.query_string.decode(errors="replace"),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
    )


def failed(failure: Failure) -> tuple[Response, int]:
    """A failure in its own words."""
    status = next((status for kind, status in STATUS.items() if isinstance(failure, kind)), HTTPStatus.BAD_REQUEST)
    return jsonify(failure_document(failure)), status


def not_served(error: HTTPException) -> tuple[Response, int]:
    """What Flask itself refuses: an unknown address, a wrong method, too large a body."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    told = Failure(
        Text(f"请求未受理（{status.value}）。", f"The request was not served: {status.phrase}."),
        Text("请核对地址、方法和报文大小。", "Check address, method and size."),
        code=CODES.get(status, "HTTP_REFUSED"),
    )
    return jsonify(failure_document(told)), status


def broken(error: Exception) -> tuple[Response, int]:
    """Last resort: nothing of the inside is told, the log has it all."""
    log.error("%s %s", request.method, request.path, exc_info=error)
    told = Failure(
        Text("系统内部错误，本次请求未生效。", "Internal error; the request had no effect."),
        Text("请稍后重试，或联系运维人员。", "Try again later, or ask the operator."),
        code="INTERNAL",
    )
    return jsonify(failure_document(told)), HTTPStatus.INTERNAL_SERVER_ERROR
