"""Signing in, and choosing a password: the use cases around passwords and sessions, audited without any secret.

The attempt is counted in a transaction of its own, before the password is looked at: what is refused has been counted all the same, and
no lock of the database is held while the password is checked.
"""

from registry.administration import enter
from registry.changes import Change
from registry.passwords import LIMIT, LOCKED, Attempt, attempt, check_password, forget_failures, hash_password, keep_fresh, set_password
from registry.sessions import close_session, close_sessions, open_session
from registry.users import user
from workflow_runtime.actors import SYSTEM, Actor, Grant
from workflow_runtime.errors import Failure, FieldError, Invalid, Text
from workflow_runtime.runtime import Runtime, UnitOfWork

STREAM = "sign_ins"
"""The audit stream of sign-ins; passwords that are set are in `password`."""

_MINUTES = int(LOCKED.total_seconds() // 60)


class SignInRefused(Failure):
    """Login and password do not belong together; which of them is wrong is not told."""

    code = "SIGN_IN_REFUSED"

    def __init__(self) -> None:
        super().__init__(
            Text("账户或密码不正确。", "Login or password is wrong."),
            Text(
                f"请核对后重试；连续 {LIMIT} 次不正确将锁定 {_MINUTES} 分钟。",
                f"Check them and try again; after {LIMIT} wrong ones in a row the login is locked for {_MINUTES} minutes.",
            ),
        )


class SignInLocked(Failure):
    """Too many wrong passwords in a row; told alike for logins that do not exist."""

    code = "SIGN_IN_LOCKED"

    def __init__(self) -> None:
        super().__init__(
            Text(
                f"密码连续 {LIMIT} 次不正确，该账户已锁定 {_MINUTES} 分钟。",
                f"The password was wrong {LIMIT} times in a row; the login is locked for {_MINUTES} minutes.",
            ),
            Text(
                "请稍后再试；忘记密码请联系管理员重置。",
                "Try again later; if you forgot the password, ask the administrator for a new one.",
            ),
        )


def sign_in(runtime: Runtime, login: str, password: str, *, browser: str = "", before: str = "") -> str:
    """Open a session and return its token. `before`: the browser's token so far; its session ends.

    Raises SignInRefused, SignInLocked.
    """
    tried = _proved(runtime, login, password)
    with runtime.transaction() as uow:
        forget_failures(uow.connection, tried.login)
        keep_fresh(uow.connection, tried, password)
        if before:
            close_session(uow.connection, before)
        token = open_session(uow.connection, tried.login, uow.now, browser)
        uow.audit.record(STREAM, _person(uow, tried.login), "sign_in", tried.login, {})
    return token


def sign_out(runtime: Runtime, actor: Actor | None, token: str) -> None:
    """End the session of this token; harmless when it has ended already."""
    with runtime.transaction() as uow:
        close_session(uow.connection, token)
        if actor is not None:
            uow.audit.record(STREAM, actor, "sign_out", actor.id, {})


def end_other_sessions(runtime: Runtime, actor: Actor, token: str) -> None:
    """End a person's sessions but that of this token."""
    with runtime.transaction() as uow:
        ended = close_sessions(uow.connection, actor.id, but=token)
        uow.audit.record(STREAM, actor, "sign_out.others", actor.id, {"sessions": ended})


def change_password(runtime: Runtime, actor: Actor, present: str, new: str, *, session: str) -> None:
    """Let a person choose his password: his other sessions end, that of the token `session` goes on.

    Raises Invalid (the present one is wrong, the new one is not good enough), SignInLocked.
    """
    check_password(actor.id, new, "new_password")
    if new == present:
        raise Invalid([FieldError("new_password", "新密码", Text("不能与当前密码相同", "must differ from the present one"))])
    try:
        _proved(runtime, actor.id, present)
    except SignInRefused:
        raise Invalid([FieldError("present_password", "当前密码", Text("不正确", "is wrong"))]) from None
    hashed = hash_password(new)
    with runtime.transaction() as uow:
        change = set_password(uow.connection, actor.id, new, uow.now, must_change=False, session=session, hashed=hashed)
        _record(uow, actor, change)


def give_password(runtime: Runtime, administrator: Actor, login: str, password: str) -> None:
    """Give a person a password that he has to change at the first sign-in. Raises NotAllowed, NotFound, Invalid."""
    check_password(login, password)
    hashed = hash_password(password)
    with runtime.transaction() as uow:
        enter(uow, administrator, set_password(uow.connection, login, password, uow.now, must_change=True, hashed=hashed))


def _proved(runtime: Runtime, login: str, password: str) -> Attempt:
    with runtime.transaction() as uow:
        tried = attempt(uow.connection, login, uow.now)
    if tried is None:
        raise SignInLocked
    if tried.is_right(password):
        return tried
    with runtime.transaction() as uow:
        act = "sign_in.locked" if tried.locks else "sign_in.refused"
        # What was typed as an unknown login may be a password: it is kept nowhere.
        uow.audit.record(STREAM, SYSTEM, act, tried.login if tried.known else "?", {})
    raise SignInLocked if tried.locks else SignInRefused


def _person(uow: UnitOfWork, login: str) -> Actor:
    known = user(uow.connection, login)
    return Actor(known.login, known.display_name, known.unit, frozenset(Grant(role, party) for role, party in known.grants))


def _record(uow: UnitOfWork, actor: Actor, change: Change) -> None:
    uow.audit.record("password", actor, change.act, change.subject, {"before": dict(change.before), "after": dict(change.after)})
