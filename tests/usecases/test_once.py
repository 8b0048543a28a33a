"""A thing is done once under a key: a retry gets the first answer, a failure may be tried again, a key belongs to one person and request."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from counter import FILED, one_task
from workbench import OTHER_OWNER, OWNER

from workflow_runtime import cases, queries
from workflow_runtime.errors import Invalid
from workflow_runtime.once import InFlight, KeyReused, earlier, remember


def do_once(bench, key="k1", fingerprint="f1", actor=OWNER, answer="done", fail=False):
    """Open a case unless it was opened under this key; what is told is whose number it is."""
    with bench.runtime.transaction() as uow:
        told = earlier(uow, actor, key, fingerprint)
        if told is not None:
            return told
        number = cases.start(uow, "business", actor, {"model": "x"}, {"authority": "authority:H"}).number
        if fail:
            raise ZeroDivisionError
        remember(uow, actor, key, fingerprint, {"number": number, "answer": answer})
        return {"number": number, "answer": answer}


@pytest.fixture
def bench(bench):
    bench.deploy(one_task(form="filed"), FILED)
    return bench


def opened(bench, actor=OWNER):
    with bench.runtime.reading() as uow:
        return len(queries.cases(uow, actor))


def test_a_retry_gets_the_first_answer(bench):
    first = do_once(bench)
    assert do_once(bench, answer="other") == first
    assert opened(bench) == 1


def test_another_key_is_another_thing(bench):
    assert do_once(bench, "k1") != do_once(bench, "k2")


def test_a_key_with_another_request_is_refused(bench):
    do_once(bench)
    with pytest.raises(KeyReused):
        do_once(bench, fingerprint="f2")
    assert opened(bench) == 1


def test_keys_are_each_persons_own(bench):
    do_once(bench)
    do_once(bench, actor=OTHER_OWNER, fingerprint="f2")
    assert opened(bench, OTHER_OWNER) == 1


def test_what_failed_may_be_tried_again(bench):
    with pytest.raises(ZeroDivisionError):
        do_once(bench, fail=True)
    do_once(bench)
    assert opened(bench) == 1


def test_keys_are_forgotten_after_a_week(bench):
    do_once(bench)
    bench.clock.advance(timedelta(days=7))
    do_once(bench)
    assert opened(bench) == 1
    bench.clock.advance(timedelta(seconds=1))
    do_once(bench, fingerprint="f2")
    assert opened(bench) == 2


@pytest.mark.parametrize("key", ["", "k" * 129, "键", "a\x00b", "a\nb"], ids=["empty", "long", "chinese", "nul", "line"])
def test_an_unusable_key_is_refused(bench, key):
    with pytest.raises(Invalid):
        do_once(bench, key)
    assert opened(bench) == 0


def test_two_at_once_do_it_once(bench):
    """The second one is told to wait (PostgreSQL), or waits by itself and gets the first one's answer (SQLite)."""
    begun, second_asked = Event(), Event()

    def first():
        with bench.runtime.transaction() as uow:
            assert earlier(uow, OWNER, "k1", "f1") is None
            begun.set()
            second_asked.wait(0.3)
            number = cases.start(uow, "business", OWNER, {"model": "x"}, {"authority": "authority:H"}).number
            remember(uow, OWNER, "k1", "f1", {"number": number, "answer": "done"})
            return {"number": number, "answer": "done"}

    def second():
        begun.wait()
        try:
            return do_once(bench)
        except InFlight as failure:
            return failure.code
        finally:
            second_asked.set()

    with ThreadPoolExecutor(2) as pool:
        told, answer = pool.submit(first), pool.submit(second)
        assert answer.result() == (told.result() if bench.database.is_sqlite else "IN_FLIGHT")
    assert opened(bench) == 1
    assert do_once(bench) == told.result()
