"""The manuals, for everybody."""

from flask import Blueprint, Response, render_template, send_from_directory
from flask_babel import gettext as _

from web.access import PUBLIC, access
from web.showing.manual import IMAGES, PAGES, manual
from workflow_runtime.errors import NotFound, Text

pages = Blueprint("help", __name__)


@pages.get("/help")
@access(PUBLIC)
def index() -> str:
    """Which manuals there are, and whom each is for."""
    readers = {
        "reviewer": _("发证机关、产权单位、上级监管、运维、管理员"),
        "analyst": _("业务人员"),
        "developer": _("开发人员"),
        "api": _("开发人员"),
        "deploy": _("运维"),
    }
    found = [(kept, readers[name]) for name in PAGES if (kept := manual(name)) is not None]
    return render_template("help/index.html", manuals=found)


@pages.get("/help/<name>")
@access(PUBLIC)
def page(name: str) -> str:
    """One manual. Raises NotFound."""
    found = manual(name)
    if found is None:
        raise NotFound(
            Text("没有这一页帮助。", "There is no such page of help."), Text("请从帮助首页选择。", "Choose one on the first page of help.")
        )
    return render_template("help/page.html", manual=found)


@pages.get("/help/images/<name>")
@access(PUBLIC)
def image(name: str) -> Response:
    """A picture of the manuals."""
    return send_from_directory(IMAGES, name, mimetype="image/png")
