"""A session that ends while somebody fills in a form: what he typed is carried through signing in, and shown to him again.

The words travel in the page for signing in, signed by the application; files cannot be carried. After signing in as the same person, one
button sends the words to where they were going, with `resumed=1`: the form is shown again with them, and nothing is done yet. Views that
show it declare so (`shows_again`); for all others the page to which the form belongs is shown as it is now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Response, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from registry.sessions import LONGEST, login_of_session
from web.addresses import HOME, asked_for, here
from web.current import runtime

RESUMED = "resumed"
"""The field that says: show the form again with these values, do nothing."""

MOST = 1024 * 1024
"""Bytes of words that are carried."""

SECRET = "password"  # noqa: S105 - how the names of such fields end
"""Fields that are never carried: what travels is signed, not hidden."""

_OWN = frozenset({"csrf_token", RESUMED})

_MARK = "shows_again"

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Carried:
    """What was typed: where it was going, whose it is (empty when not known), and whether files were left behind."""

    path: str
    login: str
    at: datetime
    fields: tuple[tuple[str, str], ...]
    files: bool


def shows_again(view: View) -> View:
    """Declare of a view that it does nothing when RESUMED is in the form, but shows what was typed."""
    setattr(view, _MARK, True)
    return view


def hold_back() -> AnyResponse | None:
    """Before any view: words from before signing in do nothing, whatever view they were going to."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method != "POST" or hasattr(view, _MARK) or RESUMED not in request.form:
        return None
    flash(_("登录失效前提交的内容尚未生效，现在可以接着办理。"), "warning")
    return redirect(_page_of(request.path), HTTPStatus.SEE_OTHER)


def _page_of(path: str) -> str:
    """The nearest page at or above an address that takes a form."""
    routes = current_app.create_url_adapter(request)
    while routes is not None and path:
        try:
            routes.match(path, method="GET")
        except HTTPException:
            path = path.rpartition("/")[0]
        else:
            return path
    return HOME


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="carried")


def ask_to_sign_in(ended: str) -> Response:
    """The answer to a form that nobody sent: the page for signing in, with the words in it. `ended`: the token of the session that was."""
    page = render_template("sign_in/sign_in.html", next=HOME, carried=_carry(ended), ended=True, failure=None, login="")
    answer = Response(page, HTTPStatus.UNAUTHORIZED)
    if request.headers.get("HX-Request") == "true":
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "body", "innerHTML"
    return answer


def _carry(ended: str) -> str:
    fields = [(name, value) for name, value in request.form.items(multi=True) if name and name not in _OWN and not name.endswith(SECRET)]
    if not fields or sum(len(name.encode()) + len(value.encode()) for name, value in fields) > MOST:
        return ""
    login = None
    if ended:
        with runtime().reading() as uow:
            login = login_of_session(uow.connection, ended)
    files = any(file.filename for file in request.files.values())
    return str(_signer().dumps([asked_for(), login or "", runtime().clock.now().isoformat(), fields, files]))


def carried(text: str) -> Carried | None:
    """What a page for signing in has carried; None when it is not ours or too old."""
    try:
        path, login, at, fields, files = _signer().loads(text)
    except BadData:
        return None
    found = Carried(here(path), login, datetime.fromisoformat(at), tuple((n, v) for n, v in fields), files)
    return found if runtime().clock.now() - found.at < LONGEST else None
