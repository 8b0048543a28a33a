"""Issuing authorities and their preconditions; who works in the lanes."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields, validate

from registry import authorities as book
from registry import lanes as lane_book
from registry.administration import enter
from registry.authorities import Authority
from registry.parties import Lane
from registry.preconditions import check_preconditions
from web.access import SIGNED_IN, access, roles
from web.api.blueprint import Operations
from web.api.failures import RequestRefused
from web.api.replies import Reply, once, once_in_parts, shown
from web.api.schemas import NAME, Changed, Words
from web.current import actor, runtime
from workflow_runtime.errors import Failure, NotAllowed, NotFound
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.database import Unavailable

api = Operations("authorities", "发证机关 · Issuing authorities, and who works in the lanes.")

ADMINISTRATOR = roles("administrator")


class Precondition(Schema):
    """One precondition of issuing, and what to do where it is not fulfilled."""

    key = fields.String(required=True)
    ok = fields.Boolean(required=True)
    message = fields.Nested(Words, required=True)
    remedy = fields.Nested(Words, required=True)


class AuthorityFacts(Schema):
    """What is known of an authority; an empty `number_prefix`: it issues nothing itself."""

    name = fields.String(required=True, validate=NAME)
    region = fields.String(required=True, validate=NAME)
    parent = fields.String(load_default=None, allow_none=True, validate=NAME)
    number_prefix = fields.String(load_default="", validate=NAME)
    seal_name = fields.String(load_default="", validate=NAME)
    accepted_seal_names = fields.List(fields.String(validate=NAME), load_default=list, validate=validate.Length(max=50))
    departments = fields.List(fields.String(validate=NAME), load_default=list, validate=validate.Length(max=50))
    has_account = fields.Boolean(load_default=False)
    has_seal = fields.Boolean(load_default=False)
    catalogue_claimed = fields.Boolean(load_default=False)
    automatic_aggregation = fields.Boolean(load_default=False)


class NewAuthority(AuthorityFacts):
    """An authority to enter; `code` is its credit code."""

    code = fields.String(required=True, validate=NAME)


class AuthorityDocument(NewAuthority):
    """An authority with the four preconditions of issuing."""

    preconditions = fields.List(fields.Nested(Precondition), required=True)


class Checked(Schema):
    """What the government service network says of an authority."""

    known = fields.Boolean(required=True)
    changed = fields.Boolean(required=True)
    checks = fields.List(fields.Nested(Precondition), required=True)


class LaneFacts(Schema):
    """Which role of which party works in a lane."""

    role = fields.String(required=True, validate=NAME)
    party = fields.String(required=True, validate=NAME)


class LaneDocument(LaneFacts):
    """A lane of the role table."""

    name = fields.String(required=True)


def _document(found: Authority) -> Any:
    return AuthorityDocument().dump({**asdict(found), "preconditions": book.preconditions(found)})


def _authority(code: str, facts: dict[str, Any]) -> Authority:
    lists = {name: tuple(facts[name]) for name in ("accepted_seal_names", "departments")}
    return Authority(**{**facts, **lists, "code": code})


@api.get("/authorities")
@access(SIGNED_IN)
@api.gives(AuthorityDocument, many=True)
def authorities() -> Response:
    """All authorities; an owner chooses where to file among them."""
    with runtime().reading() as uow:
        found = book.authorities(uow.connection)
    return shown(Reply([_document(each) for each in found]))


@api.get("/authorities/<code>")
@access(SIGNED_IN)
@api.gives(AuthorityDocument)
def authority(code: str) -> Response:
    """One authority."""
    with runtime().reading() as uow:
        found = book.authority(uow.connection, code)
    return shown(Reply(_document(found)))


@api.post("/authorities")
@access(ADMINISTRATOR)
@api.takes(NewAuthority)
@api.gives(AuthorityDocument, HTTPStatus.CREATED)
def add_authority(given: dict[str, Any]) -> Response:
    """Enter an authority."""
    new = _authority(given["code"], given)

    def act(uow: UnitOfWork) -> Reply:
        enter(uow, actor(), book.add_authority(uow.connection, new))
        return Reply(_document(new), HTTPStatus.CREATED, {"Location": url_for("api_authorities.authority", code=new.code)})

    return once(act)


@api.put("/authorities/<code>")
@access(ADMINISTRATOR)
@api.takes(AuthorityFacts)
@api.gives(AuthorityDocument)
def change_authority(given: dict[str, Any], code: str) -> Response:
    """Write an authority's new state."""
    new = _authority(code, given)
    with runtime().transaction() as uow:
        enter(uow, actor(), book.update_authority(uow.connection, new))
    return Reply(_document(new)).response()


@api.post("/authorities/<code>/check")
@access(ADMINISTRATOR)
@api.gives(Checked)
@api.fails("BAD_GATEWAY")
def check_authority(code: str) -> Response:
    """检测: ask the government service network, and bring the books up to date."""

    def act() -> Reply:
        found = _asked(code)
        return Reply(Checked().dump({"known": found.known, "changed": found.change is not None, "checks": found.checks}))

    return once_in_parts(act)


def _asked(code: str) -> Any:
    try:
        return check_preconditions(runtime(), actor(), code)
    except (NotAllowed, NotFound, Unavailable):
        raise
    except Failure as failure:  # whatever the platform, or the way to it, could not do
        raise RequestRefused(HTTPStatus.BAD_GATEWAY, failure.code, failure.message, failure.remedy) from failure


@api.get("/lanes")
@access(roles("administrator", "analyst"))
@api.gives(LaneDocument, many=True)
def lanes() -> Response:
    """泳道: the role table."""
    with runtime().reading() as uow:
        return shown(Reply(LaneDocument(many=True).dump(lane_book.lanes(uow.connection))))


@api.put("/lanes/<path:name>")
@access(ADMINISTRATOR)
@api.takes(LaneFacts)
@api.gives(Changed)
def set_lane(given: dict[str, Any], name: str) -> Response:
    """Let a role of a party work in a lane."""
    with runtime().transaction() as uow:
        changed = enter(uow, actor(), lane_book.set_lane(uow.connection, Lane(name, given["role"], given["party"])))
    return Reply({"changed": changed}).response()
