"""Two acts on one case, in both orders: the first stands still with its work done and not committed, the second comes, then both end.

Nothing sleeps: the second has come when the database makes it wait (PostgreSQL says so) or when it is about to ask for the lock (SQLite).
"""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from desk import until
from diagrams import boundary, bpmn, catch, chain, end, parallel, service, start, user
from drawings import APPLY, VALUE, claimed, reviewed
from sqlalchemy import event, text
from workbench import ANALYST, OPERATOR, OWNER, REVIEWER, SECOND_REVIEWER

from workflow_runtime import deployment, inbox
from workflow_runtime.cases import cancel_case, suspend, withdraw
from workflow_runtime.errors import Failure
from workflow_runtime.jobs import Answer, settle
from workflow_runtime.messages import receive_message
from workflow_runtime.timers import fire_due

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
)

REVIEW, _ = reviewed()
SENDING = bpmn(
    start(form="apply"),
    service("send", "outside.send", VALUE),
    boundary("late", "send", timer="P1D"),
    end(status="完成"),
    end("given_up", status="超期"),
    chain("start", "send", "end"),
    chain("late", "given_up"),
)
ANSWERED = bpmn(
    start(form="apply"),
    user("wait", "发证机关"),
    boundary("come", "wait", message="sealed"),
    boundary("late", "wait", timer="P1D"),
    end(status="办结"),
    end("sealed", status="已签章"),
    end("given_up", status="超期"),
    chain("start", "wait", "end"),
    chain("come", "sealed"),
    chain("late", "given_up"),
)


class Scene:
    """A case, and what the two may do with it. Each act is a function of a unit of work."""

    def __init__(self, bench, drawing):
        bench.deploy(drawing, APPLY)
        self.bench, self.case = bench, bench.start(answers={"model": "x"})
        tasks = bench.tasks(self.case)
        self.task = tasks[0] if tasks else None

    def claim(self, uow, who=REVIEWER):
        return inbox.claim(uow, self.task.id, who, self.task.revision)

    def claim_too(self, uow):
        return self.claim(uow, SECOND_REVIEWER)

    def complete(self, uow):
        return inbox.complete(uow, self.task.id, REVIEWER, {}, self.task.revision)

    def withdraw(self, uow):
        return withdraw(uow, self.case.number, OWNER)

    def cancel(self, uow):
        return cancel_case(uow, self.case.number, OPERATOR, "重复申报")

    def suspend(self, uow):
        return suspend(uow, self.case.number, OPERATOR, "核查")

    def message(self, uow):
        return receive_message(uow, self.case.number, "sealed", {}, "k")


@contextmanager
def coming(bench, act):
    """The act in a thread of its own; the block runs when it has come as far as the lock. Gives a list that gets its outcome."""
    outcome, asked = [], threading.Event()

    def run():
        try:
            outcome.append(act())
        except Failure as failure:
            outcome.append(failure)

    thread = threading.Thread(target=run)

    def begun(*_):
        if threading.current_thread() is thread:
            asked.set()

    # On SQLite the next thing that it does with its connection is to wait for its turn to write.
    event.listen(bench.database.engine, "checkout", begun)
    thread.start()
    try:
        if bench.database.is_sqlite:
            assert asked.wait(60)
        else:
            until(lambda: _someone_waits(bench) or not thread.is_alive())
        yield outcome
    finally:
        thread.join()
        event.remove(bench.database.engine, "checkout", begun)


def _someone_waits(bench):
    with bench.database.engine.connect() as connection:
        return connection.execute(WAITING).scalar_one() > 0


def ordered(bench, first, second):
    """The outcomes of both: the first is halted before its commit until the second has come."""
    with bench.runtime.transaction() as uow:
        done = first(uow)
        arriving = coming(bench, lambda: bench.use(second))
        outcome = arriving.__enter__()
    arriving.__exit__(None, None, None)
    return done, outcome[0]


PAIRS = [
    (REVIEW, "claim", "claim_too", "CONFLICT", "CONFLICT"),
    (REVIEW, "claim", "withdraw", None, "WRONG_STATE"),
    (REVIEW, "claim", "cancel", None, "WRONG_STATE"),
    (REVIEW, "complete", "withdraw", "WRONG_STATE", "WRONG_STATE"),
    (REVIEW, "complete", "cancel", "WRONG_STATE", "WRONG_STATE"),
    (REVIEW, "complete", "suspend", "WRONG_STATE", "WRONG_STATE"),
    (REVIEW, "withdraw", "cancel", "WRONG_STATE", "WRONG_STATE"),
    (ANSWERED, "complete", "message", None, "WRONG_STATE"),
    (ANSWERED, "message", "cancel", "WRONG_STATE", None),
]
"""Two acts; with which code the second one is refused when it comes after the first, and the first when it comes after the second."""


@pytest.mark.parametrize(("drawing", "one", "other", "later", "earlier"), PAIRS, ids=[f"{one}-{other}" for _, one, other, *_ in PAIRS])
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned"])
def test_whoever_commits_first_counts_and_the_other_is_told(bench, drawing, one, other, later, earlier, turned):
    scene = Scene(bench, drawing)
    first, second, refused = (other, one, earlier) if turned else (one, other, later)
    _, outcome = ordered(bench, getattr(scene, first), getattr(scene, second))
    assert (outcome.code if isinstance(outcome, Failure) else None) == refused
    audit = [entry.action for entry in bench.timeline(scene.case)][1:]
    assert len(audit) == (1 if refused else 2), audit


@pytest.mark.parametrize("act", ["complete", "withdraw", "message"])
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "timer first"])
def test_an_act_and_the_time_limit_exclude_each_other(bench, act, turned):
    """In time, or told that the case has moved on; a call-back that comes after the time limit is kept and changes nothing."""
    scene = Scene(bench, ANSWERED if act == "message" else REVIEW)
    bench.clock.advance(timedelta(days=1))
    acted = getattr(scene, act)
    if not turned:
        with bench.runtime.transaction() as uow:
            acted(uow)
            arriving = coming(bench, lambda: fire_due(bench.runtime))
            outcome = arriving.__enter__()
        arriving.__exit__(None, None, None)
        assert outcome == [0]
        assert bench.case(scene.case).status != "超期"
        return
    assert fire_due(bench.runtime) == 1
    outcome = _told(bench, acted)
    assert (outcome.code if isinstance(outcome, Failure) else None) == (None if act == "message" else "WRONG_STATE")
    assert bench.case(scene.case).status == "超期"


def _told(bench, act):
    try:
        return bench.use(act)
    except Failure as failure:
        return failure


@pytest.mark.parametrize("act", ["cancel", "timer"])
@pytest.mark.parametrize("turned", [False, True], ids=["answer first", "answer later"])
def test_a_jobs_answer_and_what_takes_its_token_away_exclude_each_other(bench, act, turned):
    """The answer that comes first counts; one that comes later is stale, whatever it says."""
    scene = Scene(bench, SENDING)
    job = claimed(bench)
    bench.clock.advance(timedelta(days=1 if act == "timer" else 0))
    away = (lambda: fire_due(bench.runtime)) if act == "timer" else (lambda: _told(bench, scene.cancel))
    if turned:
        away()
        assert settle(bench.runtime, job, Answer({"late": True})) == "stale"
        assert bench.case(scene.case).status != "完成"
        return
    with bench.runtime.transaction() as uow:
        uow.cases.locked(job.case_id)
        arriving = coming(bench, lambda: settle(bench.runtime, job, Answer({"value": 1})))
        outcome = arriving.__enter__()
    arriving.__exit__(None, None, None)
    assert (outcome, bench.case(scene.case).status) == (["done"], "完成")
    gone = away()
    assert gone == 0 or gone.code == "WRONG_STATE"


@pytest.mark.parametrize("turned", [False, True])
def test_two_deployments_at_once_are_both_there(bench, turned):
    """The second waits for the first, and sees what it has deployed."""
    files = [("a.bpmn", REVIEW), ("apply.form", APPLY[1] if isinstance(APPLY, tuple) else APPLY)]
    other = ("b.bpmn", REVIEW.replace(b'id="business"', b'id="other"'))
    bench.deploy(*files)
    changed = ("a.bpmn", REVIEW.replace("通过".encode(), "同意".encode()))
    first, second = ([other], [changed]) if turned else ([changed], [other])
    with bench.runtime.transaction() as uow:
        deployment.deploy(uow, ANALYST, first)
        arriving = coming(bench, lambda: bench.deploy(*second))
        outcome = arriving.__enter__()
    arriving.__exit__(None, None, None)
    assert not isinstance(outcome[0], Failure)
    with bench.runtime.reading() as uow:
        names = {name for name, _ in uow.library.files().values()}
        deployed = {deployed.business for deployed in uow.library.deployed()}
    assert ({"a.bpmn", "b.bpmn"} <= names, {"business", "other"} <= deployed) == (True, True)


def test_branches_that_end_at_once_meet_in_the_join(bench):
    """The second completion waits for the first, and then takes both tokens on."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            parallel("split"),
            user("one", "发证机关"),
            user("two", "发证机关"),
            parallel("join"),
            catch("after", message="go"),
            end(),
            chain("start", "split", "one", "join", "after", "end"),
            chain("split", "two", "join"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    one, two = bench.task(case, "one"), bench.task(case, "two")
    _, outcome = ordered(
        bench,
        lambda uow: inbox.complete(uow, one.id, REVIEWER, {}, one.revision),
        lambda uow: inbox.complete(uow, two.id, SECOND_REVIEWER, {}, two.revision),
    )
    assert not isinstance(outcome, Failure)
    assert bench.waiting(case) == []
    bench.message(case, "go")
    assert bench.case(case).state == "ended"
