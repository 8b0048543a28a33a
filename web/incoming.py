"""The door through which the platforms' call-backs come in."""

from flask import Blueprint, Response, jsonify, request

from web.access import PUBLIC, access
from web.current import runtime
from workflow_runtime.handlers import IncomingRequest
from workflow_runtime.messages import receive

door = Blueprint("incoming", __name__)

MAX_CALL_BACK = 1_000_000
"""Bytes of a call-back; a larger one is refused before it is read."""


@door.post("/incoming/<receiver>")
@access(PUBLIC)
def incoming(receiver: str) -> Response:
    """A raw request of another system: its receiver checks the signature and names case and message."""
    request.max_content_length = MAX_CALL_BACK
    message = receive(runtime(), receiver, raw_request())
    return jsonify({"code": "RECEIVED", "case": message.case})


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
