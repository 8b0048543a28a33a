"""Passing time: what is due fires once, by the injected clock, and one case's trouble is nobody else's."""

import threading
from datetime import timedelta

import pytest
from diagrams import boundary, bpmn, call, catch, chain, end, first_event, parallel, receive, service, start, user
from drawings import APPLY, VALUE, claimed, started
from workbench import OPERATOR, form

from workflow_runtime.cases import cancel_case, resume, suspend
from workflow_runtime.errors import NotFound, Text
from workflow_runtime.incidents import retry_incident
from workflow_runtime.jobs import Answer, settle
from workflow_runtime.store.rows import LaneRow
from workflow_runtime.timers import fire_due


def pause(business="business", then="done"):
    """A waiting time of an hour, and then a review by whom the lane says."""
    return bpmn(
        start(form="apply"),
        catch("wait", timer="PT1H"),
        user("review", "发证机关"),
        end(status=then),
        chain("start", "wait", "review", "end"),
        id=business,
    )


def named(drawn, **names):
    """The same drawing; these elements have a name."""
    for element, name in names.items():
        drawn = drawn.replace(f'id="{element}"'.encode(), f'id="{element}" name="{name}"'.encode())
    return drawn


def test_only_what_is_due_by_the_injected_clock_fires(bench):
    """Not a microsecond early, once, and the trail says that it was the timer."""
    case = started(bench, (pause(), APPLY))
    bench.clock.advance(timedelta(hours=1) - timedelta(microseconds=1))
    assert fire_due(bench.runtime) == 0
    bench.clock.advance(timedelta(microseconds=1))
    assert (fire_due(bench.runtime), fire_due(bench.runtime)) == (1, 0)
    assert bench.waiting(case) == ["review"]
    assert [(e.action, e.who) for e in bench.timeline(case)][-1] == ("timer.fired", "系统")


def test_the_history_names_the_event_whose_time_came(bench):
    """A waiting time between steps is not what the case comes to next."""
    case = started(bench, (named(pause(), wait="公示"), APPLY))
    bench.clock.advance(timedelta(hours=1))
    fire_due(bench.runtime)
    assert bench.timeline(case)[-1].name == "公示"


def test_the_history_names_the_event_behind_a_gateway_and_each_of_two_waiting_times(bench):
    """Neither by what was waited for next, nor by the other event."""
    drawn = bpmn(
        start(form="apply"),
        first_event("either"),
        catch("told", message="told"),
        catch("late", timer="PT1H"),
        catch("later", timer="PT2H"),
        end(),
        chain("start", "either", "told", "end"),
        chain("either", "late", "later", "end"),
    )
    bench.deploy(named(drawn, told="来信", late="一小时", later="又两小时"), APPLY)
    first, second = bench.start(answers={"model": "x"}), bench.start(answers={"model": "y"})
    bench.message(first, "told", {}, key="k")
    for hours in (1, 2):
        bench.clock.advance(timedelta(hours=hours))
        fire_due(bench.runtime)
    assert [e.name for e in bench.timeline(first)[1:]] == ["来信"]
    assert [e.name for e in bench.timeline(second)[1:]] == ["一小时", "又两小时"]


def test_a_sweep_takes_the_longest_overdue_first_and_no_more_than_asked(bench):
    """Many due cases are fired in portions."""
    bench.deploy(pause(), APPLY)
    cases = []
    for _ in range(3):
        cases.append(bench.start(answers={"model": "x"}))
        bench.clock.advance(timedelta(minutes=1))
    bench.clock.advance(timedelta(hours=2))
    assert fire_due(bench.runtime, limit=2) == 2
    assert [bench.waiting(c) for c in cases] == [["review"], ["review"], []]
    assert fire_due(bench.runtime, limit=2) == 1


def test_two_workers_that_fire_the_same_case_fire_it_once(bench):
    """Both have it on their list; one entry in the trail, one task."""
    bench.deploy(pause(), APPLY)
    cases = [bench.start(answers={"model": "x"}) for _ in range(5)]
    bench.clock.advance(timedelta(hours=1))
    barrier, fired = threading.Barrier(2), []

    def sweep():
        barrier.wait()
        fired.append(fire_due(bench.runtime))

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fired) == len(cases)
    for case in cases:
        assert [e.action for e in bench.timeline(case)] == ["case.started", "timer.fired"]
        assert bench.waiting(case) == ["review"]


def test_a_case_that_cannot_move_gets_an_incident_and_holds_nobody_up(bench):
    """Its timers are left alone until the operator retries them; the others fire in the same sweep."""
    bench.deploy(pause(), ("other.bpmn", pause("other")), APPLY)
    stuck, good = bench.start(answers={"model": "x"}), bench.start("other", answers={"model": "x"}, parties={"authority": "authority:B"})
    resolve = bench.runtime.resolve_party

    def only_b(connection, expression, parties):
        if parties["authority"] == "authority:H":
            raise NotFound(Text("没有这个机关", "no such authority"))
        return resolve(connection, expression, parties)

    bench.runtime.resolve_party = only_b
    bench.clock.advance(timedelta(hours=1))
    assert fire_due(bench.runtime) == 1
    assert (bench.waiting(good), bench.waiting(stuck)) == (["review"], [])
    assert [i.error["message"]["zh"] for i in bench.incidents(stuck)] == ["没有这个机关"]
    assert [e.action for e in bench.timeline(stuck)] == ["case.started", "incident.raised"]
    assert (bench.case(stuck).next_due, fire_due(bench.runtime)) == (None, 0)
    bench.use(retry_incident, bench.incidents(stuck)[0].id, OPERATOR)
    bench.work()
    assert len(bench.incidents(stuck)) == 1
    bench.runtime.resolve_party = resolve
    bench.use(retry_incident, bench.incidents(stuck)[0].id, OPERATOR)
    bench.work()
    assert (bench.waiting(stuck), bench.incidents(stuck)) == (["review"], [])


def test_no_timer_of_a_suspended_case_fires_until_it_is_resumed(bench):
    """What fell due meanwhile fires at once then, and a message that came meanwhile does not let it fire earlier."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            catch("wait", timer="PT1H"),
            receive("seal", "sealed"),
            end(),
            chain("start", "wait", "seal", "end"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    bench.use(suspend, case.number, OPERATOR, "核查")
    bench.pass_time(hours=2)
    bench.message(case, "sealed")
    assert (bench.case(case).state, bench.case(case).next_due) == ("suspended", None)
    assert "timer.fired" not in [e.action for e in bench.timeline(case)]
    bench.use(resume, case.number, OPERATOR, "完")
    bench.work()
    assert bench.case(case).state == "ended"


def test_no_timer_of_a_cancelled_case_fires(bench):
    """It is off the list of what is due."""
    case = started(bench, (pause(), APPLY))
    bench.use(cancel_case, case.number, OPERATOR, "x")
    bench.clock.advance(timedelta(hours=2))
    assert (fire_due(bench.runtime), bench.case(case).next_due) == (0, None)


@pytest.mark.parametrize(("when", "hours"), [("PT1H", 1), ("2026-03-02T12:00", 3), ("2020-01-01", 0)])
def test_a_timer_may_come_from_an_answer(bench, when, hours):
    """`=apply.when`: a duration or an instant; one in the past is due at once, in the step that reaches it."""
    files = bpmn(start(form="apply"), catch("wait", timer="=apply.when"), end(), chain("start", "wait", "end")), APPLY
    case = started(bench, files, when=when)
    if hours:
        bench.pass_time(hours=hours, microseconds=-1)
        assert bench.case(case).state == "running"
        bench.pass_time(microseconds=1)
    assert bench.case(case).state == "ended"


def test_no_timer_of_a_suspended_case_fires_when_an_answer_comes_in(bench):
    """What was sent before the suspension may come back; the reminder that fell due meanwhile waits for the resumption."""
    side = [
        boundary("late", "review", timer="PT1H", interrupting=False),
        user("look", "发证机关"),
        end("seen"),
        chain("late", "look", "seen"),
    ]
    pieces = [
        start(form="apply"),
        parallel("split"),
        user("review", "发证机关"),
        service("send", "outside.send", VALUE),
        parallel("join"),
        end(),
    ]
    case = started(bench, (bpmn(*pieces, *side, chain("start", "split", "review", "join", "end"), chain("split", "send", "join")), APPLY))
    job = claimed(bench)
    bench.use(suspend, case.number, OPERATOR, "核查")
    bench.clock.advance(timedelta(hours=1))
    assert settle(bench.runtime, job, Answer({"value": "x"})) == "done"
    assert bench.waiting(case) == ["review"]
    bench.use(resume, case.number, OPERATOR, "核查完毕")
    bench.work()
    assert bench.waiting(case) == ["look", "review"]


def test_a_timer_reached_at_its_time_while_the_case_is_suspended_waits_too(bench):
    """Timers after the answer that came in are reckoned from then, and fire when the case goes on."""
    wait = catch("wait", timer="2026-01-01")
    pieces = [start(form="apply"), service("send", "outside.send", VALUE), wait, user("review", "发证机关"), end()]
    case = started(bench, (bpmn(*pieces, chain("start", "send", "wait", "review", "end")), APPLY))
    job = claimed(bench)
    bench.use(suspend, case.number, OPERATOR, "核查")
    assert settle(bench.runtime, job, Answer({"value": "x"})) == "done"
    assert bench.waiting(case) == []
    bench.use(resume, case.number, OPERATOR, "核查完毕")
    bench.work()
    assert bench.waiting(case) == ["review"]


def test_each_process_counts_the_days_of_its_own_tasks(bench):
    """Two reviews of one id in a business and in the process that it calls: days used up in one are not missing in the other."""
    reviewed = user("review", "发证机关", dueWorkingDays="7")
    called = bpmn(start(), reviewed, end(), chain("start", "review", "end"), id="called")
    calling = bpmn(start(form="apply"), reviewed, call("then", "called"), end(), chain("start", "review", "then", "end"))
    case = started(bench, (calling, ("called.bpmn", called), APPLY))
    allowed = bench.task(case, "review").due_at - bench.clock.now()
    bench.pass_time(days=7)
    bench.complete(case, "review")
    assert bench.task(case, "review").due_at - bench.clock.now() == allowed


def test_a_failure_behind_a_timer_is_logged_in_a_sentence(bench, caplog):
    """Code and sentence are in the incident; a traceback would only hide them."""
    bench.deploy(
        bpmn(start(form="apply"), catch("wait", timer="P1D"), user("review", "安全科"), end(), chain("start", "wait", "review", "end")),
        form("apply"),
    )
    case = bench.start()
    with bench.runtime.transaction() as uow:
        uow.library.keep_lane(LaneRow("安全科", "reviewer", "nobody"))
    bench.pass_time(days=1)
    told = [record for record in caplog.records if "cannot be fired" in record.message]
    assert [record.exc_info for record in told] == [False]
    assert "nobody" in told[0].message
    assert len(bench.incidents(case)) == 1
