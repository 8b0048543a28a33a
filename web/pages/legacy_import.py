"""导入原备案登记簿: a file is uploaded, previewed with its report, and imported as it was previewed."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from registry.authorities import authorities, authority
from registry.legacy_fields import CATEGORIES, FIELDS
from registry.legacy_import import report as reporting
from registry.legacy_import import uploads
from registry.legacy_import.importing import ImportRefused, import_register, preview
from registry.legacy_import.plan import Plan
from registry.legacy_import.problems import SEVERITIES
from registry.legacy_import.refused import FileRefused
from registry.legacy_import.register import Register, read_register
from registry.legacy_import.uploads import Upload
from registry.legacy_roles import KEEPERS, keeps
from web.access import access, roles
from web.asking.typed import typed
from web.current import actor, runtime
from web.failures import status_of
from web.showing.downloads import csv_file
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Failure, FieldError, Invalid, NotFound, Text

pages = Blueprint("legacy_import", __name__)

Answer = str | tuple[str, int] | AnyResponse
MOST = 200
"""Lines of the report on the page; all of it is in the file."""


@pages.get("/legacy/import")
@access(roles(*KEEPERS))
def form() -> str:
    """The form for a file."""
    return _form({"authority": "", "update": ""})


@pages.post("/legacy/import")
@access(roles(*KEEPERS))
def upload() -> Answer:
    """Keep a file that can be read, and show its preview."""
    given = {"authority": typed("authority"), "update": typed("update")}
    file = request.files.get("file")
    content = b"" if file is None else file.read()
    try:
        if file is None or not file.filename:
            raise Invalid([FieldError("file", "文件", Text("请选择文件", "choose a file"))])
        _read(file.filename, content)
        with runtime().transaction() as uow:
            kept = uploads.keep(uow, actor(), given["authority"], file.filename, content, replacing=bool(given["update"]))
    except (Invalid, FileRefused, NotFound) as failure:
        return _form(given, failure), status_of(failure)
    return redirect(url_for("legacy_import.shown", upload_id=kept), 303)


@pages.get("/legacy/import/<int:upload_id>")
@access(roles(*KEEPERS))
def shown(upload_id: int) -> str:
    """What the import would do, and the report."""
    kept = _kept(upload_id)
    return _preview(kept, _plan(kept))


@pages.get("/legacy/import/<int:upload_id>/report.csv")
@access(roles(*KEEPERS))
def report(upload_id: int) -> Response:
    """The whole report as a table."""
    return csv_file("report.csv", reporting.COLUMNS, reporting.lines(_plan(_kept(upload_id)).problems))


@pages.post("/legacy/import/<int:upload_id>")
@access(roles(*KEEPERS))
def confirm(upload_id: int) -> Answer:
    """Import the file as it was previewed."""
    kept = _kept(upload_id)
    register = _read(kept.name, kept.content)
    try:
        with runtime().transaction() as uow:
            plan = import_register(uow, actor(), register, kept.authority_code, replacing=kept.replacing)
            uploads.forget(uow, kept.id)
    except ImportRefused as refused:
        return _preview(kept, refused.plan, refused), status_of(refused)
    counts = plan.counts
    flash(_("已导入：新增 %(new)s 条，更新 %(changed)s 条，未变 %(unchanged)s 条。", **counts), "success")
    return redirect(url_for("legacy.entries", authority=kept.authority_code), 303)


def _read(name: str, content: bytes) -> Register:
    return read_register(name, content, runtime().clock.now().astimezone(SHANGHAI).date())


def _kept(upload_id: int) -> Upload:
    with runtime().reading() as uow:
        return uploads.kept(uow, actor(), upload_id)


def _plan(kept: Upload) -> Plan:
    register = _read(kept.name, kept.content)
    with runtime().reading() as uow:
        return preview(uow, actor(), register, kept.authority_code, replacing=kept.replacing)


def _form(given: dict[str, str], failure: Failure | None = None) -> str:
    with runtime().reading() as uow:
        mine = [(body.code, body.name) for body in authorities(uow.connection) if keeps(actor(), body.code)]
    return render_template("legacy/import.html", values=given, bodies=[("", _("请选择")), *mine], failure=failure)


def _preview(kept: Upload, plan: Plan, failure: Failure | None = None) -> str:
    with runtime().reading() as uow:
        body = authority(uow.connection, kept.authority_code)
    lines = reporting.gravest(plan.problems, MOST)
    more = {
        "fields": FIELDS,
        "categories": CATEGORIES,
        "severities": SEVERITIES,
        "meaning": reporting.meaning,
        "first": plan.register.rows[: reporting.FIRST],
    }
    return render_template("legacy/preview.html", kept=kept, plan=plan, body=body, lines=lines, failure=failure, counts=plan.counts, **more)
