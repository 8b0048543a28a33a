"""异常: what a person has to look at, and what the operator does about it."""

import orjson
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.exchanges import exchanges_of
from web.access import access, roles
from web.asking.paging import before, page_of
from web.current import actor, runtime
from web.failures import status_of
from web.resuming import RESUMED, shows_again
from workflow_runtime import oversight
from workflow_runtime.errors import Failure, FieldError, Invalid, Text, WrongState
from workflow_runtime.guards import OPERATOR
from workflow_runtime.handlers import Json
from workflow_runtime.incidents import resolve_incident, retry_incident

pages = Blueprint("incidents", __name__)

Answer = str | tuple[str, int] | Response


@pages.get("/incidents")
@access(roles("operator", "administrator"))
def incidents() -> str:
    """The open incidents, or with `all` the settled ones too, newest first."""
    everything = "all" in request.args
    with runtime().reading() as uow:
        found = oversight.incidents(uow, actor(), only_open=not everything, before=before(), limit=oversight.PAGE + 1)
    rows, last = page_of(found, oversight.PAGE)
    return render_template("incidents/incidents.html", rows=rows, everything=everything, next=last and last.incident.id)


@pages.get("/incidents/<int:incident_id>")
@access(roles("operator", "administrator"))
def incident(incident_id: int) -> str:
    """One incident: what happened, what to do about it, and every call of its step."""
    return _page(incident_id)


@pages.post("/incidents/<int:incident_id>/retry")
@access(roles("operator"))
@shows_again
def retry(incident_id: int) -> Answer:
    """重试: the job tries again."""
    if RESUMED in request.form:
        return _page(incident_id)
    try:
        with runtime().transaction() as uow:
            retry_incident(uow, incident_id, actor(), request.form.get("reason", ""))
    except (Invalid, WrongState) as failure:
        return _page(incident_id, failure), status_of(failure)
    return _settled(incident_id, _("已重试，系统将重新执行该步骤。"))


@pages.post("/incidents/<int:incident_id>/resolve")
@access(roles("operator"))
@shows_again
def resolve(incident_id: int) -> Answer:
    """处理: the job's result is entered by hand, and the case goes on."""
    if RESUMED in request.form:
        return _page(incident_id)
    try:
        result = read_result(request.form.get("result", ""))
        with runtime().transaction() as uow:
            resolve_incident(uow, incident_id, actor(), result, request.form.get("reason", ""))
    except (Invalid, WrongState) as failure:
        return _page(incident_id, failure), status_of(failure)
    return _settled(incident_id, _("处理结果已登记，案件继续办理。"))


def read_result(text: str) -> Json:
    """The result that was typed as JSON. Raises Invalid."""
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        zh, en = f"第 {error.lineno} 行第 {error.colno} 列", f"line {error.lineno}, column {error.colno}"
        wrong = Text(f"不是有效的 JSON（{zh}）。", f"It is not valid JSON ({en}).")
        raise Invalid([FieldError("result", "处理结果", wrong)]) from error
    return value


def _settled(incident_id: int, sentence: str) -> Response:
    flash(sentence, "success")
    return redirect(url_for("incidents.incident", incident_id=incident_id), 303)


def _page(incident_id: int, failure: Failure | None = None) -> str:
    with runtime().reading() as uow:
        view = oversight.incident(uow, actor(), incident_id)
        calls = exchanges_of(uow.connection, view.case.number, view.key)
    acts = view.incident.state == "open" and actor().has_role(OPERATOR)
    sent = request.path.rpartition("/")[2] if request.method == "POST" else ""
    return render_template("incidents/incident.html", view=view, calls=calls, acts=acts, failure=failure, sent=sent, given=request.form)
