"""Signing in and out."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.sessions import close_session
from web.access import PUBLIC, access
from web.current import runtime
from web.protection import COOKIE

pages = Blueprint("sign_in", __name__)


@pages.get("/sign-in")
@access(PUBLIC)
def sign_in() -> str:
    """The page where a person signs in."""
    return render_template("sign_in.html")


@pages.post("/sign-out")
@access(PUBLIC)
def sign_out() -> Response:
    """End the session."""
    answer = redirect(url_for("home.home"))
    with runtime().transaction() as uow:
        close_session(uow.connection, request.cookies.get(COOKIE, ""))
    answer.delete_cookie(COOKIE)
    return answer
