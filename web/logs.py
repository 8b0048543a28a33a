"""Logs for machines: a line of JSON for each request, each job, and whatever else a part of the product has to tell.

No personal datum is in them: of an address only its pattern (and the number of the case), of a person only the login, of a failure where it
happened and its code, never what was typed. What people did, in their own words, stands in the audit.
"""

import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

import orjson
import structlog
from flask import Flask, Response, g, request
from structlog.types import EventDict, Processor, WrappedLogger

from web.current import visitor
from workflow_runtime.errors import Failure

log = logging.getLogger(__name__)

OURS = ("web", "workflow_runtime", "registry", "tasks")
"""Packages of which the log tells everything from INFO on; others speak from WARNING on."""

HEADER = "X-Request-ID"
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""Numbers of a request that another server before ours may have given."""
CASE_NUMBER = re.compile(r"\d{11}")

LARGEST, KEPT = 10_000_000, 5
"""Bytes of a log file, and how many older ones are kept."""


@contextmanager
def to_stream(stream: TextIO, level: int = logging.INFO) -> Iterator[None]:
    """Write the logs to a stream while the block runs."""
    with _writing(logging.StreamHandler(stream), level):
        yield


@contextmanager
def to_file(path: Path, level: int = logging.INFO) -> Iterator[None]:
    """Write the logs to a file, which makes room for a new one when it has grown large."""
    with _writing(RotatingFileHandler(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8"), level):
        yield


@contextmanager
def _writing(handler: logging.Handler, level: int) -> Iterator[None]:
    handler.setFormatter(formatter())
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in OURS)]
    before = [each.level for each in loggers]
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    for each in loggers[1:]:
        each.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
        for each, was in zip(loggers, before, strict=True):
            each.setLevel(was)


def formatter() -> logging.Formatter:
    """A record of any logger as one line of JSON; `extra` of the standard library's loggers becomes keys."""
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        where_it_failed,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=chain,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(serializer=_json)],
    )


def _json(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def where_it_failed(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """An exception by its class, its code if it is ours, and its places: its text may say what somebody has typed."""
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = error.code if isinstance(error, Failure) else type(error).__qualname__
        frames = traceback.extract_tb(error.__traceback__)
        event["places"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def log_requests(app: Flask) -> None:
    """A line for each request that the application answers, and a number of the request on the line, in the answer and on failure pages."""
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request_funcs.setdefault(None, []).insert(0, _end)  # of these, the first one is asked last
    app.jinja_env.globals["request_id"] = request_id


def request_id() -> str:
    """The number of the present request: the one that the server before ours gave, or a new one."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if GIVEN_ID.fullmatch(given) else uuid4().hex
    return str(g.request_id)


def _begin() -> None:
    g.begun = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=request_id())


def _end(answer: Response) -> Response:
    answer.headers[HEADER] = request_id()
    if request.endpoint != "static":
        log.info("request", extra=_about(answer))
    structlog.contextvars.clear_contextvars()
    return answer


def _about(answer: Response) -> dict[str, Any]:
    person = visitor()
    told = {
        "request": request_id(),
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule is not None else None,
        "status": answer.status_code,
        "ms": round((time.perf_counter() - g.get("begun", time.perf_counter())) * 1000, 1),
        "login": person.id if person is not None else None,
        "case": _case_number(),
    }
    return {name: value for name, value in told.items() if value is not None}


def _case_number() -> str | None:
    number = str((request.view_args or {}).get("number", ""))
    return number if CASE_NUMBER.fullmatch(number) else None
