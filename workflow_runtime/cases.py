"""Use cases on a whole case: start, withdraw, cancel, suspend, resume."""

from collections.abc import Mapping
from typing import Any

from workflow_runtime.actors import Actor
from workflow_runtime.answers import load_answers
from workflow_runtime.audit import entries_of
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.confidence import OWNER
from workflow_runtime.errors import FieldError, Invalid, Text, WrongState
from workflow_runtime.expressions import compile_expression
from workflow_runtime.guards import OPERATOR, case_locked, conflict, ensure_role, hidden, reason_given
from workflow_runtime.handlers import Json
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.startable import ensure_may_start, startable
from workflow_runtime.stepping import Step
from workflow_runtime.store.audit import CASE_PREFIX, GENESIS
from workflow_runtime.store.rows import CaseRow

WITHDRAW = "withdraw"
LONGEST_ROLE = 32
"""Characters of the name under which a case knows a party (`owner`, `authority`, …)."""
LONGEST_PARTY = 160
"""Characters of a party's identifier."""


def start(
    uow: UnitOfWork,
    business: str,
    actor: Actor,
    answers: Mapping[str, Any],
    parties: Mapping[str, str] | None = None,
    *,
    draft: str | None = None,
) -> CaseRow:
    """Open a case of a business with the answers of its start form; the actor's draft of them, if named, is gone then.

    The actor must be allowed to work in the start event's lane; without a lane, hold some role at the party that he belongs to. The party `owner` is the actor's; others
    come from the process property `parties` (`authority=apply.authority`), or from `parties` of a caller that knows better. Raises
    NotFound, NotAllowed, Invalid (field errors).
    """
    bundle, start_event = startable(uow, business)
    ensure_may_start(uow, actor, business, start_event.lane)
    form = bundle.form(start_event.form)
    loaded = load_answers(uow, form, answers, actor, case_id=None, variables={})
    variables: dict[str, Json] = {start_event.variable: loaded.values}
    case = uow.cases.add(
        CaseRow(
            id=0,
            number=uow.cases.next_number(uow.now.astimezone(SHANGHAI).year),
            business=business,
            bundle_id=bundle.id,
            state="running",
            status="",
            revision=0,
            parties={OWNER: actor.party, **_declared_parties(bundle.process.properties.get("parties", ""), variables), **(parties or {})},
            tokens=b"",
            variables=variables,
            clocks={},
            next_due=None,
            kept_messages=0,
            audit_seq=0,
            audit_head=GENESIS,
            opened_at=uow.now,
            opened_by=actor.id,
        )
    )
    loaded.keep(uow, case.id)
    if draft is not None:
        uow.drafts.discard(draft, actor.id)
    return Step.begun(uow, case).save(actor, "case.started", start_event.id, {"business": business})


def _declared_parties(text: str, variables: Mapping[str, Json]) -> dict[str, str]:
    parties = {}
    for part in text.replace("；", ";").split(";"):
        name, _, expression = part.partition("=")
        value = compile_expression(expression).evaluate(variables) if expression.strip() else None
        if isinstance(value, str) and value:
            parties[name.strip()] = _party(name.strip(), value)
    return parties


def _party(name: str, value: str) -> str:
    if len(name) > LONGEST_ROLE or len(value) > LONGEST_PARTY:
        raise Invalid([FieldError(name, name, Text("没有这个单位。", "There is no such party."))])
    return value


def withdraw(uow: UnitOfWork, number: str, actor: Actor, reason: str = "", *, seen: int | None = None) -> CaseRow:
    """The owner takes the application back: only where the diagram catches the message `withdraw`.

    `seen`: the case's revision that the person saw, here and below. Raises NotFound, Conflict, Invalid (reason), WrongState.
    """
    case = case_locked(uow, number)
    if case.parties.get(OWNER) != actor.party or not actor.role_at(actor.party):
        raise hidden(Text(f"案件 {number} ", f"Case {number}"), actor)
    _ensure_seen(uow, case, seen)
    reason = reason_given(reason)
    step = _running(uow, case)
    if not step.tokens.deliver(WITHDRAW, {"reason": reason, "by": actor.name, "at": uow.now.isoformat()}):
        raise WrongState(
            Text(f"案件 {number} 目前处于“{case.status}”，不能撤回。", f"Case {number} is at “{case.status}” and cannot be withdrawn."),
            Text("如需终止，请联系发证机关。", "Ask the issuing authority if it has to be stopped."),
        )
    return step.save(actor, "case.withdrawn", WITHDRAW, {}, reason)


def _ensure_seen(uow: UnitOfWork, case: CaseRow, seen: int | None) -> None:
    """The case is as the person saw it. Raises Conflict with who did something last, and when."""
    if seen is None or case.revision == seen:
        return
    last = entries_of(uow.audit_rows, CASE_PREFIX + case.number)[-1]
    raise conflict(last.actor_name, last.at, "已更新该案件", "has changed this case")


def _running(uow: UnitOfWork, case: CaseRow) -> Step:
    if case.state != "running":
        raise WrongState(
            Text(f"案件 {case.number} 已中止或结束。", f"Case {case.number} is suspended or over."),
            Text("请查看案件的办理记录。", "See the case's timeline."),
        )
    return Step.opened(uow, case)


def cancel_case(uow: UnitOfWork, number: str, actor: Actor, reason: str, *, seen: int | None = None) -> CaseRow:
    """An operator stops a case for good, with a reason. Raises NotFound, NotAllowed, Conflict, Invalid (reason), WrongState."""
    ensure_role(actor, OPERATOR)
    reason = reason_given(reason, needed=True)
    case = case_locked(uow, number)
    _ensure_seen(uow, case, seen)
    if case.state not in ("running", "suspended"):
        raise WrongState(
            Text(f"案件 {number} 已经结束。", f"Case {number} is over already."), Text("无需再次终止。", "There is nothing left to stop.")
        )
    step = Step.opened(uow, case)
    uow.tasks.cancel(case.id, [w.token for w in step.tokens.waiting()])
    uow.jobs.cancel(case.id, [w.token for w in step.tokens.waiting()], uow.now)
    case.status = "已终止"
    step.close("cancelled")
    return step.save(actor, "case.cancelled", "", {}, reason)


def suspend(uow: UnitOfWork, number: str, actor: Actor, reason: str, *, seen: int | None = None) -> CaseRow:
    """An operator stops a case for a while: no task can be completed, no job starts, no timer fires.

    Raises NotFound, NotAllowed, Conflict, Invalid (reason), WrongState.
    """
    ensure_role(actor, OPERATOR)
    reason = reason_given(reason, needed=True)
    case = case_locked(uow, number)
    _ensure_seen(uow, case, seen)
    step = _running(uow, case)
    case.state = "suspended"
    uow.jobs.hold(case.id, held=True)
    return step.save(actor, "case.suspended", "", {}, reason)


def resume(uow: UnitOfWork, number: str, actor: Actor, reason: str, *, seen: int | None = None) -> CaseRow:
    """A suspended case goes on; timers that fell due meanwhile fire at once.

    Raises NotFound, NotAllowed, Conflict, Invalid (reason), WrongState.
    """
    ensure_role(actor, OPERATOR)
    reason = reason_given(reason, needed=True)
    case = case_locked(uow, number)
    _ensure_seen(uow, case, seen)
    if case.state != "suspended":
        raise WrongState(
            Text(f"案件 {number} 没有被中止。", f"Case {number} is not suspended."), Text("请查看案件状态。", "See the case's state.")
        )
    case.state = "running"
    uow.queued += uow.jobs.hold(case.id, held=False)
    step = Step.opened(uow, case)
    return step.save(actor, "case.resumed", "", {}, reason)
