"""Cases: the list, one with all that is known of it, and what is done to a whole case."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from registry.certificates import by_case
from web.access import SIGNED_IN, access, roles
from web.api.blueprint import Operations
from web.api.certificates import CertificateSummary
from web.api.failures import Stale
from web.api.reading import seen
from web.api.replies import Reply, once, shown, tagged, tagged_whole
from web.api.schemas import NeededReason, PageQuery, Reason
from web.current import actor, runtime
from workflow_runtime import cases, queries
from workflow_runtime.errors import Conflict
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import CaseRow
from workflow_runtime.told import told_variables
from workflow_runtime.worklist import Wanted, worklist

api = Operations("cases", "案件 · Cases: the list, one in full, and what is done to a whole case.")

LONGEST_CONDITION = validate.Length(max=200)


class CaseState(Schema):
    """A case after something was done to it; `revision` is its ETag, or begins it."""

    number = fields.String(required=True)
    business = fields.String(required=True)
    state = fields.String(required=True)
    status = fields.String(required=True)
    revision = fields.Integer(required=True)


class Outcome(Schema):
    """A button of a task."""

    code = fields.String(required=True)
    label = fields.String(required=True)
    opinion_required = fields.Boolean(required=True)


class CaseTask(Schema):
    """A task of a case, who works on it, and what became of it."""

    id = fields.Integer(required=True)
    element = fields.String(required=True)
    name = fields.String(required=True)
    party = fields.String(required=True)
    state = fields.String(required=True)
    due_at = fields.DateTime(required=True, allow_none=True)
    claimed_name = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    completed_name = fields.String(required=True, allow_none=True)
    completed_at = fields.DateTime(required=True, allow_none=True)


class CaseDocument(CaseState):
    """A case in full: every answer under its variable's name, its tasks, its certificate."""

    title = fields.String(required=True)
    opened_at = fields.DateTime(required=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    parties = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    variables = fields.Dict(required=True)
    tasks = fields.List(fields.Nested(CaseTask), required=True)
    open_incidents = fields.Integer(required=True)
    certificate = fields.Nested(CertificateSummary, required=True, allow_none=True)


class ListedTask(Schema):
    """My first open task of a listed case; its outcomes are its buttons."""

    id = fields.Integer(required=True)
    element = fields.String(required=True)
    name = fields.String(required=True)
    revision = fields.Integer(required=True)
    bulk = fields.Boolean(required=True)
    due_at = fields.DateTime(required=True, allow_none=True)
    claimed_name = fields.String(required=True, allow_none=True)


class ListedCase(CaseState):
    """A row of the list; `fields` are the searchable answers."""

    title = fields.String(required=True)
    opened_at = fields.DateTime(required=True)
    fields_ = fields.Dict(keys=fields.String(), values=fields.String(), required=True, attribute="fields", data_key="fields")
    task = fields.Nested(ListedTask, required=True, allow_none=True)
    outcomes = fields.List(fields.Nested(Outcome), required=True)


class CaseList(Schema):
    """A page of the list; `next` is the `after` of the following page, empty at the end. `capped`: there are more than `total`."""

    rows = fields.List(fields.Nested(ListedCase), required=True)
    next = fields.String(required=True)
    total = fields.Integer(required=True)
    capped = fields.Boolean(required=True)


class CaseQuery(PageQuery):
    """What is looked for; what is left out does not restrict. `answer`: searchable field, colon, part of its answer."""

    todo = fields.Boolean(load_default=False)
    overdue = fields.Boolean(load_default=False)
    keyword = fields.String(load_default="", validate=LONGEST_CONDITION)
    business = fields.String(load_default="", validate=LONGEST_CONDITION)
    status = fields.String(load_default="", validate=LONGEST_CONDITION)
    opened_from = fields.Date(load_default=None)
    opened_to = fields.Date(load_default=None)
    answer = fields.List(fields.String(validate=validate.Regexp(r"[^:]{1,100}:(?s:.{0,200})\Z")), load_default=list)
    after = fields.String(load_default="", validate=LONGEST_CONDITION)


@api.get("/cases")
@access(SIGNED_IN)
@api.takes(CaseQuery, "query")
@api.gives(CaseList)
def cases_found(wanted: dict[str, Any]) -> Response:
    """The cases that I may see or (`todo`) have to work on."""
    after, limit, answers = wanted.pop("after"), wanted.pop("limit"), wanted.pop("answer")
    conditions = Wanted(**wanted, answers=dict(each.split(":", 1) for each in answers))
    with runtime().reading() as uow:
        found = worklist(uow, actor(), conditions, after=after, limit=limit)
    return shown(Reply(CaseList().dump(found)))


@api.get("/cases/<number>")
@access(SIGNED_IN)
@api.revised
@api.gives(CaseDocument)
def case(number: str) -> Response:
    """A case in full."""
    with runtime().reading() as uow:
        found = queries.case(uow, actor(), number)
        held = by_case(uow.connection, number)
        variables = told_variables(uow, actor(), found.case)
    row = found.case
    more = {"title": found.title, "variables": variables, "tasks": found.tasks, "open_incidents": len(found.incidents), "certificate": held}
    return shown(tagged_whole(CaseDocument().dump({**vars(row), **more}), row.revision))


def case_reply(row: CaseRow, status: int = HTTPStatus.OK, **headers: str) -> Reply:
    """A case after something was done to it, with its new ETag."""
    return tagged(CaseState().dump(row), row.revision, status, **headers)


@api.post("/cases/<number>/withdrawal")
@access(SIGNED_IN)
@api.matched
@api.takes(Reason)
@api.gives(CaseState)
def withdraw(given: dict[str, Any], number: str) -> Response:
    """撤回: the owner takes the application back, where the diagram allows it."""
    return _changed(number, cases.withdraw, given)


@api.post("/cases/<number>/cancellation")
@access(roles("operator"))
@api.matched
@api.takes(NeededReason)
@api.gives(CaseState)
def cancel(given: dict[str, Any], number: str) -> Response:
    """终止: stop a case for good."""
    return _changed(number, cases.cancel_case, given)


@api.post("/cases/<number>/suspension")
@access(roles("operator"))
@api.matched
@api.takes(NeededReason)
@api.gives(CaseState)
def suspend(given: dict[str, Any], number: str) -> Response:
    """中止: stop a case for a while."""
    return _changed(number, cases.suspend, given)


@api.post("/cases/<number>/resumption")
@access(roles("operator"))
@api.matched
@api.takes(NeededReason)
@api.gives(CaseState)
def resume(given: dict[str, Any], number: str) -> Response:
    """恢复: let a suspended case go on."""
    return _changed(number, cases.resume, given)


def _changed(number: str, use_case: Callable[..., CaseRow], given: dict[str, Any]) -> Response:
    revision = seen()

    def act(uow: UnitOfWork) -> Reply:
        return case_reply(use_case(uow, number, actor(), given["reason"], seen=revision))

    try:
        return once(act)
    except Conflict as found:
        raise Stale(found) from found
