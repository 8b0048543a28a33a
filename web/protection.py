"""What every request goes through: who asks, whether the route is open to him, and the headers that keep a browser from doing more."""

from http import HTTPStatus

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from registry.sessions import session, use_session
from registry.tokens import person_of_token
from web import resuming
from web.access import PUBLIC, access_of
from web.addresses import asked_for, here, parts_of
from web.composition import actor_of
from web.current import runtime, visitor
from web.failures import problem
from workflow_runtime.errors import NotAllowed, NotFound, Text

COOKIE = "crane_session"
"""Names the session; what the session is stands in the database."""

API = "/api/"
"""Where programs ask. They have a token; a browser's cookie says nothing there, so no foreign page can act through it."""

UNASKED = ("health", "incoming", "metrics")
"""Blueprints that never ask who somebody is: probes, monitoring with its own token, and platforms that sign their requests."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",  # the diagram viewer places its layers by style attributes
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

MOST_OF_ANYBODY = 8 * 1024 * 1024
"""Bytes that somebody who has not signed in may send: an e-certificate has a hundredth of it."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def cookie_name(name: str, *, secure: bool) -> str:
    """A cookie's name; over https one that browsers take from this very host alone (`__Host-`)."""
    return f"__Host-{name}" if secure else name


def session_token() -> str:
    """The token of the browser's session, as it was sent; empty when there is none."""
    return request.cookies.get(cookie_name(COOKIE, secure=current_app.config["SESSION_COOKIE_SECURE"]), "")


def hand_out(answer: AnyResponse, token: str) -> None:
    """Let the browser keep the session's token, until it is closed."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.set_cookie(cookie_name(COOKIE, secure=secure), token, httponly=True, samesite="Lax", secure=secure)


def take_back(answer: AnyResponse) -> None:
    """Let the browser forget the session's token."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.delete_cookie(cookie_name(COOKIE, secure=secure), httponly=True, samesite="Lax", secure=secure)


def protect(app: Flask) -> None:
    """Let in whom the route's declared access lets in, and send the headers with every answer."""
    app.before_request(identify)
    app.before_request(admit)
    app.before_request(hold_back)
    app.after_request(with_headers)


def hold_back() -> AnyResponse | None:
    """Let no form do anything that was sent once more after signing in again. Programs and platforms have no such forms."""
    if request.blueprint in UNASKED or request.path.startswith(API):
        return None
    return resuming.hold_back()


def bound() -> None:
    """Refuse a form of more fields than a form in parts may have, or larger than one: reading millions of them takes a minute. Raises 413."""
    if request.blueprint == "public":  # nobody has signed in
        request.max_content_length = MOST_OF_ANYBODY
    if request.mimetype != "application/x-www-form-urlencoded" or request.blueprint == "incoming":
        return
    request.max_content_length = request.max_form_memory_size
    fields = request.get_data(parse_form_data=False).count(b"&") + 1
    if request.max_form_parts is not None and fields > request.max_form_parts:
        raise RequestEntityTooLarge


def identify() -> None:
    """Find out who asks: programs by their bearer token alone, pages by the session's cookie alone."""
    g.actor, g.must_change = None, False
    if request.endpoint == "static" or request.blueprint in UNASKED:
        return
    if request.path.startswith(API):
        _by_token()
    elif token := session_token():
        recognise(token)


def _by_token() -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return
    now = runtime().clock.now()
    with runtime().reading() as uow:
        account = person_of_token(uow.connection, token.strip(), now)
    g.actor = None if account is None else actor_of(account)


def recognise(token: str) -> None:
    """From here on the request is that of the session's person, if the session is open."""
    now = runtime().clock.now()
    with runtime().reading() as uow:
        found = session(uow.connection, token, now)
    if found is None:
        return
    g.actor, g.must_change = actor_of(found.user), found.must_change
    if found.stale:
        with runtime().transaction() as uow:
            use_session(uow.connection, token, now)


def admit() -> AnyResponse | None:
    """Refuse what the route's access refuses; let who has not signed in do so. Raises NotAllowed, NotFound."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    rule = access_of(current_app.view_functions[request.endpoint], request.method)
    if rule is None:
        raise NotFound(Text("页面不存在。", "There is no such page."), Text("请核对地址。", "Check the address."))
    if rule == PUBLIC:
        return None
    if visitor() is None:
        return _nobody()
    if g.must_change and request.blueprint != "account":
        return redirect(url_for("account.account"), HTTPStatus.SEE_OTHER)
    if rule.lets_in(visitor()):
        return None
    raise NotAllowed(
        Text("您没有访问该页面的权限。", "You may not open this page."), Text("请联系管理员授予角色。", "Ask the administrator.")
    )


def _nobody() -> AnyResponse:
    if request.path.startswith(API):
        told = NotAllowed(
            Text("令牌缺失、无效或已过期。", "The token is missing, wrong or has expired."),
            Text("请在 Authorization 头中携带有效令牌（Bearer）。", "Send a valid token in the header Authorization: Bearer."),
            code="NOT_SIGNED_IN",
        )
        answer = problem(told, HTTPStatus.UNAUTHORIZED)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="crane"'
        return answer
    if request.method in ("GET", "HEAD"):
        return _sent_to_sign_in()
    return resuming.ask_to_sign_in(session_token())


def _sent_to_sign_in() -> AnyResponse:
    if request.headers.get("HX-Request") != "true":
        return redirect(url_for("sign_in.sign_in", next=asked_for()))
    # A part of a page that is fetched must not be replaced by the page for signing in: the whole page goes there, and comes back.
    whole = parts_of(request.headers.get("HX-Current-URL"))
    back = whole.path + ("?" + whole.query if whole.query else "")
    answer = Response("", HTTPStatus.UNAUTHORIZED)
    answer.headers["HX-Redirect"] = url_for("sign_in.sign_in", next=here(back))
    return answer


def with_headers(response: Response) -> Response:
    """The headers of every answer; pages of signed-in people are kept by no cache."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
