"""The use case of passing time: fire what is due."""

import logging

from workflow_runtime.actors import SYSTEM
from workflow_runtime.errors import Failure
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.stepping import Step, error_document
from workflow_runtime.store.database import Unavailable

log = logging.getLogger(__name__)

BATCH = 100


def fire_due(runtime: Runtime, limit: int = BATCH) -> int:
    """Fire the timers that are due, each case in a transaction of its own; returns how many cases moved.

    A case that cannot move gets an incident and does not hold up the others. Raises Unavailable.
    """
    with runtime.reading() as uow:
        due = uow.cases.due(uow.now, limit)
    return sum(_fire(runtime, case_id) for case_id in due)


def _fire(runtime: Runtime, case_id: int) -> bool:
    try:
        with runtime.transaction() as uow:
            return _moved(uow, case_id)
    except Unavailable:
        raise
    except Exception as error:
        # A failure is told by its own sentence; only a defect needs its traceback.
        log.error("the timers of case %s cannot be fired: %s", case_id, error, exc_info=not isinstance(error, Failure))
        trouble = error
    with runtime.transaction() as uow:
        _stop(uow, case_id, trouble)
    return False


def _moved(uow: UnitOfWork, case_id: int) -> bool:
    case = uow.cases.locked(case_id)
    # Another worker may have been here since the list was made.
    if case is None or case.state != "running" or case.next_due is None or case.next_due > uow.now:
        return False
    step = Step.opened(uow, case)
    step.tokens.refresh()
    step.save(SYSTEM, "timer.fired", "", {})
    return True


def _stop(uow: UnitOfWork, case_id: int, error: Exception) -> None:
    """Leave the timers alone until an operator retries them, or the case moves on in another way."""
    case = uow.cases.locked(case_id)
    if case is None or case.state != "running":
        return
    document = error_document(error)
    if uow.jobs.stop_timers(case, "", document, uow.now):
        uow.audit.record_case(case, SYSTEM, "incident.raised", "", {"error": document})
    case.next_due = None
    uow.cases.save(case)
