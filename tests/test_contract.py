"""Diagrams that the contract accepts, and what it says about those that are merely odd."""

import pytest
from deployment import errors, findings, raw
from diagrams import (
    Piece,
    boundary,
    bpmn,
    call,
    catch,
    chain,
    definitions,
    element,
    end,
    exclusive,
    first_event,
    flow,
    manual,
    parallel,
    process,
    receive,
    rule,
    send,
    service,
    start,
    subprocess,
    throw,
    user,
)

from workflow_runtime.diagram.reader import read_bpmn

ISSUE = bpmn(
    start(),
    service("prepare", "certificate.prepare", result="certificate"),
    service("seal", "certificate.seal", {"number": "certificate.number"}, "sealing", status="签章中"),
    first_event("sealed_or_late"),
    catch("sealed", message="certificate.sealed"),
    catch("late", timer="WD3"),
    user("remind", "authority"),
    end(),
    end("failed", error="SEAL_LATE"),
    chain("start", "prepare", "seal", "sealed_or_late", "sealed", "end"),
    chain("sealed_or_late", "late", "remind", "failed"),
    id="issue_certificate",
    name="制证",
)

FILING_PIECES = (
    start(form="apply", lane="owner"),
    service("precheck", "filing.precheck", {"owner_code": "apply.owner_code"}, "precheck"),
    user(
        "review", "authority", "review", outcomes="approve=审核通过; reject=审核不通过!", dueWorkingDays="7", status="审核中", bulk="true"
    ),
    boundary("reminder", "review", timer="due-WD1", interrupting=False),
    service("notify_reviewer", "notify", {"text": "'即将到期'"}),
    end("reminded"),
    exclusive("approved", default="again"),
    user("correct", "owner", "apply", status="补正"),
    boundary("withdrawn", "correct", message="withdraw"),
    end("gone", terminate=True),
    call("issue", "issue_certificate"),
    boundary("seal_wrong", "issue", error="SEAL_NAME_MISMATCH"),
    boundary("any_trouble", "issue", error=""),
    user("trouble", "authority"),
    end(status="已归集"),
    chain("start", "precheck", "review", "approved"),
    chain("reminder", "notify_reviewer", "reminded"),
    flow("approved", "issue", "review.outcome = 'approve'"),
    flow("approved", "correct", id="again"),
    chain("correct", "precheck"),
    chain("withdrawn", "gone"),
    chain("seal_wrong", "trouble"),
    chain("any_trouble", "trouble"),
    chain("trouble", "issue"),
    chain("issue", "end"),
)
FILING = bpmn(*FILING_PIECES, parties="authority=apply.authority; owner=apply.owner_code")

TWO_DEPARTMENTS = bpmn(
    start(form="apply", lane="owner"),
    parallel("split"),
    user("safety", "safety", "review", variableName="safety_review"),
    user("office", "authority", "review", variableName="office_review"),
    parallel("join"),
    end(),
    chain("start", "split", "safety", "join", "end"),
    chain("split", "office", "join"),
)

FOREIGN = raw(
    """<bpmn:process id="business" name="业务" isExecutable="false" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
<bpmn:extensionElements><camunda:executionListener event="start"><camunda:script scriptFormat="js">1</camunda:script>
</camunda:executionListener></bpmn:extensionElements>
<bpmn:startEvent id="start" camunda:asyncBefore="true"/>
<bpmn:serviceTask id="prepare" camunda:type="external" camunda:topic="x"><bpmn:extensionElements>
<spiffworkflow:serviceTaskOperator id="certificate.prepare"/><spiffworkflow:properties><spiffworkflow:property name="status"/>
<spiffworkflow:property name="colour" value="red"/></spiffworkflow:properties></bpmn:extensionElements>
<bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:serviceTask><bpmn:endEvent id="end"/>
<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="prepare"/><bpmn:sequenceFlow id="b" sourceRef="prepare" targetRef="end"/>
<bpmn:textAnnotation id="note"><bpmn:text>说明</bpmn:text></bpmn:textAnnotation>
<bpmn:association id="link" sourceRef="prepare" targetRef="note"/></bpmn:process>
<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" id="prepare_shape"/>"""
)

VALID = {
    "the shortest business": (bpmn(start(form="apply", lane="owner"), end(), chain("start", "end")),),
    "a filing with correction, reminder, withdrawal and a called process": (FILING, ISSUE),
    "a called process that nobody calls yet": (ISSUE,),
    "two departments side by side with variables of their own": (TWO_DEPARTMENTS,),
    "foreign extensions, not executable, an operator without parameters, a property without value": (FOREIGN,),
    "an operator with the id of a node": (
        bpmn(start(), service("notify", "notify", {"text": "'a'"}), end(), chain("start", "notify", "end")),
    ),
    "a duration without quotes and one with": (
        bpmn(start(), catch("a", timer="P5D"), catch("b", timer='"PT1H"'), end(), chain("start", "a", "b", "end")),
    ),
    "a message polled by a timer in a loop": (
        bpmn(
            start(),
            first_event("either"),
            catch("sealed", message="sealed"),
            catch("hour", timer="PT1H"),
            service("ask", "certificate.seal", {"number": "case.number"}),
            end(),
            chain("start", "either", "sealed", "end"),
            chain("either", "hour", "ask", "either"),
        ),
    ),
    "receive tasks behind an event gateway": (
        bpmn(
            start(),
            first_event("either"),
            receive("yes", "yes"),
            receive("no", "no"),
            end(),
            chain("start", "either", "yes", "end"),
            chain("either", "no", "end"),
        ),
    ),
    "a decision table read by a gateway": (
        bpmn(
            start(form="apply", lane="owner"),
            rule("life", "life"),
            exclusive("old", default="young"),
            end(),
            end("end_old"),
            chain("start", "life", "old"),
            flow("old", "end_old", "life.years < 20"),
            flow("old", "end", id="young"),
        ),
    ),
    "an embedded subprocess that ends by an error": (
        bpmn(
            start(form="apply", lane="owner"),
            subprocess(
                "check",
                start("s"),
                service("p", "filing.precheck", {"owner_code": "apply.owner_code"}),
                chain("s", "p", "e"),
                end("e", error="ODD"),
            ),
            boundary("odd", "check", error="ODD"),
            boundary("blocked", "check", error="BLOCKED"),
            end(),
            chain("start", "check", "end"),
            chain("odd", "end"),
            chain("blocked", "end"),
        ),
    ),
    "an inbox task in a subprocess, in the lane of the subprocess": (
        bpmn(
            start(),
            subprocess("inner", start("s"), user("u", "owner"), end("e"), chain("s", "u", "e")),
            end(),
            chain("start", "inner", "end"),
        ),
    ),
    "sending and throwing messages, a milestone": (
        bpmn(
            start(),
            send("told", message="told"),
            send("notified", handler="notify", parameters={"text": "case.number"}),
            throw("milestone", status="已通知"),
            throw("thrown", message="thrown"),
            end(message="bye"),
            chain("start", "told", "notified", "milestone", "thrown", "end"),
        ),
    ),
    "a manual task and an escalation that ends by itself": (
        bpmn(
            start(),
            manual("look", "authority", dueWorkingDays="3"),
            boundary("daily", "look", timer="R/P1D", interrupting=False),
            boundary("due", "look", timer="due+WD1"),
            end(),
            chain("start", "look", "end"),
            chain("daily", "end"),
            chain("due", "end"),
        ),
    ),
    "parallel branches with choices that merge before the join": (
        bpmn(
            start(form="apply", lane="owner"),
            parallel("split"),
            exclusive("which", default="other"),
            service("a", "notify", {"text": "'a'"}),
            service("b", "notify", {"text": "'b'"}),
            exclusive("merge"),
            user("c", "owner"),
            parallel("join"),
            end(),
            chain("start", "split", "which"),
            flow("which", "a", "apply.category = 'T'"),
            flow("which", "b", id="other"),
            chain("a", "merge", "join", "end"),
            chain("b", "merge"),
            chain("split", "c", "join"),
        ),
    ),
    "Chinese ids and names": (bpmn(start("开始"), user("审核", "authority"), end("结束"), chain("开始", "审核", "结束")),),
    "a collaboration with one pool and a process in it": (
        definitions(
            '<bpmn:collaboration id="c"><bpmn:participant id="p" name="池" processRef="business"/></bpmn:collaboration>',
            process(start(), end(), chain("start", "end")),
        ),
    ),
    "outcomes compared in a list and by not": (
        bpmn(
            start(form="apply", lane="owner"),
            user("r", "authority", outcomes="a; b; c!"),
            exclusive("g", default="d"),
            end(),
            end("end_2"),
            chain("start", "r", "g"),
            flow("g", "end_2", "r.outcome in ['a', 'b']"),
            flow("g", "end", id="d"),
        ),
    ),
    "a timer that reads its text from a variable": (
        bpmn(start(form="apply", lane="owner"), catch("t", timer="=apply.category"), end(), chain("start", "t", "end")),
    ),
    "other forms beside the task's own, one of them to edit, read afterwards": (
        bpmn(
            start(form="apply", lane="owner"),
            user("check-it", "authority", formMode="apply:read, correct:edit"),
            service("n", "notify", {"text": "correct.owner_code"}),
            end(),
            chain("start", "check-it", "n", "end"),
        ),
    ),
    "one form of two, each under a variable of his own, whose outcomes a third person reads": (
        bpmn(
            start(form="apply", lane="owner"),
            user("one", "authority", "review", variableName="first", outcomes="yes; no!"),
            user("two", "safety", "review", variableName="second", formMode="first:read", outcomes="yes; no!"),
            user("three", "authority", formMode="first:read，second:edit"),
            end(),
            chain("start", "one", "two", "three", "end"),
        ),
    ),
    "whole variables, and answers whose shape is not known": (
        bpmn(
            start(form="apply", lane="owner"),
            service("seal", "certificate.seal", {"number": "case.number"}, "sealing"),
            receive("reply", "reply"),
            exclusive("g", default="d"),
            end(),
            end("end_2"),
            chain("start", "seal", "reply", "g"),
            flow("g", "end_2", "exists(apply) and sealing.whatever = reply.code"),
            flow("g", "end", id="d"),
        ),
    ),
    "a job tried again after its error": (
        bpmn(
            start(),
            service("seal", "certificate.seal", {"number": "case.number"}),
            boundary("refused", "seal", error="SEAL_REFUSED"),
            end(),
            chain("start", "seal", "end"),
            chain("refused", "seal"),
        ),
    ),
    "a loop over a subprocess in which a person works": (
        bpmn(
            start(),
            subprocess("s", start("i"), user("u", "owner"), end("e"), chain("i", "u", "e")),
            exclusive("g", default="d"),
            end(),
            chain("start", "s", "g"),
            flow("g", "s", "u.outcome = 'done'"),
            flow("g", "end", id="d"),
        ),
    ),
    "a loop over a called process in which a person works": (
        bpmn(
            start(form="apply", lane="owner"),
            call("c", "shared"),
            exclusive("g", default="d"),
            end(),
            chain("start", "c", "g"),
            flow("g", "c", "u.outcome = 'done'"),
            flow("g", "end", id="d"),
        ),
        bpmn(start("i"), user("u", "owner"), end("e"), chain("i", "u", "e"), id="shared"),
    ),
    "a loop through a timer": (
        bpmn(
            start(),
            subprocess("s", start("i"), end("e"), chain("i", "e")),
            boundary("hour", "s", timer="PT1H"),
            end(),
            chain("start", "s", "end"),
            chain("hour", "s"),
        ),
    ),
    "a branch that ends the whole case": (
        bpmn(
            start(),
            parallel("split"),
            user("a", "owner"),
            user("b", "authority"),
            boundary("late", "a", timer="P1D"),
            end("over", terminate=True),
            parallel("join"),
            end(),
            chain("start", "split", "a", "join", "end"),
            chain("split", "b", "join"),
            chain("late", "over"),
        ),
    ),
    "a timer loop of parallel work": (
        bpmn(
            start(),
            exclusive("again_from"),
            parallel("split"),
            user("a", "owner"),
            user("b", "authority"),
            parallel("join"),
            exclusive("enough", default="done"),
            end(),
            chain("start", "again_from", "split", "a", "join", "enough"),
            chain("split", "b", "join"),
            flow("enough", "again_from", "a.outcome = 'done'"),
            flow("enough", "end", id="done"),
        ),
    ),
}


@pytest.mark.parametrize("files", VALID.values(), ids=VALID)
def test_a_diagram_within_the_contract_has_no_error(files):
    assert errors(*files) == []


def test_the_filing_and_its_called_process_have_not_even_a_warning():
    assert findings(FILING, ISSUE) == []


@pytest.mark.parametrize("text", ["review.outcome", "review.outcome + '!'"])
def test_an_outcome_handed_on_counts_as_read(text):
    pieces = (user("review", "authority", outcomes="a; b; c"), service("n", "notify", {"text": text}))
    assert findings(bpmn(start(form="apply", lane="owner"), *pieces, end(), chain("start", "review", "n", "end"))) == []


def test_an_outcome_compared_with_an_answer_counts_as_read():
    pieces = (user("review", "authority", outcomes="a; b; c"), exclusive("g", default="d"), end(), end("end_2"))
    ways = (chain("start", "review", "g"), flow("g", "end_2", "review.outcome in ['a', apply.category]"), flow("g", "end", id="d"))
    assert findings(bpmn(start(form="apply", lane="owner"), *pieces, *ways)) == []


def test_a_called_process_reads_only_fields_that_its_caller_writes():
    shared = bpmn(start(), service("n", "notify", {"text": "apply.owner_cod"}), end(), chain("start", "n", "end"), id="shared")
    caller = bpmn(start(form="apply", lane="owner"), call("c", "shared"), end(), chain("start", "c", "end"))
    assert [(f.code, f.element) for f in findings(shared, caller)] == [("FIELD_UNKNOWN", "n")]


def test_all_findings_come_at_once_sorted_by_file_and_line():
    """An analyst mends everything in one go."""
    broken = bpmn(
        start(), element("scriptTask", "script"), service("s", "nothing"), user("u", None), end(), chain("start", "script", "s", "u", "end")
    )
    found = findings(broken, broken.replace(b'process id="business"', b'process id="other"'))
    assert [(f.file, f.code) for f in found] == [
        (file, code) for file in ("0.bpmn", "1.bpmn") for code in ("ELEMENT_REFUSED", "OPERATOR_UNKNOWN", "LANE_MISSING")
    ]
    assert found == sorted(found, key=lambda f: (f.file, f.line))


def test_a_finding_names_file_element_line_reason_and_cure_in_two_languages():
    (found,) = findings(bpmn(start(), service("ask", "certificate.sael", {}), end(), chain("start", "ask", "end")))
    assert (found.code, found.file, found.element, found.line) == ("OPERATOR_UNKNOWN", "0.bpmn", "ask", 6)
    assert "certificate.sael" in found.message.zh
    assert "certificate.sael" in found.message.en
    assert "certificate.seal" in found.cure.zh
    assert "certificate.seal" in found.cure.en


def test_a_called_process_reads_what_every_caller_writes():
    """`apply` comes from the caller; a second caller without it makes the name unknown."""
    shared = bpmn(start(), service("n", "notify", {"text": "apply.owner_code"}), end(), chain("start", "n", "end"), id="shared")
    one = bpmn(start(form="apply", lane="owner"), call("c", "shared"), end(), chain("start", "c", "end"), id="one")
    two = bpmn(start(form="correct", lane="owner"), call("c", "shared"), end(), chain("start", "c", "end"), id="two")
    assert errors(shared) == []
    assert errors(shared, one) == []
    assert [f.code for f in findings(shared, one, two)] == ["NAME_UNKNOWN"]


def test_an_error_must_be_caught_by_every_caller():
    thrower = bpmn(start(), end(error="ODD"), chain("start", "end"), id="thrower")
    catcher = bpmn(
        start(form="apply", lane="owner"),
        call("c", "thrower"),
        boundary("b", "c", error="ODD"),
        end(),
        chain("start", "c", "end"),
        chain("b", "end"),
    )
    careless = bpmn(start(form="apply", lane="owner"), call("c", "thrower"), end(), chain("start", "c", "end"), id="careless")
    assert errors(thrower, catcher) == []
    assert [f.code for f in findings(thrower, catcher, careless)] == ["ERROR_UNCAUGHT"]


def test_a_lane_without_tasks_for_people_may_have_any_name():
    pieces = (start(), Piece(service("n", "notify", {"text": "'a'"}).xml, (("系统", "n"),)), end(), chain("start", "n", "end"))
    assert findings(bpmn(*pieces)) == []


PHASES = '<bpmn:laneSet id="phases"><bpmn:lane id="phase" name="受理阶段"><bpmn:flowNodeRef>u</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'


def in_lanes(more: str) -> bytes:
    """A task in the lane of the owner and in what `more` adds to it."""
    drawn = bpmn(start(form="apply", lane="owner"), user("u", "owner"), end(), chain("start", "u", "end"))
    return drawn.replace(b"</bpmn:laneSet>", more.encode())


def test_a_second_lane_set_divides_into_phases_and_says_nothing_of_who_works():
    assert errors(in_lanes(f"</bpmn:laneSet>{PHASES}")) == []


def test_a_task_in_a_lane_inside_its_lane_is_worked_by_the_inner_one():
    inner = '<bpmn:lane id="l9" name="outer"><bpmn:flowNodeRef>u</bpmn:flowNodeRef><bpmn:childLaneSet><bpmn:lane id="l8" name="authority"><bpmn:flowNodeRef>u</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>'
    drawn = in_lanes(inner).replace(b"<bpmn:flowNodeRef>u</bpmn:flowNodeRef>", b"", 1)
    (process,), found = read_bpmn("x.bpmn", drawn)
    assert (process.scope.nodes["u"].lane, process.scope.nodes["u"].contested, found) == ("authority", (), [])


def test_what_a_deployed_file_says_wrongly_of_lanes_does_not_keep_it_from_being_read():
    """Stored bundles are read again by later releases: what they may not say is found by the contract, at deployment."""
    both = in_lanes('<bpmn:lane id="l9" name="authority"><bpmn:flowNodeRef>u</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>')
    assert read_bpmn("x.bpmn", both)[1] == []
    assert any("LANE_AMBIGUOUS" in error for error in errors(both))


def test_an_error_inside_processes_that_call_each_other_ends_the_search():
    """The cycle is reported; following the error up through the callers comes to an end."""
    one = bpmn(start(), call("c", "two"), end("e", error="ODD"), chain("start", "c", "e"), id="one")
    two = bpmn(start(), call("c", "one"), end(), chain("start", "c", "end"), id="two")
    assert [f.code for f in findings(one, two)] == ["CALL_CYCLE", "CALL_CYCLE"]
