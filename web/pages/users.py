"""用户: who works here, and in which roles for whom."""

import secrets
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry import directory, passwords
from registry import users as book
from registry.administration import enter
from web.access import access, roles
from web.asking.paging import page_of
from web.asking.typed import typed
from web.current import actor, runtime
from web.failures import status_of
from web.resuming import RESUMED, shows_again
from web.words import text_of
from workflow_runtime.errors import Failure, Invalid, WrongState

pages = Blueprint("users", __name__)

Answer = str | tuple[str, int] | Response


@dataclass(frozen=True)
class Tried:
    """A form of the page that was sent and is shown again: which one, with what, and what was wrong."""

    form: str
    given: dict[str, str]
    failure: Failure | None = None


@pages.get("/users")
@access(roles("administrator"))
def users() -> str:
    """Users by login; `q` is part of a login, a name or a unit."""
    text, after = request.args.get("q", "").strip(), request.args.get("after", "")
    with runtime().reading() as uow:
        found = directory.people(uow.connection, containing=text, after=after, limit=directory.PAGE + 1)
        rows, last = page_of(found, directory.PAGE)
        units = directory.party_names(uow.connection, {person.unit for person in rows})
    return render_template("users/users.html", rows=rows, units=units, q=text, role_names=book.roles(), next=last and last.login)


@pages.get("/users/new")
@access(roles("administrator"))
def new() -> str:
    """The empty form."""
    return _new({})


@pages.post("/users/new")
@access(roles("administrator"))
@shows_again
def add() -> Answer:
    """Add a person, without a role and without a password yet."""
    given = {name: typed(name) for name in ("login", "display_name", "unit", "unit_code")}
    if RESUMED in request.form:
        return _new(given)
    try:
        with runtime().transaction() as uow:
            change = book.add_user(uow.connection, given["login"], given["display_name"], _party("unit"), uow.now)
            enter(uow, actor(), change)
    except (Invalid, WrongState) as failure:
        return _new(given, failure), status_of(failure)
    return _done(change.subject, _("已添加用户，请授予角色并设置密码。"))


@pages.get("/users/<login>")
@access(roles("administrator"))
def user(login: str) -> str:
    """One person: roles, whether he is let in, his password."""
    return _page(login)


@pages.post("/users/<login>/grant")
@access(roles("administrator"))
@shows_again
def grant(login: str) -> Answer:
    """Let him act in a role for a party."""
    given = {name: typed(name) for name in ("role", "party", "party_code")}
    if RESUMED in request.form:
        return _page(login, Tried("grant", given))
    try:
        with runtime().transaction() as uow:
            changed = enter(uow, actor(), book.grant(uow.connection, login, given["role"], _party("party"), uow.now))
    except Invalid as failure:
        return _page(login, Tried("grant", given, failure)), status_of(failure)
    return _done(login, _("已授予角色。") if changed else _("该用户已有此角色。"))


@pages.post("/users/<login>/revoke")
@access(roles("administrator"))
def revoke(login: str) -> Answer:
    """Take a role back."""
    with runtime().transaction() as uow:
        changed = enter(uow, actor(), book.revoke(uow.connection, login, typed("role"), typed("party")))
    return _done(login, _("已收回角色。") if changed else _("该用户没有此角色。"))


@pages.post("/users/<login>/disable")
@access(roles("administrator"))
def disable(login: str) -> Answer:
    """Lock him out, or with `enable` let him in again."""
    out = "enable" not in request.form
    with runtime().transaction() as uow:
        changed = enter(uow, actor(), book.disable(uow.connection, login, out))
    done = _("已停用，该用户不能再登录。") if out else _("已启用，该用户可以登录。")
    return _done(login, done if changed else _("没有变化。"))


@pages.post("/users/<login>/password")
@access(roles("administrator"))
def password(login: str) -> Answer:
    """Set a new password and show it: once, in this very answer, so that it is kept nowhere."""
    made = secrets.token_urlsafe(12)
    with runtime().transaction() as uow:
        enter(uow, actor(), passwords.set_password(uow.connection, login, made, uow.now, must_change=True))
    return _page(login, password=made)


def _done(login: str, sentence: str) -> Response:
    flash(sentence, "success")
    return redirect(url_for("users.user", login=login), 303)


def _party(field: str) -> str:
    """The party that was chosen; owners, who are too many for a list, by their credit code."""
    code = typed(f"{field}_code").upper()
    return f"owner:{code}" if code else typed(field)


def _new(given: dict[str, str], failure: Failure | None = None) -> str:
    with runtime().reading() as uow:
        parties = directory.known_parties(uow.connection)
    return render_template("users/new.html", values=given, parties=_choices(parties), failure=failure)


def _choices(parties: dict[str, str]) -> list[tuple[str, str]]:
    return [("", _("请选择")), *((party, _(name)) for party, name in parties.items())]


def _page(login: str, tried: Tried | None = None, password: str = "") -> str:
    with runtime().reading() as uow:
        person = book.user(uow.connection, login)
        parties = directory.known_parties(uow.connection)
        names = directory.party_names(uow.connection, {person.unit, *(party for _role, party in person.grants)})
    role_choices = [("", _("请选择")), *((role, text_of(name)) for role, name in book.roles().items())]
    more = {"role_names": book.roles(), "role_choices": role_choices, "parties": _choices(parties), "names": names}
    return render_template("users/user.html", person=person, tried=tried, password=password, **more)
