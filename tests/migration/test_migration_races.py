"""Migrations while people and workers go on, with real threads: a case is moved whole or not at all, and nobody's work is lost."""

import sys
from pathlib import Path

from moves import APPLY, BUSINESS, REVIEW, current, deployed, move, reviewed, undo
from workbench import ANALYST, REVIEWER

from workflow_runtime import inbox
from workflow_runtime.audit import verify
from workflow_runtime.migration.batches import begin_migration
from workflow_runtime.migration.mapping import ElementMap

sys.path.append(str(Path(__file__).parents[1] / "runtime"))
from test_races import race

ROUNDS = 4


def started(bench):
    old = deployed(bench, reviewed())
    return bench.start(answers={"model": "x"}), old


def whole(bench, case):
    """The case's tasks and jobs stand where its bundle's diagram has them, and the audit holds."""
    with bench.runtime.reading() as uow:
        row = uow.cases.by_number(case.number)
        bundle = uow.bundle(row.bundle_id)
        for task in uow.tasks.of_case(row.id, only_open=True):
            assert bundle.node(task.process, task.element).name == task.name
        assert verify(uow.audit_rows).breaches == []
    return row


def test_a_completion_and_a_migration_both_count(bench):
    """Whichever comes first: the review is done once, and the case goes on as its version says."""
    for _ in range(ROUNDS):
        case, _ = started(bench)
        deployed(bench, reviewed(step="second"))
        task = bench.task(case, "review")
        race(
            lambda task=task: bench.use(inbox.complete, task.id, REVIEWER, {}, task.revision, outcome="approve"),
            lambda: move(bench),
        )
        assert whole(bench, case).bundle_id == current(bench)
        assert [e.action for e in bench.timeline(case)].count("task.completed") == 1
        assert bench.waiting(case) in (["second"], [])
        if bench.waiting(case):
            bench.complete(case, "second")
        bench.work()
        assert bench.case(case).state == "ended"


def test_who_begins_a_migration_twice_at_once_goes_on_with_one_batch(bench):
    """A second click, or a colleague: the cases are moved once, under one number."""
    for _ in range(ROUNDS):
        started(bench)
        deployed(bench, reviewed(step="second"))
        wanted = (ANALYST, BUSINESS, current(bench), ElementMap(), "更新流程")
        begun = race(*[lambda wanted=wanted: bench.use(begin_migration, *wanted).id] * 4)
        assert set(begun) == {move(bench).batch.id}


def test_a_worker_and_a_migration_share_a_job_politely(bench):
    """Taken before the move it stays what it was, after it it is the new one; it is done once either way."""
    for _ in range(ROUNDS):
        case, old = started(bench)
        bench.complete(case, "review", outcome="approve")
        bench.outside.effects.clear()
        deployed(bench, reviewed(handler="outside.keyed"))
        race(bench.one_job, lambda: move(bench))
        bench.work()
        row = whole(bench, case)
        assert (row.state, row.bundle_id in (old, current(bench))) == ("ended", True)
        assert len(bench.outside.effects) == 1


def test_two_migrations_at_once_move_each_case_once(bench):
    old = deployed(bench, reviewed())
    cases = [bench.start(answers={"model": "x"}) for _ in range(6)]
    deployed(bench, reviewed(step="second"))
    first, second = race(lambda: move(bench), lambda: move(bench))
    assert (first.moved + second.moved, old != current(bench)) == (6, True)
    for case in cases:
        assert [e.action for e in bench.timeline(case)].count("case.migrated") == 1
        whole(bench, case)


def test_undoing_and_a_completion_exclude_each_other(bench):
    for _ in range(ROUNDS):
        case, old = started(bench)
        deployed(bench, reviewed(step="second"))
        batch = move(bench).batch
        task = bench.task(case, "review")
        race(
            lambda task=task: bench.use(inbox.complete, task.id, REVIEWER, {}, task.revision, outcome="approve"),
            lambda batch=batch: undo(bench, batch),
        )
        row = whole(bench, case)
        assert (bench.waiting(case) == ["second"]) == (row.bundle_id != old)


def test_a_deployment_and_a_start_go_together(bench):
    """The case gets one of the two versions whole; another process sees the new one without being told."""
    started(bench)
    other = bench.again()
    done, case = race(
        lambda: bench.deploy(reviewed(step="second"), APPLY, REVIEW),
        lambda: other.start(answers={"model": "x"}),
    )
    assert done.businesses
    whole(other, case)
    assert other.case(other.start(answers={"model": "x"})).bundle_id == current(bench)
    assert move(other).batch.bundle_id == current(bench)
    assert bench.case(case).bundle_id == current(bench)
