"""A deadline in a year whose holidays are not known yet is said to be provisional."""

from datetime import UTC, datetime

from diagrams import bpmn, chain, end, start, user
from workbench import MONDAY, REVIEWER, form

from workflow_runtime import queries


def test_a_due_date_beyond_the_calendar_says_so(bench):
    bench.deploy(
        bpmn(start(form="apply"), user("review", "发证机关", dueWorkingDays="7"), end(), chain("start", "review", "end")), form("apply")
    )
    bench.start()
    with bench.runtime.reading() as uow:
        assert queries.calendar_notes(uow, queries.inbox(uow, REVIEWER)) == []
    bench.clock.advance(datetime(2031, 3, 3, 1, tzinfo=UTC) - MONDAY)
    bench.start()
    with bench.runtime.reading() as uow:
        notes = queries.calendar_notes(uow, queries.inbox(uow, REVIEWER))
    assert ["2031" in note.zh for note in notes] == [True]
