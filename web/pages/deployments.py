"""流程: what is deployed, and the analyst's way to deploy more: check first, then deploy."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from web.access import access, roles
from web.current import actor, runtime
from web.failures import status_of
from web.words import text_of
from workflow_runtime import oversight
from workflow_runtime.contents import File
from workflow_runtime.deployment import deploy as deploy_files
from workflow_runtime.errors import DiagramRefused, FieldError, Finding, Invalid, Text
from workflow_runtime.migration.rehearsal import Rehearsal, rehearse

pages = Blueprint("deployments", __name__)

Answer = str | tuple[str, int] | Response
TOLD = 5
"""Warnings of a deployment that are told after it; 检查 shows all."""


@pages.get("/deployments")
@access(roles("analyst", "administrator"))
def deployments() -> str:
    """What new cases get, and on which older versions cases are under way."""
    return _page()


@pages.post("/deployments/check")
@access(roles("analyst", "administrator"))
def check() -> Answer:
    """检查: what would be found if these files were deployed, what changes in meaning, and for running cases; nothing is changed."""
    try:
        files = _files()
    except Invalid as failure:
        return _page(failure=failure), status_of(failure)
    with runtime().reading() as uow:
        would = rehearse(uow, actor(), files)
    return _page(findings=would.findings, names=[name for name, _data in files], rehearsal=would)


@pages.post("/deployments")
@access(roles("analyst", "administrator"))
def deploy() -> Answer:
    """部署: new cases run on these files from now on; faulty ones are refused with every finding."""
    try:
        files = _files()
        with runtime().transaction() as uow:
            done = deploy_files(uow, actor(), files)
    except Invalid as failure:
        return _page(failure=failure), status_of(failure)
    except DiagramRefused as refused:
        return _page(findings=refused.findings, names=[name for name, _data in files], refused=True), 422
    changed = [b.title for b in done.businesses if b.changed]
    flash(_("已部署：%(titles)s", titles="、".join(changed)) if changed else _("没有变化。"), "success")
    for warning in done.warnings[:TOLD]:
        flash(f"{warning.file} {warning.element} {text_of(warning.message)} {text_of(warning.cure)}", "warning")
    return redirect(url_for("deployments.deployments"), 303)


def _files() -> list[File]:
    found = [(file.filename or "", file.read()) for file in request.files.getlist("files") if file.filename]
    if not found:
        wrong = Text("请选择至少一个 .bpmn、.dmn 或 .form 文件。", "Choose at least one .bpmn, .dmn or .form file.")
        raise Invalid([FieldError("files", "文件", wrong)])
    return [(name.replace("\\", "/").rpartition("/")[2], data) for name, data in found]


def _page(
    findings: Sequence[Finding] | None = None,
    names: Sequence[str] = (),
    failure: Invalid | None = None,
    refused: bool = False,
    rehearsal: Rehearsal | None = None,
) -> str:
    with runtime().reading() as uow:
        versions = oversight.versions(uow, actor())
    found = findings or ()
    errors = sum(f.severity == "error" for f in found)
    said = ngettext("%(num)s 条提示", "%(num)s 条提示", len(found)) if findings is not None else ""
    told = {"findings": findings, "errors": errors, "said": said, "names": names, "refused": refused}
    return render_template("deployments/deployments.html", versions=versions, failure=failure, rehearsal=rehearsal, **told)
