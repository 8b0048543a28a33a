"""The list of the manual's reviewer screen: 查询, 重置, 高级查询, and the buttons on a chosen filing. The owner's list is the same page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.case_certificates import cases_of_number, numbers_of_cases
from web.access import SIGNED_IN, access
from web.addresses import here
from web.asking.cases import AHEAD, ALL, AT, TODO, Asked
from web.current import actor, runtime
from web.words import word
from workflow_runtime import worklist
from workflow_runtime.forms import Field, Option
from workflow_runtime.queries import due_notes
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.search_fields import choices, search_fields
from workflow_runtime.startable import businesses_to_start
from workflow_runtime.worklist import Button, Worklist, WorklistRow

pages = Blueprint("cases", __name__)

APPLICANT = "applicant"
"""The role that has 新建申请 in its menu; others who may start something find it above their list."""
COLUMNS = 5
"""Searchable answers that get a column."""
VIEW = "view"
"""The value of the button 查看."""
MANY = 200
"""Filings that may be chosen at once."""


@dataclass(frozen=True)
class Choices:
    """What can be asked for, with its words."""

    questions: Sequence[Field]
    options: Mapping[str, Sequence[Option]]
    statuses: Sequence[str]
    businesses: Mapping[str, str]


@pages.get("/cases")
@access(SIGNED_IN)
def cases() -> str:
    """The list, as the address asks for it."""
    who = actor()
    with runtime().reading() as uow:
        offered = _choices(uow)
        waiting, buttons = worklist.count_todo(uow, who), worklist.buttons(uow, who)
        asked = Asked.read(request.args, offered.questions)
        if not asked.view:
            asked = replace(asked, view=TODO if waiting or buttons else ALL)
        known = cases_of_number(uow.connection, asked.keyword) if asked.keyword else ()
        found = worklist.worklist(uow, who, asked.wanted(known), after=asked.after)
        numbers = numbers_of_cases(uow.connection, [row.number for row in found.rows])
        notes, now = due_notes(uow, (row.due_at for row in found.rows)), uow.now
        starts = not who.has_role(APPLICANT) and bool(businesses_to_start(uow, who))
    shown = {row.number for row in found.rows}
    stands = next((number for number in asked.at if number in shown), "")
    given = {
        "choices": offered,
        "waiting": waiting,
        "buttons": buttons,
        "asked": asked,
        "found": found,
        "notes": notes,
        "now": now,
        "starts": starts,
    }
    beside = columns(offered.questions, found, works=bool(buttons))
    return render_template("cases/cases.html", **given, numbers=numbers, columns=beside, stands=stands, ahead=AHEAD, most=worklist.TODO_CAP)


def _choices(uow: UnitOfWork) -> Choices:
    business = request.args.get("business", "")
    options = choices(uow, actor(), business)
    return Choices(search_fields(uow, business), options, worklist.statuses(uow, business), dict(worklist.businesses(uow)))


def columns(questions: Sequence[Field], found: Worklist, *, works: bool = True) -> list[Field]:
    """The answers that get a column: of those that the filings have, the first in the form's order that tell them apart for a reader.

    Dates and codes that a rule checks do not; what is chosen from a list of the books only where the rows differ in it. Who does not
    work on filings (an owner looks at his own) gets no other column, either, that says the same in every row.
    """

    def differs(question: Field) -> bool:
        return len({row.fields.get(question.name) for row in found.rows}) > 1

    asked = [q for q in questions if not found.rows or any(q.name in row.words for row in found.rows)]
    plain = [q for q in asked if q.kind != "date" and not q.validator and not q.option_source][:COLUMNS]
    telling = [q for q in plain if works or len(found.rows) < 2 or differs(q)]
    return [*telling, *(q for q in asked if q.option_source and differs(q))]


@pages.post("/cases/act")
@access(SIGNED_IN)
def act() -> Response:
    """Do with the chosen filings what the pressed button says: go to the page where it is done, or say why it cannot be."""
    chosen = list(dict.fromkeys(request.form.getlist("case")))[:MANY]
    pressed = request.form.get("button", "")
    if pressed != VIEW:
        return _worked(chosen, pressed)
    if len(chosen) == 1:
        return redirect(url_for("case.case", number=chosen[0]), HTTPStatus.SEE_OTHER)
    return _back(_("请先在列表中选择一条数据。") if not chosen else _("一次只能查看一条数据，请只选择一条。"))


def _worked(chosen: list[str], pressed: str) -> Response:
    with runtime().reading() as uow:
        button = next((b for b in worklist.buttons(uow, actor()) if b.code == pressed), None)
        if button is None:
            return _back(_("没有这个操作。"))
        if not chosen:
            return _back(_("请先在列表中选择一条数据。"))
        rows = [row for row in worklist.cases_numbered(uow, actor(), chosen, button.code) if answers(button, row)]
    if len(chosen) > 1:
        several = url_for("bulk.confirm", button=button.code, case=chosen)
        return redirect(several, HTTPStatus.SEE_OTHER) if button.bulk else _back(_("一次只能办理一条数据，请只选择一条。"))
    if not rows or rows[0].task is None:
        return _back(_("所选数据当前不能“%(button)s”：不在该环节，或不由您办理。", button=word(button.label)))
    return redirect(url_for("tasks.task", task_id=rows[0].task.id, outcome=button.code, next=_here_again()), HTTPStatus.SEE_OTHER)


def answers(button: Button, row: WorklistRow) -> bool:
    """Whether this person's task of the row has this button."""
    return row.task is not None and row.task.element in button.elements


def _back(words: str) -> Response:
    flash(words, "warning")
    return redirect(_here_again(), HTTPStatus.SEE_OTHER)


def _here_again() -> str:
    """The list as it was, at the chosen filing, or at the next one that is left when that has gone."""
    back, shown, chosen = here(request.form.get("next")), request.form.get("shown", "").split(), request.form.get("case")
    if chosen not in shown:
        return back
    ahead = shown[shown.index(chosen) :][:AHEAD]
    return f"{back}{'&' if '?' in back else '?'}{urlencode([(AT, number) for number in ahead])}"
