"""The use case of passing time: fire what is due."""

from workflow_runtime.actors import SYSTEM
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.stepping import Step

BATCH = 100


def fire_due(runtime: Runtime, limit: int = BATCH) -> int:
    """Fire the timers that are due, each case in a transaction of its own; returns how many cases moved."""
    with runtime.reading() as uow:
        due = uow.cases.due(uow.now, limit)
    fired = 0
    for case_id in due:
        with runtime.transaction() as uow:
            fired += _fire(uow, case_id)
    return fired


def _fire(uow: UnitOfWork, case_id: int) -> bool:
    case = uow.cases.locked(case_id)
    # Another worker may have been here since the list was made.
    if case is None or case.state != "running" or case.next_due is None or case.next_due > uow.now:
        return False
    step = Step.opened(uow, case)
    step.tokens.refresh()
    step.save(SYSTEM, "timer.fired", "", {})
    return True
