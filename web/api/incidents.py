"""What the operator looks at: incidents and jobs."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from web.access import access, roles
from web.api.blueprint import Operations
from web.api.cases import CaseState, case_reply
from web.api.replies import Reply, once, shown
from web.api.schemas import BeforeQuery, Reason
from web.current import actor, runtime
from workflow_runtime import oversight
from workflow_runtime.incidents import resolve_incident, retry_incident

api = Operations("incidents", "异常 · Incidents and jobs.")

OVERSEERS = roles("operator", "administrator")


class Incident(Schema):
    """Something that a person has to look at; `name` is what the diagram calls the step."""

    id = fields.Integer(required=True)
    number = fields.String(required=True)
    element = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    error = fields.Dict(required=True)
    attempts = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    resolved_at = fields.DateTime(required=True, allow_none=True)
    resolved_by = fields.String(required=True, allow_none=True)
    resolution = fields.String(required=True, allow_none=True)


class Job(Schema):
    """A step that is done outside, and how often it was tried."""

    id = fields.Integer(required=True)
    number = fields.String(required=True)
    element = fields.String(required=True)
    name = fields.String(required=True)
    handler = fields.String(required=True)
    state = fields.String(required=True)
    run_at = fields.DateTime(required=True)
    attempts = fields.Integer(required=True)
    unsure = fields.Boolean(required=True)
    error = fields.Dict(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    finished_at = fields.DateTime(required=True, allow_none=True)


class IncidentDocument(Incident):
    """An incident with its job; `key` is that of its calls in the push log."""

    job = fields.Nested(Job, required=True)
    key = fields.String(required=True)
    resolvable = fields.Boolean(required=True)


class IncidentQuery(BeforeQuery):
    """Which incidents: the open ones, or with `all` the settled ones too."""

    all = fields.Boolean(load_default=False)


class JobQuery(BeforeQuery):
    """Which jobs."""

    state = fields.String(load_default=None, validate=validate.Length(max=16))


class Result(Schema):
    """The job's result, learned from the other side, and how it is known."""

    result = fields.Raw(required=True, allow_none=True)
    reason = fields.String(required=True, validate=validate.Length(1))


@api.get("/incidents")
@access(OVERSEERS)
@api.takes(IncidentQuery, "query")
@api.gives(Incident, many=True)
def incidents(wanted: dict[str, Any]) -> Response:
    """Incidents, newest first; `before` is the id of the last one of the page before."""
    with runtime().reading() as uow:
        found = oversight.incidents(uow, actor(), only_open=not wanted["all"], before=wanted["before"], limit=wanted["limit"])
    rows = [{**vars(each.incident), "number": each.number, "name": each.name} for each in found]
    return shown(Reply(Incident(many=True).dump(rows)))


@api.get("/incidents/<int:incident_id>")
@access(OVERSEERS)
@api.gives(IncidentDocument)
def incident(incident_id: int) -> Response:
    """One incident."""
    with runtime().reading() as uow:
        found = oversight.incident(uow, actor(), incident_id)
    case = {"number": found.case.number, "name": found.name}
    job = {**vars(found.job), **case}
    more = {"job": job, "key": found.key, "resolvable": found.resolvable}
    return shown(Reply(IncidentDocument().dump({**vars(found.incident), **case, **more})))


@api.post("/incidents/<int:incident_id>/retry")
@access(roles("operator"))
@api.takes(Reason)
@api.gives(CaseState)
def retry(given: dict[str, Any], incident_id: int) -> Response:
    """重试: let the job try again."""
    return once(lambda uow: case_reply(retry_incident(uow, incident_id, actor(), given["reason"])))


@api.post("/incidents/<int:incident_id>/resolution")
@access(roles("operator"))
@api.takes(Result)
@api.gives(CaseState)
def resolve(given: dict[str, Any], incident_id: int) -> Response:
    """处理: say by hand what the job's result is, and let the case go on."""
    return once(lambda uow: case_reply(resolve_incident(uow, incident_id, actor(), given["result"], given["reason"])))


@api.get("/jobs")
@access(OVERSEERS)
@api.takes(JobQuery, "query")
@api.gives(Job, many=True)
def jobs(wanted: dict[str, Any]) -> Response:
    """Jobs, newest first; `before` is the id of the last one of the page before."""
    with runtime().reading() as uow:
        found = oversight.jobs(uow, actor(), **wanted)
    return shown(Reply(Job(many=True).dump([{**vars(each.job), "number": each.number, "name": each.name} for each in found])))
