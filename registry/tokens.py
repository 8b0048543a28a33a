"""Bearer tokens with which programs act for a person: shown once, kept as their hash, good until they expire or are revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from registry import tables
from registry.changes import Change
from registry.users import User, user
from workflow_runtime.errors import FieldError, Invalid, NotFound, Text

PREFIX = "crane_"
"""So that a token that lies where it should not is recognised as one."""

LONGEST_DAYS = 366
_MAX_LABEL = 100
_ROW = tables.api_token.c


@dataclass(frozen=True)
class Token:
    """What the books say of a token: not the token itself."""

    id: int
    login: str
    label: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(connection: Connection, login: str, label: str, now: datetime, days: int) -> tuple[str, Change]:
    """A new token for a person, told once, and the change for the audit. `label`: which program it is for. Raises NotFound, Invalid."""
    known, label = user(connection, login), label.strip()
    checks = [
        ("label", "用途", 0 < len(label) <= _MAX_LABEL, Text(f"应为 1–{_MAX_LABEL} 个字符", f"1 to {_MAX_LABEL} characters")),
        ("days", "有效天数", 0 < days <= LONGEST_DAYS, Text(f"应为 1–{LONGEST_DAYS}", f"1 to {LONGEST_DAYS}")),
    ]
    if errors := [FieldError(key, name, wrong) for key, name, ok, wrong in checks if not ok]:
        raise Invalid(errors)
    token = PREFIX + secrets.token_urlsafe(32)
    expires = now + timedelta(days=days)
    values = {"hash": _hash(token), "login": known.login, "label": label, "issued_at": now, "expires_at": expires}
    number = connection.execute(insert(tables.api_token).values(**values).returning(_ROW.id)).scalar_one()
    return token, Change("token.issued", known.login, {}, {"id": number, "label": label, "expires_at": expires.isoformat()})


def person_of_token(connection: Connection, token: str, now: datetime) -> User | None:
    """For whom a program with this token acts; None when it is unknown, expired or revoked, or its person is disabled."""
    query = select(_ROW.login).where(_ROW.hash == _hash(token), _ROW.expires_at > now, _ROW.revoked_at.is_(None))
    login = connection.execute(query).scalar_one_or_none()
    person = None if login is None else user(connection, login)
    return None if person is None or person.disabled else person


def tokens(connection: Connection, login: str | None = None) -> Sequence[Token]:
    """All tokens, or a person's, in the order of their issue. Raises NotFound for an unknown person."""
    query = select(_ROW.id, _ROW.login, _ROW.label, _ROW.issued_at, _ROW.expires_at, _ROW.revoked_at).order_by(_ROW.id)
    if login is not None:
        query = query.where(_ROW.login == user(connection, login).login)
    return [Token(*row) for row in connection.execute(query)]


def revoke_token(connection: Connection, number: int, now: datetime) -> Change | None:
    """End a token; None when it was revoked already. Raises NotFound TOKEN_UNKNOWN."""
    row = connection.execute(select(_ROW.login, _ROW.label).where(_ROW.id == number)).one_or_none()
    if row is None:
        raise NotFound(
            Text(f"没有令牌 {number}", f"There is no token {number}"),
            Text("用 crane token list 查看编号。", "See its number by `crane token list`."),
            code="TOKEN_UNKNOWN",
        )
    statement = update(tables.api_token).where(_ROW.id == number, _ROW.revoked_at.is_(None)).values(revoked_at=now)
    if connection.execute(statement).rowcount == 0:
        return None
    return Change("token.revoked", row.login, {"id": number, "label": row.label}, {"revoked_at": now.isoformat()})


def revoke_tokens(connection: Connection, login: str, now: datetime) -> int:
    """End every token of a person; returns how many were still good."""
    statement = update(tables.api_token).where(_ROW.login == login, _ROW.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(statement).rowcount
