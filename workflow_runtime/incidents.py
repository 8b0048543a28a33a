"""Use cases of the operator: an incident is retried, or resolved by hand."""

import orjson

from workflow_runtime.actors import Actor
from workflow_runtime.errors import FieldError, Invalid, Text, WrongState
from workflow_runtime.guards import OPERATOR, ensure_role, not_found, reason_given
from workflow_runtime.handlers import Json
from workflow_runtime.jobs import OutcomeUnknown
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.stepping import Step
from workflow_runtime.store.rows import TIMERS, CaseRow, IncidentRow, JobRow


def retry_incident(uow: UnitOfWork, incident_id: int, actor: Actor, reason: str = "") -> CaseRow:
    """Let the job try again from the beginning of its back-off. What may have happened before is still asked for first.

    Where nobody can be asked (OUTCOME_UNKNOWN), retrying is the operator's word that nothing had happened. Raises NotFound, NotAllowed,
    Invalid (reason), WrongState (somebody else has settled it).
    """
    reason = reason_given(reason)
    case, incident, job = _taken(uow, incident_id, actor, "retried")
    if incident.error["code"] == OutcomeUnknown.code:
        job.unsure = False
    # Timers are asked again by the step itself.
    job.state = "done" if job.handler == TIMERS else "queued"
    job.run_at, job.attempts, job.deliveries, job.error = uow.now, 0, 0, None
    uow.jobs.save(job)
    uow.queued.append(job.id)
    step = Step.opened(uow, case)
    return step.save(actor, "incident.retried", incident.element, {"incident": incident.id}, reason)


def resolve_incident(uow: UnitOfWork, incident_id: int, actor: Actor, result: Json, reason: str) -> CaseRow:
    """Say by hand what the job's result is (learned from the other side), and let the case go on.

    Raises NotFound, NotAllowed, WrongState, Invalid (the reason; the result is no JSON).
    """
    reason = reason_given(reason, needed=True)
    _ensure_json(result)
    case, incident, job = _taken(uow, incident_id, actor, "resolved")
    if job.handler == TIMERS:
        raise WrongState(
            Text("定时异常没有可登记的结果。", "Timers in trouble have no result that could be entered."),
            Text("请更正其依据的内容后重试，或终止案件。", "Mend what they depend on and retry, or stop the case."),
        )
    step = Step.opened(uow, case)
    node = step.bundle.node(job.process, job.element)
    step.take_result(node, result)
    job.state, job.finished_at = "done", uow.now
    uow.jobs.save(job)
    step.settled.add(job.token)
    step.tokens.finish(job.token)
    return step.save(actor, "incident.resolved", incident.element, {"incident": incident.id, "result": result}, reason)


def _ensure_json(result: Json) -> None:
    try:
        orjson.dumps(result)
    except TypeError as error:
        raise Invalid([FieldError("result", "处理结果", Text(f"不是 JSON：{error}", f"It is not JSON: {error}"))]) from error


def _taken(uow: UnitOfWork, incident_id: int, actor: Actor, how: str) -> tuple[CaseRow, IncidentRow, JobRow]:
    ensure_role(actor, OPERATOR)
    incident = uow.jobs.incident(incident_id)
    case = uow.cases.locked(incident.case_id) if incident is not None else None
    job = uow.jobs.locked(incident.job_id) if incident is not None else None
    if incident is None or case is None or job is None:
        raise not_found(Text(f"异常 {incident_id} ", f"Incident {incident_id}"))
    if job.state != "incident" or not uow.jobs.resolve(incident_id, uow.now, actor.id, how):
        raise WrongState(
            Text(f"异常 {incident_id} 已处理。", f"Incident {incident_id} is settled already."),
            Text("请刷新列表。", "Reload the list."),
        )
    return case, incident, job
