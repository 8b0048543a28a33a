"""Beginning a business: what a person may start, the form, drafts, submission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from registry.owners import known_answers
from web.access import SIGNED_IN, access
from web.current import actor, runtime
from web.failure_documents import failure_document
from web.failures import status_of
from web.html_forms import FormOnPage, answers_from, form_on_page, take_files, with_refused, wrong_answers
from web.resuming import RESUMED, shows_again
from web.words import moment
from workflow_runtime import cases, drafts, once, startable
from workflow_runtime.drafts import StartDraft
from workflow_runtime.errors import Conflict, Failure, FieldError, Invalid, NotFound, Text, WrongState
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.startable import Business

pages = Blueprint("start", __name__)

DRAFT = "draft"
"""The value of `action` with which unfinished answers are kept; any other one submits."""

LONGEST_KEY = 64
LONGEST_REVISION = 10
"""Digits."""


@dataclass(frozen=True)
class Typed:
    """What the page holds: the answers, the draft that they come from, the key under which they are submitted once."""

    answers: Mapping[str, Any]
    draft: str = ""
    seen: int = 0
    key: str = field(default_factory=lambda: uuid4().hex)


@pages.get("/start")
@access(SIGNED_IN)
def businesses() -> str:
    """What this person may start, and what he has begun."""
    with runtime().reading() as uow:
        offered, begun = startable.businesses_to_start(uow, actor()), drafts.start_drafts(uow, actor())
    forms = {b.id: b.form for b in offered}
    told = {d.id: FormOnPage(forms[d.business], d.answers) for d in begun if d.business in forms}
    return render_template("start/businesses.html", businesses=offered, drafts=begun, told=told)


@pages.post("/start/drafts/<draft_id>/discard")
@access(SIGNED_IN)
@shows_again
def discard(draft_id: str) -> AnyResponse:
    """Drop a draft."""
    if RESUMED in request.form:
        return redirect(url_for("start.businesses"), HTTPStatus.SEE_OTHER)
    with runtime().transaction() as uow:
        drafts.discard_start_draft(uow, actor(), draft_id)
    flash(_("草稿已删除。"), "success")
    return redirect(url_for("start.businesses"), HTTPStatus.SEE_OTHER)


@pages.get("/start/<business>")
@access(SIGNED_IN)
def business(business: str) -> str:
    """The form, with the draft that `?draft=` names, or with what the books know of the owner."""
    with runtime().reading() as uow:
        wanted = startable.business_to_start(uow, business, actor())
        return _page(uow, wanted, _begun(uow, wanted, request.args.get("draft", "")))


def _begun(uow: UnitOfWork, wanted: Business, draft_id: str) -> Typed:
    if draft_id:
        draft = drafts.start_draft(uow, actor(), draft_id)
        return Typed(draft.answers, draft.id, draft.revision)
    known = known_answers(uow.connection, actor().party)
    asked = {q.name for q in wanted.form.fields if not q.readonly}
    return Typed({**wanted.form.defaults(), **{name: value for name, value in known.items() if name in asked}})


def _page(uow: UnitOfWork, wanted: Business, typed: Typed, errors: Sequence[FieldError] = (), failure: Failure | None = None) -> str:
    page = form_on_page(uow, actor(), wanted.form, typed.answers, errors=errors)
    return render_template(
        "start/business.html", business=wanted, page=page, typed=typed, wrong=wrong_answers(errors, [page]), failure=failure
    )


@pages.post("/start/<business>")
@access(SIGNED_IN)
@shows_again
def submit(business: str) -> AnyResponse | tuple[AnyResponse | str, int]:
    """Keep a draft, or open the case; the form again, with every word, when that cannot be done."""
    with runtime().reading() as uow:
        wanted = startable.business_to_start(uow, business, actor())
    answers = answers_from(wanted.form, request.form)
    if RESUMED in request.form:  # signed in again meanwhile: the person looks at it once more
        return _again(wanted, _typed(answers), HTTPStatus.OK)
    refused = take_files(wanted.form, request.files, answers)
    typed = _typed(answers)
    try:
        return _keep(wanted, typed, refused) if request.form.get("action") == DRAFT else _open(wanted, typed, refused)
    except Invalid as invalid:
        return _again(wanted, typed, HTTPStatus.UNPROCESSABLE_ENTITY, errors=with_refused(invalid.fields, refused))
    except (Conflict, WrongState) as failure:
        if _asks_json():
            return jsonify(failure_document(failure)), status_of(failure)
        # Saved again, it becomes a draft of its own.
        kept = replace(typed, draft="", key=uuid4().hex) if isinstance(failure, Conflict) else typed
        return _again(wanted, kept, HTTPStatus.CONFLICT, failure=failure)


@pages.post("/start/<business>/hidden")
@access(SIGNED_IN)
def hidden(business: str) -> Response:
    """The blocks of the form that are hidden under what is typed."""
    with runtime().reading() as uow:
        wanted = startable.business_to_start(uow, business, actor())
    return jsonify(hidden=FormOnPage(wanted.form, answers_from(wanted.form, request.form)).hidden_keys())


def _typed(answers: Mapping[str, Any]) -> Typed:
    key, seen = request.form.get("key", ""), request.form.get("draft_seen", "", str)
    usable = key.isascii() and key.isalnum() and len(key) <= LONGEST_KEY
    draft, revision = request.form.get("draft", ""), int(seen) if seen.isascii() and seen.isdigit() and len(seen) < LONGEST_REVISION else 0
    return Typed(answers, draft, revision, key if usable else uuid4().hex)


def _asks_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _again(
    wanted: Business, typed: Typed, status: HTTPStatus, *, errors: Sequence[FieldError] = (), failure: Failure | None = None
) -> tuple[str, int]:
    with runtime().reading() as uow:
        return _page(uow, wanted, typed, errors, failure), status


def _keep(wanted: Business, typed: Typed, refused: Sequence[FieldError]) -> AnyResponse | tuple[AnyResponse | str, int]:
    """Save the draft; a page whose draft is gone makes a new one."""
    try:
        draft = _saved(wanted, typed, typed.draft or None)
    except NotFound:
        draft = _saved(wanted, typed, None)
    if _asks_json():
        return jsonify(draft=draft.id, seen=draft.revision, said=_("已自动保存 %(at)s", at=moment(draft.updated_at)))
    if refused:
        return _again(wanted, replace(typed, draft=draft.id, seen=draft.revision), HTTPStatus.UNPROCESSABLE_ENTITY, errors=refused)
    flash(_("草稿已保存，尚未提交；可以继续填写，也可以以后从“新建申请”打开。"), "success")
    return redirect(url_for("start.business", business=wanted.id, draft=draft.id), HTTPStatus.SEE_OTHER)


def _saved(wanted: Business, typed: Typed, draft_id: str | None) -> StartDraft:
    with runtime().transaction() as uow:
        if once.is_done(uow, actor(), typed.key):  # a draft that comes after its submission would be left over
            raise WrongState(
                Text("该申请已提交，草稿未保存。", "The application has been submitted; the draft was not saved."),
                Text("请在列表中查看案件。", "See the case in the list."),
                code="ALREADY_SUBMITTED",
            )
        return drafts.save_start_draft(uow, wanted.id, actor(), typed.answers, draft_id=draft_id, seen=typed.seen, page=typed.key)


def _open(wanted: Business, typed: Typed, refused: Sequence[FieldError]) -> AnyResponse:
    """Start the case, once for each page: a second click gets the first one's case. Raises Invalid, WrongState."""
    fingerprint = sha256(f"start {wanted.id}".encode()).hexdigest()
    with runtime().transaction() as uow:
        number = once.earlier(uow, actor(), typed.key, fingerprint, waiting=True)
        if number is None:
            number = cases.start(uow, wanted.id, actor(), typed.answers, draft=typed.draft or None).number
            if refused:
                raise Invalid(refused)  # after the check, so that everything wrong is told at once
            once.remember(uow, actor(), typed.key, fingerprint, number)
    flash(_("已提交，案件编号 %(number)s。本页随时显示办理进度；需要补正时，请在“待办”中办理。", number=number), "success")
    return redirect(url_for("case.case", number=number), HTTPStatus.SEE_OTHER)
