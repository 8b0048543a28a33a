"""The end of a case: those who keep books for it settle them once, in the closing transaction, however it ends."""

import pytest
from diagrams import boundary, bpmn, catch, chain, end, service, start, user
from drawings import APPLY, VALUE, teach
from workbench import OPERATOR, OWNER, REVIEWER

from workflow_runtime import inbox
from workflow_runtime.cases import cancel_case, resume, suspend, withdraw
from workflow_runtime.errors import NotAllowed, NotFound, WrongState
from workflow_runtime.handlers import when_case_ends
from workflow_runtime.store.library import Library
from workflow_runtime.store.rows import LaneRow


@pytest.fixture
def settled(bench):
    """A hook that writes a row for the case, and the numbers and status words with which it was called."""
    called = []

    @when_case_ends
    def settle(ctx):
        called.append((ctx.case.number, ctx.case.status))
        with ctx.transaction() as connection:
            Library(connection).keep_lane(LaneRow(f"end of {ctx.case.number}", "x", "x"))

    teach(bench, settle)
    bench.deploy(
        bpmn(
            start(form="apply"),
            user("review", "发证机关", outcomes="approve=通过; stop=终止"),
            boundary("late", "review", timer="P1D"),
            boundary("withdrawn", "review", message="withdraw"),
            service("send", "outside.send", VALUE),
            catch("wait", message="sealed", status="待签章"),
            end(status="已办结"),
            end("given_up", status="超期"),
            end("back", status="已撤回", terminate=True),
            chain("start", "review", "send", "wait", "end"),
            chain("late", "given_up"),
            chain("withdrawn", "back"),
        ),
        APPLY,
    )
    return called


def written(bench, case):
    name = f"end of {case.number}"
    with bench.runtime.reading() as uow:
        return name in uow.library.lanes_named([name])


ENDS = {
    "timer": (lambda bench, case: bench.pass_time(days=1), "超期"),
    "withdrawal": (lambda bench, case: bench.use(withdraw, case.number, OWNER), "已撤回"),
    "cancel": (lambda bench, case: bench.use(cancel_case, case.number, OPERATOR, "x"), "已终止"),
    "message": (
        lambda bench, case: (bench.complete(case, "review", outcome="approve"), bench.work(), bench.message(case, "sealed")),
        "已办结",
    ),
    "job": (lambda bench, case: (bench.complete(case, "review", outcome="approve"), bench.message(case, "sealed"), bench.work()), "已办结"),
}


@pytest.mark.parametrize("how", ENDS)
def test_the_books_are_settled_once_however_the_case_ends(bench, settled, how):
    """With the last status word, in the transaction that ends it; nothing that follows calls them again."""
    case = bench.start(answers={"model": "x"})
    act, status = ENDS[how]
    act(bench, case)
    assert settled == [(case.number, status)]
    assert written(bench, case)
    assert bench.case(case).ended_at == bench.clock.now()
    bench.message(case, "sealed", key="late")
    bench.pass_time(days=2)
    assert len(settled) == 1


def test_the_books_stay_open_when_the_closing_transaction_fails(bench, settled):
    """What the hook wrote is part of it."""
    case = bench.start(answers={"model": "x"})
    with pytest.raises(RuntimeError):
        bench.use(lambda uow: lost(uow, case))
    assert (written(bench, case), bench.case(case).state) == (False, "running")


def lost(uow, case):
    cancel_case(uow, case.number, OPERATOR, "x")
    raise RuntimeError


def test_a_suspended_case_takes_no_completion_and_goes_on_when_resumed(bench, settled):
    """The reviewer reads why; the task is still there afterwards."""
    case = bench.start(answers={"model": "x"})
    bench.use(suspend, case.number, OPERATOR, "核查")
    task = bench.task(case, "review")
    with pytest.raises(WrongState, match="已中止"):
        bench.use(inbox.complete, task.id, REVIEWER, {}, task.revision, outcome="approve")
    with pytest.raises(WrongState):
        bench.use(withdraw, case.number, OWNER)
    with pytest.raises(WrongState):
        bench.use(suspend, case.number, OPERATOR, "again")
    bench.use(resume, case.number, OPERATOR, "完")
    with pytest.raises(WrongState):
        bench.use(resume, case.number, OPERATOR, "again")
    bench.complete(case, "review", outcome="approve")
    assert [e.action for e in bench.timeline(case)] == ["case.started", "case.suspended", "case.resumed", "task.completed"]


def test_a_cancelled_case_has_nothing_left_to_do(bench, settled):
    """Task, job, incident and timer are gone, also out of a suspension; it cannot be cancelled or resumed again."""
    case = bench.start(answers={"model": "x"})
    bench.complete(case, "review", outcome="approve")
    bench.outside.plan = ["bug"]
    bench.work()
    bench.use(suspend, case.number, OPERATOR, "核查")
    case = bench.use(cancel_case, case.number, OPERATOR, "重复申请")
    assert (case.state, case.status, case.next_due) == ("cancelled", "已终止", None)
    assert (bench.waiting(case), [j.state for j in bench.jobs(case)], bench.incidents(case)) == ([], ["cancelled"], [])
    for use_case in (cancel_case, suspend, resume):
        with pytest.raises(WrongState):
            bench.use(use_case, case.number, OPERATOR, "x")
    bench.pass_time(days=3)
    assert bench.outside.effects == []


@pytest.mark.parametrize("use_case", [cancel_case, suspend, resume])
def test_only_an_operator_stops_a_case_or_lets_it_go_on(bench, settled, use_case):
    """Reviewer and owner are refused; a case that does not exist is not found."""
    case = bench.start(answers={"model": "x"})
    for actor in (REVIEWER, OWNER):
        with pytest.raises(NotAllowed):
            bench.use(use_case, case.number, actor, "x")
    with pytest.raises(NotFound):
        bench.use(use_case, "20269999999", OPERATOR, "x")
    assert bench.case(case).state == "running"
