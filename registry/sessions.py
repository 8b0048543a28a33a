"""Sessions of people who have signed in: the browser holds a random token, the books hold its hash and nothing that would open it.

A session ends after a time without use, at the latest after a working day, when its person signs out, and when he is disabled.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from registry import tables
from registry.users import User, user

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
"""How exactly the last use is known: writing it at each request would make every page a write."""

_ROW = tables.user_session.c


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(connection: Connection, login: str, now: datetime) -> str:
    """Begin a session; returns its token, which is known to nobody else."""
    token = secrets.token_urlsafe(32)
    values = {"hash": _hash(token), "login": login, "opened_at": now, "used_at": now}
    connection.execute(insert(tables.user_session).values(**values))
    connection.execute(delete(tables.user_session).where(_ROW.opened_at < now - LONGEST))
    return token


def person_of_session(connection: Connection, token: str, now: datetime) -> User | None:
    """Whose session this is; None when there is none or it has ended."""
    query = select(_ROW.login).where(_ROW.hash == _hash(token), _ROW.used_at > now - IDLE, _ROW.opened_at > now - LONGEST)
    login = connection.execute(query).scalar_one_or_none()
    return None if login is None else user(connection, login)


def use_session(connection: Connection, token: str, now: datetime) -> None:
    """Note that the session was used."""
    connection.execute(update(tables.user_session).where(_ROW.hash == _hash(token), _ROW.used_at < now - TOUCH_EVERY).values(used_at=now))


def close_session(connection: Connection, token: str) -> None:
    """End a session; harmless when it has ended already."""
    connection.execute(delete(tables.user_session).where(_ROW.hash == _hash(token)))
