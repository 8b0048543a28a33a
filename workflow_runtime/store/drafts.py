"""Rows of `start_draft`: unfinished answers of start forms; there is no case yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.tables import start_drafts
from workflow_runtime.store.upsert import insert_or


@dataclass
class StartDraftRow:
    """Unfinished answers of one person for a business."""

    id: str
    business: str
    login: str
    party: str
    answers: dict[str, Any]
    revision: int
    updated_at: datetime


class StartDrafts:
    """The drafts, through one connection. A person reads and changes his own alone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: StartDraftRow) -> bool:
        """Insert a new draft; False when there is one of this id."""
        statement = insert_or(self._connection, start_drafts).values(vars(row)).on_conflict_do_nothing()
        return self._connection.execute(statement).rowcount > 0

    def locked(self, draft_id: str, login: str) -> StartDraftRow | None:
        """His draft, its row locked until the transaction ends."""
        return self._one(draft_id, login, lock=True)

    def get(self, draft_id: str, login: str) -> StartDraftRow | None:
        """His draft, without a lock."""
        return self._one(draft_id, login, lock=False)

    def _one(self, draft_id: str, login: str, *, lock: bool) -> StartDraftRow | None:
        if not possible_key(draft_id):
            return None
        wanted = select(start_drafts).where(start_drafts.c.id == draft_id, start_drafts.c.login == login)
        found = self._connection.execute(wanted.with_for_update() if lock else wanted).mappings().first()
        return None if found is None else StartDraftRow(**found)

    def save(self, row: StartDraftRow) -> None:
        """Write back; the revision goes up by one."""
        row.revision += 1
        values = {"answers": row.answers, "revision": row.revision, "updated_at": row.updated_at}
        self._connection.execute(update(start_drafts).where(start_drafts.c.id == row.id).values(values))

    def of(self, login: str) -> list[StartDraftRow]:
        """All of his, the newest first."""
        wanted = select(start_drafts).where(start_drafts.c.login == login).order_by(start_drafts.c.updated_at.desc(), start_drafts.c.id)
        return [StartDraftRow(**row) for row in self._connection.execute(wanted).mappings()]

    def count(self, login: str) -> int:
        """How many he has."""
        wanted = select(func.count()).select_from(start_drafts).where(start_drafts.c.login == login)
        return self._connection.execute(wanted).scalar_one()

    def discard(self, draft_id: str, login: str) -> bool:
        """Drop his draft; False when there was none."""
        if not possible_key(draft_id):
            return False
        statement = delete(start_drafts).where(start_drafts.c.id == draft_id, start_drafts.c.login == login)
        return self._connection.execute(statement).rowcount > 0
