"""Rows of `message`: what has come in about a case."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, select, update

from workflow_runtime.handlers import Json
from workflow_runtime.store.rows import MessageRow
from workflow_runtime.store.tables import messages
from workflow_runtime.store.upsert import insert_or


class Messages:
    """The messages, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, case_id: int, name: str, key: str, payload: Json, now: datetime) -> int | None:
        """Store a message; None when one with this name and key has come before.

        Kept is the fingerprint of both: two senders may count alike, and their keys may be of any length.
        """
        fingerprint = hashlib.sha256(f"{name}\0{key}".encode(errors="surrogatepass")).hexdigest()
        values = {"case_id": case_id, "name": name, "key": fingerprint, "payload": payload, "received_at": now}
        statement = insert_or(self._connection, messages).values(values).on_conflict_do_nothing()
        return self._connection.execute(statement.returning(messages.c.id)).scalar()

    def undelivered(self, case_id: int) -> list[MessageRow]:
        """What nobody has waited for yet, in the order of arrival."""
        statement = select(messages).where(messages.c.case_id == case_id, messages.c.delivered_at.is_(None)).order_by(messages.c.id)
        return [MessageRow(**row) for row in self._connection.execute(statement).mappings()]

    def delivered(self, message_id: int, now: datetime) -> None:
        """A token has taken it."""
        self._connection.execute(update(messages).where(messages.c.id == message_id).values(delivered_at=now))
