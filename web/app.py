"""The Flask application around one runtime: pages for people, an interface for programs, the door for the platforms' call-backs."""

import gc
import secrets

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from registry.installation import page_secret
from web import api, failing, health, incoming, logs, metrics, navigation, protection, words
from web.composition import Settings, ensure_current, open_runtime
from web.current import RUNTIME
from web.pages import BLUEPRINTS
from workflow_runtime.clock import Clock
from workflow_runtime.dispatch import Dispatcher
from workflow_runtime.runtime import Runtime

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a request: several scans at once, each of at most 20 MB. Call-backs have a narrower limit of their own."""


def open_app(settings: Settings, *, clock: Clock | None = None, dispatcher: Dispatcher | None = None) -> tuple[Runtime, Flask]:
    """The runtime and the application of an installation, as its settings say; close the runtime's database at the end.

    Raises DatabaseNotReady, Failure SECRET_KEY_FILE, PROXIES, and what `open_runtime` raises.
    """
    secret, proxies = settings.secret_of_file(), settings.proxies
    runtime = open_runtime(settings, clock=clock, dispatcher=dispatcher)
    try:
        ensure_current(runtime)
        if secret is None:
            with runtime.transaction() as uow:
                secret = page_secret(uow.connection)
    except BaseException:
        runtime.database.close()
        raise
    token = settings.environment.get("CRANE_METRICS_TOKEN")
    app = create_app(runtime, secret=secret, secure=settings.secure, proxies=proxies, metrics_token=token)
    gc.collect()
    gc.freeze()  # what is loaded stays: looking through it for garbage would now and then make somebody wait for 70 ms
    return runtime, app


def create_app(
    runtime: Runtime, *, secret: str | None = None, secure: bool = False, proxies: int = 0, metrics_token: str | None = None
) -> Flask:
    """The application.

    `secret` signs cookies: all processes of an installation need the same one (None: a new one, for a single process). `secure`: the
    pages are reached by https, so cookies go over https alone. `proxies`: how many reverse proxies in front tell the visitor's address.
    `metrics_token`: with it `/metrics` is served.
    """
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=secret or secrets.token_hex(32),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        SESSION_COOKIE_NAME=protection.cookie_name("crane_page", secure=secure),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        WTF_CSRF_TIME_LIMIT=None,  # a form may lie open all day; the token is bound to the browser's session
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[RUNTIME] = runtime
    words.speak(app)
    logs.log_requests(app)
    app.before_request(protection.bound)  # before anything reads the form
    csrf = CSRFProtect(app)
    csrf.exempt(incoming.door)
    protection.protect(app)
    failing.answer_failures(app)
    for blueprint in (incoming.door, health.health, *BLUEPRINTS):
        app.register_blueprint(blueprint)
    if metrics_token:
        app.register_blueprint(metrics.door(runtime, metrics_token))
    api.mount(app)
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]  # as Flask documents it
    app.jinja_env.globals.update(menu=navigation.menu, has_page=app.view_functions.__contains__)
    return app
