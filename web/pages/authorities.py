"""发证机关: who issues, and whether everything that issuing needs is there."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry import authorities as book
from registry.administration import enter
from registry.authorities import Authority
from registry.preconditions import check_preconditions
from registry.regions import regions
from web.access import access, roles
from web.asking.typed import typed
from web.current import actor, runtime
from web.failures import status_of
from web.resuming import RESUMED, shows_again
from workflow_runtime.errors import Failure, Invalid, NotAllowed, NotFound, WrongState
from workflow_runtime.store.database import Unavailable

pages = Blueprint("authorities", __name__)

Answer = str | tuple[str, int] | Response
TEXTS = ("name", "region", "number_prefix", "seal_name")
LISTS = ("accepted_seal_names", "departments")
TICKS = ("has_account", "has_seal", "catalogue_claimed", "automatic_aggregation")


@pages.get("/authorities")
@access(roles("administrator"))
def authorities() -> str:
    """Every authority with its preconditions."""
    with runtime().reading() as uow:
        found = book.authorities(uow.connection)
    names = {body.code: body.name for body in found}
    return render_template("authorities/authorities.html", rows=[(body, book.preconditions(body)) for body in found], names=names)


@pages.get("/authorities/new")
@access(roles("administrator"))
def new() -> str:
    """The empty form."""
    return _form(None, {"code": "", **_fields_of(None)})


@pages.post("/authorities/new")
@access(roles("administrator"))
@shows_again
def add() -> Answer:
    """Enter an authority."""
    given = {"code": typed("code").upper(), **_given()}
    if RESUMED in request.form:
        return _form(None, given)
    try:
        with runtime().transaction() as uow:
            enter(uow, actor(), book.add_authority(uow.connection, _authority(given["code"], given)))
    except (Invalid, WrongState) as failure:
        return _form(None, given, failure), status_of(failure)
    return _done(given["code"], _("已登记该发证机关。"))


@pages.get("/authorities/<code>")
@access(roles("administrator"))
def authority(code: str) -> str:
    """One authority: its check list and the form."""
    return _form(code)


@pages.post("/authorities/<code>")
@access(roles("administrator"))
@shows_again
def change(code: str) -> Answer:
    """Write an authority's new state."""
    given = _given()
    if RESUMED in request.form:
        return _form(code, given)
    try:
        with runtime().transaction() as uow:
            changed = enter(uow, actor(), book.update_authority(uow.connection, _authority(code, given)))
    except Invalid as failure:
        return _form(code, given, failure), status_of(failure)
    return _done(code, _("已保存。") if changed else _("没有变化。"))


@pages.post("/authorities/<code>/check")
@access(roles("administrator"))
def check(code: str) -> Answer:
    """检测: ask the government service network, and bring the books up to date."""
    try:
        found = check_preconditions(runtime(), actor(), code)
    except (NotAllowed, NotFound, Unavailable):
        raise
    except Failure as failure:  # whatever the platform, or the way to it, could not do
        return _form(code, trouble=failure), 502
    if not found.known:
        flash(_("内蒙古政务服务网没有登记该机关。"), "warning")
    return _done(code, _("检测完成，登记信息已更新。") if found.change else _("检测完成，登记信息无变化。"))


def _done(code: str, sentence: str) -> Response:
    flash(sentence, "success")
    return redirect(url_for("authorities.authority", code=code), 303)


def _given() -> dict[str, Any]:
    texts = {name: typed(name) for name in (*TEXTS, "parent")}
    lists = {name: "\n".join(_lines(typed(name))) for name in LISTS}
    return {**texts, **lists, **{name: name in request.form for name in TICKS}}


def _lines(text: str) -> Sequence[str]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _authority(code: str, given: dict[str, Any]) -> Authority:
    values: dict[str, Any] = {name: given[name] for name in (*TEXTS, *TICKS)}
    values |= {name: tuple(given[name].splitlines()) for name in LISTS}
    return Authority(code=code, parent=given["parent"] or None, **values)


def _fields_of(body: Authority | None) -> dict[str, Any]:
    values = asdict(body or Authority("", "", ""))
    return {**values, "parent": values["parent"] or "", **{name: "\n".join(values[name]) for name in LISTS}}


def _form(code: str | None, given: dict[str, Any] | None = None, failure: Failure | None = None, trouble: Failure | None = None) -> str:
    with runtime().reading() as uow:
        body = None if code is None else book.authority(uow.connection, code)
        choices = {
            "region": [("", _("请选择")), *((r.code, f"{r.code} {r.name}") for r in regions(uow.connection))],
            "parent": [("", _("无")), *((a.code, a.name) for a in book.authorities(uow.connection) if a.code != code)],
        }
    conditions = [] if body is None else book.preconditions(body)
    values = given if given is not None else _fields_of(body)
    return render_template(
        "authorities/authority.html", body=body, conditions=conditions, values=values, choices=choices, failure=failure, trouble=trouble
    )
