"""Uploaded files: storing one before its form is submitted, and getting it back."""

import re
from http import HTTPStatus
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from web.access import SIGNED_IN, access
from web.current import actor, runtime
from web.html_forms.posted import as_answer, reference_of, said, stored
from web.words import text_of
from workflow_runtime import uploads
from workflow_runtime.attachments import AttachmentRefused

pages = Blueprint("uploads", __name__)

NAME = re.compile(r"[a-z]+(\.\w{1,64}){1,12}")
"""The name of a file question's input."""

SHOWN_INLINE = frozenset({"application/pdf", "image/jpeg", "image/png"})
"""What browsers show by themselves without running anything of it; everything else is saved."""

ALONE = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
"""For a picture that is shown, whatever else it holds."""

VIEWER = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For a PDF: the browser's own viewer does not start in a sandbox, and is one."""


@pages.post("/uploads")
@access(SIGNED_IN)
def upload() -> tuple[str, int]:
    """Store one file (`file`) and give the list's line for the question called `name`; or say, as plain text, why not."""
    file, name = request.files.get("file"), request.form.get("name", "")
    if file is None or not file.filename or not NAME.fullmatch(name):
        return _("请上传文件"), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        found = as_answer(stored(file))
    except AttachmentRefused as refused:
        return text_of(said(refused)), HTTPStatus.UNPROCESSABLE_ENTITY
    return render_template("forms/file.html", name=name, file=found, reference=reference_of(found)), HTTPStatus.OK


@pages.get("/attachments/<attachment_id>")
@access(SIGNED_IN)
def attachment(attachment_id: str) -> Response:
    """A stored file; shown in the browser where that is harmless, otherwise saved."""
    with runtime().reading() as uow:
        row, content = uploads.download(uow, actor(), attachment_id)
    inline = row.type in SHOWN_INLINE
    answer = Response(content, mimetype=row.type if inline else "application/octet-stream")
    answer.headers["Content-Disposition"] = disposition(row.name, inline)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = VIEWER if row.type == "application/pdf" else ALONE
    return answer


def disposition(name: str, inline: bool) -> str:
    """The header with which a file is saved under its own name, Chinese ones too (RFC 6266, RFC 5987)."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
