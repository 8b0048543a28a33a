"""The Flask application: for now the door through which the platforms' call-backs come in, and the health check."""

from flask import Flask, Response, jsonify, request

from workflow_runtime.errors import Failure, NotAllowed, NotFound
from workflow_runtime.handlers import IncomingRequest
from workflow_runtime.messages import receive
from workflow_runtime.runtime import Runtime

MAX_BODY = 1_000_000
"""Bytes of a call-back; a larger one is refused before it is read."""

STATUS = {NotAllowed: 403, NotFound: 404}


def create_app(runtime: Runtime) -> Flask:
    """The application around one runtime."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @app.post("/incoming/<receiver>")
    def incoming(receiver: str) -> Response:
        """A raw request of another system: its receiver checks the signature and names case and message."""
        raw = IncomingRequest(
            method=request.method,
            path=request.path,
            query=request.query_string.decode(errors="replace"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.get_data(),
        )
        message = receive(runtime, receiver, raw)
        return jsonify({"code": "RECEIVED", "case": message.case})

    @app.get("/healthz")
    def healthz() -> Response:
        """The process answers."""
        return jsonify({"status": "ok"})

    @app.errorhandler(Failure)
    def failed(failure: Failure) -> tuple[Response, int]:
        """A failure in the words of its code."""
        body = {"code": failure.code, "message": failure.message._asdict(), "remedy": failure.remedy._asdict()}
        return jsonify(body), next((status for kind, status in STATUS.items() if isinstance(failure, kind)), 400)

    return app
