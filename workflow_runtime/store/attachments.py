"""Rows of `attachment`: uploaded files, kept in the same database as everything else."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.rows import AttachmentRow
from workflow_runtime.store.tables import attachments

_FACTS = [column for column in attachments.c if column.name != "content"]


class Attachments:
    """The attachments, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: AttachmentRow, content: bytes) -> None:
        """Store a file."""
        values = {name: getattr(row, name) for name in row.__dataclass_fields__}
        self._connection.execute(insert(attachments).values(content=content, **values))

    def facts(self, attachment_id: str) -> AttachmentRow | None:
        """What is known of a file, without its content."""
        if not possible_key(attachment_id):
            return None
        row = self._connection.execute(select(*_FACTS).where(attachments.c.id == attachment_id)).mappings().first()
        return None if row is None else AttachmentRow(**row)

    def content(self, attachment_id: str) -> bytes | None:
        """The file's content."""
        return self._connection.execute(select(attachments.c.content).where(attachments.c.id == attachment_id)).scalar()

    def count_loose(self, party: str) -> int:
        """How many files of this party belong to no case yet."""
        statement = select(func.count()).select_from(attachments).where(attachments.c.party == party, attachments.c.case_id.is_(None))
        return self._connection.execute(statement).scalar_one()

    def forget_loose(self, party: str, before: datetime) -> None:
        """Drop what this party uploaded before that instant and never submitted."""
        loose = (attachments.c.party == party, attachments.c.case_id.is_(None))
        self._connection.execute(delete(attachments).where(*loose, attachments.c.created_at < before))

    def bind(self, ids: Sequence[str], case_id: int) -> bool:
        """These files belong to this case from now on; False when one of them has just been taken by another case, or dropped."""
        if not ids:
            return True
        wanted = attachments.c.id.in_(list(ids))
        self._connection.execute(update(attachments).where(wanted, attachments.c.case_id.is_(None)).values(case_id=case_id))
        bound = select(func.count()).select_from(attachments).where(wanted, attachments.c.case_id == case_id)
        return self._connection.execute(bound).scalar_one() == len(set(ids))
