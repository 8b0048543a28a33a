"""迁移: running cases on older versions of a business, what would become of them on the present one, moving them, bringing them back."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from web.access import access, roles
from web.asking.typed import typed
from web.current import actor, runtime
from web.failures import status_of
from web.words import text_of
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.migration.batches import MOST_AT_ONCE, MigrationReport, batch, batches, migrate
from workflow_runtime.migration.forecast import plan_migration
from workflow_runtime.migration.mapping import ElementMap, read_map
from workflow_runtime.migration.undoing import undo_migration
from workflow_runtime.versions import chosen_version

pages = Blueprint("migrations", __name__)

Answer = str | tuple[str, int] | Response
TOLD = 20
"""Cases that stay, told one by one after a migration; the forecast has all of them by reason."""


@pages.get("/migrations/<business>")
@access(roles("analyst", "administrator"))
def migrations(business: str) -> str:
    """The forecast for the version that new cases get, and the batches so far."""
    return _page(business, {"map": "", "reason": ""}, ElementMap())


@pages.post("/migrations/<business>/forecast")
@access(roles("analyst", "administrator"))
def forecast(business: str) -> Answer:
    """预测: the forecast by the map that was typed; nothing is changed, and nothing typed comes into an address."""
    values = {"map": typed("map"), "reason": typed("reason")}
    try:
        return _page(business, values, read_map(values["map"].split()))
    except Invalid as failure:
        return _page(business, values, ElementMap(), failure), status_of(failure)


@pages.post("/migrations/<business>")
@access(roles("analyst", "administrator"))
def move(business: str) -> Answer:
    """迁移: a few hundred cases at once; the rest by 继续."""
    values = {"map": typed("map"), "reason": typed("reason")}
    try:
        with runtime().reading() as uow:
            to = chosen_version(uow, business, None)
        _ensure_forecast(to, typed("to"))
        mapping = read_map(values["map"].split())
        _tell(migrate(runtime(), actor(), business, to, values["reason"], mapping=mapping, limit=MOST_AT_ONCE))
    except Invalid as failure:
        return _page(business, values, ElementMap(), failure), status_of(failure)
    return redirect(url_for("migrations.migrations", business=business), 303)


@pages.post("/batches/<int:batch_id>/continuation")
@access(roles("analyst", "administrator"))
def go_on(batch_id: int) -> Answer:
    """继续: the next few hundred cases of a batch."""
    with runtime().reading() as uow:
        begun = batch(uow, actor(), batch_id)
    more: dict[str, Any] = {"mapping": ElementMap(begun.mapping), "numbers": begun.numbers, "limit": MOST_AT_ONCE}
    _tell(migrate(runtime(), actor(), begun.business, begun.bundle_id, begun.reason, **more))
    return redirect(url_for("migrations.migrations", business=begun.business), 303)


@pages.post("/batches/<int:batch_id>/undoing")
@access(roles("analyst", "administrator"))
def undo(batch_id: int) -> Answer:
    """撤销: what has not moved on since is what it was before."""
    with runtime().reading() as uow:
        begun = batch(uow, actor(), batch_id)
    try:
        outcomes = list(undo_migration(runtime(), actor(), batch_id, typed("reason"), MOST_AT_ONCE))
    except Invalid as failure:
        return _page(begun.business, {"map": "", "reason": ""}, ElementMap(), failure), status_of(failure)
    stayed = [each for each in outcomes if not each.moved]
    told = _("已撤销 %(back)s 件，未撤销 %(stayed)s 件。", back=len(outcomes) - len(stayed), stayed=len(stayed))
    flash(told, "warning" if stayed else "success")
    for outcome in stayed[:TOLD]:
        flash(f"{outcome.number} {' '.join(text_of(each.message) for each in outcome.reasons)}", "warning")
    return redirect(url_for("migrations.migrations", business=begun.business), 303)


def _ensure_forecast(to: str, seen: str) -> None:
    """The version is the one whose forecast the analyst has seen."""
    if seen and seen != to:
        wrong = Text("页面打开之后又部署了新版本，请先看新的预测。", "Another version was deployed since: look at its forecast first.")
        raise Invalid([FieldError("map", "迁移预测", wrong)])


def _tell(report: MigrationReport) -> None:
    told = _("已迁移 %(moved)s 件，未迁移 %(stayed)s 件。", moved=report.moved, stayed=len(report.stayed))
    flash(told, "warning" if report.stayed else "success")
    if report.batch.finished_at is None:
        flash(_("还有案件未处理，请按“继续”。"), "warning")
    for outcome in report.stayed[:TOLD]:
        flash(f"{outcome.number} {' '.join(text_of(each.message) for each in outcome.reasons)}", "warning")


def _page(business: str, values: dict[str, str], mapping: ElementMap, failure: Invalid | None = None) -> str:
    with runtime().reading() as uow:
        to = chosen_version(uow, business, None)
        told = plan_migration(uow, actor(), business, to, mapping)
        found = batches(uow, actor(), business)
    return render_template("deployments/migrations.html", told=told, values=values, failure=failure, batches=found)
