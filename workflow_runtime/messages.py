"""Use cases for what comes in: a message about a case, or a raw request that a receiver turns into one."""

import hashlib

import orjson

from workflow_runtime.actors import SYSTEM, Actor
from workflow_runtime.errors import FieldError, Invalid, NotAllowed, Text
from workflow_runtime.guards import case_locked, not_found
from workflow_runtime.handlers import IncomingMessage, IncomingRequest, Json
from workflow_runtime.refusals import REFUSALS
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.stepping import Step
from workflow_runtime.store.rows import CaseRow

LONGEST_NAME = 128
"""Characters of a message's name."""


def receive_message(uow: UnitOfWork, number: str, name: str, payload: Json, key: str, actor: Actor = SYSTEM) -> CaseRow:
    """Take a message about a case in. `key` is the same for repetitions of one message: a second one changes nothing.

    A message that comes before its token, or while the case is suspended, is kept and delivered when somebody waits for it; one that comes
    after the case's end is only kept and noted. No payload counts as an empty object. Raises NotFound, Invalid (not JSON, bad name).
    """
    _ensure_storable(name, payload, key)
    case = case_locked(uow, number)
    if uow.messages.keep(case.id, name, key, {} if payload is None else payload, uow.now) is None:
        return case
    case.kept_messages += 1
    if case.state in ("running", "suspended"):
        return Step.opened(uow, case).save(actor, "message.received", name, {"key": key})
    uow.audit.record_case(case, actor, "message.late", name, {"key": key})
    uow.cases.save(case)
    return case


def _ensure_storable(name: str, payload: Json, key: str) -> None:
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise Invalid(
            [FieldError("message", "消息名称", Text(f"应为 1 至 {LONGEST_NAME} 个字符。", f"It needs 1 to {LONGEST_NAME} characters."))]
        )
    try:
        orjson.dumps([name, key, payload])
    except TypeError as error:
        raise Invalid([FieldError("payload", "消息内容", Text(f"不是 JSON：{error}", f"It is not JSON: {error}"))]) from error


def receive(runtime: Runtime, receiver: str, request: IncomingRequest) -> IncomingMessage:
    """Give a raw request to its receiver and take the message in that it stands for.

    Raises NotFound (no such receiver, no such case), NotAllowed (bad signature; kept in the audit), Invalid.
    """
    found = runtime.catalogue.receivers.get(receiver)
    if found is None:
        raise not_found(Text(f"接收地址 {receiver} ", f"The receiver {receiver}"))
    try:
        message = found.function(runtime.catalogue.provide(runtime.call_without_case(receiver)), request)
    except NotAllowed as refusal:
        _keep_refusal(runtime, receiver, request, refusal)
        raise
    with runtime.transaction() as uow:
        receive_message(uow, message.case, message.message, message.payload, message.key)
    return message


def _keep_refusal(runtime: Runtime, receiver: str, request: IncomingRequest, refusal: NotAllowed) -> None:
    """In a transaction of its own, since the request itself leaves nothing behind. Of the body only its fingerprint is kept."""
    details = {"code": refusal.code, "path": request.path[:200], "sha256": hashlib.sha256(request.body).hexdigest()}
    with runtime.transaction() as uow:
        uow.audit.record(REFUSALS, SYSTEM, "request.refused", receiver, details, refusal.message.en)
