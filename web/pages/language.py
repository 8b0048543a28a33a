"""Choosing the language of the pages."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from web.access import PUBLIC, access
from web.addresses import here
from web.words import COOKIE, LANGUAGES

pages = Blueprint("language", __name__)

YEAR = 365 * 24 * 3600


@pages.post("/language")
@access(PUBLIC)
def choose() -> Response:
    """Remember the language in the browser, and go back to the page."""
    answer = redirect(here(request.form.get("next")))
    wanted = request.form.get("language", "")
    if wanted in LANGUAGES:
        answer.set_cookie(COOKIE, wanted, max_age=YEAR, samesite="Lax", httponly=True)
    return answer
