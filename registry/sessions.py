"""Sessions of people who have signed in: the browser holds a random token, the books hold its hash and nothing that would open it.

A session ends after a time without use, at the latest after a working day, when its person signs out or changes his password, and when he
is disabled.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from registry import tables
from registry.users import User

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
"""How exactly the last use is known: writing it at each request would make every page a write."""

_ROW = tables.user_session.c
_MAX_BROWSER = 200


@dataclass(frozen=True)
class Session:
    """An open session: its person, whether he has to choose another password first, and whether its use has to be noted again."""

    user: User
    must_change: bool
    stale: bool


@dataclass(frozen=True)
class OpenSession:
    """One of a person's open sessions, as he is shown it."""

    opened_at: datetime
    used_at: datetime
    browser: str
    present: bool


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(connection: Connection, login: str, now: datetime, browser: str = "") -> str:
    """Begin a session; returns its token, which is known to nobody else. `browser`: what the person will know it by."""
    token = secrets.token_urlsafe(32)
    values = {"hash": _hash(token), "login": login, "opened_at": now, "used_at": now, "browser": browser[:_MAX_BROWSER]}
    connection.execute(insert(tables.user_session).values(**values))
    connection.execute(delete(tables.user_session).where(_ROW.opened_at < now - LONGEST))
    return token


def session(connection: Connection, token: str, now: datetime) -> Session | None:
    """The open session of this token; None when there is none, it has ended, or its person is disabled. One statement."""
    account, grants, password = tables.user_account.c, tables.user_grant.c, tables.user_password.c
    rows = connection.execute(
        select(
            _ROW.used_at, account.login, account.display_name, account.unit, account.disabled,
            password.must_change, grants.role, grants.party,
        )
        .join_from(tables.user_session, tables.user_account)
        .outerjoin(tables.user_password, password.login == account.login)
        .outerjoin(tables.user_grant, grants.login == account.login)
        .where(_ROW.hash == _hash(token), _ROW.used_at > now - IDLE, _ROW.opened_at > now - LONGEST, account.disabled.is_(False))
    ).all()  # fmt: skip
    if not rows:
        return None
    held = frozenset((row.role, row.party) for row in rows if row.role is not None)
    first = rows[0]
    person = User(first.login, first.display_name, first.unit, first.disabled, held)
    return Session(person, bool(first.must_change), first.used_at < now - TOUCH_EVERY)


def person_of_session(connection: Connection, token: str, now: datetime) -> User | None:
    """Whose session this is; None when there is none or it has ended."""
    found = session(connection, token, now)
    return None if found is None else found.user


def login_of_session(connection: Connection, token: str) -> str | None:
    """Whose session this is or was, as long as the books remember it: it may have ended by itself."""
    return connection.execute(select(_ROW.login).where(_ROW.hash == _hash(token))).scalar_one_or_none()


def use_session(connection: Connection, token: str, now: datetime) -> None:
    """Note that the session was used."""
    connection.execute(update(tables.user_session).where(_ROW.hash == _hash(token), _ROW.used_at < now - TOUCH_EVERY).values(used_at=now))


def close_session(connection: Connection, token: str) -> None:
    """End a session; harmless when it has ended already."""
    connection.execute(delete(tables.user_session).where(_ROW.hash == _hash(token)))


def close_sessions(connection: Connection, login: str, *, but: str = "") -> int:
    """End all sessions of a person (`but`: the one of this token goes on); returns how many."""
    query = delete(tables.user_session).where(_ROW.login == login)
    return connection.execute(query.where(_ROW.hash != _hash(but)) if but else query).rowcount


def open_sessions(connection: Connection, login: str, now: datetime, token: str = "") -> Sequence[OpenSession]:
    """A person's open sessions, last used first; `token`: the present one."""
    query = select(tables.user_session).where(_ROW.login == login, _ROW.used_at > now - IDLE, _ROW.opened_at > now - LONGEST)
    rows = connection.execute(query.order_by(_ROW.used_at.desc(), _ROW.hash))
    return [OpenSession(row.opened_at, row.used_at, row.browser, row.hash == _hash(token)) for row in rows]
