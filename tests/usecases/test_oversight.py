"""Who oversees whom: reading the cases of authorities below, counting them, and never working on them."""

from datetime import UTC, datetime

import pytest
from counter import one_task
from workbench import ANALYST, OWNER, form

from registry.authorities import load_demonstration
from registry.migrations import MIGRATIONS as BOOKS
from registry.parties import overseen
from registry.regions import load_regions
from workflow_runtime import cases, deployment, queries
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import NotFound
from workflow_runtime.inbox import claim
from workflow_runtime.runtime import Runtime
from workflow_runtime.store.database import Database
from workflow_runtime.store.migrations import MIGRATIONS as RUNTIME
from workflow_runtime.store.rows import LaneRow
from workflow_runtime.uploads import download, upload
from workflow_runtime.worklist import Wanted, worklist

REGION, HOHHOT, BAOTOU = (f"authority:{code}" for code in ("11150000MB0000000C", "11150100MB0000001L", "11150200MB0000002W"))


def person(role, party):
    return Actor(f"{role}@{party}", "某人", party, frozenset({Grant(role, party)}))


TOP = person("supervisor", REGION)
CITY = person("supervisor", HOHHOT)
CLERK = person("reviewer", f"{HOHHOT}/质量安全科")
REVIEWER = person("reviewer", REGION)


@pytest.fixture
def runtime(new_address):
    """Two authorities below one, each with a case."""
    database = Database(new_address(RUNTIME, BOOKS))
    runtime = Runtime(database, Catalogue(lambda call: call), ManualClock(datetime(2026, 3, 2, 1, tzinfo=UTC)), oversees=overseen)
    with runtime.transaction() as uow:
        load_regions(uow.connection)
        load_demonstration(uow.connection)
        for lane, role, party in (("产权单位", "applicant", "owner"), ("发证机关", "reviewer", "authority")):
            uow.library.keep_lane(LaneRow(lane, role, party))
        deployment.deploy(uow, ANALYST, [("a.bpmn", one_task(status="待审核")), form("apply", "model")])
    for authority in (HOHHOT, BAOTOU, BAOTOU):
        with runtime.transaction() as uow:
            cases.start(uow, "business", OWNER, {"model": "x"}, {"authority": authority})
    yield runtime
    database.close()


SEEN = {
    "the authority above": (TOP, 3),
    "at the city itself": (CITY, 1),
    "a department": (CLERK, 1),
    "a reviewer above, who supervises nobody": (REVIEWER, 0),
    "a supervisor elsewhere": (person("supervisor", "region:X"), 0),
    "a supervisor of an owner": (person("supervisor", OWNER.party), 3),
}


@pytest.mark.parametrize("who", SEEN)
def test_cases_of_authorities_below_are_read(runtime, who):
    """In the list, in the worklist and each by itself; tasks to do are none of them."""
    actor, number = SEEN[who]
    with runtime.reading() as uow:
        assert len(queries.cases(uow, actor)) == len(worklist(uow, actor, Wanted()).rows) == number
        assert worklist(uow, actor, Wanted(todo=True)).total == 0
        for case in queries.cases(uow, TOP):
            if case in queries.cases(uow, actor):
                assert queries.case(uow, actor, case.number).case.number == case.number
            else:
                with pytest.raises(NotFound):
                    queries.case(uow, actor, case.number)


def test_who_oversees_does_not_work(runtime):
    """A task of an authority below is not there for him."""
    with runtime.transaction() as uow:
        [task, *_] = uow.tasks.of_case(queries.cases(uow, TOP)[0].id)
        with pytest.raises(NotFound):
            claim(uow, task.id, TOP, task.revision)
        with pytest.raises(NotFound):
            queries.task(uow, TOP, task.id)


def test_a_loose_file_stays_with_its_party(runtime):
    with runtime.transaction() as uow:
        row = upload(uow, OWNER, "合同.pdf", b"%PDF-1.4\n%%EOF\n")
        with pytest.raises(NotFound):
            download(uow, TOP, row.id)


def test_statistics_count_what_the_supervisor_may_see(runtime):
    with runtime.reading() as uow:
        assert queries.statistics(uow, TOP) == [("business", "待审核", HOHHOT, 1), ("business", "待审核", BAOTOU, 2)]
        assert queries.statistics(uow, CITY) == [("business", "待审核", HOHHOT, 1)]
        assert queries.statistics(uow, person("auditor", "system")) == queries.statistics(uow, TOP)
        assert queries.statistics(uow, CLERK) == queries.statistics(uow, CITY)
        assert queries.statistics(uow, REVIEWER) == []


def test_without_books_nobody_oversees(runtime):
    """The runtime by itself knows no authorities above others."""
    alone = Runtime(runtime.database, runtime.catalogue, runtime.clock)
    with alone.reading() as uow:
        assert queries.cases(uow, TOP) == []
