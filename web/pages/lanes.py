"""泳道与角色: which role of which party works in the lanes of the diagrams."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.administration import enter
from registry.lanes import lanes as lanes_of
from registry.lanes import set_lane
from registry.parties import Lane
from registry.users import roles as known_roles
from web.access import access, roles
from web.asking.typed import typed
from web.current import actor, runtime
from web.failures import status_of
from web.resuming import RESUMED, shows_again
from web.words import text_of
from workflow_runtime.errors import Failure, Invalid

pages = Blueprint("lanes", __name__)

Answer = tuple[str, int] | Response | str


@pages.get("/lanes")
@access(roles("administrator"))
def lanes() -> str:
    """The role table; with `lane`, that entry in the form."""
    return _page({"lane": request.args.get("lane", "")})


@pages.post("/lanes")
@access(roles("administrator"))
@shows_again
def change() -> Answer:
    """Add a lane, or change who works in it."""
    given = {name: typed(name) for name in ("lane", "role", "party")}
    if RESUMED in request.form:
        return _page(given)
    try:
        with runtime().transaction() as uow:
            changed = enter(uow, actor(), set_lane(uow.connection, Lane(given["lane"], given["role"], given["party"])))
    except Invalid as failure:
        return _page(given, failure), status_of(failure)
    flash(_("已保存。") if changed else _("没有变化。"), "success")
    return redirect(url_for("lanes.lanes"), 303)


def _page(given: dict[str, str], failure: Failure | None = None) -> str:
    with runtime().reading() as uow:
        rows = lanes_of(uow.connection)
    chosen = next((row for row in rows if row.name == given["lane"]), None)
    if chosen is not None and "role" not in given:
        given = {"lane": chosen.name, "role": chosen.role, "party": chosen.party}
    role_choices = [("", _("请选择")), *((role, text_of(name)) for role, name in known_roles().items())]
    return render_template(
        "lanes/lanes.html", rows=rows, values=given, failure=failure, role_names=known_roles(), role_choices=role_choices
    )
