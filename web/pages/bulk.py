"""Doing one thing to many filings at once, where the diagram allows it (归集): what will be done, then what became of each."""

from collections.abc import Iterator
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.case_certificates import numbers_of_cases
from web.access import SIGNED_IN, access
from web.current import actor, runtime
from web.pages.cases import MANY, answers, columns
from web.resuming import RESUMED, shows_again
from workflow_runtime import worklist
from workflow_runtime.inbox import Completion, complete_many
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.search_fields import search_fields
from workflow_runtime.worklist import Button, Worklist

pages = Blueprint("bulk", __name__)


@pages.get("/cases/bulk")
@access(SIGNED_IN)
def confirm() -> str | Response:
    """The chosen filings: those that the button answers now, and those that it does not."""
    chosen = list(dict.fromkeys(request.args.getlist("case")))[:MANY]
    with runtime().reading() as uow:
        button = _button(uow, request.args.get("button", ""))
        if button is None:
            return _no_such_button()
        rows = worklist.cases_numbered(uow, actor(), chosen, button.code)
        numbers = numbers_of_cases(uow.connection, [row.number for row in rows])
        asked = columns(search_fields(uow), Worklist(tuple(rows), "", len(rows), False))
    ready = [row for row in rows if answers(button, row) and row.task and row.task.bulk]
    given = {"ready": ready, "others": [row for row in rows if row not in ready], "numbers": numbers, "columns": asked}
    return render_template("cases/bulk.html", button=button, **given)


@pages.post("/cases/bulk")
@access(SIGNED_IN)
@shows_again
def complete() -> str | Response:
    """Do it, each in a transaction of its own; who sends it again is told of each that it is done already."""
    with runtime().reading() as uow:
        button = _button(uow, request.form.get("button", ""))
    if button is None:
        return _no_such_button()
    sent = list(_sent())[:MANY]
    if RESUMED in request.form:
        return redirect(url_for("bulk.confirm", button=button.code, case=[number for number, *_rest in sent]), HTTPStatus.SEE_OTHER)
    completions = [Completion(task_id, seen) for _number, task_id, seen in sent]
    done = complete_many(runtime(), completions, actor(), {}, outcome=button.code, opinion=request.form.get("opinion", ""))
    with runtime().reading() as uow:
        rows = {row.number: row for row in worklist.cases_numbered(uow, actor(), [number for number, *_rest in sent])}
        numbers = numbers_of_cases(uow.connection, rows)
    results = [(rows[number], each.failure) for (number, *_rest), each in zip(sent, done, strict=True) if number in rows]
    return render_template("cases/bulk_done.html", button=button, results=results, numbers=numbers)


def _button(uow: UnitOfWork, code: str) -> Button | None:
    return next((button for button in worklist.buttons(uow, actor()) if button.code == code and button.bulk), None)


def _no_such_button() -> Response:
    flash(_("没有这个操作。"), "warning")
    return redirect(url_for("cases.cases"), HTTPStatus.SEE_OTHER)


def _sent() -> Iterator[tuple[str, int, int]]:
    """(case number, task, revision seen) of each filing that was confirmed."""
    for text in dict.fromkeys(request.form.getlist("task")):
        number, *ids = text.split(":")
        if len(ids) == 2 and all(part.isascii() and part.isdigit() and len(part) < 20 for part in ids):
            yield number, int(ids[0]), int(ids[1])
