"""Passwords: how good they must be, how they are kept (argon2), and what stops guessing.

After LIMIT wrong ones in a row, a login is locked for LOCKED. That holds for logins that do not exist as well, and checking those takes as
long: nobody learns from an answer or its time who has an account here.
"""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, and_, case, delete, or_, select

from registry import data, tables
from registry.changes import Change
from registry.sessions import close_sessions
from registry.tokens import revoke_tokens
from registry.users import LOGIN, fold_login, user
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.store.upsert import insert_or

LIMIT = 5
LOCKED = timedelta(minutes=15)
SHORTEST, LONGEST = 10, 200
MOST = 5 * LONGEST
"""Characters that are looked at: folding can shorten a few to one, and takes long over millions."""
_DIFFERENT = 4

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
"""Parameters of the OWASP Password Storage Cheat Sheet: as hard to guess as the library's own, at a third of the server's memory."""

_FAILURE = tables.sign_in_failure.c


@dataclass(frozen=True)
class Attempt:
    """A sign-in that has been counted as wrong until it is known to be right; `which` says how many there were in a row."""

    login: str
    known: bool
    which: int
    hash: str = field(repr=False)

    def is_right(self, password: str) -> bool:
        """Whether this is the password. Needs no database and takes its time, so call it outside a transaction."""
        right = _matches(self.hash, password)
        return right and self.known

    @property
    def locks(self) -> bool:
        """Whether the login is locked when this attempt is wrong."""
        return self.which >= LIMIT


def _folded(password: str) -> str:
    return unicodedata.normalize("NFKC", password[:MOST])


def hash_password(password: str) -> str:
    """The password as it is kept."""
    return HASHER.hash(_folded(password))


def _matches(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, _folded(password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return hash_password("nobody has this password")


@cache
def _common() -> frozenset[str]:
    return frozenset(row["password"] for row in data.rows("common_passwords"))


def check_password(login: str, password: str, field_name: str = "password") -> None:
    """The password is one that may be chosen. Raises Invalid."""
    folded = _folded(password)
    plain = folded.casefold()
    checks = [
        (len(folded) < SHORTEST, Text(f"至少 {SHORTEST} 个字符", f"at least {SHORTEST} characters")),
        (len(folded) > LONGEST, Text(f"最多 {LONGEST} 个字符", f"at most {LONGEST} characters")),
        (plain == fold_login(login), Text("不能与登录名相同", "must not be the login")),
        (len(set(plain)) < _DIFFERENT, Text("不同的字符太少", "too few different characters")),
        (plain in _common(), Text("过于常见，容易被猜到", "too common, easily guessed")),
    ]
    if errors := [FieldError(field_name, "新密码", wrong) for failed, wrong in checks if failed]:
        raise Invalid(errors[:1])


def set_password(
    connection: Connection, login: str, password: str, now: datetime, *, must_change: bool, session: str = "", hashed: str | None = None
) -> Change:
    """Give a person this password: his sessions end (but the one of the token `session`), a lock is lifted.

    `must_change`: he has to choose another one at the next sign-in, as after an administrator gave it; whoever needs that may have lost more
    than a password, so his programs' tokens end, too. `hashed`: the password's hash when the
    caller has it already, such as from before his transaction. Raises NotFound, Invalid.
    """
    known = user(connection, login)
    check_password(known.login, password)
    values = {"hash": hashed or hash_password(password), "must_change": must_change, "set_at": now}
    entered = insert_or(connection, tables.user_password).values(login=known.login, **values)
    connection.execute(entered.on_conflict_do_update(index_elements=["login"], set_=values))
    close_sessions(connection, known.login, but=session)
    forget_failures(connection, known.login)
    ended = revoke_tokens(connection, known.login, now) if must_change else 0
    return Change("password.set", known.login, {}, {"must_change": must_change, **({"tokens_revoked": ended} if ended else {})})


def has_password(connection: Connection, login: str) -> bool:
    """Whether the person can sign in with a password."""
    query = select(tables.user_password.c.login).where(tables.user_password.c.login == fold_login(login))
    return connection.execute(query).first() is not None


def _login_hash(login: str) -> str:
    return hashlib.sha256(fold_login(login).encode(errors="replace")).hexdigest()


def attempt(connection: Connection, login: str, now: datetime) -> Attempt | None:
    """Count an attempt to sign in, as wrong for now: then a hundred at the same moment are a hundred. None while the login is locked.

    Commit before the password is looked at.
    """
    connection.execute(delete(tables.sign_in_failure).where(_FAILURE.last_at <= now - LOCKED))
    entered = insert_or(connection, tables.sign_in_failure).values(login_hash=_login_hash(login), failures=1, last_at=now)
    again = entered.on_conflict_do_update(
        index_elements=["login_hash"],
        set_={"failures": case((_FAILURE.last_at <= now - LOCKED, 1), else_=_FAILURE.failures + 1), "last_at": now},
        where=or_(_FAILURE.failures < LIMIT, and_(_FAILURE.failures >= LIMIT, _FAILURE.last_at <= now - LOCKED)),
    )
    which = connection.execute(again.returning(_FAILURE.failures)).scalar_one_or_none()
    if which is None:
        return None
    kept = _kept_hash(connection, fold_login(login))
    return Attempt(fold_login(login), kept is not None, which, kept or _nobodys_hash())


def _kept_hash(connection: Connection, login: str) -> str | None:
    account, password = tables.user_account.c, tables.user_password.c
    known = select(password.hash).join_from(tables.user_account, tables.user_password)
    query = known.where(account.login == login, account.disabled.is_(False))
    # What cannot be a login is not asked for: a database may refuse its very characters.
    return connection.execute(query).scalar_one_or_none() if LOGIN.fullmatch(login) else None


def forget_failures(connection: Connection, login: str) -> None:
    """The person has shown that it is he."""
    connection.execute(delete(tables.sign_in_failure).where(_FAILURE.login_hash == _login_hash(login)))


def keep_fresh(connection: Connection, tried: Attempt, password: str) -> None:
    """After a right password: keep it by the parameters of today, if it was kept by weaker ones."""
    if HASHER.check_needs_rehash(tried.hash):
        password_row = tables.user_password
        connection.execute(
            password_row.update()
            .where(password_row.c.login == tried.login, password_row.c.hash == tried.hash)
            .values(hash=hash_password(password))
        )
