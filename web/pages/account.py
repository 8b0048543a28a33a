"""A person's own account: who he is here, his password, his sessions."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry import sign_ins
from registry.directory import party_names
from registry.parties import party_code
from registry.sessions import open_sessions
from registry.users import roles
from web.access import SIGNED_IN, access
from web.current import actor, runtime
from web.protection import session_token
from workflow_runtime.errors import Failure, Invalid, Text

pages = Blueprint("account", __name__)


@pages.get("/account")
@access(SIGNED_IN)
def account() -> str:
    """Who I am here, what I may do, and where I have signed in."""
    return _page({})


@pages.post("/account/password")
@access(SIGNED_IN)
def change_password() -> Response | tuple[str, int]:
    """Choose another password; the other sessions end."""
    present, new = request.form.get("present_password", ""), request.form.get("new_password", "")
    if request.form.get("repeated_password", "") != new:
        return _page({"repeated_password": Text("两次输入不一致", "The two differ")}), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        sign_ins.change_password(runtime(), actor(), present, new, session=session_token())
    except Invalid as refused:
        return _page({wrong.field: wrong.message for wrong in refused.fields}), HTTPStatus.UNPROCESSABLE_ENTITY
    except sign_ins.SignInLocked as refused:
        return _page({}, refused), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("密码已修改。"), "success")
    return redirect(url_for("account.account"), HTTPStatus.SEE_OTHER)


@pages.post("/account/sessions/end-others")
@access(SIGNED_IN)
def end_others() -> Response:
    """End my sessions in other browsers."""
    sign_ins.end_other_sessions(runtime(), actor(), session_token())
    flash(_("其他登录已退出。"), "success")
    return redirect(url_for("account.account"), HTTPStatus.SEE_OTHER)


def _page(errors: Mapping[str, Text], failure: Failure | None = None) -> str:
    person = actor()
    with runtime().reading() as uow:
        sessions = open_sessions(uow.connection, person.id, uow.now, session_token())
        known = party_names(uow.connection, {person.party, *(grant.party for grant in person.grants)})

    def name(party: str) -> str:
        # A company that has not filed anything yet is known by its code alone.
        return known.get(party) or party_code(party) or party

    held = sorted((roles().get(g.role, Text(g.role, g.role)), name(g.party)) for g in person.grants)
    return render_template("account/account.html", errors=errors, failure=failure, sessions=sessions, unit=name(person.party), held=held)
