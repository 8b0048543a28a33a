"""A diagram sends a case back to somebody: with its reason, and with a form that is filled in beforehand."""

import json
from datetime import timedelta

import pytest
from diagrams import bpmn, chain, end, exclusive, flow, service, start, user
from workbench import MONDAY, OWNER, REVIEWER, Workbench, form

from workflow_runtime.actors import SYSTEM
from workflow_runtime.answered import answered, obstacles
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import DiagramRefused, Invalid
from workflow_runtime.forms import FormRules, read_form
from workflow_runtime.inbox import save_draft
from workflow_runtime.prefill import opening_answers
from workflow_runtime.queries import task, timeline
from workflow_runtime.worklist import search_fields

REQUEST = form(
    "request",
    "number",
    components=[{"type": "textfield", "id": "made", "key": "made", "label": "日期", "properties": {"searchable": "true"}}],
)


def checking(prefill="apply.number", **more):
    """The form of a check: a number filled in from the case, a date likewise, a note of its own."""
    fields = [
        {"type": "textfield", "id": "n", "key": "number", "label": "编号", "properties": {"prefill": prefill}},
        {"type": "datetime", "subtype": "date", "id": "d", "key": "made", "label": "日期", "properties": {"prefill": "=apply.made"}},
        {"type": "textfield", "id": "t", "key": "note", "label": "备注", "defaultValue": "无"},
    ]
    return form("checking", components=[{**field, **more} for field in fields])


BUSINESS = bpmn(
    start(form="request", variableName="apply"),
    user("review", "发证机关", form="checking", formMode="apply:edit", outcomes="approve=通过; reject=不通过!"),
    exclusive("decision", default="rejected"),
    exclusive("filled", default="empty"),
    service("say", "local.say", {"text": '"没有编号：" + review_note'}, "remark"),
    user("mend", "产权单位", form="request", variableName="apply", formMode="checking:read"),
    end(),
    chain("start", "review", "decision"),
    flow("decision", "filled", 'checking.outcome = "approve"'),
    flow("decision", "mend", id="rejected"),
    flow("filled", "end", "exists(checking.number) and checking.number != null"),
    flow("filled", "say", id="empty"),
    chain("say", "review"),
    chain("mend", "review"),
).replace(b"review_note", b"checking.note")


@pytest.fixture
def case(bench):
    bench.deploy(BUSINESS, REQUEST, checking())
    return bench.start(answers={"number": "旧-17", "made": "2012-05-06"})


def opening(bench, case, element="review", who=REVIEWER):
    with bench.runtime.reading() as uow:
        return opening_answers(uow, task(uow, who, bench.task(case, element).id))


def standing(bench, case):
    with bench.runtime.reading() as uow:
        row = uow.cases.by_number(case.number)
        return obstacles(SYSTEM, row, tuple(uow.tasks.of_case(row.id)))


def test_a_form_opens_with_what_the_case_knows(bench, case):
    """An answer that does not fit its question is left empty; what is not prefilled has its default."""
    assert opening(bench, case) == {"number": "旧-17", "made": "2012-05-06", "note": "无"}
    other = bench.start(answers={"number": "", "made": "May"})
    assert opening(bench, other) == {"number": None, "made": None, "note": "无"}


class Ticking(ManualClock):
    """Time passes between any two looks at it."""

    def now(self):
        self.advance(timedelta(milliseconds=1))
        return super().now()


def test_a_reason_goes_to_those_who_get_the_case_next(database):
    """On their task until it is done, and in the timeline for good."""
    bench = Workbench(database, Ticking(MONDAY))
    bench.deploy(BUSINESS, REQUEST, checking())
    case = bench.start(answers={"number": "旧-17"})
    bench.complete(case, "review", outcome="approve", answers={"note": "空"})
    [obstacle] = standing(bench, case)
    assert (obstacle.notice, obstacle.step, obstacle.message.zh, obstacle.remedy.en) == (True, "say", "没有编号：空", "mend it")
    bench.complete(case, "review", outcome="reject", opinion="退")
    assert standing(bench, case) == ()
    with bench.runtime.reading() as uow:
        said = [(e.action, [text.zh for text in e.said]) for e in timeline(uow, OWNER, case.number) if e.said]
    assert said == [("task.completed", ["没有编号：空"])]


def test_an_answer_changed_by_its_reader_stays_until_it_is_given_anew(bench, case):
    bench.complete(case, "review", outcome="approve", answers={"note": "空"})
    assert opening(bench, case) == {"note": "空", "outcome": "approve", "opinion": ""}
    bench.complete(case, "review", outcome="reject", opinion="退", answers={"number": "旧-18", "note": "改"})
    bench.complete(case, "mend", OWNER, answers={"number": "旧-19"})
    assert {"number": "旧-19", "made": None, "note": "改"}.items() <= opening(bench, case).items()


def test_a_draft_is_never_prefilled_again(bench, case):
    bench.use(save_draft, bench.task(case, "review").id, REVIEWER, {"number": ""}, bench.task(case, "review").revision)
    assert not opening(bench, case).get("number")


def test_a_task_shows_the_form_that_fills_a_variable(bench, case):
    """`formMode` names the variable: its form is checked when it is edited there, is a column of the list, and is answered once."""
    with pytest.raises(Invalid):
        bench.complete(case, "review", outcome="reject", opinion="退", edits={"apply": {"unknown": "1"}})
    bench.complete(case, "review", outcome="reject", opinion="退", edits={"apply": {"number": "旧-20"}})
    assert bench.variables(case)["apply"] == {"number": "旧-20"}
    with bench.runtime.reading() as uow:
        assert [field.name for field in search_fields(uow)] == ["made"]
        assert [each.variable for each in answered(uow, OWNER, case.number)] == ["apply", "checking"]


def test_the_form_of_a_variable_wins_over_one_of_the_same_key(bench):
    """A business with a form `apply` of its own beside does not come into the bundle of another that fills `apply` otherwise."""
    other = bpmn(start(form="apply"), end(), chain("start", "end"), id="other")
    bench.deploy(BUSINESS, ("other.bpmn", other), REQUEST, checking(), form("apply", "model"))
    with bench.runtime.reading() as uow:
        bundle = uow.bundle(uow.library.deployment("business").bundle_id)
    assert (bundle.answered_form("apply").key, bundle.form("apply")) == ("request", None)


@pytest.mark.parametrize(("prefill", "code"), [("nobody.number", "NAME_UNKNOWN"), ("apply.nothing", "FIELD_UNKNOWN")])
def test_a_prefill_of_what_nobody_fills_in_is_refused(bench, prefill, code):
    with pytest.raises(DiagramRefused) as caught:
        bench.deploy(BUSINESS, REQUEST, checking(prefill))
    assert code in {finding.code for finding in caught.value.findings}


@pytest.mark.parametrize("prefill", ["1 +", "__import__('os')", 7])
def test_a_prefill_outside_the_grammar_is_refused(prefill):
    found, findings = read_form(*checking(prefill), FormRules())
    assert found is None
    assert findings[0].code in ("FORM_PREFILL", "FORM_VALUE")


def test_a_file_cannot_be_prefilled():
    name, data = form(
        "f", components=[{"type": "filepicker", "id": "a", "key": "a", "label": "文件", "properties": {"prefill": "apply.a"}}]
    )
    assert [finding.code for finding in read_form(name, data, FormRules())[1]] == ["FORM_VALUE"]
    assert json.loads(data)["id"] == "f"


def test_a_read_only_question_says_what_the_case_knows_whatever_is_sent(bench):
    """Nobody can change it, also not by a program; drafts show it again; a condition may read it."""
    fields = [
        {"type": "textfield", "id": "n", "key": "number", "label": "编号", "readonly": True, "properties": {"prefill": "apply.number"}},
        {"type": "textfield", "id": "t", "key": "note", "label": "备注", "conditional": {"hide": '=number != "旧-17"'}},
    ]
    bench.deploy(BUSINESS, REQUEST, form("checking", components=fields))
    case = bench.start(answers={"number": "旧-17"})
    bench.use(save_draft, bench.task(case, "review").id, REVIEWER, {"number": "新-1", "note": "在"}, bench.task(case, "review").revision)
    assert {"number": "旧-17", "note": "在"}.items() <= opening(bench, case).items()
    bench.complete(case, "review", outcome="reject", opinion="退", answers={"number": "新-1", "note": "改"})
    assert {"number": "旧-17", "note": "改"}.items() <= bench.variables(case)["checking"].items()
