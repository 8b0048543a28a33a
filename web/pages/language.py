"""Choosing the language of the pages."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response

from web.access import PUBLIC, access
from web.addresses import HOME, here
from web.words import COOKIE, LANGUAGES

pages = Blueprint("language", __name__)

YEAR = 365 * 24 * 3600


@pages.post("/language")
@access(PUBLIC)
def choose() -> Response:
    """Remember the language in the browser, and go back to the page; where that was the answer to a form, to the page above it."""
    answer = redirect(_readable(here(request.form.get("next"))))
    wanted = request.form.get("language", "")
    if wanted in LANGUAGES:
        answer.set_cookie(COOKIE, wanted, max_age=YEAR, samesite="Lax", httponly=True)
    return answer


def _readable(address: str) -> str:
    """The address, or the nearest above it that can be asked for: some pages are shown only in answer to a form."""
    routes, path = current_app.create_url_adapter(request), urlsplit(address).path
    if routes is None or routes.test(path, "GET"):
        return address
    above = path.rstrip("/").rpartition("/")[0]
    return _readable(above) if above else HOME
