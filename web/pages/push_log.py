"""推送日志: every call to another organisation's platform, with what was sent and what came back."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from registry import exchanges
from registry.exchanges import Exchange
from web.access import access, roles
from web.asking.paging import before, page_of
from web.current import actor, runtime
from web.showing.documents import document
from workflow_runtime import queries
from workflow_runtime.errors import NotFound
from workflow_runtime.guards import ADMINISTRATOR, OPERATOR
from workflow_runtime.runtime import UnitOfWork

pages = Blueprint("push_log", __name__)
pages.add_app_template_filter(document)

OUTCOMES = ("accepted", "warned", "refused", "transient", "unknown", exchanges.OPEN)


@pages.get("/push-log")
@access(roles("operator", "administrator", "reviewer"))
def search() -> str | tuple[str, int]:
    """The calls for a case, newest first; without a number, everybody's, for those who look after the platforms."""
    number, outcome = request.args.get("number", "").strip(), request.args.get("outcome") or None
    sees_all = any(actor().has_role(role) for role in (OPERATOR, ADMINISTRATOR))
    found: list[Exchange] = []
    failure = None
    with runtime().reading() as uow:
        try:
            if number:
                queries.visible_case(uow, actor(), number)
            if number or sees_all:
                found = list(_calls(uow, number, outcome))
        except NotFound as unknown:
            failure = unknown
    rows, last = page_of(found, exchanges.PAGE)
    asked = bool(number) or sees_all
    more = {"number": number, "outcome": outcome, "outcomes": OUTCOMES, "failure": failure, "asked": asked}
    return render_template("push_log/search.html", rows=rows, next=last and last.id, **more), 404 if failure else 200


def _calls(uow: UnitOfWork, number: str, outcome: str | None) -> Sequence[Exchange]:
    return exchanges.search(uow.connection, case=number or None, outcome=outcome, before=before(), limit=exchanges.PAGE + 1)
