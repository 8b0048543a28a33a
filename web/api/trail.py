"""The audit, for auditors: streams, their entries, and whether the chains hold."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from web.access import access, roles
from web.api.blueprint import Operations
from web.api.replies import Reply, shown
from web.api.schemas import NAME, BeforeQuery, Words
from web.current import actor, runtime
from workflow_runtime import trail

api = Operations("trail", "审计 · The audit.")

AUDITORS = roles("auditor", "administrator")


class Stream(Schema):
    """A stream of the audit that is no case's; a case's is `case:<number>`."""

    stream = fields.String(required=True)
    entries = fields.Integer(required=True)


class AuditEntry(Schema):
    """One entry of a stream."""

    seq = fields.Integer(required=True)
    at = fields.DateTime(required=True)
    actor = fields.String(required=True)
    actor_name = fields.String(required=True)
    party = fields.String(required=True)
    role = fields.String(required=True)
    action = fields.String(required=True)
    subject = fields.String(required=True)
    details = fields.Dict(required=True)
    reason = fields.String(required=True)


class Breach(Schema):
    """A place where a chain does not hold."""

    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    message = fields.Nested(Words, required=True)


class Verified(Schema):
    """How much was read, and every breach."""

    streams = fields.Integer(required=True)
    entries = fields.Integer(required=True)
    breaches = fields.List(fields.Nested(Breach), required=True)


class StreamQuery(Schema):
    """Which stream."""

    stream = fields.String(required=True, validate=NAME)


class EntryQuery(BeforeQuery, StreamQuery):
    """Which entries: those of a stream, older than `before`."""


class VerifyQuery(Schema):
    """Which stream; without one, all."""

    stream = fields.String(load_default=None, validate=NAME)


@api.get("/trail")
@access(AUDITORS)
@api.gives(Stream, many=True)
def streams() -> Response:
    """The streams that are not cases."""
    with runtime().reading() as uow:
        found = trail.streams(uow, actor())
    return shown(Reply([{"stream": name, "entries": count} for name, count in found]))


@api.get("/trail/entries")
@access(AUDITORS)
@api.takes(EntryQuery, "query")
@api.gives(AuditEntry, many=True)
def entries(wanted: dict[str, Any]) -> Response:
    """Entries of a stream, newest first."""
    with runtime().reading() as uow:
        found = trail.entries(uow, actor(), wanted["stream"], before=wanted["before"], limit=wanted["limit"])
    return shown(Reply(AuditEntry(many=True).dump(found)))


@api.get("/trail/verification")
@access(AUDITORS)
@api.takes(VerifyQuery, "query")
@api.gives(Verified)
def verified(wanted: dict[str, Any]) -> Response:
    """校验: recompute the chains."""
    with runtime().reading() as uow:
        found = trail.verify(uow, actor(), wanted["stream"])
    return shown(Reply(Verified().dump(found)))
