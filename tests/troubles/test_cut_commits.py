"""The connection to PostgreSQL is cut in the middle of a commit: what is told is true, and done again it is done once."""

from datetime import timedelta
from itertools import count
from threading import Event

import pytest
from asking import Program
from cutting import Wire
from drawings import one_job, started
from office import Office, answers_of, furnished
from sqlalchemy import create_engine, text
from workbench import MONDAY, OWNER, Workbench

from web.demonstration.filing import with_papers
from workflow_runtime import cases
from workflow_runtime.clock import ManualClock
from workflow_runtime.jobs import reclaim_expired, run_jobs
from workflow_runtime.store.database import CommitUnknown, Database, Unavailable
from workflow_runtime.store.migrations import MIGRATIONS
from workflow_runtime.worker import attempted

STOPPED = Event()
STOPPED.set()


@pytest.fixture
def wire(addresses, postgresql_server, request):
    """Leads to a database that has the tables of the runtime, or all that an office needs."""
    filling = getattr(request, "param", MIGRATIONS)
    address = addresses.postgresql(postgresql_server, filling)
    with Wire(address) as opened:
        yield opened
    addresses.give_back(postgresql_server, address)


@pytest.fixture
def bench(wire, clock):
    database = Database(wire.address)
    yield Workbench(database, clock)
    database.close()


def cases_there(bench):
    with bench.runtime.reading() as uow:
        return uow.connection.execute(text("SELECT count(*) FROM workflow_case")).scalar_one()


@pytest.mark.parametrize(("cut", "cases_after"), [("before", 0), ("after", 1), ("shutdown", 1)])
def test_a_commit_whose_answer_is_lost_is_told_as_unknown(bench, wire, cut, cases_after):
    """Never as undone: it may have taken effect. The next transaction finds a good connection."""
    bench.deploy(*one_job())
    wire.cut = cut
    with pytest.raises(CommitUnknown) as told:
        bench.start(answers={"model": "x"})
    assert (told.value.code, isinstance(told.value, Unavailable)) == ("DATABASE_OUTCOME_UNKNOWN", True)
    assert cases_there(bench) == cases_after
    assert bench.start(answers={"model": "x"}).number.endswith(str(cases_after + 1))


def test_a_connection_that_is_lost_before_the_commit_has_changed_nothing(bench):
    """Told as undone, which is true."""
    bench.deploy(*one_job())
    with pytest.raises(Unavailable) as told:
        _filed_in_vain(bench)
    assert told.value.code == "DATABASE_UNAVAILABLE"
    assert cases_there(bench) == 0


def _filed_in_vain(bench):
    with bench.runtime.transaction() as uow:
        cases.start(uow, "business", OWNER, {"model": "x"}, {"authority": "authority:H"})
        _end_connections(bench)
        uow.connection.execute(text("SELECT 1"))


def _end_connections(bench):
    admin = create_engine(bench.database.engine.url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        )
    admin.dispose()


def cut_in(bench, wire, cut, commit):
    """The so manieth commit of a transaction from now on is cut; readers' are not counted."""
    cutting, original = count(1), bench.database.transaction

    def counted():
        if next(cutting) == commit:
            wire.cut = cut
        return original()

    bench.database.transaction = counted


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("commit", [1, 2])
def test_a_workers_commit_is_cut_and_the_job_has_one_effect(bench, wire, clock, cut, commit):
    """Its claim, or the answer that it takes in: the lease runs out, the other side is asked, nothing is sent twice."""
    case, original = started(bench, one_job()), bench.database.transaction
    cut_in(bench, wire, cut, commit)
    assert attempted(bench.runtime, "w", stopping=STOPPED) == 0
    bench.database.transaction = original
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        reclaim_expired(bench.runtime)
        attempted(bench.runtime, "w", stopping=STOPPED)
    assert (bench.case(case).state, len(bench.outside.effects), bench.incidents(case)) == ("ended", 1, [])


@pytest.mark.parametrize("cut", ["before", "after"])
def test_an_answer_whose_commit_is_cut_is_brought_again(bench, wire, cut):
    """The lease tells whether it was taken in the first time: nothing waits, and the other side is not asked again."""
    case = started(bench, one_job())
    cut_in(bench, wire, cut, 2)
    assert list(run_jobs(bench.runtime, "w", again=lambda: True)) == ["done" if cut == "before" else "stale"]
    assert (bench.case(case).state, len(bench.outside.effects), bench.outside.inquiries) == ("ended", 1, 0)


@pytest.mark.parametrize("wire", [furnished], indirect=True)
@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_program_that_repeats_its_request_under_its_key_files_once(wire, cut, tmp_path):
    """Each commit of the request is cut in turn: 503 with the time to come again. In the end there is one filing, whichever it was."""
    with Office(wire.address, tmp_path, ManualClock(MONDAY)) as office:
        program, codes = Program(office.runtime, "zhang"), []
        answers = with_papers(office.runtime, office.owner, answers_of("tower_crane"))
        for spared in range(10):
            wire.cut, wire.spared = cut, spared
            answer = program.post("/businesses/new_filing/cases", {"answers": answers}, key="once")
            if answer.status == 201:
                break
            codes.append(answer.json["code"])
            assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (503, True)
        wire.cut = None
        assert (set(codes) <= {"DATABASE_UNAVAILABLE", "DATABASE_OUTCOME_UNKNOWN"}, codes.count("DATABASE_OUTCOME_UNKNOWN")) == (True, 1)
        number = program.post("/businesses/new_filing/cases", {"answers": answers}, key="once", expect=201).json["number"]
        assert [case["number"] for case in program.get("/cases").json["rows"]] == [number]
