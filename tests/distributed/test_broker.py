"""Celery and a real broker: it brings job numbers to workers in other processes, and whatever it does with them, each job is done once."""

from collections import Counter
from contextlib import closing
from datetime import timedelta

import pytest
from desk import until
from drawings import one_job
from fed_worker import KeptEffects
from redis import Redis
from workbench import Workbench, handlers

from workflow_runtime.celery_delivery import QUEUE, CeleryDispatcher, Redelivery, application
from workflow_runtime.clock import SystemClock
from workflow_runtime.errors import Failure

PATIENCE = 60.0


@pytest.fixture
def bench(database, broker, tmp_path):
    """This process writes cases and does no jobs."""
    made = Workbench(database, SystemClock(), catalogue=handlers(KeptEffects(tmp_path)))
    made.runtime.dispatcher = CeleryDispatcher(application(broker.address))
    made.deploy(*one_job())
    made.kept = KeptEffects(tmp_path)
    return made


def ended(bench, cases):
    return all(bench.case(case).state == "ended" for case in cases)


def test_two_workers_share_what_the_broker_brings(bench, workers):
    """Forty cases, every job delivered and done once, by both processes."""
    workers()
    workers()
    cases = [bench.start(answers={"model": f"m{n}"}) for n in range(40)]
    until(lambda: ended(bench, cases), PATIENCE)
    assert set(Counter(key for key, _ in bench.kept.effects).values()) == {1}
    assert len(bench.kept.effects) == 40


def test_deliveries_that_are_doubled_late_or_about_nothing_do_no_harm(bench, workers):
    cases = [bench.start(answers={"model": "x"}) for _ in range(5)]
    numbers = [bench.jobs(case)[0].id for case in cases]
    for _ in range(3):
        bench.runtime.dispatcher.deliver([*reversed(numbers), 999_999])
    workers()
    until(lambda: ended(bench, cases), PATIENCE)
    bench.runtime.dispatcher.deliver(numbers)
    last = bench.start(answers={"model": "last"})
    until(lambda: ended(bench, [last]), PATIENCE)
    assert len(bench.kept.effects) == 6


def test_with_the_broker_down_cases_are_written_and_delivery_resumes_by_itself(bench, workers, broker):
    """Nobody waits for it, nothing is lost; a worker that was there all the time goes on when it is back."""
    workers()
    first = bench.start(answers={"model": "x"})
    until(lambda: ended(bench, [first]), PATIENCE)
    broker.stop()
    cases = [bench.start(answers={"model": "y"}) for _ in range(5)]
    assert [bench.jobs(case)[0].state for case in cases] == ["queued"] * 5
    broker.start()
    until(lambda: ended(bench, cases), PATIENCE)
    assert len(bench.kept.effects) == 6


def test_a_sweep_delivers_what_is_due_and_does_not_repeat_itself(database, clock, broker):
    """Lost deliveries, and retries whose time has come; what has only just become due is on its way already."""
    bench = Workbench(database, clock)
    bench.deploy(*one_job())
    redelivery = Redelivery(bench.runtime, CeleryDispatcher(application(broker.address)))
    bench.start(answers={"model": "x"})
    assert redelivery.deliver() == 0
    clock.advance(timedelta(seconds=5))
    assert (redelivery.deliver(), redelivery.deliver()) == (1, 0)
    with closing(Redis.from_url(broker.address)) as client:
        assert client.llen(QUEUE) == 1


def test_an_address_of_no_broker_is_told():
    with pytest.raises(Failure) as failed:
        application("http://127.0.0.1:1")
    assert failed.value.code == "BROKER_ADDRESS"
