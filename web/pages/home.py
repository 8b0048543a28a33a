"""The first page: where a person's work lies; a visitor is asked to sign in."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from web.access import PUBLIC, access
from web.current import visitor
from web.navigation import menu

pages = Blueprint("home", __name__)


@pages.get("/")
@access(PUBLIC)
def home() -> Response:
    """Send everybody to the place where his work begins."""
    if visitor() is None:
        return redirect(url_for("sign_in.sign_in"))
    places = {entry.endpoint: entry.address for entry in menu()}
    return redirect(places.get("cases.cases") or next(iter(places.values()), url_for("account.account")))
