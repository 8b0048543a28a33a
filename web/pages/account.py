"""A person's own account."""

from flask import Blueprint, render_template

from web.access import SIGNED_IN, access

pages = Blueprint("account", __name__)


@pages.get("/account")
@access(SIGNED_IN)
def account() -> str:
    """Who I am here, and what I may do."""
    return render_template("account.html")
