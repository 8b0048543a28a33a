"""What can be started, and starting it."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields, validate

from web.access import SIGNED_IN, access
from web.api.blueprint import Operations
from web.api.cases import CaseState, case_reply
from web.api.replies import Reply, once, shown
from web.current import actor, runtime
from workflow_runtime import cases, queries, startable
from workflow_runtime.runtime import UnitOfWork

api = Operations("businesses", "业务 · What can be started.")


class Business(Schema):
    """A business; `form` is the JSON schema of its answers, for whoever may start it."""

    business = fields.String(required=True)
    title = fields.String(required=True)
    documentation = fields.String(required=True)
    may_start = fields.Boolean(required=True)
    form = fields.Dict(required=True, allow_none=True)


class Start(Schema):
    """The answers of the start form, in this document the schema `answers.<business>`; files are named by the ids of uploaded attachments.

    A draft named here is discarded.
    """

    answers = fields.Dict(keys=fields.String(), required=True)
    draft = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=32))


@api.get("/businesses")
@access(SIGNED_IN)
@api.gives(Business, many=True)
def businesses() -> Response:
    """What is deployed, and whether I may start it."""
    with runtime().reading() as uow:
        mine = {each.id: each for each in startable.businesses_to_start(uow, actor())}
        known = queries.businesses(uow)
    documents = [_document(each.business, each.title, mine.get(each.business)) for each in known]
    return shown(Reply(Business(many=True).dump(documents)))


def _document(business: str, title: str, mine: startable.Business | None) -> dict[str, Any]:
    form = None if mine is None else mine.form.json_schema()
    about = "" if mine is None else mine.documentation
    return {"business": business, "title": title, "documentation": about, "may_start": mine is not None, "form": form}


def answer_schemas(uow: UnitOfWork) -> dict[str, Any]:
    """The JSON schema of each start form that is deployed now, by its name in the OpenAPI document."""
    opened = [(each, uow.bundle(each.bundle_id)) for each in queries.businesses(uow) if each.startable]
    forms = {each.business: bundle.form(bundle.process.start.form) for each, bundle in opened if bundle.process.start is not None}
    return {f"answers.{business}": form.json_schema() for business, form in forms.items() if form is not None}


@api.get("/businesses/<business>")
@access(SIGNED_IN)
@api.gives(Business)
def business(business: str) -> Response:
    """One business that I may start."""
    with runtime().reading() as uow:
        mine = startable.business_to_start(uow, business, actor())
    return shown(Reply(Business().dump(_document(mine.id, mine.title, mine))))


@api.post("/businesses/<business>/cases")
@access(SIGNED_IN)
@api.takes(Start)
@api.gives(CaseState, HTTPStatus.CREATED)
def start(given: dict[str, Any], business: str) -> Response:
    """File: open a case with the answers of the start form."""

    def act(uow: UnitOfWork) -> Reply:
        case = cases.start(uow, business, actor(), given["answers"], draft=given["draft"])
        return case_reply(case, HTTPStatus.CREATED, Location=url_for("api_cases.case", number=case.number))

    return once(act)
