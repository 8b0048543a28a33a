"""Races, with real threads that start at one barrier: one winner, polite losers, one trace."""

import threading
from datetime import timedelta

import pytest
from diagrams import bpmn, chain, end, parallel, service, start
from drawings import APPLY, VALUE, job_with_deadline, one_job, reviewed, started
from workbench import OPERATOR, OWNER

from workflow_runtime import inbox, queries
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.audit import verify
from workflow_runtime.cases import cancel_case, suspend, withdraw
from workflow_runtime.errors import Conflict, Failure, WrongState
from workflow_runtime.incidents import resolve_incident, retry_incident
from workflow_runtime.jobs import Answer, reclaim_expired, settle
from workflow_runtime.messages import receive_message
from workflow_runtime.timers import fire_due

REVIEWERS = [Actor(f"r{n}", f"审核员{n}", "authority:H", frozenset({Grant("reviewer", "authority:H")})) for n in range(16)]


def race(*acts):
    """Run all of these at once; what each returned, or the failure that it got. Anything but a `Failure` fails the test."""
    barrier, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        barrier.wait()
        try:
            outcomes[number] = act()
        except Failure as failure:
            outcomes[number] = failure
        except Exception as error:  # noqa: BLE001 it is raised again in the test's own thread
            outcomes[number] = AssertionError(repr(error))

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outcome in outcomes:
        if isinstance(outcome, AssertionError):
            raise outcome
    return outcomes


def actions(bench, case):
    return [e.action for e in bench.timeline(case)][1:]


def test_of_sixteen_reviewers_one_completes_the_task(bench):
    """The others read who was faster and when; the trail has one entry, the case one outcome."""
    case = started(bench, reviewed())
    task = bench.task(case, "review")
    outcomes = race(*[lambda r=r: bench.use(inbox.complete, task.id, r, {}, task.revision) for r in REVIEWERS])
    won = [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, Failure)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert (len(won), len(lost)) == (1, 15)
    assert {(c.who, c.when) for c in lost} == {(REVIEWERS[won[0]].name, bench.clock.now())}
    assert actions(bench, case) == ["task.completed"]


def test_of_sixteen_reviewers_one_claims_the_task(bench):
    """The others read who has it, since when."""
    case = started(bench, reviewed())
    task = bench.task(case, "review")
    outcomes = race(*[lambda r=r: bench.use(inbox.claim, task.id, r, task.revision) for r in REVIEWERS])
    lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(lost) == 15
    assert {(c.who, c.when) for c in lost} == {(bench.task(case, "review").claimed_name, bench.clock.now())}
    assert actions(bench, case) == ["task.claimed"]


@pytest.mark.parametrize("rounds", [5])
def test_completion_and_withdrawal_exclude_each_other(bench, rounds):
    """Either the review counts or the withdrawal, and the other one is told so."""
    bench.deploy(*reviewed())
    for _ in range(rounds):
        case = bench.start(answers={"model": "x"})
        task = bench.task(case, "review")
        done, back = race(
            lambda task=task: bench.use(inbox.complete, task.id, REVIEWERS[0], {}, task.revision),
            lambda case=case: bench.use(withdraw, case.number, OWNER),
        )
        assert {isinstance(done, Failure), isinstance(back, Failure)} == {True, False}
        assert isinstance(done, WrongState) or isinstance(back, WrongState)
        assert bench.case(case).status == ("已撤回" if isinstance(done, Failure) else "通过")
        assert len(actions(bench, case)) == 1


@pytest.mark.parametrize("rounds", [5])
def test_completion_and_deadline_exclude_each_other(bench, rounds):
    """The reviewer is in time or is told that the case has moved on."""
    bench.deploy(*reviewed())
    for _ in range(rounds):
        case = bench.start(answers={"model": "x"})
        task = bench.task(case, "review")
        bench.clock.advance(timedelta(days=1))
        done, fired = race(
            lambda task=task: bench.use(inbox.complete, task.id, REVIEWERS[0], {}, task.revision),
            lambda: fire_due(bench.runtime),
        )
        assert isinstance(done, WrongState) == (fired == 1)
        assert bench.case(case).status == ("超期" if fired else "通过")
        assert actions(bench, case) == ["timer.fired" if fired else "task.completed"]


@pytest.mark.parametrize("rounds", [5])
def test_a_jobs_answer_and_the_cases_cancellation_exclude_each_other(bench, rounds):
    """Whoever comes second finds the case over; nothing is taken in twice."""
    bench.deploy(*one_job())
    for _ in range(rounds):
        case = bench.start(answers={"model": "x"})
        job = bench.use(lambda uow: uow.jobs.claim(uow.now, "l", "w"))
        answer, cancelled = race(
            lambda job=job: settle(bench.runtime, job, Answer({"value": 1})),
            lambda case=case: bench.use(cancel_case, case.number, OPERATOR, "x"),
        )
        assert (answer, bench.case(case).state) == (("stale", "cancelled") if not isinstance(cancelled, Failure) else ("done", "ended"))
        assert actions(bench, case) == ["case.cancelled" if answer == "stale" else "job.done"]


@pytest.mark.parametrize("rounds", [5])
def test_a_jobs_answer_and_its_deadline_exclude_each_other(bench, rounds):
    """The result counts or the person looks, never both."""
    bench.deploy(*job_with_deadline())
    for _ in range(rounds):
        case = bench.start(answers={"model": "x"})
        job = bench.use(lambda uow: uow.jobs.claim(uow.now, "l", "w"))
        bench.clock.advance(timedelta(hours=1))
        answer, fired = race(
            lambda job=job: settle(bench.runtime, job, Answer({"value": 1})),
            lambda: fire_due(bench.runtime),
        )
        assert (answer, fired) in (("done", 0), ("stale", 1))
        assert ("sent" in bench.variables(case)) == (answer == "done")
        assert bench.waiting(case) == (["look"] if fired else [])


@pytest.mark.parametrize("rounds", [5])
def test_an_answer_and_its_expiring_lease_exclude_each_other(bench, rounds):
    """Either the answer is in, or the job waits again in doubt; never a job that is done and claimed."""
    bench.deploy(*one_job())
    for _ in range(rounds):
        case = bench.start(answers={"model": "x"})
        job = bench.use(lambda uow: uow.jobs.claim(uow.now, "l", "w"))
        bench.clock.advance(timedelta(hours=1))
        answer, taken = race(
            lambda job=job: settle(bench.runtime, job, Answer({"value": 1})),
            lambda: (reclaim_expired(bench.runtime), bench.use(lambda uow: uow.jobs.claim(uow.now, "second", "w2")))[1],
        )
        state = bench.jobs(case)[0]
        # A claim passes over a row that is locked at this moment, so the job may also be left for the next one.
        left = ("running", "second") if taken is not None else ("done" if answer == "done" else "queued", None)
        assert (state.state, state.lease, state.unsure) == (*left, answer == "stale"), (answer, taken)
        assert settle(bench.runtime, taken, Answer({"value": 2})) == "done" if taken is not None else bench.work() == (answer != "done")


def test_sixteen_workers_claim_sixteen_jobs(bench):
    """Each its own, none twice, none left over for a seventeenth."""
    bench.deploy(*one_job())
    for _ in range(16):
        bench.start(answers={"model": "x"})
    taken = race(*[lambda n=n: bench.use(lambda uow: uow.jobs.claim(uow.now, f"lease{n}", f"w{n}")) for n in range(16)])
    # PostgreSQL skips rows that are being claimed, so a claim may come back with empty hands, but never with another's job.
    ids = [job.id for job in taken if job is not None]
    while (job := bench.use(lambda uow: uow.jobs.claim(uow.now, "late", "w"))) is not None:
        ids.append(job.id)
    assert len(ids) == len(set(ids)) == 16


def test_one_message_from_eight_senders_is_taken_once(bench):
    """Repetitions that come at the same moment are repetitions."""
    case = started(bench, reviewed())
    race(*[lambda: bench.use(receive_message, case.number, "note", {"n": 1}, "k")] * 8)
    assert actions(bench, case) == ["message.received"]


@pytest.mark.parametrize("first", [retry_incident, resolve_incident])
def test_of_eight_operators_one_settles_the_incident(bench, first):
    """Retry and result exclude each other as well."""
    case = started(bench, one_job())
    bench.outside.plan = ["bug"]
    bench.work()
    incident = bench.incidents(case)[0].id

    def act(how):
        return bench.use(how, incident, OPERATOR, *(({"value": 1}, "x") if how is resolve_incident else ()))

    outcomes = race(*[lambda n=n: act(first if n % 2 else resolve_incident) for n in range(8)])
    assert sum(isinstance(o, WrongState) for o in outcomes) == 7
    assert len([a for a in actions(bench, case) if a in ("incident.resolved", "incident.retried")]) == 1


def test_branches_of_one_case_that_end_at_once_meet_in_the_join(bench):
    """Eight answers for one case: none is lost, the case ends once."""
    names = [f"s{n}" for n in range(8)]
    bench.deploy(
        bpmn(
            start(form="apply"),
            parallel("split"),
            *[service(name, "outside.keyed", VALUE, result=name) for name in names],
            parallel("join"),
            end(),
            chain("start", "split"),
            *[chain("split", name, "join") for name in names],
            chain("join", "end"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    race(*[bench.one_job for _ in names])
    bench.work()
    assert bench.case(case).state == "ended"
    assert all(name in bench.variables(case) for name in names)
    assert sorted(actions(bench, case)) == ["job.done"] * 8
    assert len(bench.outside.effects) == 8


def test_suspension_and_claim(bench):
    """A job is claimed before the suspension or not at all."""
    bench.deploy(*one_job())
    for _ in range(5):
        case = bench.start(answers={"model": "x"})
        taken, _ = race(
            lambda: bench.use(lambda uow: uow.jobs.claim(uow.now, "l", "w")),
            lambda case=case: bench.use(suspend, case.number, OPERATOR, "x"),
        )
        assert bench.jobs(case)[0].state == ("running" if taken else "held"), taken
        assert bench.one_job() == "idle"


def test_the_audit_holds_after_a_storm_on_one_case(bench):
    """Messages, drafts, claims and releases from all sides: the chain verifies and has one entry for each that succeeded."""

    case = started(bench, reviewed())
    task = bench.task(case, "review")
    acts = [lambda n=n: bench.use(receive_message, case.number, "note", {}, str(n)) for n in range(8)]
    acts += [lambda r=r: bench.use(inbox.claim, task.id, r, task.revision) for r in REVIEWERS[:8]]
    outcomes = race(*acts)
    with bench.runtime.reading() as uow:
        report = verify(uow.audit_rows)
        entries = queries.timeline(uow, OPERATOR, case.number)
    assert report.breaches == []
    assert len(entries) == 1 + sum(not isinstance(o, Failure) for o in outcomes)
    assert bench.case(case).kept_messages == 8
