"""Refusals of authority are kept, though what was refused has left nothing behind."""

import pytest
from counter import APPLY, opened
from workbench import OTHER_OWNER, OWNER, REVIEWER, SECOND_REVIEWER, STRANGER

from workflow_runtime import cases, deployment, inbox, incidents
from workflow_runtime.audit import entries_of, verify
from workflow_runtime.errors import Failure
from workflow_runtime.refusals import REFUSALS


def kept(bench):
    with bench.runtime.reading() as uow:
        assert verify(uow.audit_rows).breaches == []
        return [(e.actor, e.subject, e.details["code"]) for e in entries_of(uow.audit_rows, REFUSALS)]


def attempts(case, task):
    """Use cases tried by somebody who may not, and what is kept of each."""
    return [
        (inbox.claim, (task, STRANGER, 1), ("zhou", f"Task {task}", "NOT_FOUND")),
        (inbox.complete, (task, OWNER, {}, 1), ("zhang", f"Task {task}", "NOT_FOUND")),
        (inbox.delegate, (task, REVIEWER, STRANGER, 1), ("li", f"task {task} to zhou", "NOT_ALLOWED")),
        (cases.withdraw, (case.number, OTHER_OWNER), ("wang", f"Case {case.number}", "NOT_FOUND")),
        (cases.cancel_case, (case.number, OWNER, "x"), ("zhang", "role operator", "NOT_ALLOWED")),
        (cases.suspend, (case.number, REVIEWER, "x"), ("li", "role operator", "NOT_ALLOWED")),
        (cases.resume, (case.number, REVIEWER, "x"), ("li", "role operator", "NOT_ALLOWED")),
        (incidents.retry_incident, (1, REVIEWER), ("li", "role operator", "NOT_ALLOWED")),
        (deployment.deploy, (OWNER, [APPLY]), ("zhang", "role analyst, administrator", "NOT_ALLOWED")),
    ]


def test_every_refusal_of_authority_is_kept_once(bench):
    """Who tried what; the case's own timeline says nothing of it."""
    case = opened(bench)
    tried = attempts(case, bench.task(case, "review").id)
    for use_case, arguments, _ in tried:
        with pytest.raises(Failure):
            bench.use(use_case, *arguments)
    assert kept(bench) == [expected for *_, expected in tried]
    assert len(bench.timeline(case)) == 1


def test_several_at_once_are_refused_one_by_one(bench):
    """Each of them is kept."""
    case = opened(bench)
    task = bench.task(case, "review").id
    inbox.complete_many(bench.runtime, [inbox.Completion(task, 1), inbox.Completion(task, 1)], STRANGER, {})
    assert len(kept(bench)) == 2


def test_other_failures_are_not_kept(bench):
    """What does not exist, what somebody else did faster, and wrong answers are nobody's trespass."""
    case = opened(bench)
    task = bench.task(case, "review").id
    bench.use(inbox.claim, task, SECOND_REVIEWER, 1)
    for arguments in ((task + 1, REVIEWER, 1), (task, REVIEWER, 1)):
        with pytest.raises(Failure):
            bench.use(inbox.claim, *arguments)
    with pytest.raises(Failure):
        bench.start(answers={})
    with pytest.raises(Failure):
        bench.use(cases.withdraw, "no such", OWNER)
    assert kept(bench) == []
