"""Use cases of the operator: an incident is retried, or resolved by hand."""

from workflow_runtime.actors import Actor
from workflow_runtime.errors import Text, WrongState
from workflow_runtime.guards import OPERATOR, ensure_role, not_found
from workflow_runtime.handlers import Json
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.stepping import Step
from workflow_runtime.store.rows import CaseRow, IncidentRow, JobRow


def retry_incident(uow: UnitOfWork, incident_id: int, actor: Actor, reason: str = "") -> CaseRow:
    """Let the job try again from the beginning of its back-off. What may have happened before is still asked for first.

    Raises NotFound, NotAllowed, WrongState (somebody else has settled it).
    """
    case, incident, job = _taken(uow, incident_id, actor, "retried")
    job.state, job.run_at, job.attempts, job.deliveries, job.error = "queued", uow.now, 0, 0, None
    uow.jobs.save(job)
    uow.has_jobs = True
    step = Step.opened(uow, case)
    return step.save(actor, "incident.retried", incident.element, {"incident": incident.id}, reason)


def resolve_incident(uow: UnitOfWork, incident_id: int, actor: Actor, result: Json, reason: str) -> CaseRow:
    """Say by hand what the job's result is (learned from the other side), and let the case go on.

    Raises NotFound, NotAllowed, WrongState.
    """
    case, incident, job = _taken(uow, incident_id, actor, "resolved")
    step = Step.opened(uow, case)
    node = step.bundle.node(job.process, job.element)
    step.take_result(node, result)
    job.state, job.finished_at = "done", uow.now
    uow.jobs.save(job)
    step.settled.add(job.token)
    step.tokens.finish(job.token)
    return step.save(actor, "incident.resolved", incident.element, {"incident": incident.id, "result": result}, reason)


def _taken(uow: UnitOfWork, incident_id: int, actor: Actor, how: str) -> tuple[CaseRow, IncidentRow, JobRow]:
    ensure_role(actor, OPERATOR)
    incident = uow.jobs.incident(incident_id)
    case = uow.cases.locked(incident.case_id) if incident is not None else None
    job = uow.jobs.get(incident.job_id) if incident is not None else None
    if incident is None or case is None or job is None:
        raise not_found(Text(f"异常 {incident_id} ", f"Incident {incident_id}"))
    if job.state != "incident" or not uow.jobs.resolve(incident_id, uow.now, actor.id, how):
        raise WrongState(
            Text(f"异常 {incident_id} 已处理。", f"Incident {incident_id} is settled already."),
            Text("请刷新列表。", "Reload the list."),
        )
    return case, incident, job
