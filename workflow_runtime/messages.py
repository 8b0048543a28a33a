"""Use cases for what comes in: a message about a case, or a raw request that a receiver turns into one."""

from workflow_runtime.actors import SYSTEM, Actor
from workflow_runtime.errors import Text
from workflow_runtime.guards import case_locked, not_found
from workflow_runtime.handlers import Call, CaseFacts, IncomingMessage, IncomingRequest, Json
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.stepping import Step
from workflow_runtime.store.rows import CaseRow


def receive_message(uow: UnitOfWork, number: str, name: str, payload: Json, key: str, actor: Actor = SYSTEM) -> CaseRow:
    """Take a message about a case in. `key` is the same for repetitions: a second one changes nothing.

    A message that comes before its token is kept and delivered when somebody waits for it. Raises NotFound.
    """
    case = case_locked(uow, number)
    if uow.messages.keep(case.id, name, key, payload, uow.now) is None:
        return case
    case.kept_messages += 1
    if case.state not in ("running", "suspended"):
        uow.cases.save(case)
        return case
    step = Step.opened(uow, case)
    return step.save(actor, "message.received", name, {"key": key})


def receive(runtime: Runtime, receiver: str, request: IncomingRequest) -> IncomingMessage:
    """Give a raw request to its receiver and take the message in that it stands for.

    Raises NotFound (no such receiver, no such case), NotAllowed (bad signature; kept in the audit).
    """
    found = runtime.catalogue.receivers.get(receiver)
    if found is None:
        raise not_found(Text(f"接收地址 {receiver} ", f"The receiver {receiver}"))
    facts = CaseFacts("", "", runtime.clock.now(), {}, "")
    call = Call("", facts, receiver, 1, runtime.clock, runtime.database.transaction)
    message = found.function(runtime.catalogue.provide(call), request)
    with runtime.transaction() as uow:
        receive_message(uow, message.case, message.message, message.payload, message.key)
    return message
