"""PostgreSQL's notifications: a commit of one process wakes the workers of others at once, also after the connection was cut."""

import pytest
from drawings import one_job
from sqlalchemy import text
from test_worker import until
from workbench import Workbench

from workflow_runtime.store.database import Database
from workflow_runtime.store.migrations import MIGRATIONS
from workflow_runtime.store.notify import Notifier
from workflow_runtime.worker import Worker

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN crane_jobs'"


@pytest.fixture
def address(addresses, postgresql_server):
    given = addresses.postgresql(postgresql_server, MIGRATIONS)
    yield given
    addresses.give_back(postgresql_server, given)


@pytest.fixture
def elsewhere(address, clock):
    """Another process: it writes cases and tells by notification alone."""
    database = Database(address)
    bench = Workbench(database, clock)
    bench.runtime.dispatcher = Notifier(database)
    bench.deploy(*one_job())
    yield bench
    database.close()


@pytest.fixture
def worker(address, elsewhere, clock):
    """It would look at the table once in ten minutes."""
    database = Database(address)
    working = Worker(Workbench(database, clock, outside=elsewhere.outside).runtime, threads=1, poll=600.0)
    working.start()
    yield working
    working.stop()
    database.close()


def listeners(bench):
    with bench.database.reading() as connection:
        return connection.execute(text(LISTENERS)).scalars().all()


def test_a_commit_wakes_a_worker_of_another_process(elsewhere, worker):
    until(lambda: listeners(elsewhere))
    for _ in range(3):
        case = elsewhere.start(answers={"model": "x"})
        until(lambda case=case: elsewhere.case(case).state == "ended")


def test_a_listener_whose_connection_was_cut_comes_back_and_misses_nothing(elsewhere, worker):
    """What was committed meanwhile is done when it is back."""
    [first] = until_listening(elsewhere, other_than=None)
    with elsewhere.database.transaction() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
    case = elsewhere.start(answers={"model": "x"})
    until_listening(elsewhere, other_than=first)
    until(lambda: elsewhere.case(case).state == "ended")


def until_listening(bench, other_than):
    until(lambda: [pid for pid in listeners(bench) if pid != other_than])
    return listeners(bench)


def test_a_notification_that_cannot_be_sent_stops_nobody(elsewhere, postgresql_server):
    """The case is written; workers find its job by looking."""
    gone = Database(postgresql_server.replace("/postgres?", "/no_such_database?"))
    elsewhere.runtime.dispatcher = Notifier(gone)
    case = elsewhere.start(answers={"model": "x"})
    assert elsewhere.jobs(case)[0].state == "queued"
    gone.close()
