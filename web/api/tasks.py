"""Tasks: the inbox, one task with its form, and working on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from registry.directory import holders
from web.access import SIGNED_IN, access, roles
from web.api.blueprint import Operations
from web.api.cases import CaseState, Outcome, case_reply
from web.api.failures import Stale
from web.api.reading import seen
from web.api.replies import Reply, once, once_in_parts, shown, tagged, tagged_whole
from web.api.schemas import NeededReason, PageQuery, Reason, Refusal, Words
from web.composition import colleague_named
from web.current import actor, runtime
from web.failure_documents import failure_document
from workflow_runtime import inbox, queries
from workflow_runtime.answered import obstacles
from workflow_runtime.errors import Conflict
from workflow_runtime.inbox import Completed, Completion
from workflow_runtime.prefill import opening_answers
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.database import Unavailable
from workflow_runtime.store.rows import TaskRow

api = Operations("tasks", "任务 · The inbox, and working on a task.")

MOST_COMPLETIONS = 200


class TaskState(Schema):
    """A task; `revision` is its ETag, or begins it."""

    id = fields.Integer(required=True)
    element = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    revision = fields.Integer(required=True)
    bulk = fields.Boolean(required=True)
    created_at = fields.DateTime(required=True)
    due_at = fields.DateTime(required=True, allow_none=True)
    claimed_by = fields.String(required=True, allow_none=True)
    claimed_name = fields.String(required=True, allow_none=True)
    claimed_at = fields.DateTime(required=True, allow_none=True)


class InboxItem(Schema):
    """A task that I may work on, and its case; `fields` are the searchable answers."""

    task = fields.Nested(TaskState, required=True)
    number = fields.String(required=True)
    business = fields.String(required=True)
    status = fields.String(required=True)
    fields_ = fields.Dict(keys=fields.String(), values=fields.String(), required=True, attribute="fields", data_key="fields")


class Obstacle(Schema):
    """What has to be dealt with in a task: an error, or (`notice`) why the diagram gave it to those who work on it."""

    code = fields.String(required=True)
    step = fields.String(required=True)
    at = fields.DateTime(required=True)
    message = fields.Nested(Words, required=True)
    remedy = fields.Nested(Words, required=True)
    notice = fields.Boolean(required=True)


class TaskDocument(TaskState):
    """A task with what is needed to work on it. `form` is the JSON schema of its answers; `forms`: other forms, `read` or `edit`.

    `answers` are those with which its form opens: the draft, the answers of the time before, what is prefilled.
    """

    number = fields.String(required=True)
    business = fields.String(required=True)
    variable = fields.String(required=True)
    form = fields.Dict(required=True, allow_none=True)
    forms = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    outcomes = fields.List(fields.Nested(Outcome), required=True)
    draft = fields.Dict(required=True, allow_none=True)
    answers = fields.Dict(required=True)
    obstacles = fields.List(fields.Nested(Obstacle), required=True)


class Answers(Schema):
    """Unfinished answers."""

    answers = fields.Dict(keys=fields.String(), required=True)


class Completing(Schema):
    """What is said when a task is completed: the form's answers, the button, the 审核意见."""

    answers = fields.Dict(keys=fields.String(), load_default=dict)
    outcome = fields.String(load_default=None, allow_none=True)
    opinion = fields.String(load_default="")
    edits = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String()), load_default=dict)


class Delegating(Reason):
    """To whom, by login, and why."""

    to = fields.String(required=True)


class Colleague(Schema):
    """Somebody who may work on the same task."""

    login = fields.String(required=True)
    display_name = fields.String(required=True)


class OneOfMany(Schema):
    """A task and the revision that was seen of it."""

    id = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**63 - 1))
    revision = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**31 - 1))


class CompletingMany(Schema):
    """The tasks, and what is said of all of them."""

    tasks = fields.List(fields.Nested(OneOfMany), required=True, validate=validate.Length(1, MOST_COMPLETIONS))
    answers = fields.Dict(keys=fields.String(), load_default=dict)
    outcome = fields.String(load_default=None, allow_none=True)
    opinion = fields.String(load_default="")


class CompletedOne(Schema):
    """What became of one of several: its case, or why not."""

    id = fields.Integer(required=True)
    case = fields.Nested(CaseState, required=True, allow_none=True)
    failure = fields.Nested(Refusal, required=True, allow_none=True)


class InboxQuery(PageQuery):
    """Which tasks."""

    number = fields.String(load_default=None, validate=validate.Length(max=200))
    element = fields.String(load_default=None, validate=validate.Length(max=200))


@api.get("/tasks")
@access(SIGNED_IN)
@api.takes(InboxQuery, "query")
@api.gives(InboxItem, many=True)
def tasks(wanted: dict[str, Any]) -> Response:
    """The open tasks that I may work on, the earliest due first. The pages after the first are those of `/cases?todo=true`."""
    with runtime().reading() as uow:
        found = queries.inbox(uow, actor(), **wanted)
    return shown(Reply(InboxItem(many=True).dump(found)))


@api.get("/tasks/<int:task_id>")
@access(SIGNED_IN)
@api.revised
@api.gives(TaskDocument)
def task(task_id: int) -> Response:
    """A task to work on."""
    with runtime().reading() as uow:
        found = queries.task(uow, actor(), task_id)
        answers = opening_answers(uow, found)
    more = {
        "number": found.case.number,
        "business": found.case.business,
        "variable": found.variable,
        "form": None if found.form is None else found.form.json_schema(),
        "forms": found.form_modes,
        "outcomes": found.outcomes,
        "answers": answers,
        "obstacles": obstacles(actor(), found.case, (found.task,)),
    }
    return shown(tagged_whole(TaskDocument().dump({**vars(found.task), **more}), found.task.revision))


@contextmanager
def _as_seen(task_id: int, revision: int) -> Iterator[None]:
    """A conflict over a task that has changed since it was read is a failed precondition; over one that has not, a conflict."""
    try:
        yield
    except Conflict as found:
        with runtime().reading() as uow:
            present = queries.task(uow, actor(), task_id).task.revision
        raise Stale(found) if present != revision else found from found


@api.post("/tasks/<int:task_id>/completion")
@access(SIGNED_IN)
@api.matched
@api.takes(Completing)
@api.gives(CaseState)
def complete(given: dict[str, Any], task_id: int) -> Response:
    """Complete a task: answers, button, opinion. 412 says who was faster, and when."""
    revision = seen()
    with _as_seen(task_id, revision):
        return once(lambda uow: case_reply(inbox.complete(uow, task_id, actor(), given.pop("answers"), revision, **given)))


def _changed(task_id: int, act: Callable[[UnitOfWork, int], TaskRow]) -> Response:
    revision = seen()
    with _as_seen(task_id, revision), runtime().transaction() as uow:
        return _task_reply(act(uow, revision)).response()


def _task_reply(row: TaskRow) -> Reply:
    return tagged(TaskState().dump(row), row.revision)


@api.put("/tasks/<int:task_id>/claim")
@access(SIGNED_IN)
@api.matched
@api.gives(TaskState)
def claim(task_id: int) -> Response:
    """签收: take a task for myself."""
    return _changed(task_id, lambda uow, revision: inbox.claim(uow, task_id, actor(), revision))


@api.delete("/tasks/<int:task_id>/claim")
@access(SIGNED_IN)
@api.matched
@api.gives(TaskState)
def release(task_id: int) -> Response:
    """放回: give it back to everyone."""
    return _changed(task_id, lambda uow, revision: inbox.release(uow, task_id, actor(), revision))


@api.put("/tasks/<int:task_id>/draft")
@access(SIGNED_IN)
@api.matched
@api.takes(Answers)
@api.gives(TaskState)
def save_draft(given: dict[str, Any], task_id: int) -> Response:
    """保存草稿: keep unfinished answers."""
    return _changed(task_id, lambda uow, revision: inbox.save_draft(uow, task_id, actor(), given["answers"], revision))


@api.post("/tasks/<int:task_id>/delegation")
@access(SIGNED_IN)
@api.matched
@api.takes(Delegating)
@api.gives(TaskState)
def delegate(given: dict[str, Any], task_id: int) -> Response:
    """转办: hand it to a colleague."""
    revision, to = seen(), colleague_named(runtime(), given["to"])
    with _as_seen(task_id, revision):
        return once(lambda uow: _task_reply(inbox.delegate(uow, task_id, actor(), to, revision, given["reason"])))


@api.post("/tasks/<int:task_id>/unassignment")
@access(roles("administrator"))
@api.matched
@api.takes(NeededReason)
@api.gives(TaskState)
def unassign(given: dict[str, Any], task_id: int) -> Response:
    """释放: free a task that somebody claimed who has left."""
    revision = seen()
    try:
        return once(lambda uow: _task_reply(inbox.unassign(uow, task_id, actor(), given["reason"], revision)))
    except Conflict as found:
        raise Stale(found) from found


@api.get("/tasks/<int:task_id>/colleagues")
@access(SIGNED_IN)
@api.gives(Colleague, many=True)
def colleagues(task_id: int) -> Response:
    """To whom a task can be handed."""
    with runtime().reading() as uow:
        wanted = queries.task(uow, actor(), task_id).task
        found = [each for each in holders(uow.connection, wanted.role, wanted.party) if each[0] != actor().id]
        return shown(Reply(Colleague(many=True).dump([{"login": login, "display_name": name} for login, name in found])))


@api.post("/completions")
@access(SIGNED_IN)
@api.takes(CompletingMany)
@api.gives(CompletedOne, many=True)
def complete_many(given: dict[str, Any]) -> Response:
    """批量办理: complete several tasks alike, each by itself; one that fails does not hold up the rest."""
    wanted = [Completion(each["id"], each["revision"]) for each in given.pop("tasks")]

    def act() -> Reply:
        done = inbox.complete_many(runtime(), wanted, actor(), given["answers"], outcome=given["outcome"], opinion=given["opinion"])
        # what the database could not take in is tried again by the same request under the same key
        return Reply([_completed(each) for each in done], is_final=not any(isinstance(each.failure, Unavailable) for each in done))

    return once_in_parts(act)


def _completed(done: Completed) -> dict[str, Any]:
    failure = None if done.failure is None else failure_document(done.failure)
    case = None if done.case is None else CaseState().dump(done.case)
    return {"id": done.task_id, "case": case, "failure": failure}
