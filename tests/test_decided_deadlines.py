"""Deadlines that a decision table gives, and what a case's history tells of the tables that were asked."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from diagrams import boundary, bpmn, chain, end, rule, service, start, user
from test_decisions import document, table
from workbench import form

from workflow_runtime.decided import spans, told

APPLY = form("apply", "model!", "days")
DAYS = [['"big"', "10"], ['"small"', "3"], ['"free"', "null"], ['"wrong"', '"soon"'], ['"odd"', "7.5"], ['"none"', "0"], ['"far"', "366"]]


def deployed(bench, due="=limits.review"):
    rules = document(table(DAYS, inputs=["apply.model"], outputs=["review"], id_="limits")).replace(
        b'<rule id="r1">', '<rule id="r1"><description>大型设备</description>'.encode()
    )
    bench.deploy(
        bpmn(
            start(form="apply"),
            rule("ask", "limits", result="limits"),
            user("review", "发证机关", dueWorkingDays=due),
            boundary("remind", "review", timer="due-WD1", interrupting=False),
            service("notice", "outside.keyed"),
            end(),
            end("reminded"),
            chain("start", "ask", "review", "end"),
            chain("remind", "notice", "reminded"),
        ),
        ("limits.dmn", rules),
        APPLY,
    )
    bench.clock.advance(datetime(2026, 3, 2, 1, tzinfo=UTC) - bench.clock.now())


@pytest.mark.parametrize(("model", "day", "before"), [("big", 16, 13), ("small", 5, 4)])
def test_a_table_says_how_long_a_task_may_take(bench, model, day, before):
    """Working days as ever, and the reminder goes by the due date that came of it."""
    deployed(bench)
    case = bench.start(answers={"model": model})
    assert bench.task(case, "review").due_at == datetime(2026, 3, day, 10, tzinfo=UTC)
    assert bench.case(case).next_due == datetime(2026, 3, before, 10, tzinfo=UTC)
    assert bench.incidents(case) == []


@pytest.mark.parametrize("model", ["free", "a model of which the table does not speak"])
def test_where_the_table_says_nothing_there_is_no_limit(bench, model):
    deployed(bench)
    case = bench.start(answers={"model": model})
    assert (bench.task(case, "review").due_at, bench.case(case).next_due, bench.incidents(case)) == (None, None, [])


@pytest.mark.parametrize("model", ["wrong", "odd", "none", "far"])
def test_a_limit_that_is_no_number_of_days_is_the_operators_and_nobody_elses_trouble(bench, model):
    """The task can be worked; that it has no due date is an incident, and the case can go on."""
    deployed(bench)
    case = bench.start(answers={"model": model})
    assert bench.task(case, "review").due_at is None
    assert [incident.error["code"] for incident in bench.incidents(case)] == ["DUE_DAYS_INVALID"]
    assert bench.complete(case, "review").state == "ended"


def test_the_history_tells_which_rules_applied(bench):
    deployed(bench)
    case = bench.start(answers={"model": "big"})
    (said,) = [text for entry in bench.timeline(case) for text in entry.decided]
    assert (said.zh, said.en) == ("表：规则 1（大型设备）", "limits: rule 1")
    nothing = bench.start(answers={"model": "?"})
    assert [text.en for entry in bench.timeline(nothing) for text in entry.decided] == ["limits: no rule applies"]


@pytest.mark.parametrize(("rules", "short"), [((), ""), ((2,), "2"), ((1, 2, 3), "1-3"), ((1, 3), "1,3"), ((1, 2, 5, 7, 8), "1-2,5,7-8")])
def test_many_rules_are_told_in_short(rules, short):
    assert spans(rules) == short


def test_a_history_of_tables_that_are_gone_is_no_trouble():
    contents = SimpleNamespace(processes={}, decisions={})
    assert list(told(SimpleNamespace(contents=contents), {"decided": {"ask": "1"}})) == []
