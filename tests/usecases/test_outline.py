"""Where a case stands in its diagrams."""

import pytest
from counter import APPLY, REVIEW, one_task, opened
from diagrams import boundary, bpmn, call, catch, chain, end, first_event, flow, service, start, user
from workbench import OPERATOR, OTHER_OWNER, OWNER, REVIEWER

from workflow_runtime import cases
from workflow_runtime.errors import NotFound
from workflow_runtime.outline import drawing_file, drawings, may_withdraw


def drawn(bench, case, actor=OWNER):
    with bench.runtime.reading() as uow:
        return drawings(uow, actor, case.number)


def states(bench, case, process=0):
    return {p.element: p.state for p in drawn(bench, case)[process].places}


def withdrawable(bench, case, actor=OWNER):
    with bench.runtime.reading() as uow:
        return may_withdraw(uow, actor, case.number)


def test_places_stand_in_the_order_of_the_flow(bench):
    """From the start on, each with its state, and with who was there and when."""
    case = opened(bench)
    [drawing] = drawn(bench, case)
    assert [(p.element, p.type, p.state) for p in drawing.places] == [
        ("start", "startEvent", "done"),
        ("review", "userTask", "waiting"),
        ("approved", "exclusiveGateway", "ahead"),
        ("end", "endEvent", "ahead"),
        ("correct", "userTask", "ahead"),
    ]
    assert [(p.who, p.since, p.rounds) for p in drawing.places[:3]] == [
        ("张三", bench.clock.now(), 1),
        ("", bench.clock.now(), 1),
        ("", None, 0),
    ]
    assert [p.element for p in drawing.steps] == ["review", "correct"]
    assert drawing.waits
    assert drawing.places[1].lane == "发证机关"


def test_rounds_are_counted_and_people_named(bench):
    """A review that was sent back has had its second round begun."""
    case = opened(bench)
    bench.complete(case, "review", outcome="reject", opinion="补")
    places = {p.element: p for p in drawn(bench, case)[0].places}
    assert (places["review"].state, places["review"].who, places["correct"].state) == ("done", "李四", "waiting")
    bench.pass_time(hours=1)
    bench.complete(case, "correct", actor=OWNER, answers={"model": "x"})
    places = {p.element: p for p in drawn(bench, case)[0].places}
    assert (places["review"].state, places["review"].rounds, places["review"].since) == ("waiting", 2, bench.clock.now())
    assert places["correct"].since == bench.clock.now()


def test_what_is_over_waits_nowhere(bench):
    """Also when it was stopped while a task was open: that task was never done."""
    case = opened(bench)
    bench.use(cases.cancel_case, case.number, OPERATOR, "误报")
    assert states(bench, case)["review"] == "ahead"
    assert not drawn(bench, case)[0].waits


def test_jobs_and_their_trouble_are_shown(bench):
    """Inside a called process, and at the call that holds them; what has the same id in both processes is kept apart."""
    bench.outside.plan = ["other"]
    called = bpmn(start("start"), service("send", "outside.send"), end("end"), chain("start", "send", "end"), id="called")
    outer = bpmn(start("start", form="apply"), call("go", "called"), end("end"), chain("start", "go", "end"))
    bench.deploy(outer, called, APPLY)
    case = bench.start(answers={"model": "x"})
    assert (states(bench, case)["go"], states(bench, case, 1)) == ("waiting", {"start": "done", "send": "waiting", "end": "ahead"})
    bench.work()
    assert [d.process for d in drawn(bench, case)] == ["business", "called"]
    assert (states(bench, case)["go"], states(bench, case, 1)["send"]) == ("trouble", "trouble")
    assert states(bench, case)["end"] == "ahead"


def test_events_wait_too(bench):
    """An event on the way is a place where a token waits; one on a task's edge is not."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            catch("later", timer="PT1H"),
            user("task", "发证机关"),
            boundary("late", "task", timer="P5D"),
            end(),
            end("over"),
            chain("start", "later", "task", "end"),
            chain("late", "over"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    assert states(bench, case)["later"] == "waiting"
    bench.pass_time(hours=2)
    found = states(bench, case)
    assert (found["later"], found["task"], found["late"]) == ("done", "waiting", "ahead")


def test_the_diagram_is_the_one_of_the_case(bench):
    """A later deployment does not change what an open case shows; a process that is none of its own is not found."""
    case = opened(bench)
    with bench.runtime.reading() as uow:
        before = drawing_file(uow, OWNER, case.number, "business")
    bench.deploy(one_task(), APPLY)
    with bench.runtime.reading() as uow:
        assert drawing_file(uow, OWNER, case.number, "business") == before
        with pytest.raises(NotFound):
            drawing_file(uow, OWNER, case.number, "other")


def test_who_may_not_see_a_case_sees_no_drawing(bench):
    """Nor whether it can be withdrawn."""
    case = opened(bench)
    with bench.runtime.reading() as uow:
        for query in (drawings, may_withdraw, lambda *given: drawing_file(*given, "business")):
            with pytest.raises(NotFound):
                query(uow, OTHER_OWNER, case.number)


WITHDRAWABLE = {
    "on a task's edge": (user("task", "发证机关"), boundary("back", "task", message="withdraw"), chain("start", "task", "end")),
    "behind an event gateway": (
        first_event("either"),
        catch("back", message="withdraw"),
        catch("task", timer="P5D"),
        chain("start", "either", "task", "end"),
        flow("either", "back"),
    ),
}


@pytest.mark.parametrize("pieces", WITHDRAWABLE.values(), ids=WITHDRAWABLE)
def test_the_owner_may_withdraw_where_the_diagram_waits_for_it(bench, pieces):
    """And only the owner; while the case is suspended nobody."""
    bench.deploy(bpmn(start(form="apply"), *pieces, end(), end("over"), chain("back", "over")), APPLY)
    case = bench.start(answers={"model": "x"})
    assert withdrawable(bench, case)
    assert not withdrawable(bench, case, REVIEWER)
    bench.use(cases.suspend, case.number, OPERATOR, "查")
    assert not withdrawable(bench, case)


def test_elsewhere_nobody_may_withdraw(bench):
    """The diagram does not wait for it."""
    bench.deploy(one_task(), APPLY, REVIEW)
    assert not withdrawable(bench, bench.start(answers={"model": "x"}))
