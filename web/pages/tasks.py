"""Working on a user task: its page, the dialog above the list, 签收, 放回, 转办, drafts, and its completion."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from registry.directory import holders
from web.access import SIGNED_IN, access, roles
from web.addresses import came_from
from web.composition import colleague_named
from web.current import actor, runtime
from web.failure_documents import failure_document
from web.failures import status_of
from web.html_forms import with_refused
from web.resuming import RESUMED, shows_again
from web.showing.task_page import TaskPage, Typed, begun, bundle_forms, task_page, typed_from, with_files
from web.words import moment, word
from workflow_runtime import inbox, queries
from workflow_runtime.errors import Conflict, Failure, FieldError, Invalid, WrongState
from workflow_runtime.queries import TaskView
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import TaskRow

pages = Blueprint("tasks", __name__)

Answer = AnyResponse | tuple[str, int]

PAGE, DIALOG = "tasks/task.html", "tasks/dialog.html"


@pages.get("/tasks/<int:task_id>")
@access(SIGNED_IN)
def task(task_id: int) -> str:
    """The task with its forms; `?outcome=` chooses a button beforehand, `?next=` says where to go afterwards."""
    with runtime().reading() as uow:
        view = queries.task(uow, actor(), task_id)
        return _shown(PAGE, _first(uow, view))


@pages.get("/tasks/<int:task_id>/dialog")
@access(SIGNED_IN)
def dialog(task_id: int) -> str:
    """The outcome, the opinion and the task's own form, for a dialog above the list."""
    with runtime().reading() as uow:
        view = queries.task(uow, actor(), task_id)
        return _shown(DIALOG, _first(uow, view))


def _first(uow: UnitOfWork, view: TaskView) -> TaskPage:
    return task_page(uow, actor(), view, begun(uow, view, request.args.get("outcome", ""), request.args.get("next") or _came_from()))


def _came_from() -> str:
    """The page that led here; empty when it was this task's own."""
    back = came_from()
    return "" if back.startswith(("/tasks/", "/sign-in")) else back


def _shown(template: str, page: TaskPage) -> str:
    return render_template(template, page=page, task=page.view.task, case=page.view.case, now=runtime().clock.now())


@pages.post("/tasks/<int:task_id>")
@access(SIGNED_IN)
@shows_again
def complete(task_id: int) -> Answer:
    """Complete the task; the page (or the dialog) again, with every word, when that cannot be done."""
    view, typed, refused = _posted(task_id)
    if RESUMED in request.form:  # signed in again meanwhile: the person looks at it once more
        return _again(task_id, replace(typed, seen=view.task.revision), HTTPStatus.OK)
    try:
        with runtime().transaction() as uow:
            case = inbox.complete(
                uow,
                task_id,
                actor(),
                typed.answers,
                typed.seen,
                outcome=typed.outcome or None,
                opinion=typed.opinion,
                edits=typed.edits,
            )
            if refused:
                raise Invalid(refused)  # after the check, so that everything wrong is told at once
    except Invalid as invalid:
        return _again(task_id, typed, HTTPStatus.UNPROCESSABLE_ENTITY, errors=with_refused(invalid.fields, refused))
    except (Conflict, WrongState) as failure:
        return _too_late(task_id, typed, failure)
    label = next((o.label for o in view.outcomes if o.code == typed.outcome or len(view.outcomes) == 1), "")
    done = {"number": case.number, "outcome": word(label), "status": word(case.status)}
    flash(_("案件 %(number)s 已办理：%(outcome)s。审核状态：%(status)s。", **done), "success")
    return _go(typed.next or url_for("case.case", number=case.number))


def _posted(task_id: int) -> tuple[TaskView, Typed, list[FieldError]]:
    """The task, what was typed, and the files that were refused. Raises NotFound."""
    with runtime().reading() as uow:
        view = queries.task(uow, actor(), task_id)
        typed, forms = typed_from(uow, view, request), bundle_forms(uow, view)
    if RESUMED in request.form:
        return view, typed, []
    typed, refused = with_files(typed, view, forms, request)
    return view, typed, refused


def _too_late(task_id: int, typed: Typed, failure: Failure) -> Answer:
    """Somebody was faster: says who and when, and keeps what was typed. A person's own second click is no conflict."""
    with runtime().reading() as uow:
        view = queries.task(uow, actor(), task_id)
    if view.task.state == "completed" and view.task.completed_by == actor().id:
        return _go(url_for("tasks.task", task_id=task_id))
    return _again(task_id, replace(typed, seen=view.task.revision), HTTPStatus.CONFLICT, failure=failure)


def _again(
    task_id: int, typed: Typed, status: HTTPStatus, *, errors: Sequence[FieldError] = (), failure: Failure | None = None
) -> tuple[str, int]:
    with runtime().reading() as uow:
        view = queries.task(uow, actor(), task_id)
        page = task_page(uow, actor(), view, typed, errors=errors, failure=failure)
        return _shown(DIALOG if request.headers.get("HX-Request") else PAGE, page), status


def _go(address: str) -> AnyResponse:
    """Go there; from a dialog, the whole page goes."""
    if request.headers.get("HX-Request"):
        answer = make_response("", HTTPStatus.OK)
        answer.headers["HX-Redirect"] = address
        return answer
    return redirect(address, HTTPStatus.SEE_OTHER)


@pages.post("/tasks/<int:task_id>/hidden")
@access(SIGNED_IN)
def hidden(task_id: int) -> Response:
    """The blocks of the forms to fill in that are hidden under what is typed and chosen."""
    with runtime().reading() as uow:
        view = queries.task(uow, actor(), task_id)
        page = task_page(uow, actor(), view, typed_from(uow, view, request))
    return jsonify(hidden=page.hidden_keys())


@pages.post("/tasks/<int:task_id>/claim")
@access(SIGNED_IN)
@shows_again
def claim(task_id: int) -> Answer:
    """签收: take the task; what is typed already is kept as its draft."""

    def claimed(uow: UnitOfWork, typed: Typed) -> TaskRow:
        row = inbox.claim(uow, task_id, actor(), typed.seen)
        return _keep(uow, task_id, replace(typed, seen=row.revision)) if "outcome_shown" in request.form else row

    return _step(task_id, claimed, _("已签收。"))


@pages.post("/tasks/<int:task_id>/release")
@access(SIGNED_IN)
@shows_again
def release(task_id: int) -> Answer:
    """放回: give the task back to everyone."""
    return _step(task_id, lambda uow, typed: inbox.release(uow, task_id, actor(), typed.seen), _("已放回。"))


@pages.post("/tasks/<int:task_id>/draft")
@access(SIGNED_IN)
@shows_again
def draft(task_id: int) -> Answer:
    """保存草稿; a script gets the new revision."""
    return _step(task_id, lambda uow, typed: _keep(uow, task_id, typed), _("草稿已保存，任务已由您签收；不办理时请放回。"))


def _keep(uow: UnitOfWork, task_id: int, typed: Typed) -> TaskRow:
    return inbox.save_draft(
        uow, task_id, actor(), typed.answers, typed.seen, outcome=typed.outcome, opinion=typed.opinion, edits=typed.edits
    )


def _step(task_id: int, use_case: Callable[[UnitOfWork, Typed], TaskRow], done: str) -> Answer:
    """A use case on the task, then its page again."""
    view, typed, refused = _posted(task_id)
    if RESUMED in request.form:
        return _again(task_id, replace(typed, seen=view.task.revision), HTTPStatus.OK)
    try:
        with runtime().transaction() as uow:
            row = use_case(uow, typed)
    except (Conflict, WrongState) as failure:
        if _asks_json():
            return make_response(failure_document(failure), status_of(failure))
        return _too_late(task_id, typed, failure)
    if _asks_json():
        return jsonify(seen=row.revision, said=_("已自动保存 %(at)s", at=moment(runtime().clock.now())))
    if refused:
        return _again(task_id, replace(typed, seen=row.revision), HTTPStatus.UNPROCESSABLE_ENTITY, errors=refused)
    flash(done, "success")
    return redirect(url_for("tasks.task", task_id=task_id, next=typed.next or None), HTTPStatus.SEE_OTHER)


def _asks_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


@pages.get("/tasks/<int:task_id>/delegate")
@access(SIGNED_IN)
def delegate(task_id: int) -> str:
    """转办: the colleagues who may work on the task."""
    with runtime().reading() as uow:
        return _colleagues(uow, queries.task(uow, actor(), task_id))


def _colleagues(uow: UnitOfWork, view: TaskView, failure: Failure | None = None) -> str:
    people = [each for each in holders(uow.connection, view.task.role, view.task.party) if each[0] != actor().id]
    return render_template("tasks/delegate.html", task=view.task, case=view.case, people=people, failure=failure)


@pages.post("/tasks/<int:task_id>/delegate")
@access(SIGNED_IN)
@shows_again
def hand_over(task_id: int) -> Answer:
    """Hand the task to the colleague who was chosen."""
    seen, to, reason = _revision(), request.form.get("to", ""), request.form.get("reason", "")
    try:
        if RESUMED in request.form:
            return _choose_again(task_id, None, HTTPStatus.OK)
        colleague = colleague_named(runtime(), to)
        with runtime().transaction() as uow:
            inbox.delegate(uow, task_id, actor(), colleague, seen, reason)
    except Failure as failure:
        return _choose_again(task_id, failure, status_of(failure))
    flash(_("已转办给 %(name)s。", name=colleague.name), "success")
    return redirect(url_for("tasks.task", task_id=task_id), HTTPStatus.SEE_OTHER)


def _choose_again(task_id: int, failure: Failure | None, status: HTTPStatus) -> tuple[str, int]:
    with runtime().reading() as uow:
        return _colleagues(uow, queries.task(uow, actor(), task_id), failure), status


def _revision() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(2**31)) - 1 else 0


@pages.post("/tasks/<int:task_id>/unassign")
@access(roles("administrator"))
@shows_again
def unassign(task_id: int) -> AnyResponse:
    """Free a task that somebody has claimed who has left."""
    with runtime().transaction() as uow:
        if RESUMED not in request.form:
            inbox.unassign(uow, task_id, actor(), request.form.get("reason", ""), _revision())
            flash(_("已取消签收，任务可由其他人员办理。"), "success")
        row = uow.tasks.get(task_id)
        case = uow.cases.by_id(row.case_id) if row is not None else None
    return redirect(url_for("case.case", number=case.number) if case is not None else "/", HTTPStatus.SEE_OTHER)
