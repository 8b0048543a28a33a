"""Whether this process answers, and whether it can work."""

import logging
from http import HTTPStatus

from flask import Blueprint, Response, jsonify

from web.access import PUBLIC, access
from web.composition import DatabaseNotReady, ensure_current
from web.current import runtime
from web.failing import RETRY_SECONDS
from web.failure_documents import failure_document
from workflow_runtime.errors import Failure, Text

log = logging.getLogger(__name__)
health = Blueprint("health", __name__)


class DatabaseUnreachable(Failure):
    """The database does not answer, or not as one of ours; why stands in the log, for the reason may name the server."""

    code = "DATABASE_UNREACHABLE"

    def __init__(self) -> None:
        super().__init__(
            Text("数据库无法访问。", "The database cannot be reached."),
            Text("请检查数据库服务和 CRANE_DATABASE_URL。", "Check the database service and CRANE_DATABASE_URL."),
        )


@health.get("/healthz")
@access(PUBLIC)
def healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@health.get("/readyz")
@access(PUBLIC)
def readyz() -> Response:
    """The process can work: its database is reached and has this version's tables. 503 with the reason otherwise."""
    try:
        ensure_current(runtime())
    except DatabaseNotReady as failure:
        return _not_ready(failure)
    except Failure as failure:
        log.warning("not ready", exc_info=failure)
        return _not_ready(DatabaseUnreachable())
    return jsonify({"status": "ready"})


def _not_ready(failure: Failure) -> Response:
    answer = jsonify({"status": "not ready", **failure_document(failure)})
    answer.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
