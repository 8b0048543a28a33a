"""Notes to a party about a case: what somebody is told without being asked to do anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from registry.tables import notification
from workflow_runtime.store.upsert import insert_or

_ROW = notification.c


@dataclass(frozen=True)
class Notification:
    """One note; `read_at` is None until somebody of the party has read it."""

    id: int
    party: str
    case: str
    text: str
    at: datetime
    read_at: datetime | None


def leave_note(connection: Connection, party: str, text: str, *, case: str, key: str, now: datetime) -> bool:
    """Leave a note for a party. `key` is the same for repetitions: a second one changes nothing. Returns whether it is new."""
    values = {"party": party, "case_no": case, "key": key, "text": text, "at": now}
    left = insert_or(connection, notification).values(**values).on_conflict_do_nothing(index_elements=[_ROW.key, _ROW.party])
    return connection.execute(left.returning(_ROW.id)).first() is not None


def notes_for(connection: Connection, parties: Sequence[str], *, limit: int = 50) -> Sequence[Notification]:
    """The newest notes for any of these parties, newest first."""
    query = select(_ROW.id, _ROW.party, _ROW.case_no, _ROW.text, _ROW.at, _ROW.read_at).where(_ROW.party.in_(parties))
    return [Notification(*row) for row in connection.execute(query.order_by(_ROW.id.desc()).limit(limit))]


def mark_read(connection: Connection, ids: Sequence[int], parties: Sequence[str], now: datetime) -> int:
    """Mark notes as read, those of these parties only; returns how many were unread."""
    change = update(notification).where(_ROW.id.in_(ids), _ROW.party.in_(parties), _ROW.read_at.is_(None))
    return connection.execute(change.values(read_at=now)).rowcount
