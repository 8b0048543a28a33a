"""The use case of a worker: take one job, call its handler, take the answer in.

Three transactions' worth of care: the claim is committed before the call, the answer is taken in only while the lease is still ours, and an
answer that never came is asked for before anything is sent again. What the case cannot take in becomes an incident, never a stuck job.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

from workflow_runtime.actors import SYSTEM
from workflow_runtime.engine.surroundings import Refused
from workflow_runtime.errors import BusinessError, Failure, RemoteTransient, RemoteUnknown, Text
from workflow_runtime.handlers import Call, Handler, Json, as_json
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.stepping import Step, case_facts, error_document
from workflow_runtime.store.database import Unavailable
from workflow_runtime.store.rows import CaseRow, JobRow

log = logging.getLogger(__name__)

MAX_DELIVERIES = 5
"""Deliveries without any answer after which a job is taken for one that kills its worker."""

LONGEST_RUN = 20
"""Jobs of one case that a worker does in a row."""

LONGEST_PAUSE = 86_400.0
"""Seconds: a day. The other side's `Retry-After` is obeyed up to this, so that a slip of theirs does not put a case to sleep for years."""

CERTAIN = (RemoteTransient, BusinessError)
"""Errors by which a handler says that its call had no effect; after any other one nobody knows."""

Verdict = Literal["idle", "done", "retry", "incident", "stale"]


@dataclass(frozen=True)
class Answer:
    """What came of one delivery: a result or an error. `unsure`: something sent so far may have had its effect, so ask before sending."""

    result: Json = None
    error: BaseException | None = None
    unsure: bool = False


class PoisonJob(Failure):
    """The job was delivered several times and never came back: it probably kills its worker."""

    code = "POISON_JOB"


class OutcomeUnknown(Failure):
    """A first attempt may have had its effect and the other side cannot be asked: a person decides."""

    code = "OUTCOME_UNKNOWN"


class NoSuchHandler(Failure):
    """No handler of this name is installed here."""

    code = "NO_SUCH_HANDLER"


Claimed = tuple[JobRow, CaseRow]


def run_job(runtime: Runtime, worker: str, job_id: int | None = None) -> Verdict:
    """Take the job that has waited longest (or this one) and do it. "idle" when nothing is due.

    `worker` names the process and thread, for the operator.
    """
    claimed = _claimed(runtime, worker, job_id)
    return "idle" if claimed is None else _done(runtime, claimed)[0]


def run_jobs(
    runtime: Runtime,
    worker: str,
    job_id: int | None = None,
    stopping: Callable[[], bool] = lambda: False,
    again: Callable[[], bool] = lambda: False,
) -> Iterator[Verdict]:
    """As `run_job`, and then what its answer leads to: each next job of the case is claimed in the commit that takes the last answer in.

    Ends after LONGEST_RUN jobs, since others wait, or when the worker is `stopping`. Gives the verdict on each; nothing when nothing is due.
    While the database is away and the job still ours, `again` waits a moment and says whether the answer is to be brought once more; thrown
    away, the job would wait for its lease to expire, and ask the other side what it has said already.
    """
    claimed = _claimed(runtime, worker, job_id)
    for place in range(1, LONGEST_RUN + 1):
        if claimed is None:
            return
        goes_on = place < LONGEST_RUN and not stopping()
        verdict, claimed = _done(runtime, claimed, worker if goes_on else None, again)
        yield verdict


def _claimed(runtime: Runtime, worker: str, job_id: int | None) -> Claimed | None:
    with runtime.reading() as uow:
        if not uow.jobs.any_due(uow.now, job_id):
            return None
    with runtime.transaction() as uow:
        job = uow.jobs.claim(uow.now, uuid4().hex, worker, job_id)
        case = uow.cases.by_id(job.case_id) if job is not None else None
    return None if job is None or case is None else (job, case)


def _done(
    runtime: Runtime, claimed: Claimed, worker: str | None = None, again: Callable[[], bool] = lambda: False
) -> tuple[Verdict, Claimed | None]:
    job, case = claimed
    begun = time.perf_counter()
    verdict, following = _brought(runtime, job, _attempt(runtime, job, case), worker, again)
    taken = time.perf_counter() - begun
    runtime.observe(job.handler, verdict, taken)
    told = {"job": job.id, "handler": job.handler, "case": case.number, "outcome": verdict, "ms": round(taken * 1000, 1)}
    log.info("job", extra=told)
    return verdict, following


def _attempt(runtime: Runtime, job: JobRow, case: CaseRow) -> Answer:
    handler = runtime.catalogue.handlers.get(job.handler)
    if handler is None:
        text = Text(f"未安装处理程序 {job.handler}。", f"The handler {job.handler} is not installed.")
        return Answer(error=NoSuchHandler(text, Text("安装后在此重试。", "Install it and retry here.")), unsure=job.unsure)
    if job.deliveries - job.attempts > MAX_DELIVERIES:
        text = Text(f"任务投递 {job.deliveries} 次均无结果，疑似使处理进程崩溃。", f"Delivered {job.deliveries} times without an answer.")
        return Answer(error=PoisonJob(text, Text("请查看日志后再重试。", "Look at the log before retrying.")), unsure=job.unsure)
    if handler.local:
        return Answer()
    return _call(runtime, handler, job, case)


def _call(runtime: Runtime, handler: Handler, job: JobRow, case: CaseRow) -> Answer:
    call = Call(f"{case.number}-{job.token}", case_facts(case), job.element, job.attempts + 1, runtime.clock, runtime.database.transaction)
    sent = False
    try:
        arguments = handler.arguments(job.arguments)
        context = runtime.catalogue.provide(call)
        if job.unsure and (earlier := _inquired(handler, context, arguments)) is not None:
            return Answer(as_json(earlier))
        sent = True
        return Answer(as_json(handler.function(context, **arguments)))
    except Failure as error:
        return Answer(error=error, unsure=job.unsure or (sent and not isinstance(error, CERTAIN)))
    except (Exception, SystemExit) as error:
        # SystemExit too: it would end the worker's thread without a word.
        log.exception("handler %s failed in case %s", handler.name, case.number)
        return Answer(error=error, unsure=job.unsure or sent)


def _inquired(handler: Handler, context: Any, arguments: dict[str, Any]) -> Any:
    """The result of an earlier delivery, if it had one. None: do it (again). Raises OutcomeUnknown when nobody can tell."""
    if handler.replay == "key":
        return None
    if handler.replay == "inquire" and handler.inquiry is not None:
        return handler.inquiry(context, **arguments)
    text = Text(
        "上一次调用结果不明，且对方系统不支持查询。", "The outcome of the last call is unknown and the other system cannot be asked."
    )
    raise OutcomeUnknown(
        text, Text("请人工向对方核实：已生效则登记结果，未生效则重试。", "Ask the other side by hand: enter the result, or retry.")
    )


def settle(runtime: Runtime, job: JobRow, answer: Answer) -> Verdict:
    """Take an answer in, in one transaction. An answer under an old lease is refused and logged: somebody else has the job now.

    An answer with which the case cannot go on (nobody catches the refusal, the next step fails) becomes an incident. Raises Unavailable.
    """
    return _settled(runtime, job, answer, None)[0]


def _settled(runtime: Runtime, job: JobRow, answer: Answer, worker: str | None) -> tuple[Verdict, Claimed | None]:
    """The verdict, and the next job of the case, claimed for the `worker` if there is one."""
    try:
        with runtime.transaction() as uow:
            settling = _under_lease(uow, job)
            if settling is None:
                return "stale", None
            return settling.take_in(answer), settling.claim_next(worker) if worker is not None else None
    except Unavailable:
        raise
    except Exception as error:
        log.warning("the answer of job %s cannot be taken in", job.id, exc_info=not isinstance(error, Failure))
        trouble = error
    with runtime.transaction() as uow:
        settling = _under_lease(uow, job)
        if settling is None:
            return "stale", None
        return settling.park(trouble, unsure=answer.unsure or answer.error is None), None


def _brought(
    runtime: Runtime, job: JobRow, answer: Answer, worker: str | None, again: Callable[[], bool]
) -> tuple[Verdict, Claimed | None]:
    while True:
        try:
            return _settled(runtime, job, answer, worker)
        except Unavailable:
            if job.lease_until is None or runtime.clock.now() >= job.lease_until or not again():
                raise


def _under_lease(uow: UnitOfWork, job: JobRow) -> "_Settling | None":
    case = uow.cases.locked(job.case_id)
    current = uow.jobs.locked(job.id)
    if case is None or current is None or current.state != "running" or current.lease != job.lease:
        log.warning("late answer of %s for job %s refused (lease %s)", job.worker, job.id, job.lease)
        return None
    return _Settling(uow, case, current)


class _Settling:
    """One answer, one transaction: case and job are locked and the lease is ours."""

    def __init__(self, uow: UnitOfWork, case: CaseRow, job: JobRow) -> None:
        self.uow, self.case, self.job = uow, case, job
        job.lease = job.lease_until = job.worker = None
        job.attempts += 1

    def take_in(self, answer: Answer) -> Verdict:
        """The case goes on, or the job waits for its next attempt. Raises whatever keeps the case from going on."""
        self.job.unsure = answer.unsure
        handler = self.uow.runtime.catalogue.handlers.get(self.job.handler)
        if answer.error is None:
            return self._finish(answer, handler)
        if isinstance(answer.error, BusinessError):
            return self._refused(answer.error)
        if isinstance(answer.error, RemoteTransient | RemoteUnknown | Unavailable) and handler is not None:
            return self._retry(handler, answer.error)
        return self.park(answer.error, unsure=answer.unsure)

    def claim_next(self, worker: str) -> Claimed | None:
        """The first job to which the answer has led, under a lease of its own; nobody else is told of it."""
        if not self.uow.queued:
            return None
        job = self.uow.jobs.claim(self.uow.now, uuid4().hex, worker, self.uow.queued[0])
        if job is None:
            return None
        self.uow.queued.remove(job.id)
        return job, self.case

    def park(self, error: BaseException, *, unsure: bool) -> Verdict:
        """A person has to look at this job."""
        document = error_document(error)
        self.job.state, self.job.error, self.job.unsure = "incident", document, unsure
        self.uow.jobs.save(self.job)
        self.uow.jobs.raise_incident(self.job, document, self.uow.now)
        details = {"handler": self.job.handler, "attempts": self.job.attempts, "error": document}
        self.uow.audit.record_case(self.case, SYSTEM, "incident.raised", self.job.element, details)
        self.uow.cases.save(self.case)
        return "incident"

    def _finish(self, answer: Answer, handler: Handler | None) -> Verdict:
        step = Step.opened(self.uow, self.case)
        node = step.bundle.node(self.job.process, self.job.element)
        result = answer.result
        if handler is not None and handler.local:
            local = step.run_local(handler, self.job.token, node)
            if isinstance(local, BusinessError):
                return self._refused(local)
            if isinstance(local, Exception):
                raise local
            result = local
        step.take_result(node, result)
        self._done(step)
        step.tokens.finish(self.job.token)
        step.save(SYSTEM, "job.done", self.job.element, {"handler": self.job.handler, "attempts": self.job.attempts})
        return "done"

    def _refused(self, error: BusinessError) -> Verdict:
        step = Step.opened(self.uow, self.case)
        node = step.bundle.node(self.job.process, self.job.element)
        document = error_document(error)
        caught = step.tokens.fail(self.job.token, Refused(error.code, step.error_details(document, node, self.job.attempts)))
        if caught is None:
            raise error
        self.job.error = document
        self._done(step)
        step.save(SYSTEM, "job.refused", self.job.element, {"handler": self.job.handler, "error": document, "caught": caught.id})
        return "done"

    def _done(self, step: Step) -> None:
        self.job.state, self.job.finished_at = "done", self.uow.now
        self.uow.jobs.save(self.job)
        step.settled.add(self.job.token)

    def _retry(self, handler: Handler, error: Failure) -> Verdict:
        pause = handler.retry.pause(self.job.attempts, retry_after=getattr(error, "retry_after", None))
        if pause is None:
            return self.park(error, unsure=self.job.unsure)
        self.job.state, self.job.error = "queued", error_document(error)
        self.job.run_at = self.uow.now + timedelta(seconds=min(pause, LONGEST_PAUSE))
        self.uow.jobs.save(self.job)
        return "retry"


def reclaim_expired(runtime: Runtime) -> int:
    """Take back the jobs of workers that have not come back within their lease; returns how many."""
    with runtime.reading() as uow:
        if not uow.jobs.any_expired(uow.now):
            return 0
    with runtime.transaction() as uow:
        return uow.jobs.reclaim_expired(uow.now)
