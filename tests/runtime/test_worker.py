"""The worker: threads that do every job once, wake, stop, and may be killed at any place."""

import logging
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from diagrams import bpmn, catch, chain, end, service, start, user
from drawings import APPLY, VALUE, one_job, started
from workbench import Workbench, handlers
from worker_process import KeptOutside

from workflow_runtime.errors import Text
from workflow_runtime.jobs import LONGEST_RUN, reclaim_expired, run_job, run_jobs
from workflow_runtime.store.database import Unavailable
from workflow_runtime.worker import Worker, drain


@pytest.fixture
def working(bench):
    """Starts workers that are stopped at the end."""
    workers = []

    def start_worker(**more):
        worker = Worker(bench.runtime, **more)
        bench.runtime.dispatcher = worker
        workers.append(worker)
        worker.start()
        return worker

    yield start_worker
    for worker in workers:
        worker.stop()


def until(condition, seconds=60):
    """Poll with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.005)


def test_ten_threads_do_two_hundred_jobs_each_exactly_once(bench, working):
    """Two chained jobs a case, a hundred cases; every effect once, every case ended, no incident."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            service("one", "outside.keyed", VALUE),
            service("two", "outside.keyed", VALUE),
            end(),
            chain("start", "one", "two", "end"),
        ),
        APPLY,
    )
    working(threads=10)
    cases = [bench.start(answers={"model": "x"}) for _ in range(100)]
    until(lambda: len(bench.outside.effects) >= 200 and all(bench.case(c).state == "ended" for c in cases))
    assert set(Counter(key for key, _ in bench.outside.effects).values()) == {1}
    assert len(bench.outside.effects) == 200
    assert all(j.deliveries == 1 for c in cases for j in bench.jobs(c))


def test_a_commit_with_jobs_wakes_the_worker(bench, working):
    """It does not wait for its next look at the table."""
    bench.deploy(*one_job())
    working(threads=2, poll=60.0)
    for _ in range(3):
        case = bench.start(answers={"model": "x"})
        until(lambda case=case: bench.case(case).state == "ended")


def test_a_lost_wake_up_costs_one_poll(bench, working):
    """A job that nobody told of is found by looking."""
    bench.deploy(*one_job())
    working(threads=1, poll=0.02)
    case = bench.again().start(answers={"model": "x"})
    until(lambda: bench.case(case).state == "ended")


def row_of_jobs(bench, count):
    """A case with so many service tasks one after the other."""
    names = [f"s{n}" for n in range(count)]
    tasks = [service(name, "outside.keyed", VALUE) for name in names]
    return started(bench, (bpmn(start(form="apply"), *tasks, end(), chain("start", *names, "end")), APPLY))


def test_jobs_in_a_row_are_each_claimed_with_the_answer_before(bench):
    """The next one is the worker's from that commit on, under a lease of its own; nobody else is told of it or can take it."""
    case, told = row_of_jobs(bench, 2), []
    bench.runtime.dispatcher = SimpleNamespace(deliver=told.extend)
    working = run_jobs(bench.runtime, "w")
    assert next(working) == "done"
    job = bench.jobs(case)[1]
    assert (job.state, job.worker, job.deliveries, job.lease_until > bench.clock.now()) == ("running", "w", 1, True)
    assert run_job(bench.runtime, "other", job.id) == "idle"
    assert list(working) == ["done"]
    assert (told, bench.case(case).state, len(bench.outside.effects)) == ([], "ended", 2)


def test_jobs_in_a_row_end_where_others_wait_or_the_worker_stops(bench):
    """After twenty the worker looks at what has waited longest; one that is told to stop takes no further one."""
    case = row_of_jobs(bench, LONGEST_RUN + 2)
    assert list(run_jobs(bench.runtime, "w", stopping=lambda: True)) == ["done"]
    assert [job.state for job in bench.jobs(case)] == ["done", "queued"]
    assert list(run_jobs(bench.runtime, "w")) == ["done"] * LONGEST_RUN
    assert [job.state for job in bench.jobs(case)][-1] == "queued"
    assert list(run_jobs(bench.runtime, "w")) == ["done"]
    assert (bench.case(case).state, len(bench.outside.effects)) == ("ended", LONGEST_RUN + 2)


def test_stopping_finishes_what_is_in_hand_and_takes_nothing_new(bench, working):
    """After `stop` no thread runs; the jobs left are all still queued or done, none half."""
    bench.deploy(*one_job())
    cases = [bench.start(answers={"model": "x"}) for _ in range(30)]
    worker = working(threads=3)
    until(lambda: bench.outside.effects)
    worker.stop()
    states = Counter(bench.jobs(c)[0].state for c in cases)
    assert set(states) <= {"queued", "done"}
    assert states["done"] == len(bench.outside.effects)


def test_the_worker_fires_timers_and_takes_expired_leases_back(bench, working):
    """Without anybody asking: a waiting time that has passed, and a job whose worker is gone."""
    case = started(
        bench,
        (
            bpmn(
                start(form="apply"),
                catch("wait", timer="PT1H"),
                service("s", "outside.send", VALUE),
                end(),
                chain("start", "wait", "s", "end"),
            ),
            APPLY,
        ),
    )
    bench.clock.advance(timedelta(hours=1))
    drain(bench.runtime, limit=1)
    bench.use(lambda uow: uow.jobs.claim(uow.now, "lease", "gone"))
    bench.clock.advance(timedelta(hours=1))
    second = bench.start(answers={"model": "y"})
    bench.clock.advance(timedelta(hours=1))
    working(threads=2)
    until(lambda: all(bench.case(c).state == "ended" for c in (case, second)))
    assert len(bench.outside.effects) == 2


def test_a_database_that_is_away_for_a_while_stops_no_worker(bench, working, caplog):
    """The threads say so in the log and go on when it is back."""
    bench.deploy(*one_job())
    case = bench.start(answers={"model": "x"})
    working_database, failures = bench.runtime.database, []

    class Away:
        is_sqlite = True

        def transaction(self):
            failures.append(1)
            raise Unavailable(Text("连接中断", "connection lost"))

        reading = transaction

    bench.runtime.database = Away()
    with caplog.at_level(logging.WARNING):
        working(threads=2, poll=0.01)
        until(lambda: len(failures) > 5)
        bench.runtime.database = working_database
        until(lambda: bench.case(case).state == "ended")
    assert "connection lost" in caplog.text


def test_draining_stops_at_its_limit(bench):
    """Also in the midst of jobs: a diagram that makes jobs for ever does not hold the command line for ever."""
    bench.deploy(*one_job())
    for _ in range(5):
        bench.start(answers={"model": "x"})
    assert drain(bench.runtime, limit=3).total() == 3
    assert len(bench.outside.effects) == 3
    assert drain(bench.runtime).total() == 2


@pytest.mark.parametrize("place", ["before the effect", "after the effect", "taking the answer in"])
def test_a_worker_killed_in_mid_job_leaves_one_effect(database, clock, tmp_path, place):
    """kill -9 of a real process: when its lease has expired another one finishes the case, and the effect counts once."""
    outside = KeptOutside(tmp_path)
    bench = Workbench(database, clock, outside=outside, catalogue=handlers(outside))
    bench.deploy(
        bpmn(
            start(form="apply"),
            service("send", "outside.send", VALUE),
            user("look", "发证机关"),
            end(),
            chain("start", "send", "look", "end"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    kill_at(place, database, tmp_path, clock)
    assert (bench.jobs(case)[0].state, bench.jobs(case)[0].worker, bench.waiting(case)) == ("running", "doomed", [])
    clock.advance(timedelta(seconds=9))
    assert reclaim_expired(bench.runtime) == 1
    bench.work()
    assert bench.waiting(case) == ["look"]
    assert len(outside.effects) == 1
    assert outside.inquiries == 1


def kill_at(place, database, folder, clock):
    """Run a worker until it reaches the place, and kill it there."""
    tests = Path(__file__).parents[1]
    address = database.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("worker_process.py"), address, folder, place, clock.now().isoformat()],
        env={"PYTHONPATH": f"{tests}:{tests.parent}"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "here\n"
        process.kill()


def test_an_idle_worker_only_reads(bench):
    """Polling and sweeping hold nobody's lock while nothing is due."""
    started(bench, (bpmn(start(form="apply"), user("review", "发证机关"), end(), chain("start", "review", "end")), APPLY))
    with bench.statements() as seen:
        assert (bench.one_job(), reclaim_expired(bench.runtime), bench.work()) == ("idle", 0, 0)
    assert not [s for s in seen if "IMMEDIATE" in s or "FOR UPDATE" in s or s.startswith("UPDATE")]
