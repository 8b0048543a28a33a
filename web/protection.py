"""What every request goes through: who asks, whether the route is open to him, and the headers that keep a browser from doing more."""

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from registry.sessions import person_of_session
from web.access import PUBLIC, access_of
from web.composition import actor_of
from web.current import runtime, visitor
from workflow_runtime.actors import Actor
from workflow_runtime.errors import NotAllowed, NotFound, Text

COOKIE = "crane_session"
"""Names the session; what the session is stands in the database."""

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

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def protect(app: Flask) -> None:
    """Let in whom the route's declared access lets in, and send the headers with every answer."""
    app.before_request(identify)
    app.before_request(admit)
    app.after_request(with_headers)


def identify() -> None:
    """Find out who asks, by the session's cookie."""
    g.actor = None
    token = request.cookies.get(COOKIE)
    if token and request.endpoint != "static" and not request.path.startswith("/api/"):
        g.actor = _person(token)


def _person(token: str) -> Actor | None:
    now = runtime().clock.now()
    with runtime().reading() as uow:
        account = person_of_session(uow.connection, token, now)
    return None if account is None or account.disabled else actor_of(account)


def admit() -> AnyResponse | None:
    """Refuse what the route's access refuses; send who has not signed in to the page where he can. Raises NotAllowed, NotFound."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    rule = access_of(current_app.view_functions[request.endpoint], request.method)
    if rule is PUBLIC or (rule is not None and rule.lets_in(visitor())):
        return None
    if rule is not None and visitor() is None:
        return redirect(url_for("sign_in.sign_in", next=request.full_path if request.method == "GET" else None))
    if rule is None:
        raise NotFound(Text("页面不存在。", "There is no such page."), Text("请核对地址。", "Check the address."))
    raise NotAllowed(
        Text("您没有访问该页面的权限。", "You may not open this page."), Text("请联系管理员授予角色。", "Ask the administrator.")
    )


def with_headers(response: Response) -> Response:
    """The headers of every answer; pages of signed-in people are kept by no cache."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
