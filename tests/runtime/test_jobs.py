"""Jobs: written down before anything leaves the house, done once, answered under a lease, cancelled and held with their case."""

import logging
from datetime import timedelta

import pytest
from diagrams import bpmn, chain, end, parallel, service, start
from drawings import APPLY, LEASE, VALUE, claimed, completed_and_lost, job_with_deadline, lose, one_job, reviewed_job, started, teach
from workbench import OPERATOR

from workflow_runtime.cases import cancel_case, resume, suspend
from workflow_runtime.errors import BusinessError, RemoteTransient, RemoteUnknown, Text
from workflow_runtime.handlers import Backoff, service_task
from workflow_runtime.jobs import Answer, reclaim_expired, run_job, settle


def test_a_job_is_written_in_the_commit_of_the_step_that_reaches_it(bench):
    """The completion that fails leaves no job, the one that succeeds leaves exactly one, and nothing has been called yet."""
    case = started(bench, reviewed_job())
    with pytest.raises(RuntimeError):
        bench.use(completed_and_lost, bench.task(case, "review"))
    assert (bench.jobs(case), bench.waiting(case)) == ([], ["review"])
    bench.complete(case, "review")
    assert [(j.state, j.handler, j.arguments) for j in bench.jobs(case)] == [("queued", "outside.send", {"value": "QTZ80"})]
    assert bench.outside.effects == []


def test_the_key_is_case_and_token_for_every_attempt(bench):
    """A third attempt sends the same key as the first; another case another one."""
    keys = []

    @service_task("outside.flaky", replay="key", retry=Backoff(first=1, attempts=9))
    def flaky(ctx) -> dict:
        keys.append((ctx.key, ctx.attempt))
        if len(keys) < 3:
            raise RemoteUnknown(Text("没有回音", "no answer"))
        return {}

    teach(bench, flaky)
    bench.deploy(bpmn(start(form="apply"), service("send", "outside.flaky"), end(), chain("start", "send", "end")), APPLY)
    case = bench.start(answers={"model": "x"})
    for _ in range(3):
        bench.pass_time(seconds=3)
    token = bench.jobs(case)[0].token
    assert keys == [(f"{case.number}-{token}", n) for n in (1, 2, 3)]
    bench.start(answers={"model": "x"})
    bench.work()
    assert keys[3][0] != keys[0][0]


def test_a_claim_takes_the_job_that_has_waited_longest_under_a_fresh_lease(bench):
    """Each claim has a lease of its own, more than three time-outs long, counts one delivery, and nobody gets a job twice."""
    bench.deploy(*one_job())
    first, second = (bench.start(answers={"model": "x"}) for _ in range(2))
    one, two = claimed(bench, "a"), claimed(bench, "b")
    assert (one.case_id, two.case_id) == (first.id, second.id)
    assert one.lease != two.lease
    assert one.lease_until == bench.clock.now() + LEASE
    assert (one.deliveries, one.worker, bench.jobs(first)[0].lease_until) == (1, "a", one.lease_until)
    assert claimed(bench) is None
    assert bench.one_job() == "idle"


def test_only_the_job_asked_for_is_taken_and_only_when_it_is_due(bench):
    """A delivery by number does that job, once; a number that is unknown, done or not yet due is idle."""
    bench.deploy(*one_job())
    first, second = (bench.start(answers={"model": "x"}) for _ in range(2))
    number = bench.jobs(second)[0].id
    assert run_job(bench.runtime, "w", number) == "done"
    assert run_job(bench.runtime, "w", number) == "idle"
    assert run_job(bench.runtime, "w", 10**9) == "idle"
    bench.outside.plan = ["transient"]
    assert run_job(bench.runtime, "w", bench.jobs(first)[0].id) == "retry"
    assert run_job(bench.runtime, "w", bench.jobs(first)[0].id) == "idle"


def test_an_answer_under_an_expired_lease_is_refused_and_logged(bench, caplog):
    """A worker that slept past its lease changes nothing, whether the job waits again, or another one has it, or it is done."""
    case = started(bench, one_job())
    slept = lose(bench)
    before = bench.jobs(case), bench.case(case)
    with caplog.at_level(logging.WARNING):
        assert settle(bench.runtime, slept, Answer({"late": True})) == "stale"
    assert "late answer of gone" in caplog.text
    assert (bench.jobs(case), bench.case(case)) == before
    second = claimed(bench, "second")
    assert settle(bench.runtime, slept, Answer({"late": True})) == "stale"
    assert bench.jobs(case)[0].lease == second.lease
    assert settle(bench.runtime, second, Answer({"value": 2})) == "done"
    assert settle(bench.runtime, slept, Answer(error=BusinessError("REFUSED", Text("不", "no")))) == "stale"
    assert bench.variables(case)["sent"] == {"value": 2}
    assert bench.incidents(case) == []


def test_no_two_claims_have_the_same_lease(bench):
    """Whatever killed a worker in mid-call, the next one has the job under another lease than it."""

    @service_task("outside.deadly", replay="key")
    def deadly(ctx) -> dict:
        raise KeyboardInterrupt

    teach(bench, deadly)
    case, leases = (
        started(bench, (bpmn(start(form="apply"), service("s", "outside.deadly", {}), end(), chain("start", "s", "end")), APPLY)),
        set(),
    )
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            run_job(bench.runtime, "w")
        [job] = bench.jobs(case)
        leases.add((job.state, job.lease))
        bench.clock.advance(timedelta(days=1))
        assert reclaim_expired(bench.runtime) == 1
    assert len(leases) == 3


def test_an_expired_lease_puts_the_job_back_in_doubt(bench):
    """Within its lease a job is left alone; afterwards it waits again and remembers that something may have been sent."""
    case = started(bench, one_job())
    claimed(bench)
    bench.clock.advance(LEASE)
    assert reclaim_expired(bench.runtime) == 0
    bench.clock.advance(timedelta(seconds=1))
    assert reclaim_expired(bench.runtime) == 1
    job = bench.jobs(case)[0]
    assert (job.state, job.unsure, job.lease, job.worker) == ("queued", True, None, None)
    bench.work()
    assert (bench.outside.inquiries, len(bench.outside.effects), bench.case(case).state) == (1, 1, "ended")


def test_a_timer_that_gives_a_job_up_cancels_it(bench):
    """A job that waits is never done; the answer of one that runs comes too late and changes nothing."""
    bench.deploy(*job_with_deadline())
    waiting, running = (bench.start(answers={"model": "x"}) for _ in range(2))
    bench.use(lambda uow: uow.jobs.hold(waiting.id, held=True))
    job = claimed(bench)
    assert job.case_id == running.id
    bench.pass_time(hours=1)
    for case in (waiting, running):
        assert (bench.waiting(case), [j.state for j in bench.jobs(case)]) == (["look"], ["cancelled"])
    assert settle(bench.runtime, job, Answer({"value": 1})) == "stale"
    assert "sent" not in bench.variables(running)
    assert bench.outside.effects == []


def test_no_job_of_a_suspended_case_starts(bench):
    """Not those that wait, nor those put back by retry or expiry, nor the next one of a job that ran on; all go on when it is resumed."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            parallel("split"),
            *(service(name, "outside.keyed", VALUE) for name in ("one", "two", "three")),
            service("after", "outside.keyed", VALUE),
            parallel("join"),
            end(),
            chain("start", "split", "one", "after", "join", "end"),
            chain("split", "two", "join"),
            chain("split", "three", "join"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    one, two = claimed(bench, "a"), claimed(bench, "b")
    bench.use(suspend, case.number, OPERATOR, "核查")
    assert settle(bench.runtime, one, Answer({})) == "done"
    assert settle(bench.runtime, two, Answer(error=RemoteTransient(Text("忙", "busy")))) == "retry"
    bench.pass_time(hours=1)
    assert (bench.outside.effects, {j.element for j in bench.jobs(case) if j.state in ("queued", "held")}) == (
        [],
        {"two", "three", "after"},
    )
    bench.use(resume, case.number, OPERATOR, "核查完毕")
    bench.work()
    assert (len(bench.outside.effects), bench.case(case).state) == (3, "ended")


def test_the_answer_for_a_cancelled_case_is_too_late(bench):
    """The operator has stopped the case while the job ran: its answer is refused, its incident settled."""
    case = started(bench, one_job())
    job = claimed(bench)
    bench.use(cancel_case, case.number, OPERATOR, "重复申请")
    assert settle(bench.runtime, job, Answer({"value": 1})) == "stale"
    assert [j.state for j in bench.jobs(case)] == ["cancelled"]
    assert bench.one_job() == "idle"
