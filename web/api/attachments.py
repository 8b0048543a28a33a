"""Files of a filing: uploaded first, then named by their ids in a form's answers."""

from http import HTTPStatus
from typing import Any

from flask import Response, request, url_for
from marshmallow import Schema, fields, validate

from web.access import SIGNED_IN, access
from web.api.blueprint import Operations
from web.api.failures import media_type_unknown
from web.api.replies import Reply, file_shown, once
from web.current import actor, runtime
from workflow_runtime.attachments import KINDS
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.uploads import download, upload

api = Operations("attachments", "附件 · Files of a filing.")

FORM, RAW = "multipart/form-data", "application/octet-stream"
MEDIA_TYPES = tuple(dict.fromkeys(media_type for media_type, _ in KINDS.values()))


class Attachment(Schema):
    """A stored file; in a form's answers, `{"id": …}` names it."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)


class FileName(Schema):
    """The file's name, where the body is the file itself."""

    name = fields.String(load_default=None, validate=validate.Length(max=400))


@api.post("/attachments")
@access(SIGNED_IN)
@api.takes_files("file", raw=True)
@api.takes(FileName, "query")
@api.gives(Attachment, HTTPStatus.CREATED)
def add_attachment(given: dict[str, Any]) -> Response:
    """Upload a file: as the part `file` of a form, or as the body with its name in the query."""
    name, content = _sent(given["name"])

    def act(uow: UnitOfWork) -> Reply:
        row = upload(uow, actor(), name, content)
        return Reply(Attachment().dump(row), HTTPStatus.CREATED, {"Location": url_for("api_attachments.attachment", attachment_id=row.id)})

    return once(act)


def _sent(name: str | None) -> tuple[str, bytes]:
    if request.mimetype == FORM:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid([FieldError("file", "文件", Text("缺少文件。", "The file is missing."))])
        return name or file.filename, file.read()
    if request.mimetype != RAW:
        raise media_type_unknown(f"{FORM} / {RAW}")
    if name is None:
        raise Invalid([FieldError("name", "文件名", Text("请在 ?name= 中给出文件名。", "Give the file's name as ?name=."))])
    return name, request.get_data()


@api.get("/attachments/<attachment_id>")
@access(SIGNED_IN)
@api.revised
@api.gives_file(*MEDIA_TYPES)
def attachment(attachment_id: str) -> Response:
    """A file: for its own party, and for those who may see its case."""
    with runtime().reading() as uow:
        row, content = download(uow, actor(), attachment_id)
    return file_shown(content, row.type, row.name, row.sha256)
