"""Drafts of applications; who may start what; revisions of a case; freeing a task; what answers said before."""

from datetime import timedelta

import pytest
from counter import APPLY, REVIEW, REVIEWED, actions, one_task, opened
from workbench import ANALYST, OPERATOR, OTHER_OWNER, OWNER, REVIEWER, SECOND_REVIEWER, form

from workflow_runtime import cases, drafts, inbox, startable
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.errors import Conflict, Failure, Invalid, NotAllowed, NotFound, WrongState

ADMINISTRATOR = Actor("admin", "管理员", "system", frozenset({Grant("administrator", "system")}))


@pytest.fixture
def office(bench):
    bench.deploy(REVIEWED, APPLY, REVIEW)
    return bench


def saved(bench, model="QTZ", **more):
    return bench.use(drafts.save_start_draft, "business", OWNER, {"model": model, "unknown": 1}, **more)


def test_a_draft_is_kept_bounded_and_its_owners_alone(office):
    """Unknown answers are left out; a colleague, and another person, do not learn that it exists."""
    draft = saved(office)
    assert (draft.answers, draft.revision, draft.title) == ({"model": "QTZ"}, 1, "业务")
    assert office.use(drafts.start_draft, OWNER, draft.id) == draft
    assert office.use(drafts.start_drafts, OTHER_OWNER) == []
    elsewhere = Actor(OWNER.id, OWNER.name, "owner:B", OTHER_OWNER.grants)
    for actor, wanted in ((OTHER_OWNER, draft.id), (elsewhere, draft.id), (OWNER, "no"), (OWNER, "\0"), (OWNER, "\ud800")):
        with pytest.raises(NotFound):
            office.use(drafts.start_draft, actor, wanted)
    for actor, wanted in ((OTHER_OWNER, draft.id), (OWNER, "no"), (OWNER, "\0")):
        with pytest.raises(NotFound):
            office.use(drafts.discard_start_draft, actor, wanted)
        with pytest.raises(NotFound):
            office.use(drafts.save_start_draft, "business", actor, {}, draft_id=wanted, seen=1)
    assert office.use(drafts.start_drafts, elsewhere) == []


def test_the_slower_of_two_windows_is_told(office):
    draft = saved(office)
    assert saved(office, "SC200", draft_id=draft.id, seen=1).revision == 2
    with pytest.raises(Conflict) as conflict:
        saved(office, draft_id=draft.id, seen=1)
    assert saved(office, "SC200", draft_id=draft.id, seen=1).revision == 2  # the same words are there already
    assert (conflict.value.who, conflict.value.when) == ("张三", office.clock.now())


def test_only_who_may_start_keeps_drafts_and_not_without_end(office, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 2)
    with pytest.raises(NotAllowed):
        office.use(drafts.save_start_draft, "business", REVIEWER, {})
    with pytest.raises(NotFound):
        office.use(drafts.save_start_draft, "demolition", OWNER, {})
    kept = [saved(office), saved(office)]
    with pytest.raises(WrongState) as full:
        saved(office)
    assert full.value.code == "DRAFTS_TOO_MANY"
    assert saved(office, "SC200", draft_id=kept[0].id, seen=1).revision == 2


def test_drafts_are_listed_newest_first_and_discarded(office):
    first = saved(office)
    office.clock.advance(timedelta(minutes=1))
    second = saved(office)
    assert [d.id for d in office.use(drafts.start_drafts, OWNER)] == [second.id, first.id]
    office.use(drafts.discard_start_draft, OWNER, second.id)
    assert [d.id for d in office.use(drafts.start_drafts, OWNER)] == [first.id]


def test_starting_takes_the_draft_with_it_and_a_refusal_leaves_it(office):
    draft = saved(office)
    with pytest.raises(Invalid):
        office.use(cases.start, "business", OWNER, {}, {"authority": "authority:H"}, draft=draft.id)
    assert len(office.use(drafts.start_drafts, OWNER)) == 1
    office.use(cases.start, "business", OWNER, {"model": "QTZ"}, {"authority": "authority:H"}, draft=draft.id)
    assert office.use(drafts.start_drafts, OWNER) == []


def test_nobody_starts_with_somebody_elses_draft(office):
    draft = saved(office)
    office.use(cases.start, "business", OTHER_OWNER, {"model": "QTZ"}, {"authority": "authority:H"}, draft=draft.id)
    assert len(office.use(drafts.start_drafts, OWNER)) == 1


def test_who_may_start_what(office):
    """A business whose start lies in another's lane is not on the list; nor is one that is not deployed."""
    assert [b.id for b in office.use(startable.businesses_to_start, OWNER)] == ["business"]
    assert office.use(startable.businesses_to_start, REVIEWER) == []
    assert office.use(startable.business_to_start, "business", OWNER).id == "business"
    for who, business, refused in ((REVIEWER, "business", NotAllowed), (OWNER, "x", NotFound), (OWNER, "\0", NotFound)):
        with pytest.raises(refused):
            office.use(startable.business_to_start, business, who)


CASE_STEPS = {
    "withdraw": (OWNER, cases.withdraw),
    "cancel": (OPERATOR, cases.cancel_case),
    "suspend": (OPERATOR, cases.suspend),
    "resume": (OPERATOR, cases.resume),
}


@pytest.mark.parametrize("step", CASE_STEPS)
def test_a_step_on_a_case_that_has_changed_is_refused_with_who_and_when(bench, step):
    """Whoever did something last is named; without a revision nothing is compared."""
    case = opened(bench)
    bench.use(inbox.claim, bench.task(case, "review").id, REVIEWER, 1)
    actor, use_case = CASE_STEPS[step]
    with pytest.raises(Conflict) as conflict:
        bench.use(use_case, case.number, actor, "理由", seen=case.revision)
    assert (conflict.value.who, conflict.value.when) == ("李四", bench.clock.now())


def test_a_step_on_a_case_as_it_was_seen_is_taken(bench):
    case = opened(bench)
    case = bench.use(cases.suspend, case.number, OPERATOR, "核查", seen=case.revision)
    assert bench.use(cases.resume, case.number, OPERATOR, "核毕", seen=case.revision).state == "running"


def test_an_administrator_frees_a_task_of_somebody_who_left(bench):
    case = opened(bench)
    task = bench.use(inbox.claim, bench.task(case, "review").id, REVIEWER, 1)
    for actor in (REVIEWER, SECOND_REVIEWER, OPERATOR, ANALYST):
        with pytest.raises(NotAllowed):
            bench.use(inbox.unassign, task.id, actor, "离职", task.revision)
    with pytest.raises(Conflict):
        bench.use(inbox.unassign, task.id, ADMINISTRATOR, "离职", 1)
    with pytest.raises(NotFound):
        bench.use(inbox.unassign, task.id + 1, ADMINISTRATOR, "离职", 1)
    freed = bench.use(inbox.unassign, task.id, ADMINISTRATOR, "离职", task.revision)
    assert (freed.claimed_by, freed.claimed_at) == (None, None)
    assert (bench.timeline(case)[-1].action, bench.timeline(case)[-1].opinion) == ("task.unassigned", "离职")
    with pytest.raises(WrongState):
        bench.use(inbox.unassign, task.id, ADMINISTRATOR, "离职", freed.revision)
    assert actions(bench, case) == ["case.started", "task.claimed", "task.unassigned"]


def test_a_task_that_is_done_is_not_freed(bench):
    case = opened(bench)
    task = bench.task(case, "review")
    bench.complete(case, "review", outcome="approve")
    with pytest.raises(Failure):
        bench.use(inbox.unassign, task.id, ADMINISTRATOR, "离职", task.revision + 1)


def test_what_answers_said_before_is_known_until_they_are_given_again(bench):
    """Of the last time only; a first answer, and the same answer again, have no earlier one."""
    case = opened(bench, model="QTZ40")
    assert inbox.earlier_answers(bench.variables(case), "apply") is None
    bench.complete(case, "review", outcome="reject", opinion="型号不符")
    bench.complete(case, "correct", OWNER, answers={"model": "QTZ80", "note": "已核"})
    assert inbox.earlier_answers(bench.variables(case), "apply") == {"model": "QTZ40"}
    assert inbox.earlier_answers(bench.variables(case), "review") is None
    bench.complete(case, "review", outcome="reject", opinion="备注", edits={"apply": {"model": "QTZ80"}})
    assert inbox.earlier_answers(bench.variables(case), "apply") == {"model": "QTZ80", "note": "已核"}
    bench.complete(case, "correct", OWNER, answers={"model": "QTZ80"})
    assert inbox.earlier_answers(bench.variables(case), "apply") is None


def test_a_business_says_what_its_diagram_says_of_starting(bench):
    bench.deploy(one_task(), form("apply"))
    [business] = bench.use(startable.businesses_to_start, OWNER)
    assert (business.id, business.form.key, business.documentation) == ("business", "apply", "")
