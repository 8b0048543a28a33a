"""What happened to a case: its timeline, where it stands in its diagrams, the calls to the platforms."""

from hashlib import sha256
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from registry.exchanges import exchanges
from web.access import SIGNED_IN, access, roles
from web.api.blueprint import Operations
from web.api.replies import Reply, file_shown, shown
from web.api.schemas import Words
from web.current import actor, runtime
from workflow_runtime import queries
from workflow_runtime.outline import drawing_file, drawings

api = Operations("history", "办理记录 · What happened to a case, and where it stands.")


class TimelineEntry(Schema):
    """One line of a case's history; `said`: reasons and refusals that handlers told people on the way, `decided`: the
    rules of decision tables that applied.
    """

    at = fields.DateTime(required=True)
    who = fields.String(required=True)
    party = fields.String(required=True)
    action = fields.String(required=True)
    element = fields.String(required=True)
    name = fields.String(required=True)
    label = fields.String(required=True)
    opinion = fields.String(required=True)
    status = fields.String(required=True)
    said = fields.List(fields.Nested(Words), required=True)
    decided = fields.List(fields.Nested(Words), required=True)


class Place(Schema):
    """An element of a diagram, and how the case stands there: `waiting`, `trouble`, `done` or `ahead`."""

    element = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)
    lane = fields.String(required=True)
    state = fields.String(required=True)
    since = fields.DateTime(required=True, allow_none=True)
    who = fields.String(required=True)
    rounds = fields.Integer(required=True)


class Drawing(Schema):
    """A process of the case, its places in the order in which a token meets them."""

    process = fields.String(required=True)
    name = fields.String(required=True)
    places = fields.List(fields.Nested(Place), required=True)


class Exchange(Schema):
    """One call to another organisation's platform."""

    id = fields.Integer(required=True)
    platform = fields.String(required=True)
    operation = fields.String(required=True)
    key = fields.String(required=True)
    opened_at = fields.DateTime(required=True)
    request = fields.Raw(required=True)
    status = fields.Integer(required=True, allow_none=True)
    answer = fields.String(required=True)
    outcome = fields.String(required=True, allow_none=True)
    duration_ms = fields.Integer(required=True, allow_none=True)


def _all(schema: type[Schema], rows: Any) -> Response:
    return shown(Reply(schema(many=True).dump(rows)))


@api.get("/cases/<number>/timeline")
@access(SIGNED_IN)
@api.gives(TimelineEntry, many=True)
def timeline(number: str) -> Response:
    """办理记录: what happened, oldest first."""
    with runtime().reading() as uow:
        return _all(TimelineEntry, queries.timeline(uow, actor(), number))


@api.get("/cases/<number>/diagram")
@access(SIGNED_IN)
@api.gives(Drawing, many=True)
def diagram(number: str) -> Response:
    """流程图: the case's process and those that it calls, with the state of each place."""
    with runtime().reading() as uow:
        return _all(Drawing, drawings(uow, actor(), number))


@api.get("/cases/<number>/diagram/<process>.bpmn")
@access(SIGNED_IN)
@api.revised
@api.gives_file("application/xml")
def diagram_file(number: str, process: str) -> Response:
    """The BPMN file that the case runs on."""
    with runtime().reading() as uow:
        content = drawing_file(uow, actor(), number, process)
    return file_shown(content, "application/xml", f"{process}.bpmn", sha256(content).hexdigest())


@api.get("/cases/<number>/exchanges")
@access(roles("operator", "administrator", "reviewer"))
@api.gives(Exchange, many=True)
def push_log(number: str) -> Response:
    """推送日志: every call to a platform for this case, oldest first."""
    with runtime().reading() as uow:
        queries.visible_case(uow, actor(), number)
        return _all(Exchange, exchanges(uow.connection, number))
