"""Rows of `once_key`: what was done under a person's key, and how it was answered."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from workflow_runtime.handlers import Json
from workflow_runtime.store.tables import once_keys
from workflow_runtime.store.turns import take_turn, try_turn


class Done(NamedTuple):
    """The fingerprint of a request that was done, and its answer."""

    fingerprint: str
    answer: Json


class OnceKeys:
    """The keys, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reserve(self, login: str, key: str, *, waiting: bool) -> bool:
        """Hold the key until the transaction ends; False when another transaction holds it, unless `waiting` for its end."""
        turn = f"once\0{login}\0{key}"
        if not waiting:
            return try_turn(self._connection, turn)
        take_turn(self._connection, turn)
        return True

    def done(self, login: str, key: str, since: datetime) -> Done | None:
        """What was done under the key, if it was not before that instant."""
        wanted = (once_keys.c.login == login, once_keys.c.key == key, once_keys.c.at >= since)
        row = self._connection.execute(select(once_keys.c.fingerprint, once_keys.c.answer).where(*wanted)).first()
        return None if row is None else Done(row.fingerprint, row.answer)

    def keep(self, login: str, key: str, done: Done, now: datetime) -> None:
        """Store what was done under a key that is not in use."""
        values = {"login": login, "key": key, "fingerprint": done.fingerprint, "answer": done.answer, "at": now}
        self._connection.execute(insert(once_keys).values(values))

    def forget(self, before: datetime) -> None:
        """Drop what was done before that instant."""
        self._connection.execute(delete(once_keys).where(once_keys.c.at < before))
