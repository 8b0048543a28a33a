"""Who sees which case, and how cases are found."""

import json

import pytest
from counter import one_task
from workbench import LICENSING, OPERATOR, OTHER_OWNER, OWNER, REVIEWER, SAFETY, STRANGER

from workflow_runtime import queries
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.errors import NotAllowed, NotFound

AUDITOR = Actor("han", "韩一", "system", frozenset({Grant("auditor", "system")}))
ADMINISTRATOR = Actor("he", "何二", "system", frozenset({Grant("administrator", "system")}))
SUPERVISOR = Actor("hu", "胡三", "region:X", frozenset({Grant("supervisor", "region:X")}))
NOBODY = Actor("nobody", "无", "")

MANUFACTURER = (
    "apply.form",
    json.dumps(
        {
            "schemaVersion": 18, "type": "default", "id": "apply",
            "components": [
                {"type": "textfield", "id": "m", "key": "maker", "label": "制造单位", "properties": {"searchable": "true"}},
                {"type": "textfield", "id": "n", "key": "note", "label": "备注"},
            ],
        },
        ensure_ascii=False,
    ).encode(),
)  # fmt: skip


@pytest.fixture
def bench(bench):
    bench.deploy(one_task("安全科", status="审核中"), ("other.bpmn", one_task(business="other")), MANUFACTURER)
    return bench


def listed(bench, actor, **named):
    with bench.runtime.reading() as uow:
        return [row.number for row in queries.cases(uow, actor, **named)]


SEES = {
    "owner": OWNER,
    "reviewer": REVIEWER,
    "department": SAFETY,
    "other department": LICENSING,
    "operator": OPERATOR,
    "auditor": AUDITOR,
    "administrator": ADMINISTRATOR,
}
WITHOUT_ROLES = Actor(OWNER.id, OWNER.name, OWNER.party)
"""The owner's own person, after his roles were taken away."""

SEES_NOT = {
    "without roles": WITHOUT_ROLES,
    "other owner": OTHER_OWNER,
    "other authority": STRANGER,
    "nobody": NOBODY,
    "supervisor elsewhere": SUPERVISOR,
}


@pytest.mark.parametrize("who", SEES)
def test_a_case_is_seen(bench, who):
    """By its parties with their departments, and by the roles that see all: in the list, itself, its timeline and its data."""
    case = bench.start(answers={"maker": "甲"})
    assert listed(bench, SEES[who]) == [case.number]
    with bench.runtime.reading() as uow:
        assert queries.case(uow, SEES[who], case.number).tasks[0].element == "task"
        assert [e.action for e in queries.timeline(uow, SEES[who], case.number)] == ["case.started"]
        assert queries.variables(uow, SEES[who], case.number) == {"apply": {"maker": "甲"}}


@pytest.mark.parametrize("who", SEES_NOT)
def test_a_case_is_not_seen(bench, who):
    """By anybody else, in the words in which a case is told that does not exist."""
    case = bench.start(answers={"maker": "甲"})
    assert listed(bench, SEES_NOT[who]) == []
    with bench.runtime.reading() as uow:
        for query in (queries.case, queries.timeline, queries.variables):
            with pytest.raises(NotFound) as refusal:
                query(uow, SEES_NOT[who], case.number)
            assert refusal.value.message.en == f"Case {case.number} does not exist, or you may not see it."


def test_a_case_that_does_not_exist(bench):
    """Whatever is written in place of its number."""
    for number in ("", "20269999999", "\x00", "\ud800", "x" * 1000):
        with bench.runtime.reading() as uow, pytest.raises(NotFound):
            queries.case(uow, OPERATOR, number)


PARTS = [
        ("起重", 2), ("内蒙古第一", 1), ("第一起重机", 1), ("QTZ", 1), ("ｑｔｚ", 1), ("qtz 80", 1), ("厂（", 1), ("厂(", 1),
        ("%", 0), ("_", 0), ("'", 0), ("备注", 0), ("\x00", 0), ("\ud800", 0), ("", 3), ("不存在", 0), ("x" * 5000, 0),
    ]  # fmt: skip


def test_part_of_a_name_finds_the_case(bench):
    """Chinese or not, wide or narrow letters, any case; wildcards are letters like others; only what is searchable."""
    for maker in ("内蒙古第一起重机厂（集团）", "起重设备公司", "QTZ80 有限公司"):
        bench.start(answers={"maker": maker, "note": "备注"})
    for part, found in PARTS:
        assert len(listed(bench, OWNER, containing=part)) == found, part
        assert listed(bench, OTHER_OWNER, containing=part) == []


def test_cases_are_filtered_and_turned_page_by_page(bench):
    """The newest first; by status and business; a page goes on where the last one ended."""
    numbers = [bench.start(("business", "other")[n % 2], answers={"maker": "甲"}).number for n in range(7)]
    assert listed(bench, OWNER) == numbers[::-1]
    assert listed(bench, OWNER, status="审核中") == numbers[::-2]
    assert listed(bench, OWNER, business="other", limit=2) == [numbers[5], numbers[3]]
    pages, after = [], None
    with bench.runtime.reading() as uow:
        while page := queries.cases(uow, OWNER, after=after, limit=3):
            pages += [row.number for row in page]
            after = page[-1].id
    assert pages == numbers[::-1]


def test_the_inbox_shows_what_was_answered(bench):
    """Searchable answers are the columns of the list."""
    bench.start(answers={"maker": "甲厂", "note": "x"})
    with bench.runtime.reading() as uow:
        assert [dict(item.fields) for item in queries.inbox(uow, SAFETY)] == [{"maker": "甲厂"}]


def test_operations_are_for_operators(bench):
    """Jobs, incidents and numbers of all cases."""
    bench.start(answers={"maker": "甲"})
    with bench.runtime.reading() as uow:
        assert queries.statistics(uow, AUDITOR) == [("business", "审核中", "authority:H", 1)]
        assert (queries.jobs(uow, OPERATOR), queries.incidents(uow, ADMINISTRATOR)) == ([], [])
        assert queries.statistics(uow, OTHER_OWNER) == []
        for query in (queries.jobs, queries.incidents):
            with pytest.raises(NotAllowed):
                query(uow, OWNER)
        assert [d.business for d in queries.businesses(uow)] == ["business", "other"]


@pytest.mark.parametrize("impossible", ["\0", "\ud800"])
def test_what_no_row_can_hold_is_found_nowhere(bench, impossible):
    """A filter that the database could not even be asked for is an empty page."""
    bench.start(answers={"maker": "甲"})
    with bench.runtime.reading() as uow:
        for name in ("status", "business", "containing"):
            assert queries.cases(uow, OPERATOR, **{name: impossible}) == []
        assert queries.inbox(uow, SAFETY, element=impossible) == []
        assert queries.jobs(uow, OPERATOR, state=impossible) == []


def test_a_page_behind_a_number_that_no_row_can_have(bench):
    """The newest cases come before it, no task comes after it."""
    case = bench.start(answers={"maker": "甲"})
    with bench.runtime.reading() as uow:
        assert [row.number for row in queries.cases(uow, OPERATOR, after=2**70)] == [case.number]
        assert queries.inbox(uow, SAFETY, after=(None, 2**70)) == []


def plan(bench, query):
    """How SQLite finds the rows of the last statement of a query."""
    with bench.runtime.reading() as uow:
        with bench.statements() as seen:
            query(uow)
        values = [1] * seen[-1].count("?")
        return [row[3] for row in uow.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {seen[-1]}", tuple(values))]


def test_lists_look_at_their_own_rows_only(bench):
    """An inbox of several roles does not walk everybody's tasks, a list of jobs not all that are done."""
    if not bench.database.is_sqlite:
        pytest.skip("PostgreSQL chooses its plans by the rows that there are")
    several = Actor("two", "两", "authority:H", SAFETY.grants | LICENSING.grants)
    found = plan(bench, lambda uow: uow.tasks.inbox(several.grants, case_id=None, element=None, after=None, limit=50))
    assert any("ix_user_task_inbox (party=? AND role=?" in line for line in found), found
    found = plan(bench, lambda uow: queries.jobs(uow, OPERATOR, state="done"))
    assert not any("TEMP B-TREE" in line for line in found), found
