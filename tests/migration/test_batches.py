"""Migrations in bulk: the forecast, a batch that is interrupted and goes on, and taking it back."""

from datetime import timedelta

import pytest
from moves import APPLY, codes, current, deployed, due_of, forecast, move, reviewed, undo
from test_moving import joined
from workbench import ANALYST, OPERATOR, REVIEWER, form

from workflow_runtime import inbox
from workflow_runtime.audit import entries_of, verify
from workflow_runtime.cases import cancel_case
from workflow_runtime.deployment import STREAM
from workflow_runtime.errors import Invalid, NotAllowed, NotFound
from workflow_runtime.migration.batches import batches, run_batch
from workflow_runtime.migration.undoing import undo_migration


def started(bench, number, diagram=None):
    bundle = deployed(bench, diagram or reviewed())
    return [bench.start(answers={"model": "x"}) for _ in range(number)], bundle


def state(bench, case):
    """All that a migration may touch, without the revisions, the audit and what a person sees of time."""
    row = bench.case(case)
    tasks = [(t.token, t.process, t.element, t.name, t.role, t.party, t.due_at, t.claimed_by, t.draft) for t in bench.tasks(case)]
    jobs = [(j.token, j.element, j.handler, j.arguments, j.state) for j in bench.jobs(case)]
    return row.bundle_id, row.tokens, row.status, row.clocks, row.next_due, row.variables, tasks, jobs


def test_the_forecast_groups_cases_by_reason_and_changes_nothing(bench):
    waiting, _ = started(bench, 3)
    approved = bench.start(answers={"model": "x"})
    bench.complete(approved, "review", outcome="approve")
    bench.outside.plan = ["transient"]
    bench.one_job()
    deployed(bench, reviewed(name="other", handler="outside.keyed", variableName="review"))
    before = [state(bench, case) for case in (*waiting, approved)]
    told = forecast(bench)
    assert (told.total, told.movable, told.stay, told.there) == (4, 0, 4, 0)
    groups = [(g.reason.code, g.reason.element, g.count, g.numbers) for g in told.staying]
    assert groups == [
        ("ELEMENT_GONE", "review", 3, [case.number for case in waiting]),
        ("JOB_STARTED", "send", 1, [approved.number]),
    ]
    mapped = forecast(bench, "review=other")
    assert (mapped.movable, mapped.stay) == (3, 1)
    assert [state(bench, case) for case in (*waiting, approved)] == before
    some = forecast(bench, "review=other", numbers=[waiting[0].number])
    assert (some.movable, some.stay) == (1, 0)


def test_each_case_moves_or_stays_by_itself(bench):
    cases, old = started(bench, 3)
    bench.complete(cases[1], "review", outcome="approve")
    bench.outside.plan = ["transient"]
    bench.one_job()
    new = deployed(bench, reviewed(handler="outside.keyed"))
    report = move(bench)
    assert (report.moved, codes(report), [o.number for o in report.stayed]) == (2, ["JOB_STARTED"], [cases[1].number])
    assert [bench.case(case).bundle_id for case in cases] == [new, old, new]
    bench.pass_time(minutes=5)
    assert bench.case(cases[1]).state == "ended"


def test_only_the_cases_that_are_named_move(bench):
    cases, old = started(bench, 3)
    new = deployed(bench, reviewed(step="second"))
    assert move(bench, numbers=[cases[2].number]).moved == 1
    assert [bench.case(case).bundle_id for case in cases] == [old, old, new]


def test_an_interrupted_batch_goes_on_under_its_number(bench):
    """Stopped after two of five: the same command moves the other three, and one undoing takes all of them back."""
    cases, old = started(bench, 5)
    deployed(bench, reviewed(step="second"))
    first = move(bench, limit=2)
    assert (first.moved, first.batch.finished_at) == (2, None)
    rest = move(bench)
    assert (rest.moved, rest.batch.id, rest.batch.finished_at is not None) == (3, first.batch.id, True)
    assert move(bench).batch.id != first.batch.id
    assert all(outcome.moved for outcome in undo(bench, first.batch))
    assert {bench.case(case).bundle_id for case in cases} == {old}
    assert len(entries(bench, "migration.begun")) == 2


def entries(bench, action):
    with bench.runtime.reading() as uow:
        return [entry for entry in entries_of(uow.audit_rows, STREAM) if entry.action == action]


def test_a_batch_that_stops_in_the_middle_of_a_case_leaves_it_whole(bench):
    """As when the machine is switched off between two commits."""
    cases, _ = started(bench, 3)
    deployed(bench, reviewed(step="second"))
    begun = move(bench, limit=1).batch
    going = run_batch(bench.runtime, ANALYST, begun.id)
    next(going)
    going.close()
    assert [bench.case(case).bundle_id == current(bench) for case in cases] == [True, True, False]
    report = move(bench)
    assert (report.moved, report.batch.id) == (1, begun.id)


def test_undoing_brings_every_case_back_exactly(bench):
    """Tokens, timers, inbox, claims, drafts, jobs, clocks and status; the audit tells both ways."""
    cases, old = started(bench, 3, reviewed(timer="due-WD1"))
    task = bench.task(cases[0], "review")
    bench.use(inbox.save_draft, task.id, REVIEWER, {"note": "看过"}, task.revision)
    bench.complete(cases[1], "review", outcome="reject", opinion="x")
    bench.complete(cases[2], "review", outcome="approve")
    before = [state(bench, case) for case in cases]
    changed = reviewed(name="first", variableName="review", lane="安全科", days="3", timer="P1D", handler="outside.keyed")
    deployed(bench, changed.replace("待审核".encode(), "初审中".encode()))
    batch = move(bench, "review=first").batch
    after = [state(bench, case) for case in cases]
    assert all(one != other for one, other in zip(before, after, strict=True))
    outcomes = undo(bench, batch)
    assert [(o.number, o.moved) for o in outcomes] == [(case.number, True) for case in cases]
    assert [state(bench, case) for case in cases] == before
    assert [e.action for e in bench.timeline(cases[0])][-2:] == ["case.migrated", "case.migration_undone"]
    assert undo(bench, batch) == []
    with bench.runtime.reading() as uow:
        assert verify(uow.audit_rows).breaches == []
    bench.complete(cases[0], "review", outcome="approve")
    bench.work()
    assert bench.case(cases[0]).state == bench.case(cases[2]).state == "ended"
    assert bench.case(cases[0]).bundle_id == old


def test_a_case_that_has_moved_on_since_is_not_brought_back(bench):
    cases, old = started(bench, 4)
    new = deployed(bench, reviewed(step="second"))
    batch = move(bench).batch
    bench.complete(cases[0], "review", outcome="approve")
    bench.use(cancel_case, cases[1].number, OPERATOR, "x")
    deployed(bench, reviewed(step="third"))
    move(bench, numbers=[cases[2].number])
    told = {o.number: [r.code for r in o.reasons] for o in undo(bench, batch)}
    assert told == {cases[0].number: ["MOVED_ON"], cases[1].number: ["CASE_OVER"], cases[2].number: ["MIGRATED_AGAIN"], cases[3].number: []}
    assert [bench.case(case).bundle_id for case in cases] == [new, new, current(bench), old]
    assert bench.waiting(cases[0]) == ["second"]


def test_a_job_that_began_anew_and_was_taken_is_not_brought_back(bench):
    [case], _ = started(bench, 1)
    bench.complete(case, "review", outcome="approve")
    deployed(bench, reviewed(handler="outside.keyed"))
    batch = move(bench).batch
    bench.outside.plan = ["transient"]
    bench.one_job()
    assert [r.code for o in undo(bench, batch) for r in o.reasons] == ["MOVED_ON"]


def test_a_claim_after_the_migration_survives_its_undoing(bench):
    [case], _ = started(bench, 1)
    deployed(bench, reviewed(step="second"))
    batch = move(bench).batch
    task = bench.task(case, "review")
    bench.use(inbox.claim, task.id, REVIEWER, task.revision)
    assert [o.moved for o in undo(bench, batch)] == [True]
    assert bench.task(case, "review").claimed_by == REVIEWER.id


def test_undoing_needs_an_analyst_a_reason_and_a_batch(bench):
    started(bench, 1)
    deployed(bench, reviewed(step="second"))
    batch = move(bench).batch
    for actor, reason, number, failure in (
        (OPERATOR, "x", batch.id, NotAllowed),
        (ANALYST, "", batch.id, Invalid),
        (ANALYST, "x", batch.id + 1, NotFound),
    ):
        with pytest.raises(failure):
            undo_migration(bench.runtime, actor, number, reason)


def test_batches_are_listed_with_how_far_they_have_come(bench):
    started(bench, 3)
    deployed(bench, reviewed(step="second"))
    batch = move(bench, limit=2).batch
    with bench.runtime.reading() as uow:
        assert [each.left for each in batches(uow, ANALYST)] == [1]
    undo(bench, batch)
    with bench.runtime.reading() as uow:
        [view] = batches(uow, ANALYST)
        with pytest.raises(NotAllowed):
            batches(uow, REVIEWER)
        assert batches(uow, ANALYST, "business") == [view]
        assert batches(uow, ANALYST, "another") == []
    assert (view.batch.id, view.moved, view.undone, view.left) == (batch.id, 2, 2, 0)


def test_a_case_that_has_moved_on_since_the_forecast_is_planned_anew(bench):
    """When it was looked at it could move; a branch has arrived at the join since."""
    cases, _ = started(bench, 2, joined("a", "b"))
    with_check = joined("a", "b").replace("业务".encode(), "新业务".encode())
    three = joined("a", "b", "c", join=("a", "b"))
    deployed(bench, with_check, APPLY, form("review"))
    assert forecast(bench).movable == 2
    deployed(bench, three, APPLY)
    bench.complete(cases[0], "a")
    report = move(bench)
    assert report.moved == 2
    bench.complete(cases[0], "b")
    assert bench.waiting(cases[0]) == ["after"]


def test_a_timer_that_fell_due_while_the_case_was_moved_fires_after_it(bench):
    [case], _ = started(bench, 1)
    bench.clock.advance(timedelta(days=6))
    deployed(bench, reviewed(step="second"))
    move(bench)
    assert due_of(bench, case) <= bench.clock.now()
    bench.work()
    assert due_of(bench, case) is None
    assert [e.action for e in bench.timeline(case)][-2:] == ["case.migrated", "timer.fired"]
