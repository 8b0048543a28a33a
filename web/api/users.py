"""Who works here, and for whom."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields, validate

from registry import directory, passwords
from registry import users as book
from registry.administration import enter
from registry.users import User
from web.access import SIGNED_IN, access, roles
from web.api.blueprint import Operations
from web.api.replies import Reply, once, shown
from web.api.schemas import NAME, Changed, PageQuery
from web.current import actor, runtime
from workflow_runtime.runtime import UnitOfWork

api = Operations("users", "用户 · Who works here, and for whom.")

ADMINISTRATOR = roles("administrator")


class Granted(Schema):
    """A role at a party."""

    role = fields.String(required=True, validate=NAME)
    party = fields.String(required=True, validate=NAME)


class NewUser(Schema):
    """A person to add, without a role and without a password yet."""

    login = fields.String(required=True, validate=NAME)
    display_name = fields.String(required=True, validate=NAME)
    unit = fields.String(required=True, validate=NAME)


class UserDocument(NewUser):
    """A person and what he may do."""

    disabled = fields.Boolean(required=True)
    grants = fields.List(fields.Nested(Granted), required=True)


class UserQuery(PageQuery):
    """Whose login, name or unit contains a text; `after` is the last login of the page before."""

    containing = fields.String(load_default="", validate=NAME)
    after = fields.String(load_default="", validate=NAME)


class Disabled(Schema):
    """Whether a person is locked out."""

    disabled = fields.Boolean(required=True)


class Password(Schema):
    """A password that has to be changed at the next sign-in."""

    password = fields.String(required=True, validate=validate.Length(max=passwords.LONGEST), metadata={"writeOnly": True})


def _document(found: User) -> Any:
    grants = [{"role": role, "party": party} for role, party in sorted(found.grants)]
    return UserDocument().dump({**vars(found), "grants": grants})


@api.get("/account")
@access(SIGNED_IN)
@api.gives(UserDocument)
def account() -> Response:
    """For whom this token acts, and what he may do."""
    with runtime().reading() as uow:
        found = book.user(uow.connection, actor().id)
    return shown(Reply(_document(found)))


@api.get("/users")
@access(ADMINISTRATOR)
@api.takes(UserQuery, "query")
@api.gives(UserDocument, many=True)
def users(wanted: dict[str, Any]) -> Response:
    """People, by login."""
    with runtime().reading() as uow:
        found = directory.people(uow.connection, **wanted)
    return shown(Reply([_document(each) for each in found]))


@api.get("/users/<login>")
@access(ADMINISTRATOR)
@api.gives(UserDocument)
def user(login: str) -> Response:
    """One person."""
    with runtime().reading() as uow:
        found = book.user(uow.connection, login)
    return shown(Reply(_document(found)))


@api.post("/users")
@access(ADMINISTRATOR)
@api.takes(NewUser)
@api.gives(UserDocument, HTTPStatus.CREATED)
def add_user(given: dict[str, Any]) -> Response:
    """Add a person."""

    def act(uow: UnitOfWork) -> Reply:
        change = book.add_user(uow.connection, given["login"], given["display_name"], given["unit"], uow.now)
        enter(uow, actor(), change)
        where = url_for("api_users.user", login=change.subject)
        return Reply(_document(book.user(uow.connection, change.subject)), HTTPStatus.CREATED, {"Location": where})

    return once(act)


@api.post("/users/<login>/grants")
@access(ADMINISTRATOR)
@api.takes(Granted)
@api.gives(Changed)
def grant(given: dict[str, Any], login: str) -> Response:
    """Let him act in a role for a party."""
    return once(lambda uow: _changed(uow, book.grant(uow.connection, login, given["role"], given["party"], uow.now)))


@api.delete("/users/<login>/grants")
@access(ADMINISTRATOR)
@api.takes(Granted, "query")
@api.gives(Changed)
def revoke(given: dict[str, Any], login: str) -> Response:
    """Take a role for a party back."""
    with runtime().transaction() as uow:
        return _changed(uow, book.revoke(uow.connection, login, given["role"], given["party"])).response()


@api.put("/users/<login>/disabled")
@access(ADMINISTRATOR)
@api.takes(Disabled)
@api.gives(Changed)
def disable(given: dict[str, Any], login: str) -> Response:
    """Lock a person out, or let him in again."""
    with runtime().transaction() as uow:
        return _changed(uow, book.disable(uow.connection, login, given["disabled"])).response()


@api.put("/users/<login>/password")
@access(ADMINISTRATOR)
@api.takes(Password)
@api.gives(Changed)
def set_password(given: dict[str, Any], login: str) -> Response:
    """Set a password, for handing over: he has to choose another one when he signs in."""
    with runtime().transaction() as uow:
        change = passwords.set_password(uow.connection, login, given["password"], uow.now, must_change=True)
        return _changed(uow, change).response()


def _changed(uow: UnitOfWork, change: Any) -> Reply:
    return Reply({"changed": enter(uow, actor(), change)})
