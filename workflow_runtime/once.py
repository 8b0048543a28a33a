"""Doing a thing once, however often it is asked for: a retry under the same key gets the first answer, and nothing is done again.

A key is the person's own choice (`Idempotency-Key`, or a form's hidden field). It is kept in the commit of what was done under it, so that
what failed may be tried again under the same key.
"""

from datetime import timedelta

from workflow_runtime.actors import Actor
from workflow_runtime.errors import Failure, FieldError, Invalid, Text, WrongState
from workflow_runtime.handlers import Json
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.once import Done

REMEMBERED_FOR = timedelta(days=7)
"""How long a retry finds the first answer."""

LONGEST_KEY = 128
"""Characters of a key."""


class KeyReused(Failure):
    """The key belongs to another request of the same person."""

    code = "KEY_REUSED"

    def __init__(self) -> None:
        super().__init__(
            Text("该幂等键已用于另一个请求，本次未执行。", "This key belongs to another request; nothing was done."),
            Text("请为新的请求使用新的键。", "Take a new key for a new request."),
        )


class InFlight(WrongState):
    """The first request under this key is still being worked on."""

    code = "IN_FLIGHT"

    def __init__(self) -> None:
        super().__init__(
            Text("同一请求正在处理。", "The same request is being worked on."),
            Text("请稍候用同一个键重试，即可得到其结果。", "Retry with the same key in a moment to get its answer."),
        )


def earlier(uow: UnitOfWork, actor: Actor, key: str, fingerprint: str, *, waiting: bool = False) -> Json | None:
    """The answer that the actor's request with this key and fingerprint (64 characters at most) has got; None: it is new, so do it.

    Asked first, and in the transaction that will do it. While the first request is being worked on, the second one is `waiting` for its
    answer, as a person at a page is, and always on SQLite. Raises KeyReused (another fingerprint), InFlight (without waiting, on
    PostgreSQL), Invalid (no usable key).
    """
    _ensure_usable(key)
    if not uow.once.reserve(actor.id, key, waiting=waiting):
        raise InFlight
    done = uow.once.done(actor.id, key, uow.now - REMEMBERED_FOR)
    if done is not None and done.fingerprint != fingerprint:
        raise KeyReused
    return None if done is None else done.answer


def is_done(uow: UnitOfWork, actor: Actor, key: str) -> bool:
    """Whether anything was done under the actor's key already. Raises Invalid (no usable key)."""
    _ensure_usable(key)
    return uow.once.done(actor.id, key, uow.now - REMEMBERED_FOR) is not None


def remember(uow: UnitOfWork, actor: Actor, key: str, fingerprint: str, answer: Json) -> None:
    """Keep the answer (not None) in the transaction of what was done; keys older than `REMEMBERED_FOR` are forgotten on this occasion."""
    uow.once.forget(uow.now - REMEMBERED_FOR)
    uow.once.keep(actor.id, key, Done(fingerprint, answer), uow.now)


def _ensure_usable(key: str) -> None:
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        wrong = Text(f"应为 1 至 {LONGEST_KEY} 个可显示的 ASCII 字符。", f"It must have 1 to {LONGEST_KEY} printable ASCII characters.")
        raise Invalid([FieldError("Idempotency-Key", "Idempotency-Key", wrong)])
