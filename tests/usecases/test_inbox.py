"""Working on a user task: claim, release, delegate, drafts, completion, several at once, and the list of tasks."""

from datetime import timedelta

import pytest
from counter import APPLY, REVIEW, REVIEWED, actions, everything, one_task, opened
from workbench import LICENSING, OPERATOR, OTHER_OWNER, OWNER, REVIEWER, SECOND_REVIEWER, STRANGER

from workflow_runtime import cases, inbox, queries
from workflow_runtime.errors import Conflict, Failure, Invalid, NotAllowed, NotFound, WrongState


@pytest.fixture
def case(bench):
    return opened(bench)


def review(bench, case):
    return bench.task(case, "review")


def test_a_claimed_task_is_one_persons(bench, case):
    """A colleague is told who has it and since when; the same person may go on."""
    task = bench.use(inbox.claim, review(bench, case).id, REVIEWER, 1)
    assert (task.claimed_by, task.claimed_name, task.revision) == ("li", "李四", 2)
    with pytest.raises(Conflict) as conflict:
        bench.use(inbox.claim, task.id, SECOND_REVIEWER, 2)
    assert (conflict.value.who, conflict.value.when) == ("李四", bench.clock.now())
    assert "李四 2026-03-02 09:00:00 已签收该任务" in conflict.value.message.zh
    assert bench.complete(case, "review", REVIEWER, outcome="approve").state == "ended"
    assert actions(bench, case) == ["case.started", "task.claimed", "task.completed"]


def test_a_released_task_is_everyones_again(bench, case):
    """Only the one who has it gives it back."""
    task = bench.use(inbox.claim, review(bench, case).id, REVIEWER, 1)
    with pytest.raises(Conflict):
        bench.use(inbox.release, task.id, SECOND_REVIEWER, task.revision)
    task = bench.use(inbox.release, task.id, REVIEWER, task.revision)
    assert (task.claimed_by, task.claimed_at) == (None, None)
    assert bench.use(inbox.claim, task.id, SECOND_REVIEWER, task.revision).claimed_by == "zhao"


def test_a_task_is_handed_to_a_colleague_who_may_work_on_it(bench, case):
    """Not to somebody of another authority or of the owner."""
    task = review(bench, case)
    for nobody in (STRANGER, OWNER):
        with pytest.raises(NotAllowed):
            bench.use(inbox.delegate, task.id, REVIEWER, nobody, 1)
    handed = bench.use(inbox.delegate, task.id, REVIEWER, SECOND_REVIEWER, 1, "出差")
    assert handed.claimed_by == "zhao"
    assert (bench.timeline(case)[-1].action, bench.timeline(case)[-1].opinion) == ("task.delegated", "出差")
    with pytest.raises(Conflict):
        bench.complete(case, "review", REVIEWER, outcome="approve")


USES = {
    "claim": lambda bench, task, actor, seen: bench.use(inbox.claim, task, actor, seen),
    "release": lambda bench, task, actor, seen: bench.use(inbox.release, task, actor, seen),
    "delegate": lambda bench, task, actor, seen: bench.use(inbox.delegate, task, actor, SECOND_REVIEWER, seen),
    "draft": lambda bench, task, actor, seen: bench.use(inbox.save_draft, task, actor, {"remark": "x"}, seen),
    "complete": lambda bench, task, actor, seen: bench.use(inbox.complete, task, actor, {}, seen, outcome="approve"),
}


@pytest.mark.parametrize("use", USES)
def test_others_do_not_learn_that_a_task_exists(bench, case, use):
    """The same words for a task of another party as for one that does not exist, whatever the number is."""
    task = review(bench, case).id
    for actor, number in (
        (STRANGER, task),
        (OWNER, task),
        (OTHER_OWNER, task),
        (REVIEWER, task + 1),
        (REVIEWER, 0),
        (REVIEWER, 2**80),
        (REVIEWER, -1),
    ):
        with pytest.raises(NotFound) as refusal:
            USES[use](bench, number, actor, 1)
        assert refusal.value.message.en == f"Task {number} does not exist, or you may not see it."


@pytest.mark.parametrize("use", USES)
def test_who_has_seen_an_older_revision_is_refused(bench, case, use):
    """A draft that the same person saved elsewhere counts as a change too, and nothing is overwritten."""
    task = bench.use(inbox.save_draft, review(bench, case).id, REVIEWER, {"remark": "neu"}, 1)
    before = everything(bench)
    with pytest.raises(Conflict):
        USES[use](bench, task.id, REVIEWER, 1)
    assert everything(bench) == before


@pytest.mark.parametrize("use", USES)
def test_nothing_is_done_twice(bench, case, use):
    """After its completion every use of a task is a conflict with who was faster and when."""
    task = review(bench, case).id
    bench.complete(case, "review", SECOND_REVIEWER, outcome="approve")
    with pytest.raises(Conflict) as conflict:
        USES[use](bench, task, REVIEWER, 1)
    assert (conflict.value.who, conflict.value.when) == ("赵六", bench.clock.now())


@pytest.mark.parametrize("use", USES)
def test_a_task_that_the_case_has_left_behind(bench, case, use):
    """It is gone with its case; of a suspended case it waits until the case goes on."""
    task = review(bench, case).id
    bench.use(cases.suspend, case.number, OPERATOR, "核查")
    with pytest.raises(WrongState) as refusal:
        USES[use](bench, task, REVIEWER, 1)
    assert "中止" in refusal.value.message.zh
    bench.use(cases.cancel_case, case.number, OPERATOR, "错误")
    with pytest.raises(WrongState) as refusal:
        USES[use](bench, task, REVIEWER, 2)
    assert "取消" in refusal.value.message.zh


def test_a_draft_is_kept_until_the_task_is_done(bench, case):
    """Unchecked, known questions only, its words not in the audit; gone with the completion."""
    task = bench.use(inbox.save_draft, review(bench, case).id, REVIEWER, {"remark": "unfertig", "unknown": 1}, 1)
    assert bench.task(case, "review").draft == {"remark": "unfertig"}
    assert actions(bench, case) == ["case.started", "task.claimed"]
    assert "unfertig" not in repr(bench.timeline(case))
    bench.complete(case, "review", REVIEWER, outcome="approve")
    with bench.runtime.reading() as uow:
        assert uow.tasks.get(task.id).draft is None


def test_who_keeps_a_draft_has_the_task(bench, case):
    """A colleague neither sees his words as if they were his own nor overtakes him unawares: he is told who has it."""
    kept = bench.use(inbox.save_draft, review(bench, case).id, REVIEWER, {"remark": "x"}, 1)
    assert (kept.claimed_by, kept.claimed_name) == (REVIEWER.id, REVIEWER.name)
    with pytest.raises(Conflict) as told:
        bench.use(inbox.complete, kept.id, SECOND_REVIEWER, {}, kept.revision, outcome="approve")
    assert told.value.who == REVIEWER.name
    again = bench.use(inbox.save_draft, kept.id, REVIEWER, {"remark": "y"}, kept.revision)
    assert actions(bench, case) == ["case.started", "task.claimed"], "keeping it again claims nothing"
    assert again.claimed_at == kept.claimed_at


FAULTS = [
    ({}, {"outcome"}),
    ({"outcome": "perhaps"}, {"outcome"}),
    ({"outcome": "reject"}, {"opinion"}),
    ({"outcome": "reject", "opinion": " \n "}, {"opinion"}),
    ({"outcome": "approve", "opinion": "x" * 2001}, {"opinion"}),
    ({"outcome": "approve", "opinion": "\ud800"}, {"opinion"}),
    ({"outcome": "approve", "opinion": "a\x00b"}, {"opinion"}),
    ({"outcome": "approve", "answers": {"unknown": "x"}}, {"unknown"}),
    ({"outcome": "approve", "edits": {"apply": {"note": "x"}}}, {"model"}),
    ({"outcome": "approve", "edits": {"review": {"remark": "x"}}}, {"review"}),
    ({"outcome": "approve", "edits": {"nothing": {}}}, {"nothing"}),
    ({"outcome": "reject", "answers": {"unknown": "x"}, "edits": {"apply": {}}}, {"opinion", "unknown", "model"}),
]


def test_everything_wrong_is_told_at_once_and_nothing_has_changed(bench, case):
    """The button, the opinion, the answers and those of the edited form; no row of any table is another one afterwards."""
    before = everything(bench)
    for given, wrong in FAULTS:
        with pytest.raises(Invalid) as invalid:
            bench.complete(case, "review", REVIEWER, **given)
        assert {f.field for f in invalid.value.fields} == wrong
    assert everything(bench) == before


def test_an_opinion_of_two_thousand_characters(bench, case):
    """The limit is a limit for what is kept: blanks around it do not count."""
    bench.complete(case, "review", REVIEWER, outcome="reject", opinion=f"  {'字' * 2000}\n")
    assert bench.variables(case)["review"]["opinion"] == "字" * 2000
    assert bench.timeline(case)[-1].opinion == "字" * 2000


def test_a_form_that_may_be_edited_beside_the_task(bench, case):
    """Its new answers replace the old ones; those of a form shown for reading do not."""
    bench.complete(case, "review", REVIEWER, outcome="approve", answers={"remark": "gut"}, edits={"apply": {"model": "QTZ63"}})
    assert bench.variables(case)["apply"] == {"model": "QTZ63"}


def test_editing_a_decided_form_keeps_its_decision(bench, case):
    """Outcome and opinion of a correction stay when the reviewer then mends a word in it."""
    bench.complete(case, "review", REVIEWER, outcome="reject", opinion="补")
    bench.complete(case, "correct", OWNER, answers={"model": "A"})
    bench.complete(case, "review", REVIEWER, outcome="approve", edits={"apply": {"model": "B"}})
    assert bench.variables(case)["apply"] == {"model": "B", "outcome": "done", "opinion": ""}


def test_the_only_button_needs_no_choice(bench):
    """A task without outcomes is done."""
    bench.deploy(one_task(), APPLY)
    case = bench.start(answers={"model": "x"})
    assert bench.complete(case, "task").state == "ended"


def test_several_tasks_at_once(bench):
    """Those that fail are told one by one and hold nobody up; tasks of other kinds and parties are among them."""
    bench.deploy(one_task(bulk="true"), ("other.bpmn", one_task(business="other")), APPLY)
    rows = [bench.start(answers={"model": "x"}) for _ in range(4)]
    single = bench.start("other", answers={"model": "x"})
    foreign = bench.start(answers={"model": "x"}, parties={"authority": "authority:B"})
    tasks = [bench.task(c, "task").id for c in (*rows, single, foreign)]
    bench.use(inbox.claim, tasks[1], SECOND_REVIEWER, 1)
    seen = [inbox.Completion(t, 9 if t == tasks[2] else 1) for t in [*tasks, 10**6]]
    done = inbox.complete_many(bench.runtime, seen, REVIEWER, {})
    assert [d.failure and d.failure.code for d in done] == [None, "CONFLICT", "CONFLICT", None, "WRONG_STATE", "NOT_FOUND", "NOT_FOUND"]
    assert all(isinstance(d.failure, Failure) for d in done if d.case is None)
    assert [bench.case(c).state for c in rows] == ["ended", "running", "running", "ended"]


def listed(bench, actor, **named):
    with bench.runtime.reading() as uow:
        return queries.inbox(uow, actor, **named)


def test_the_list_is_ordered_by_due_date_and_turned_page_by_page(bench):
    """The earliest due first, those without a due date last; no task is missed or shown twice, whatever the size of a page."""
    bench.deploy(one_task(), ("dated.bpmn", one_task(business="dated", dueWorkingDays="3")), APPLY)
    for number in range(12):
        bench.start(("dated", "business")[number % 2], answers={"model": "x"})
        bench.clock.advance(timedelta(hours=9))
    everyone = listed(bench, REVIEWER)
    keys = [(i.task.due_at is None, i.task.due_at or bench.clock.now(), i.task.id) for i in everyone]
    assert len(everyone) == 12
    assert keys == sorted(keys)
    for size in (1, 2, 5):
        pages, after = [], None
        while page := listed(bench, REVIEWER, after=after, limit=size):
            pages += [item.task.id for item in page]
            after = (page[-1].task.due_at, page[-1].task.id)
        assert pages == [item.task.id for item in everyone]


def test_everybody_sees_his_own_tasks_only(bench, case):
    """Exactly the role at exactly the party; nothing of a suspended case; filters by number and element."""
    assert [(i.number, i.business, i.status) for i in listed(bench, REVIEWER)] == [(case.number, "business", "待审核")]
    for nobody in (OWNER, OTHER_OWNER, STRANGER, LICENSING, OPERATOR):
        assert listed(bench, nobody) == []
    assert len(listed(bench, REVIEWER, number=case.number, element="review")) == 1
    assert listed(bench, REVIEWER, number="no such\x00") == []
    assert listed(bench, REVIEWER, element="correct") == []
    bench.use(cases.suspend, case.number, OPERATOR, "x")
    assert listed(bench, REVIEWER) == []


def test_a_task_as_it_is_shown(bench, case):
    """Its form, its buttons and the forms beside it; not to others."""
    with bench.runtime.reading() as uow:
        view = queries.task(uow, REVIEWER, review(bench, case).id)
        assert (view.form.key, [o.code for o in view.outcomes], dict(view.form_modes)) == (
            "review",
            ["approve", "reject"],
            {"apply": "edit"},
        )
        for actor, number in ((STRANGER, view.task.id), (REVIEWER, 2**70)):
            with pytest.raises(NotFound):
                queries.task(uow, actor, number)


def test_the_diagram_of_these_tests_can_be_deployed(bench):
    """With no finding at all."""
    assert bench.deploy(REVIEWED, APPLY, REVIEW).warnings == ()
