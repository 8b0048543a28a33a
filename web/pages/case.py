"""A case: where it stands, what was said in it, its live diagram, its certificate; and what can be done to it as a whole."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, send_file, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from registry.certificate_files import file_of
from registry.certificates import Certificate, by_case
from web.access import SIGNED_IN, access, roles
from web.addresses import came_from, here
from web.current import actor, runtime
from web.failures import status_of
from web.resuming import RESUMED, shows_again
from web.showing import case_words
from web.showing.case_record import case_record, incident_words
from web.showing.certificate import certificate_download, qr_picture
from workflow_runtime import cases
from workflow_runtime.errors import Failure, NotFound, Text
from workflow_runtime.outline import drawing_file
from workflow_runtime.queries import visible_case
from workflow_runtime.runtime import UnitOfWork

pages = Blueprint("case", __name__)


@dataclass(frozen=True)
class Act:
    """Something that is done to a case as a whole, with a reason: its use case and its words."""

    use_case: Callable[..., object]
    title: str
    explanation: str
    done: str
    needs_reason: bool = True


WITHDRAW = Act(cases.withdraw, _l("撤回"), _l("撤回后本次申请即告结束；需要时可重新申请。"), _l("申请已撤回。"), needs_reason=False)
CANCEL = Act(cases.cancel_case, _l("终止"), _l("终止后案件不能恢复。"), _l("案件已终止。"))
SUSPEND = Act(cases.suspend, _l("中止"), _l("中止期间不能办理任务，不调用外部系统，定时不触发。"), _l("案件已中止。"))
RESUME = Act(cases.resume, _l("恢复"), _l("恢复后案件继续办理，中止期间到期的定时立即触发。"), _l("案件已恢复。"))


@pages.app_template_filter("size")
def _size(count: int) -> str:
    return case_words.size(count)


@pages.get("/cases/<number>")
@access(SIGNED_IN)
def case(number: str) -> str:
    """The case's page. Raises NotFound."""
    return _page("case/case.html", number)


@pages.get("/cases/<number>/standing")
@access(SIGNED_IN)
def standing(number: str) -> str:
    """The parts of the page that change by themselves, for a page that looks again. Raises NotFound."""
    return _page("case/standing.html", number)


def _page(template: str, number: str) -> str:
    with runtime().reading() as uow:
        record = case_record(uow, actor(), number)
    return render_template(template, record=record, back=_list_before(), say=case_words, incident_words=incident_words)


def _list_before() -> str:
    """The list from which the person came, with its search and its place; otherwise the list as it begins."""
    led, begins = here(request.args.get("next") or came_from()), url_for("cases.cases")
    return led if urlsplit(led).path == begins else begins


@pages.get("/cases/<number>/diagram/<process>.bpmn")
@access(SIGNED_IN)
def diagram(number: str, process: str) -> Response:
    """The BPMN file of one of the case's processes. Raises NotFound."""
    with runtime().reading() as uow:
        content = drawing_file(uow, actor(), number, process)
    return send_file(io.BytesIO(content), mimetype="application/xml", as_attachment=True, download_name=f"{process}.bpmn")


@pages.get("/cases/<number>/qr.svg")
@access(SIGNED_IN)
def qr(number: str) -> Response:
    """The face's query QR code: the national platform's text, verbatim. Raises NotFound."""
    with runtime().reading() as uow:
        text = _certificate(uow, number).qr_text
    if not text:
        raise _no_certificate()
    return qr_picture(text)


@pages.get("/cases/<number>/certificate")
@access(SIGNED_IN)
def certificate_file(number: str) -> Response:
    """The e-certificate as the government service network made it. Raises NotFound."""
    with runtime().reading() as uow:
        held = _certificate(uow, number)
        kept = file_of(uow.connection, held.identifier, held.file_version)
    return certificate_download(held.number, kept, verified=held.verified)


def _certificate(uow: UnitOfWork, number: str) -> Certificate:
    held = by_case(uow.connection, visible_case(uow, actor(), number).number)
    if held is None:
        raise _no_certificate()
    return held


def _no_certificate() -> NotFound:
    return NotFound(
        Text("该案件还没有备案证。", "This case has no certificate yet."), Text("请等待审核和赋码。", "Wait for review and code.")
    )


@pages.route("/cases/<number>/withdraw", methods=["GET", "POST"])
@access(SIGNED_IN)
@shows_again
def withdraw(number: str) -> AnyResponse | str:
    """The owner takes the application back. Raises NotFound."""
    return _act(number, WITHDRAW)


@pages.route("/cases/<number>/cancel", methods=["GET", "POST"])
@access(roles("operator"))
@shows_again
def cancel(number: str) -> AnyResponse | str:
    """An operator stops the case for good. Raises NotFound."""
    return _act(number, CANCEL)


@pages.route("/cases/<number>/suspend", methods=["GET", "POST"])
@access(roles("operator"))
@shows_again
def suspend(number: str) -> AnyResponse | str:
    """An operator stops the case for a while. Raises NotFound."""
    return _act(number, SUSPEND)


@pages.route("/cases/<number>/resume", methods=["GET", "POST"])
@access(roles("operator"))
@shows_again
def resume(number: str) -> AnyResponse | str:
    """A suspended case goes on. Raises NotFound."""
    return _act(number, RESUME)


def _act(number: str, act: Act) -> AnyResponse | str:
    """Ask for a reason, then do it; what was typed stays when it cannot be done. Raises NotFound."""
    reason = request.form.get("reason", "")
    if request.method == "GET" or RESUMED in request.form:
        return _question(number, act, reason)
    try:
        with runtime().transaction() as uow:
            act.use_case(uow, number, actor(), reason, seen=_seen())
    except NotFound:
        raise
    except Failure as failure:
        return make_response(_question(number, act, reason, failure), status_of(failure))
    flash(str(act.done), "success")
    return redirect(url_for("case.case", number=number), HTTPStatus.SEE_OTHER)


def _seen() -> int | None:
    text = request.form.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _question(number: str, act: Act, reason: str = "", failure: Failure | None = None) -> str:
    with runtime().reading() as uow:
        row = visible_case(uow, actor(), number)
        title = uow.bundle(row.bundle_id).process.name
    return render_template("case/act.html", row=row, title=title, act=act, reason=reason, failure=failure)
