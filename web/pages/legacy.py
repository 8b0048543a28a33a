"""原备案登记簿: the authorities' old registers, looked up and corrected."""

from contextlib import suppress

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry import legacy_register as book
from registry.authorities import authorities
from registry.certificates import by_identifier
from registry.legacy_corrections import CHOSEN, correct
from registry.legacy_fields import CATEGORIES, DATES, FIELDS
from registry.legacy_history import history
from registry.legacy_register import STATES, LegacyEntry
from registry.legacy_roles import KEEPERS, READERS, keeps
from web.access import access, roles
from web.asking.paging import before, page_of
from web.asking.typed import typed
from web.current import actor, runtime
from web.failures import status_of
from web.resuming import RESUMED, shows_again
from web.words import text_of, word
from workflow_runtime.errors import Conflict, Failure, Invalid, NotFound, WrongState

pages = Blueprint("legacy", __name__)

Answer = str | tuple[str, int] | Response


@pages.get("/legacy")
@access(roles(*READERS))
def entries() -> str:
    """The entries, the newest first; `q` is part of a number, an owner, a serial number or a manufacturer."""
    asked = {name: request.args.get(name, "").strip() for name in ("q", "authority", "state")}
    with runtime().reading() as uow:
        bodies = [(body.code, body.name) for body in authorities(uow.connection)]
        found = book.search(
            uow.connection,
            keyword=asked["q"],
            authority=asked["authority"],
            state=asked["state"],
            before=before(),
            limit=book.PAGE + 1,
        )
    rows, last = page_of(found, book.PAGE)
    may_import = any(actor().has_role(role) for role in KEEPERS)
    more = {"states": STATES, "categories": CATEGORIES, "bodies": dict(bodies), "may_import": may_import}
    return render_template("legacy/entries.html", rows=rows, asked=asked, next=last and last.id, **more)


@pages.get("/legacy/<int:entry_id>")
@access(roles(*READERS))
def entry(entry_id: int) -> str:
    """One entry with its history and the certificate that replaced it; who keeps the register finds the form to correct it."""
    return _page(entry_id)


@pages.post("/legacy/<int:entry_id>")
@access(roles(*KEEPERS))
@shows_again
def change(entry_id: int) -> Answer:
    """Correct an entry."""
    given = {name: typed(name) for name in (*FIELDS, "reason", "revision")}
    if RESUMED in request.form:
        return _page(entry_id, given)
    seen = int(given["revision"]) if given["revision"].isascii() and given["revision"].isdecimal() and len(given["revision"]) < 10 else 0
    sent = {name: text for name, text in given.items() if name in FIELDS and name in request.form}
    try:
        with runtime().transaction() as uow:
            after = correct(uow, actor(), entry_id, sent, seen, given["reason"])
    except (Invalid, Conflict, WrongState) as failure:
        return _page(entry_id, given, failure), status_of(failure)
    flash(_("已更正。") if after.revision != seen else _("没有变化。"), "success")
    return redirect(url_for("legacy.entry", entry_id=entry_id), 303)


def _page(entry_id: int, given: dict[str, str] | None = None, failure: Failure | None = None) -> str:
    with runtime().reading() as uow:
        found, events = book.entry(uow.connection, entry_id), history(uow.connection, entry_id)
        names = {body.code: body.name for body in authorities(uow.connection)}
        replaced_by = None
        if found.reissued_as is not None:
            with suppress(NotFound):
                replaced_by = by_identifier(uow.connection, found.reissued_as)
    values = {**_typed_of(found), **(given or {}), "revision": str(found.revision)}
    categories = [("", _("不详")), *((letter, word(name)) for letter, name in CATEGORIES.items())]
    choices = {"category": categories, "state": [(state, text_of(STATES[state])) for state in CHOSEN]}
    may_correct = keeps(actor(), found.authority_code) and found.state != "reissued"
    return render_template(
        "legacy/entry.html", found=found, events=events, authority=names.get(found.authority_code, ""), replaced_by=replaced_by,
        fields=FIELDS, dates=DATES, states=STATES, categories=CATEGORIES, values=values, choices=choices, may_correct=may_correct,
        failure=failure,
    )  # fmt: skip


def _typed_of(found: LegacyEntry) -> dict[str, str]:
    return {name: str(value) if (value := getattr(found, name)) is not None else "" for name in FIELDS}
