"""Batches among other things that happen: later versions, later batches, undoings, cases that nobody can read; and what is named is there."""

from datetime import timedelta

import pytest
from diagrams import boundary, bpmn, chain, end, parallel, start, user
from moves import APPLY, REVIEW, codes, deployed, forecast, move, reviewed, undo
from sqlalchemy import update
from test_batches import started
from workbench import ANALYST

from workflow_runtime.errors import Invalid
from workflow_runtime.migration.batches import run_batch
from workflow_runtime.migration.mapping import ensure_pairs, read_map
from workflow_runtime.migration.rehearsal import rehearse
from workflow_runtime.migration.undoing import undo_migration
from workflow_runtime.store.tables import migrated_cases


def go_on(bench, batch):
    return list(run_batch(bench.runtime, ANALYST, batch.id))


def test_a_batch_that_goes_on_takes_no_case_back_from_a_later_version(bench):
    """Neither one that was started on it nor one that a later batch has moved there."""
    cases, _ = started(bench, 3)
    deployed(bench, reviewed(step="second"))
    batch = move(bench, limit=1).batch
    bench.clock.advance(timedelta(hours=1))
    latest = deployed(bench, reviewed(step="third"))
    new = bench.start(answers={"model": "x"})
    move(bench)
    assert go_on(bench, batch) == []
    assert {bench.case(case).bundle_id for case in (*cases, new)} == {latest}


def test_a_batch_that_was_taken_back_in_the_middle_is_over(bench):
    """The next one moves all cases, those that were brought back, too."""
    cases, old = started(bench, 3)
    deployed(bench, reviewed(step="second"))
    batch = move(bench, limit=1).batch
    going = run_batch(bench.runtime, ANALYST, batch.id)
    next(going)
    assert [outcome.moved for outcome in undo(bench, batch)] == [True, True]
    assert [each.moved for each in going] == [True]
    assert [outcome.moved for outcome in undo(bench, batch)] == [True]
    assert go_on(bench, batch) == []
    assert {bench.case(case).bundle_id for case in cases} == {old}
    assert move(bench).moved == 3


def test_a_case_that_cannot_be_read_does_not_hold_up_the_undoing_of_the_others(bench):
    cases, old = started(bench, 3)
    new = deployed(bench, reviewed(step="second"))
    batch = move(bench).batch
    with bench.runtime.transaction() as uow:
        uow.connection.execute(update(migrated_cases).where(migrated_cases.c.case_id == bench.case(cases[0]).id).values(tokens=b"{}"))
    outcomes = undo(bench, batch)
    assert [(outcome.moved, len(outcome.reasons)) for outcome in outcomes] == [(False, 1), (True, 0), (True, 0)]
    assert [bench.case(case).bundle_id for case in cases] == [new, old, old]


def test_cases_that_stay_do_not_use_up_what_one_request_may_undo(bench):
    cases, old = started(bench, 3)
    new = deployed(bench, reviewed(step="second"))
    batch = move(bench).batch
    bench.complete(cases[0], "review", outcome="approve")
    told = [outcome.moved for outcome in undo_migration(bench.runtime, ANALYST, batch.id, "x", 1)]
    assert told == [False, True]
    assert [bench.case(case).bundle_id for case in cases] == [new, old, new]


def test_the_map_of_a_rehearsal_speaks_of_any_of_the_businesses(bench):
    other = ("other.bpmn", reviewed().replace(b'"business"', b'"another"'))
    bench.deploy(other, APPLY, REVIEW)
    started(bench, 1)
    renamed = ("business.bpmn", reviewed(name="first", variableName="review"))

    def rehearsed(*pairs):
        with bench.runtime.reading() as uow:
            return rehearse(uow, ANALYST, [renamed], read_map(pairs)).forecasts

    assert [(told.business, told.movable) for told in rehearsed("review=first")] == [("business", 1)]
    for wrong in ("nowhere=first", "review=nowhere"):
        with pytest.raises(Invalid):
            rehearsed(wrong)


@pytest.mark.parametrize("numbers", [["20260000009"], ["\0"], ["\ud800"], [], [str(number) for number in range(70_000)]])
def test_cases_that_are_named_must_be_there(bench, numbers):
    started(bench, 1)
    deployed(bench, reviewed(step="second"))
    for act in (forecast, move):
        with pytest.raises(Invalid) as refused:
            act(bench, numbers=numbers)
        str(refused.value).encode()


@pytest.mark.parametrize("pair", [{"\0": "review"}, {"\ud800": "review"}, {"review": "\0"}])
def test_a_name_that_no_database_takes_is_no_element(pair):
    with pytest.raises(Invalid) as refused:
        ensure_pairs(pair)
    str(refused.value).encode()


def reminded(*ways):
    """A reminder beside the review, with parallel tasks."""
    return bpmn(
        start(form="apply"),
        user("review", "发证机关", form="review", outcomes="approve=通过"),
        boundary("remind", "review", timer="R/P1D", interrupting=False),
        parallel("split"),
        parallel("join"),
        *[user(way, "发证机关") for way in ways],
        end("reminded"),
        end(),
        chain("start", "review", "end"),
        chain("remind", "split"),
        chain("join", "reminded"),
        *[chain("split", way, "join") for way in ways],
    )


def test_a_join_beside_the_main_way_must_not_wait_for_a_branch_that_no_token_is_on(bench):
    """Twice reminded is nothing bad by itself."""
    [case], _ = started(bench, 1, reminded("a", "b"))
    bench.pass_time(days=1)
    bench.pass_time(days=1)
    assert bench.waiting(case) == ["a", "a", "b", "b", "review"]
    deployed(bench, reminded("a", "b", "c"))
    assert codes(move(bench)) == ["WOULD_STICK"]
    deployed(bench, reminded("a", "b").replace(b"R/P1D", b"R/P2D"))
    assert move(bench).moved == 1
