"""Trouble in jobs: retried, refused, asked for in doubt."""

from datetime import timedelta

import pytest
from diagrams import bpmn, chain, end, service, start
from drawings import APPLY, lose, one_job, started, teach
from workbench import OPERATOR

from workflow_runtime.errors import RemoteTransient, RemoteUnknown, Text
from workflow_runtime.handlers import Backoff, service_task
from workflow_runtime.incidents import retry_incident
from workflow_runtime.jobs import LONGEST_PAUSE
from workflow_runtime.store.database import Unavailable


def test_transient_trouble_is_tried_again_with_growing_pauses(bench):
    """5, 10, 20 seconds, each within a fifth, and after the fourth attempt a person looks."""
    case = started(bench, one_job())
    bench.outside.plan = ["transient"] * 4
    for pause in (5, 10, 20):
        assert bench.one_job() == "retry"
        job = bench.jobs(case)[0]
        waits = (job.run_at - bench.clock.now()).total_seconds()
        assert 0.8 * pause <= waits <= 1.2 * pause
        assert (job.state, job.unsure, job.error["code"]) == ("queued", False, "REMOTE_TRANSIENT")
        bench.clock.advance(timedelta(seconds=waits - 0.001))
        assert bench.one_job() == "idle"
        bench.clock.advance(timedelta(seconds=0.001))
    assert bench.one_job() == "incident"
    assert [(i.error["code"], i.attempts, i.element) for i in bench.incidents(case)] == [("REMOTE_TRANSIENT", 4, "send")]
    assert bench.outside.effects == []


@pytest.mark.parametrize(("wish", "obeyed"), [(600, 600), (1e12, LONGEST_PAUSE), (float("inf"), LONGEST_PAUSE)])
def test_the_other_sides_wish_for_a_pause_is_obeyed_up_to_a_day(bench, wish, obeyed):
    """`Retry-After` counts when it is longer than ours; a slip of the other side does not put the case to sleep for years."""

    @service_task("outside.wishes", replay="key", retry=Backoff(first=1))
    def wishes(ctx) -> dict:
        raise RemoteTransient(Text("对方繁忙", "busy"), retry_after=wish)

    teach(bench, wishes)
    case = started(bench, (bpmn(start(form="apply"), service("send", "outside.wishes"), end(), chain("start", "send", "end")), APPLY))
    assert bench.one_job() == "retry"
    assert bench.jobs(case)[0].run_at == bench.clock.now() + timedelta(seconds=obeyed)


def test_a_business_error_leaves_by_its_own_boundary_event(bench):
    """The boundary event that names the code takes it, with code, words, remedy, step and number of attempts in its variable."""
    case = started(bench, one_job(caught="REFUSED"))
    bench.outside.plan = ["transient", "refuse"]
    bench.work()
    bench.pass_time(seconds=6)
    assert bench.waiting(case) == ["mend"]
    error = bench.variables(case)["error"]
    assert (error["code"], error["message"], error["remedy"]["zh"]) == ("REFUSED", {"zh": "对方拒绝", "en": "refused"}, "请更正")
    assert (error["element"], error["attempts"], error["at"]) == ("send", 2, bench.clock.now().isoformat())
    assert [(j.state, j.error["code"]) for j in bench.jobs(case)] == [("done", "REFUSED")]
    assert bench.incidents(case) == []


def test_a_business_error_that_nobody_catches_becomes_an_incident(bench):
    """The token stays where it is, the other boundary event is not taken, the case's variables do not change."""
    case = started(bench, one_job(caught="REFUSED"))
    bench.outside.plan = ["other"]
    before = bench.variables(case)
    assert bench.one_job() == "incident"
    assert [(i.error["code"], i.error["message"]["zh"]) for i in bench.incidents(case)] == [("OTHER", "另一个错误")]
    assert (bench.waiting(case), bench.variables(case), bench.case(case).state) == ([], before, "running")
    assert [e.action for e in bench.timeline(case)] == ["case.started", "incident.raised"]


@pytest.mark.parametrize("first", ["lost before", "lost after"])
def test_an_unknown_outcome_is_asked_for_before_a_second_call(bench, first):
    """Whether the lost call had arrived or not, its effect counts once."""
    case = started(bench, one_job())
    bench.outside.plan = [first]
    assert bench.one_job() == "retry"
    assert bench.jobs(case)[0].unsure
    bench.pass_time(seconds=6)
    assert (bench.outside.inquiries, len(bench.outside.effects)) == (1, 1)
    assert bench.case(case).state == "ended"
    assert bench.variables(case)["sent"].get("inquired", False) == (first == "lost after")


def test_doubt_outlives_an_inquiry_that_fails(bench):
    """When the question itself meets trouble, the next attempt asks again instead of sending."""
    effects, asked = [], []

    @service_task("outside.deaf", replay="inquire", retry=Backoff(first=1))
    def deaf(ctx) -> dict:
        effects.append(ctx.key)
        raise RemoteUnknown(Text("没有回音", "no answer"))

    @deaf.inquire
    def arrived(ctx) -> dict | None:
        asked.append(ctx.key)
        if len(asked) == 1:
            raise RemoteTransient(Text("查询繁忙", "busy"))
        if len(asked) == 2:
            raise ZeroDivisionError
        return {"found": True}

    teach(bench, deaf)
    case = started(bench, (bpmn(start(form="apply"), service("s", "outside.deaf", result="s"), end(), chain("start", "s", "end")), APPLY))
    for _ in range(3):
        bench.pass_time(seconds=3)
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR)
    bench.work()
    assert (len(effects), len(asked), bench.variables(case)["s"]) == (1, 3, {"found": True})


def test_a_certain_failure_after_a_lost_call_does_not_remove_the_doubt(bench):
    """The second call was certainly refused; the lost first one is still asked for before the third."""
    case = started(bench, one_job())
    bench.outside.plan = ["lost before", "transient"]
    bench.work()
    bench.pass_time(seconds=6)
    assert bench.jobs(case)[0].unsure
    bench.pass_time(seconds=12)
    assert (bench.outside.inquiries, len(bench.outside.effects)) == (2, 1)


def test_a_database_that_fails_in_mid_handler_leaves_doubt(bench):
    """Nobody knows whether the handler had sent before its own transaction failed."""
    calls = []

    @service_task("outside.saves", replay="inquire", retry=Backoff(first=1))
    def saves(ctx) -> dict:
        calls.append(ctx.key)
        raise Unavailable(Text("数据库忙", "busy"))

    @saves.inquire
    def saved(ctx) -> dict | None:
        return {"found": True}

    teach(bench, saves)
    case = started(bench, (bpmn(start(form="apply"), service("s", "outside.saves", result="s"), end(), chain("start", "s", "end")), APPLY))
    bench.work()
    bench.pass_time(seconds=3)
    assert (len(calls), bench.variables(case)["s"]) == (1, {"found": True})


@pytest.mark.parametrize("first", ["lost before", "lost after", "killed"])
def test_where_nobody_can_be_asked_a_person_decides(bench, first):
    """replay="manual": after a lost call or a killed worker never a second call, but an incident OUTCOME_UNKNOWN."""
    case = started(bench, one_job("outside.manual"))
    if first == "killed":
        lose(bench)
    else:
        bench.outside.plan = [first]
        assert bench.one_job() == "retry"
    effects = list(bench.outside.effects)
    bench.pass_time(seconds=6)
    assert [i.error["code"] for i in bench.incidents(case)] == ["OUTCOME_UNKNOWN"]
    assert bench.outside.effects == effects
    bench.pass_time(days=1)
    assert bench.outside.effects == effects


@pytest.mark.parametrize("first", ["lost before", "lost after"])
def test_where_the_other_side_knows_the_key_it_is_called_again(bench, first):
    """replay="key": the second call carries the key of the first, and nobody is asked."""
    case = started(bench, one_job("outside.keyed"))
    bench.outside.plan = [first]
    bench.work()
    bench.pass_time(seconds=6)
    assert len({key for key, _ in bench.outside.effects}) == 1
    assert (len(bench.outside.effects), bench.outside.inquiries) == ((2, 0) if first == "lost after" else (1, 0))
    assert bench.case(case).state == "ended"
