"""A disk that is full, a database that may not be written: told in words, nothing half-done, and it goes on by itself afterwards."""

from datetime import timedelta
from itertools import count
from threading import Event

import pytest
from asking import Program
from drawings import one_job, started, teach
from office import Office, answers_of, furnished
from sqlalchemy import event, text
from workbench import MONDAY, Workbench

from web.demonstration.filing import with_papers
from workflow_runtime.clock import ManualClock
from workflow_runtime.handlers import service_task
from workflow_runtime.jobs import reclaim_expired, run_jobs
from workflow_runtime.store.database import Database, Unavailable
from workflow_runtime.store.migrations import MIGRATIONS
from workflow_runtime.worker import attempted

ROOM = 2**30
STOPPED = Event()
STOPPED.set()
FULL, READ_ONLY = "DATABASE_FULL", "DATABASE_READ_ONLY"


class Disk:
    """How SQLite finds its disk: `pages` that the file may have, and whether it may be written."""

    def __init__(self, engine):
        self.engine, self.pages, self.read_only = engine, ROOM, False
        event.listen(engine, "checkout", self._settle)

    def _settle(self, connection, *_):
        connection.execute(f"PRAGMA max_page_count={self.pages}")
        connection.execute(f"PRAGMA query_only={'ON' if self.read_only else 'OFF'}")

    def breaks(self, code):
        """Full: no page more than there are. SQLite uses up what is free in its last pages first, so it takes some more rows."""
        self.pages, self.read_only = (1, False) if code == FULL else (ROOM, True)

    def heals(self):
        self.pages, self.read_only = ROOM, False


@pytest.fixture
def bench(addresses, clock):
    database = Database(addresses.sqlite(MIGRATIONS))
    yield Workbench(database, clock)
    database.close()


def rows(database):
    """All that is stored."""
    with database.reading() as connection:
        return list(connection.connection.driver_connection.iterdump())


def refused(act, code, most=300):
    """Done until it is refused so; gives the failure."""
    for _ in range(most):
        try:
            act()
        except Unavailable as failure:
            if failure.code != code:
                raise
            return failure
    raise AssertionError("it was never refused")


@pytest.mark.parametrize("code", [FULL, READ_ONLY])
def test_nothing_is_half_done_and_it_goes_on_when_there_is_room(bench, code):
    """Starting, completing, working: each is refused in words and leaves every row as it was; no restart is needed."""
    disk, case = Disk(bench.database.engine), started(bench, one_job())
    disk.breaks(code)
    refused(lambda: bench.start(answers={"model": "x" * 500}), code)
    before = rows(bench.database)
    failure = refused(lambda: bench.start(answers={"model": "x" * 5000}), code, most=1)
    assert rows(bench.database) == before
    assert all((*failure.message, *failure.remedy))
    disk.heals()
    assert attempted(bench.runtime, "w", stopping=STOPPED) > 0
    bench.work()
    assert (bench.case(case).state, bench.incidents(case)) == ("ended", [])


@pytest.mark.parametrize("code", [FULL, READ_ONLY])
def test_a_worker_loses_no_job_and_does_not_spin(bench, clock, code):
    """Each try ends as idle, so the worker pauses. On a full disk a claim may still find room and its answer none: then the job is in doubt,

    is asked for, and has one effect all the same.
    """
    disk, found = Disk(bench.database.engine), [started(bench, one_job())]
    disk.breaks(code)
    refused(lambda: found.append(bench.start(answers={"model": "x" * 500})), code)
    assert [attempted(bench.runtime, "w", stopping=STOPPED) for _ in range(100)][-1] == 0
    assert code == FULL or bench.outside.effects == [], "what cannot be claimed is not sent"
    disk.heals()
    clock.advance(timedelta(hours=1))
    reclaim_expired(bench.runtime)
    bench.work()
    assert [(bench.case(case).state, bench.incidents(case)) for case in found] == [("ended", [])] * len(found)
    assert len(bench.outside.effects) == len(found)


def test_an_answer_waits_for_the_database_as_long_as_its_job_is_ours(bench, clock):
    """It is brought again and again, and the other side is not asked a second time; once somebody else may have the job, it is given up."""
    disk = Disk(bench.database.engine)

    @service_task("outside.while_it_breaks", replay="key")
    def while_it_breaks(ctx, value: str) -> dict:
        disk.breaks(READ_ONLY)
        return {}

    teach(bench, while_it_breaks)
    case, pauses = started(bench, one_job("outside.while_it_breaks")), count(1)

    def healed():
        if next(pauses) == 3:
            disk.heals()
        return True

    assert list(run_jobs(bench.runtime, "w", again=healed)) == ["done"]
    assert (bench.case(case).state, next(pauses)) == ("ended", 4)
    started(bench, one_job("outside.while_it_breaks"))
    with pytest.raises(Unavailable):
        list(run_jobs(bench.runtime, "w", again=lambda: clock.advance(timedelta(seconds=30)) is None and next(pauses) < 20))
    assert next(pauses) < 20
    disk.heals()
    assert reclaim_expired(bench.runtime) == 1


@pytest.mark.parametrize("code", [FULL, READ_ONLY])
def test_people_and_programs_are_told(addresses, tmp_path, code):
    """503 with code, sentence, remedy and the time to come again; reading goes on; the same request is taken afterwards."""
    with Office(addresses.sqlite(furnished), tmp_path, ManualClock(MONDAY)) as office:
        program = Program(office.runtime, "zhang")
        answers = with_papers(office.runtime, office.owner, answers_of("tower_crane"))
        disk = Disk(office.runtime.database.engine)
        disk.breaks(code)
        if code == FULL:
            refused(lambda: fill(office), code, most=1)
        told = program.post("/businesses/new_filing/cases", {"answers": answers}, key="once")
        assert (told.status, told.code, told.headers["Retry-After"]) == (503, code, "10")
        assert "只读" in told.json["message"]["zh"] or "已满" in told.json["message"]["zh"]
        assert program.get("/cases").json["rows"] == []
        disk.heals()
        program.post("/businesses/new_filing/cases", {"answers": answers}, key="once", expect=201)


def test_several_tasks_under_one_key_are_tried_again_after_an_outage(addresses, tmp_path):
    """What the database could not take in is no first answer: the same request does what is left."""
    with Office(addresses.sqlite(furnished), tmp_path, ManualClock(MONDAY)) as office:
        reviewer, disk = Program(office.runtime, "li.150100"), Disk(office.runtime.database.engine)
        numbers = [office.file(serial_no=f"B-{n}") for n in range(2)]
        for number in numbers:
            office.to_the_button(number)
        found = [row["task"] for row in reviewer.get("/tasks?element=aggregate_button").json]
        wanted = {"tasks": [{"id": task["id"], "revision": task["revision"]} for task in found], "outcome": "push"}
        disk.breaks(READ_ONLY)
        told = reviewer.post("/completions", wanted, key="once", expect=200).json
        assert [each["failure"]["code"] for each in told] == [READ_ONLY] * 2
        disk.heals()
        assert [each["failure"] for each in reviewer.post("/completions", wanted, key="once", expect=200).json] == [None] * 2


def fill(office):
    """Takes all room that there is."""
    with office.runtime.transaction() as uow:
        uow.connection.execute(text("CREATE TABLE ballast (x)"))
    while True:
        with office.runtime.transaction() as uow:
            uow.connection.execute(text("INSERT INTO ballast VALUES (zeroblob(400))"))
