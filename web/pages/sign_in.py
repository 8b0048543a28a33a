"""Signing in and out."""

from http import HTTPStatus

from flask import Blueprint, current_app, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from registry import sign_ins
from registry.users import fold_login
from web.access import PUBLIC, access
from web.addresses import HOME, here
from web.current import runtime, visitor
from web.protection import hand_out, recognise, session_token, take_back
from web.rate_limit import RateLimit, TooOften
from web.resuming import Carried, carried
from workflow_runtime.errors import Failure

pages = Blueprint("sign_in", __name__)

LIMIT = "sign_in_limit"
BURST, SECONDS = 30, 5.0
"""Failed attempts that an address may make at once, and the seconds after which it may make one more; each login has its own lock."""


@pages.get("/sign-in")
@access(PUBLIC)
def sign_in() -> str:
    """The page where a person signs in; `next` is where he goes then."""
    return _page(here(request.args.get("next")))


@pages.post("/sign-in")
@access(PUBLIC)
def enter() -> Response | tuple[str, int]:
    """Open a session in place of the browser's old one; what he typed elsewhere before is given back to its author."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    words = request.form.get("carried", "")
    limit, address = _limit(), request.remote_addr or ""
    try:
        limit.take(address, runtime().clock.now())  # before the password is looked at: many at once are counted, too
        token = sign_ins.sign_in(runtime(), login, password, browser=_browser(), before=session_token())
    except TooOften as refused:
        page = _page(here(request.form.get("next")), login=login, carried=words, failure=refused)
        return make_response(page, refused.status, {"Retry-After": str(refused.wait)})
    except (sign_ins.SignInRefused, sign_ins.SignInLocked) as refused:
        return _page(here(request.form.get("next")), login=login, carried=words, failure=refused), HTTPStatus.UNPROCESSABLE_ENTITY
    limit.give_back(address)
    recognise(token)
    answer = _after(fold_login(login), carried(words) if words else None)
    hand_out(answer, token)
    return answer


def _limit() -> RateLimit:
    kept: RateLimit = current_app.extensions.setdefault(LIMIT, RateLimit(BURST, SECONDS))
    return kept


def _after(login: str, found: Carried | None) -> Response:
    if found is None or found.login not in ("", login):
        return redirect(here(request.form.get("next")), HTTPStatus.SEE_OTHER)
    return make_response(render_template("sign_in/resume.html", carried=found))


def _page(target: str, *, login: str = "", carried: str = "", failure: Failure | None = None) -> str:
    ended = bool(carried) or (target != HOME and visitor() is None and bool(session_token()))
    return render_template("sign_in/sign_in.html", next=target, carried=carried, ended=ended, failure=failure, login=login)


def _browser() -> str:
    """What its person will know the browser by: its kind and system, as it names them."""
    told = request.headers.get("User-Agent", "")
    kinds = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    )
    found = [next((name for sign, name in table if sign in told), "") for table in (kinds, systems)]
    return " · ".join(part for part in found if part)


@pages.post("/sign-out")
@access(PUBLIC)
def sign_out() -> Response:
    """End the session; the browser forgets what it was given."""
    answer = redirect(url_for("home.home"), HTTPStatus.SEE_OTHER)
    if token := session_token():
        sign_ins.sign_out(runtime(), visitor(), token)
    session.clear()
    take_back(answer)
    return answer
