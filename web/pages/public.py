"""What anybody sees without signing in: the certificate behind the preview address, its present state, and the way to find one."""

import io
from http import HTTPStatus
from typing import cast

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from registry.certificate_files import CertificateFile, file_of
from registry.certificates import STATES
from registry.verification import PublicCertificate, public_certificate, unknown
from registry.verification_report import Verification, told_check
from web.access import PUBLIC, access
from web.asking.certificate import Sought, find
from web.current import runtime
from web.rate_limit import RateLimit, TooOften
from web.showing.certificate import certificate_download, page_picture, qr_picture
from web.showing.certificate_copy import certificate_copy, copy_name
from workflow_runtime.errors import NotFound
from workflow_runtime.operations import run_operation

pages = Blueprint("public", __name__)

VERIFY = "certificate.verify"
LIMIT = "verification_limit"
BURST, SECONDS = 20, 3.0
"""Queries that an address may make at once, and the seconds after which it may make one more."""
READING = "reading_limit"
PAGES_AT_ONCE, PAGE_SECONDS = 240, 0.25
"""The same for pages, pictures and files behind a code: enough for an office behind one address, too little for a copy of everything."""


@pages.after_request
def not_indexed(response: Response) -> Response:
    """Search engines keep none of these pages: a copy would go on showing a state that has changed."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@pages.before_request
def not_too_often() -> AnyResponse | None:
    """Pages behind a code may be asked for often, not without end. The code itself cannot be guessed."""
    if request.view_args is None or "code" not in request.view_args:
        return None
    try:
        _limit(READING, PAGES_AT_ONCE, PAGE_SECONDS).take(request.remote_addr or "", runtime().clock.now())
    except TooOften as refused:
        return _refused(refused)
    return None


def _refused(refused: TooOften, sought: Sought | None = None) -> AnyResponse:
    answer = make_response(render_template("public/verify.html", sought=sought or Sought(), failure=refused), refused.status)
    answer.headers["Retry-After"] = str(refused.wait)
    return answer


def _certificate(code: str) -> PublicCertificate:
    with runtime().reading() as uow:
        return public_certificate(uow.connection, code)


def _with_file(code: str) -> tuple[PublicCertificate, CertificateFile]:
    with runtime().reading() as uow:
        found = public_certificate(uow.connection, code)
        return found, file_of(uow.connection, found.identifier, found.file_version)


def _not_found() -> AnyResponse:
    return make_response(render_template("public/unknown.html", failure=unknown()), HTTPStatus.NOT_FOUND)


@pages.get("/preview/<code>")
@access(PUBLIC)
def preview(code: str) -> AnyResponse | str:
    """The certificate's face, to read and to print: the address that the national platform keeps from 归集 on."""
    try:
        return render_template("public/preview.html", certificate=_certificate(code))
    except NotFound:
        return _not_found()


@pages.get("/preview/<code>/qr.svg")
@access(PUBLIC)
def qr(code: str) -> Response:
    """The QR code of the face: the national platform's text, verbatim. Raises NotFound."""
    text = _certificate(code).qr_text
    if not text:
        raise unknown()
    return qr_picture(text)


@pages.get("/preview/<code>/certificate.ofd")
@access(PUBLIC)
def file(code: str) -> Response:
    """The sealed e-certificate file as the government service network made it. Raises NotFound."""
    found, kept = _with_file(code)
    return certificate_download(found.number, kept)


@pages.get("/preview/<code>/page.svg")
@access(PUBLIC)
def picture(code: str) -> Response:
    """The certificate's page as a picture, drawn from the sealed file, with a watermark that names its present state. Raises NotFound."""
    return page_picture(*_with_file(code))


@pages.get("/preview/<code>/copy.pdf")
@access(PUBLIC)
def copy(code: str) -> Response:
    """A readable copy for whoever has no reader of OFD files. Raises NotFound."""
    found = _certificate(code)
    content = certificate_copy(found, url_for("public.verify_code", code=code, _external=True))
    return send_file(io.BytesIO(content), mimetype="application/pdf", download_name=copy_name(found.number))


@pages.get("/verify/<code>")
@access(PUBLIC)
def verify_code(code: str) -> AnyResponse | str:
    """The certificate's present state, and what is known of its seal."""
    try:
        return render_template("public/state.html", certificate=_certificate(code))
    except NotFound:
        return _not_found()


@pages.get("/verify")
@access(PUBLIC)
def verify() -> str:
    """Where a certificate is looked for."""
    return render_template("public/verify.html", sought=Sought())


@pages.post("/verify")
@access(PUBLIC)
def look_up() -> AnyResponse:
    """Find the certificate, and go to its page."""
    sought = Sought.of(request.form)
    try:
        _limit(LIMIT, BURST, SECONDS).take(request.remote_addr or "", runtime().clock.now())
    except TooOften as refused:
        return _refused(refused, sought)
    if sought.errors:
        return make_response(render_template("public/verify.html", sought=sought), HTTPStatus.UNPROCESSABLE_ENTITY)
    with runtime().reading() as uow:
        code = find(uow.connection, sought)
    if code is None:
        return make_response(render_template("public/verify.html", sought=sought, failure=unknown()), HTTPStatus.NOT_FOUND)
    return redirect(url_for("public.verify_code", code=code), HTTPStatus.SEE_OTHER)


@pages.post("/verify/file")
@access(PUBLIC)
def verify_file() -> AnyResponse | str:
    """Verify an e-certificate file that somebody holds: its seal, and whether it is a file of ours. Nothing of it is kept."""
    try:
        _limit(LIMIT, BURST, SECONDS).take(request.remote_addr or "", runtime().clock.now())
    except TooOften as refused:
        return _refused(refused)
    given = request.files.get("file")
    content = b"" if given is None else given.read()
    if not content:
        return make_response(render_template("public/verify.html", sought=Sought(), no_file=True), HTTPStatus.UNPROCESSABLE_ENTITY)
    found = cast(Verification, run_operation(runtime(), VERIFY, content=content)).for_anybody
    return render_template("public/file.html", found=found, checks=[told_check(step) for step in found.steps], states=STATES)


def _limit(name: str, burst: int, seconds: float) -> RateLimit:
    kept: RateLimit = current_app.extensions.setdefault(name, RateLimit(burst, seconds))
    return kept
