"""The use case of uploading a file, before it is attached by a form's answers."""

from datetime import timedelta
from uuid import uuid4

from workflow_runtime.actors import Actor
from workflow_runtime.attachments import AttachmentRefused, check_attachment
from workflow_runtime.errors import Text
from workflow_runtime.guards import not_found
from workflow_runtime.queries import may_see
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import AttachmentRow

MAX_LOOSE = 200
"""Files of one party that belong to no case yet."""

LOOSE_FOR = timedelta(days=90)
"""How long a file waits to be submitted. The next upload of its party drops what is older: otherwise files left behind would use the limit up."""


def upload(uow: UnitOfWork, actor: Actor, name: str, content: bytes) -> AttachmentRow:
    """Check a file and store it; a form's answer then names it by its id. Raises AttachmentRefused (by name, before anything is stored)."""
    facts = check_attachment(name, content, uow.runtime.limits)
    uow.attachments.forget_loose(actor.party, uow.now - LOOSE_FOR)
    if uow.attachments.count_loose(actor.party) >= MAX_LOOSE:
        raise AttachmentRefused(
            Text(
                f"文件“{name}”未上传：已有 {MAX_LOOSE} 个文件尚未提交。",
                f"“{name}” was not stored: {MAX_LOOSE} files wait to be submitted.",
            ),
            Text("请先提交申请，再上传新的文件。", "Submit an application before uploading more."),
            code="ATTACHMENT_TOO_MANY",
        )
    row = AttachmentRow(uuid4().hex, None, actor.id, actor.party, facts.name, facts.type, facts.size, facts.sha256, uow.now)
    uow.attachments.add(row, content)
    return row


def download(uow: UnitOfWork, actor: Actor, attachment_id: str) -> tuple[AttachmentRow, bytes]:
    """A stored file with its content, for its own party and for everybody who may see its case. Raises NotFound."""
    row = uow.attachments.facts(attachment_id)
    content = uow.attachments.content(attachment_id) if row is not None and _may_see(uow, actor, row) else None
    if row is None or content is None:
        raise not_found(Text(f"附件 {attachment_id} ", f"Attachment {attachment_id}"))
    return row, content


def _may_see(uow: UnitOfWork, actor: Actor, row: AttachmentRow) -> bool:
    if row.party == actor.party and actor.grants:
        return True
    case = uow.cases.by_id(row.case_id) if row.case_id is not None else None
    return case is not None and may_see(uow, actor, case)
