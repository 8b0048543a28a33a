"""Starting cases and stopping them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from counter import APPLY, REVIEW, actions, everything, one_task, opened
from diagrams import boundary, bpmn, chain, end, exclusive, start, user
from workbench import OPERATOR, OTHER_OWNER, OWNER, REVIEWER, SAFETY, form

from workflow_runtime import cases, queries
from workflow_runtime.actors import Actor
from workflow_runtime.errors import Invalid, NotAllowed, NotFound, WrongState


def owners_only():
    """A business that only somebody in the lane of the owner may start."""
    drawn = one_task().decode()
    assert "<bpmn:laneSet" in drawn
    lane = '<bpmn:lane id="lane_owner" name="产权单位"><bpmn:flowNodeRef>start</bpmn:flowNodeRef></bpmn:lane>'
    return drawn.replace('<bpmn:laneSet id="lanes">', f'<bpmn:laneSet id="lanes">{lane}').encode()


def test_the_start_lane_decides_who_may_start(bench):
    """Somebody with the owner's role, for his own party; nobody else, and nothing is written for him."""
    bench.deploy(owners_only(), APPLY)
    assert bench.start(actor=OWNER, answers={"model": "x"}).parties["owner"] == "owner:A"
    assert bench.start(actor=OTHER_OWNER, answers={"model": "x"}).parties["owner"] == "owner:B"
    for nobody in (REVIEWER, OPERATOR, Actor("x", "无角色", "owner:A")):
        with pytest.raises(NotAllowed):
            bench.start(actor=nobody, answers={"model": "x"})
    with bench.runtime.reading() as uow:
        assert len(queries.cases(uow, OPERATOR)) == 2


def test_without_a_start_lane_only_people_of_a_party_may_start(bench):
    """Somebody with a role at the party that he belongs to; a role elsewhere does not count."""
    bench.deploy(one_task(), APPLY)
    assert bench.start(actor=OWNER, answers={"model": "x"}).parties["owner"] == "owner:A"
    for nobody in (SAFETY, Actor("x", "无角色", "owner:A")):
        with pytest.raises(NotAllowed):
            bench.start(actor=nobody, answers={"model": "x"})


def test_a_business_that_does_not_exist(bench):
    """Also a process that can only be called, and keys that no database could look up."""
    bench.deploy(one_task(), APPLY, ("inner.bpmn", bpmn(start(), end(), chain("start", "end"), id="inner")))
    for business in ("nothing", "", "inner", "a\x00b", "\ud800", "x" * 500):
        with pytest.raises(NotFound):
            bench.start(business, answers={"model": "x"})


HOSTILE = [
    {"model": None},
    {"model": ""},
    {"model": ["x"]},
    {"model": {"a": 1}},
    {"model": 5},
    {"model": "a\x00b"},
    {"model": "\ud800"},
    {"model": "x" * 10**6},
    {"model": "x", "unknown": 1},
    {"model": "x", "outcome": "approve"},
    {"model": "x", "__class__": 1},
    {"model": "x", "case": {"number": "1"}},
    {"model": "x", 5: 5},
]


def test_hostile_answers_are_refused_and_leave_nothing(bench):
    """Wrong types, characters that cannot be stored, unknown fields: a list of fields, never a traceback, no case and no number used."""
    bench.deploy(one_task(), APPLY)
    before = everything(bench)
    for answers in HOSTILE:
        with pytest.raises(Invalid) as invalid:
            bench.start(answers=answers)
        assert invalid.value.fields
    assert everything(bench) == before


def test_parties_come_from_the_diagram(bench):
    """`parties` names the answers that say who is concerned; what is blank is left out, a caller that knows better wins."""
    two = form("apply", "authority", "second")
    drawn = bpmn(
        start(form="apply"),
        user("task", "发证机关"),
        end(),
        chain("start", "task", "end"),
        parties="authority=apply.authority；deputy = apply.second",
    )
    bench.deploy(drawn, two)
    with bench.runtime.transaction() as uow:
        case = cases.start(uow, "business", OWNER, {"authority": "authority:H"})
    assert case.parties == {"owner": "owner:A", "authority": "authority:H"}
    assert bench.waiting(case) == ["task"]
    case = bench.start(answers={"authority": "authority:X", "second": "authority:Y"}, parties={"authority": "authority:H"})
    assert case.parties == {"owner": "owner:A", "authority": "authority:H", "deputy": "authority:Y"}
    for unknown in ("", "x" * 161):
        with pytest.raises((Invalid, NotFound)):
            bench.use(cases.start, "business", OWNER, {"authority": unknown})


def test_numbers_are_never_double(bench):
    """Forty cases by eight threads: forty numbers without a gap, and each with its own chain of entries."""
    bench.deploy(one_task(), APPLY)
    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda n: bench.start(answers={"model": str(n)}), range(40)))
    assert sorted(c.number for c in started) == [f"2026{n:07d}" for n in range(1, 41)]
    assert {len(bench.timeline(c)) for c in started} == {1}


def test_a_number_is_of_the_year_in_china(bench):
    """At 00:30 on New Year's Day in Hohhot it is still December in UTC."""
    from datetime import UTC, datetime

    bench.deploy(one_task(), APPLY)
    bench.clock.advance(datetime(2026, 12, 31, 16, 30, tzinfo=UTC) - bench.clock.now())
    assert bench.start(answers={"model": "x"}).number == "20270000001"


def withdrawable(bench):
    bench.deploy(
        bpmn(
            start(form="apply"),
            user("review", "发证机关", form="review", status="待审核"),
            boundary("withdrawn", "review", message="withdraw"),
            user("seal", "发证机关", status="签章中"),
            exclusive("merge"),
            end("done"),
            end("gone", status="已撤回"),
            chain("start", "review", "seal", "merge", "done"),
            chain("withdrawn", "gone"),
        ),
        APPLY,
        REVIEW,
    )
    return bench.start(answers={"model": "x"})


def test_the_owner_withdraws_where_the_diagram_lets_him(bench):
    """There and only there, he and nobody else, once."""
    case = withdrawable(bench)
    for nobody in (OTHER_OWNER, REVIEWER, Actor(OWNER.id, OWNER.name, OWNER.party)):
        with pytest.raises(NotFound):
            bench.use(cases.withdraw, case.number, nobody)
    case = bench.use(cases.withdraw, case.number, OWNER, "型号有误")
    assert (case.state, case.status, bench.waiting(case)) == ("ended", "已撤回", [])
    assert bench.variables(case)["withdrawn"]["reason"] == "型号有误"
    assert actions(bench, case) == ["case.started", "case.withdrawn"]
    with pytest.raises(WrongState):
        bench.use(cases.withdraw, case.number, OWNER)
    later = bench.start(answers={"model": "x"})
    bench.complete(later, "review")
    with pytest.raises(WrongState) as refusal:
        bench.use(cases.withdraw, later.number, OWNER)
    assert "签章中" in refusal.value.message.zh


STOPS = {
    "withdraw": lambda bench, number, actor, reason: bench.use(cases.withdraw, number, actor, reason),
    "cancel": lambda bench, number, actor, reason: bench.use(cases.cancel_case, number, actor, reason),
    "suspend": lambda bench, number, actor, reason: bench.use(cases.suspend, number, actor, reason),
    "resume": lambda bench, number, actor, reason: bench.use(cases.resume, number, actor, reason),
}


@pytest.mark.parametrize("stop", STOPS)
def test_reasons_are_words(bench, stop):
    """Too long, or not to be stored: refused by name, and nothing has happened."""
    case = withdrawable(bench)
    actor = OWNER if stop == "withdraw" else OPERATOR
    before = everything(bench)
    for reason in ("x" * 2001, "a\x00", "\udfff"):
        with pytest.raises(Invalid) as invalid:
            STOPS[stop](bench, case.number, actor, reason)
        assert invalid.value.fields[0].field == "reason"
    assert everything(bench) == before


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("reason", ["", " \n"], ids=["nothing", "blank"])
def test_who_steps_in_from_outside_says_why(bench, stop, reason):
    """An owner may take back what is his without a word."""
    case = withdrawable(bench)
    if stop == "withdraw":
        assert STOPS[stop](bench, case.number, OWNER, reason).revision > case.revision
        return
    before = everything(bench)
    with pytest.raises(Invalid) as invalid:
        STOPS[stop](bench, case.number, OPERATOR, reason)
    assert [wrong.field for wrong in invalid.value.fields] == ["reason"]
    assert everything(bench) == before


def test_a_case_that_does_not_exist(bench):
    """Whatever is written in place of its number."""
    for number in ("", "20260000099", "\x00", "\ud800", "x" * 999):
        for stop in STOPS.values():
            with pytest.raises(NotFound):
                stop(bench, number, OPERATOR, "x")


@pytest.mark.parametrize("stop", ["cancel", "suspend", "resume"])
def test_only_operators_stop_cases(bench, stop):
    """Neither the owner nor the reviewer."""
    case = opened(bench)
    for nobody in (OWNER, REVIEWER):
        with pytest.raises(NotAllowed):
            STOPS[stop](bench, case.number, nobody, "x")
    assert bench.case(case).state == "running"


def test_a_suspended_case_goes_on_where_it_was(bench):
    """Suspended once, resumed once; its tasks are the same as before."""
    case = opened(bench)
    before = bench.tasks(case)
    bench.use(cases.suspend, case.number, OPERATOR, "核查")
    for wrong in ("suspend", "withdraw"):
        with pytest.raises(WrongState):
            STOPS[wrong](bench, case.number, OPERATOR if wrong == "suspend" else OWNER, "x")
    bench.use(cases.resume, case.number, OPERATOR, "核查完毕")
    with pytest.raises(WrongState):
        bench.use(cases.resume, case.number, OPERATOR, "x")
    assert bench.tasks(case) == before
    assert actions(bench, case) == ["case.started", "case.suspended", "case.resumed"]


def test_a_cancelled_case_is_over(bench):
    """Its tasks are gone, it is cancelled once, and says when."""
    case = opened(bench)
    case = bench.use(cases.cancel_case, case.number, OPERATOR, "重复申请")
    assert (case.state, case.status, case.next_due, case.ended_at) == ("cancelled", "已终止", None, bench.clock.now())
    assert bench.waiting(case) == []
    for stop in STOPS:
        with pytest.raises(WrongState):
            STOPS[stop](bench, case.number, OWNER if stop == "withdraw" else OPERATOR, "x")
