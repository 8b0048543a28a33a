"""Drafts of applications that are not submitted yet."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields, validate

from web.access import SIGNED_IN, access
from web.api.blueprint import Operations
from web.api.failures import Stale
from web.api.reading import seen
from web.api.replies import Reply, once, shown, tagged
from web.api.tasks import Answers
from web.current import actor, runtime
from workflow_runtime import drafts
from workflow_runtime.drafts import StartDraft
from workflow_runtime.errors import Conflict
from workflow_runtime.runtime import UnitOfWork

api = Operations("drafts", "草稿 · Applications that are not submitted yet.")


class DraftDocument(Schema):
    """A draft; `revision` is its ETag."""

    id = fields.String(required=True)
    business = fields.String(required=True)
    title = fields.String(required=True)
    answers = fields.Dict(keys=fields.String(), required=True)
    revision = fields.Integer(required=True)
    updated_at = fields.DateTime(required=True)


class NewDraft(Answers):
    """A draft to keep: the business that it is for, and what has been answered so far."""

    business = fields.String(required=True, validate=validate.Length(max=200))


def _reply(draft: StartDraft, status: int = HTTPStatus.OK, **headers: str) -> Reply:
    return tagged(DraftDocument().dump(draft), draft.revision, status, **headers)


@api.get("/drafts")
@access(SIGNED_IN)
@api.gives(DraftDocument, many=True)
def my_drafts() -> Response:
    """My drafts, the newest first."""
    with runtime().reading() as uow:
        found = drafts.start_drafts(uow, actor())
    return shown(Reply(DraftDocument(many=True).dump(found)))


@api.post("/drafts")
@access(SIGNED_IN)
@api.takes(NewDraft)
@api.gives(DraftDocument, HTTPStatus.CREATED)
def add_draft(given: dict[str, Any]) -> Response:
    """Keep unfinished answers."""

    def act(uow: UnitOfWork) -> Reply:
        draft = drafts.save_start_draft(uow, given["business"], actor(), given["answers"])
        return _reply(draft, HTTPStatus.CREATED, Location=url_for("api_drafts.draft", draft_id=draft.id))

    return once(act)


@api.get("/drafts/<draft_id>")
@access(SIGNED_IN)
@api.revised
@api.gives(DraftDocument)
def draft(draft_id: str) -> Response:
    """One of my drafts."""
    with runtime().reading() as uow:
        found = drafts.start_draft(uow, actor(), draft_id)
    return shown(_reply(found))


@api.put("/drafts/<draft_id>")
@access(SIGNED_IN)
@api.matched
@api.takes(Answers)
@api.gives(DraftDocument)
def change_draft(given: dict[str, Any], draft_id: str) -> Response:
    """Keep what has been answered meanwhile."""
    revision = seen()
    try:
        with runtime().transaction() as uow:
            business = drafts.start_draft(uow, actor(), draft_id).business
            kept = drafts.save_start_draft(uow, business, actor(), given["answers"], draft_id=draft_id, seen=revision)
    except Conflict as found:
        raise Stale(found) from found
    return _reply(kept).response()


@api.delete("/drafts/<draft_id>")
@access(SIGNED_IN)
@api.gives(None, HTTPStatus.NO_CONTENT)
def discard_draft(draft_id: str) -> Response:
    """Drop one of my drafts."""
    with runtime().transaction() as uow:
        drafts.discard_start_draft(uow, actor(), draft_id)
    return Reply(None, HTTPStatus.NO_CONTENT).response()
