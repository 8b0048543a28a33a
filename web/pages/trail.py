"""审计: the trail as it was written, and whether its chains hold."""

from dataclasses import asdict

import orjson
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from web.access import access, roles
from web.asking.paging import before, page_of
from web.current import actor, runtime
from web.showing.downloads import attached, csv_file
from web.words import moment
from workflow_runtime import trail as book

pages = Blueprint("trail", __name__)


def _stream() -> str:
    number = request.args.get("number", "").strip()
    return book.case_stream(number) if number else request.args.get("stream", "")


@pages.get("/trail")
@access(roles("auditor", "administrator"))
def trail() -> str:
    """The streams; with `stream`, or the `number` of a case, its entries, newest first."""
    stream = _stream()
    with runtime().reading() as uow:
        streams = book.streams(uow, actor())
        found = book.entries(uow, actor(), stream, before=before(), limit=book.PAGE + 1) if stream else []
    rows, last = page_of(found, book.PAGE)
    return render_template("trail/trail.html", streams=streams, stream=stream, rows=rows, next=last and last.seq, report=None)


@pages.get("/trail/verification")
@access(roles("auditor", "administrator"))
def verification() -> str:
    """校验: recompute the chain of one stream, or of all."""
    stream = _stream()
    with runtime().reading() as uow:
        streams = book.streams(uow, actor())
        report = book.verify(uow, actor(), stream or None)
    return render_template("trail/trail.html", streams=streams, stream=stream, rows=(), next=None, report=report)


@pages.get("/trail/export")
@access(roles("auditor", "administrator"))
def export() -> Response:
    """A stream as a file, newest first: CSV, or with `format=json` JSON."""
    with runtime().reading() as uow:
        found = book.entries(uow, actor(), _stream(), limit=book.EXPORTED)
    if request.args.get("format") == "json":
        document = orjson.dumps([asdict(entry) for entry in found], option=orjson.OPT_INDENT_2)
        return attached("audit.json", document, "application/json")
    columns = [_("序号"), _("时间"), _("登录名"), _("姓名"), _("单位"), _("角色"), _("动作"), _("对象"), _("理由"), _("内容")]
    rows = (
        (e.seq, moment(e.at), e.actor, e.actor_name, e.party, e.role, e.action, e.subject, e.reason, orjson.dumps(e.details).decode())
        for e in found
    )
    return csv_file("audit.csv", columns, rows)
