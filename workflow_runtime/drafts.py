"""Drafts of applications that have not been submitted: a person's own, kept until he submits or discards them.

They are not audited: they are not yet anybody's word.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from workflow_runtime.actors import Actor
from workflow_runtime.errors import Text, WrongState
from workflow_runtime.guards import conflict, not_found
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.startable import business_to_start
from workflow_runtime.store.drafts import StartDraftRow

MOST_DRAFTS = 50
"""Drafts that one person may keep."""


@dataclass(frozen=True)
class StartDraft:
    """Unfinished answers for a business; `title` is the business's, `revision` what the next saving must have seen."""

    id: str
    business: str
    title: str
    answers: Mapping[str, Any]
    revision: int
    updated_at: datetime


def save_start_draft(
    uow: UnitOfWork, business: str, actor: Actor, answers: Mapping[str, Any], *, draft_id: str | None = None, seen: int = 0, page: str = ""
) -> StartDraft:
    """Keep unfinished answers of a start form, unchecked and bounded: a new draft, or over an earlier one.

    A `page` makes one draft, however often it is sent; the same words once more, as by a second click, are saved already. Raises NotFound, NotAllowed, Conflict (other words were saved
    elsewhere meanwhile), WrongState DRAFTS_TOO_MANY.
    """
    wanted = business_to_start(uow, business, actor)
    words = wanted.form.draft(answers)
    if draft_id is None:
        draft_id, seen = hashlib.sha256(f"{actor.id} {page or uuid4().hex}".encode()).hexdigest()[:32], 1
        if uow.drafts.get(draft_id, actor.id) is None:
            _ensure_room(uow, actor)
            new = StartDraftRow(draft_id, business, actor.id, actor.party, words, 1, uow.now)
            if uow.drafts.add(new):
                return _draft(new, wanted.title)
    row = _locked(uow, business, actor, draft_id)
    if row.answers == words:
        return _draft(row, wanted.title)
    if row.revision != seen:
        raise conflict(actor.name, row.updated_at, "已在另一窗口保存该草稿", "has saved this draft in another window")
    row.answers, row.updated_at = words, uow.now
    uow.drafts.save(row)
    return _draft(row, wanted.title)


def _ensure_room(uow: UnitOfWork, actor: Actor) -> None:
    if uow.drafts.count(actor.id) >= MOST_DRAFTS:
        raise WrongState(
            Text(f"草稿已满 {MOST_DRAFTS} 份，未保存。", f"Not saved: there are {MOST_DRAFTS} drafts already."),
            Text("请先提交或删除一些草稿。", "Submit or discard some of them first."),
            code="DRAFTS_TOO_MANY",
        )


def _locked(uow: UnitOfWork, business: str, actor: Actor, draft_id: str) -> StartDraftRow:
    row = uow.drafts.locked(draft_id, actor.id)
    if row is None or row.business != business or row.party != actor.party:
        raise _unknown(draft_id)
    return row


def _unknown(draft_id: str) -> Exception:
    shown = draft_id[:32].encode("utf-8", "replace").decode()
    return not_found(Text(f"草稿 {shown} ", f"The draft {shown}"))


def start_drafts(uow: UnitOfWork, actor: Actor) -> list[StartDraft]:
    """The actor's drafts, the newest first; those of a business that is no longer deployed keep its key as their title."""
    titles = {d.business: d.title for d in uow.library.deployed()}
    rows = [row for row in uow.drafts.of(actor.id) if row.party == actor.party]
    return [_draft(row, titles.get(row.business, row.business)) for row in rows]


def start_draft(uow: UnitOfWork, actor: Actor, draft_id: str) -> StartDraft:
    """One of the actor's drafts. Raises NotFound."""
    row = uow.drafts.get(draft_id, actor.id)
    if row is None or row.party != actor.party:
        raise _unknown(draft_id)
    deployed = uow.library.deployment(row.business)
    return _draft(row, deployed.title if deployed is not None else row.business)


def discard_start_draft(uow: UnitOfWork, actor: Actor, draft_id: str) -> None:
    """Drop one of the actor's drafts. Raises NotFound."""
    if not uow.drafts.discard(draft_id, actor.id):
        raise _unknown(draft_id)


def _draft(row: StartDraftRow, title: str) -> StartDraft:
    return StartDraft(row.id, row.business, title, row.answers, row.revision, row.updated_at)
