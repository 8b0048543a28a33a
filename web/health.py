"""Whether this process answers, and whether it can work."""

from flask import Blueprint, Response, jsonify

from web.access import PUBLIC, access

health = Blueprint("health", __name__)


@health.get("/healthz")
@access(PUBLIC)
def healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})
