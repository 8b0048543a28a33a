"""The semantic difference: every change of meaning is told, and nothing else."""

import dataclasses
import json

import pytest
from deployment import form
from diagrams import (
    boundary,
    bpmn,
    call,
    catch,
    chain,
    end,
    exclusive,
    flow,
    parallel,
    rule,
    service,
    start,
    subprocess,
    user,
)
from office import ROOT

from registry.rules import FORM_RULES
from workflow_runtime.changes import compare
from workflow_runtime.changes.decisions import cell_text, compare_decisions
from workflow_runtime.changes.elements import compare_elements
from workflow_runtime.changes.forms import compare_forms
from workflow_runtime.changes.processes import compare_processes
from workflow_runtime.contents import read_files
from workflow_runtime.decisions import Decision
from workflow_runtime.decisions.cells import read_cell
from workflow_runtime.decisions.table import Input
from workflow_runtime.diagram.model import Event, Node, Operator, Process
from workflow_runtime.errors import Text
from workflow_runtime.expressions import compile_expression
from workflow_runtime.forms.model import Field, Option


def contents(*files):
    named = [(f"{n}.bpmn", f) if isinstance(f, bytes) else f for n, f in enumerate(files)]
    return read_files(named, FORM_RULES)


def told(before, after):
    """The changes as (kind, element)."""
    compared = compare(contents(*before), contents(*after))
    return [(each.change.kind, each.change.element) for each in compared.changes]


def sentences(before, after):
    return [each.change.message.zh for each in compare(contents(*before), contents(*after)).changes]


def diagram(
    *, review=None, extra=(), flows=(), handler="certificate.seal", parameters=None, timer="P5D", condition="review.outcome = 'approve'"
):
    given = {"outcomes": "approve=通过; reject=不通过!", "dueWorkingDays": "7", "status": "待审核", **(review or {})}
    name = given.pop("name", "审核")
    lane = given.pop("lane", "authority")
    return bpmn(
        start(form="apply"),
        user("review", lane, form="review", name=name, **given),
        boundary("late", "review", timer=timer, interrupting=False),
        exclusive("decision", default="back"),
        service("seal", handler, parameters or {"number": "apply.number"}, "sealed"),
        end(),
        end("told"),
        *extra,
        chain("start", "review", "decision"),
        flow("decision", "seal", condition),
        flow("decision", "review", id="back"),
        chain("seal", "end"),
        chain("late", "told"),
        *flows,
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"review": {"name": "初审"}}, [("element.renamed", "review")]),
        ({"review": {"lane": "owner"}}, [("element.lane", "review"), ("element.lane", "late")]),
        ({"review": {"outcomes": "approve=同意; reject=不通过"}}, [("element.outcomes", "review")] * 2),
        ({"review": {"outcomes": "reject=不通过!; approve=通过"}}, [("element.outcomes", "review")]),
        ({"review": {"outcomes": "approve=通过"}}, [("element.outcomes", "review")]),
        ({"review": {"dueWorkingDays": "5"}}, [("element.dueWorkingDays", "review")]),
        ({"review": {"status": "初审中"}}, [("element.status", "review")]),
        ({"review": {"bulk": "true"}}, [("element.bulk", "review")]),
        ({"review": {"formMode": "apply:read"}}, [("element.formMode", "review")]),
        ({"handler": "certificate.push"}, [("element.handler", "seal")]),
        ({"parameters": {"number": "apply.other"}}, [("element.parameter", "seal")]),
        ({"parameters": {"number": "apply.number", "more": "1"}}, [("element.parameter", "seal")]),
        ({"timer": "P6D"}, [("element.timer", "late")]),
        ({"condition": "review.outcome = 'agree'"}, [("flow.condition", "decision-seal")]),
        ({"extra": [user("second", "authority")]}, [("element.added", "second")]),
        ({"flows": [flow("decision", "end", "review.x = 1")]}, [("flow.added", "decision-end")]),
    ],
)
def test_each_change_is_told_once(changed, expected):
    assert told([diagram()], [diagram(**changed)]) == expected


def test_what_has_been_added_is_removed_the_other_way_round():
    assert told([diagram(extra=[user("second", "authority")])], [diagram()]) == [("element.removed", "second")]
    assert told([diagram(flows=[flow("decision", "end", "review.x = 1")])], [diagram()]) == [("flow.removed", "decision-end")]


def test_the_sentences_read_plainly():
    changed = diagram(review={"dueWorkingDays": "5", "outcomes": "approve=通过; reject=退回!"}, handler="certificate.push")
    assert sentences([diagram()], [changed]) == [
        "用户任务“审核”的按钮 reject 由“不通过”改为“退回”",
        "用户任务“审核”的办理时限（工作日）由“7”改为“5”",
        "服务任务“seal”的处理程序由“certificate.seal”改为“certificate.push”",
    ]


def test_another_default_and_another_order_of_conditions_are_told():
    def ways(default, *flows):
        return bpmn(start(), exclusive("g", default=default), end("a"), end("b"), end("c"), chain("start", "g"), *flows)

    flows = [flow("g", "a", "x = 1"), flow("g", "b", "x = 2"), flow("g", "c", id="other")]
    assert told([ways("other", *flows)], [ways("g-b", *flows)]) == [("flow.default", "g-b"), ("flow.default", "other")]
    assert told([ways("other", *flows)], [ways("other", flows[1], flows[0], flows[2])]) == [("flow.order", "g")]


def test_a_new_id_of_a_flow_is_no_change():
    before = bpmn(
        start(), exclusive("g", default="x"), end("a"), end("b"), chain("start", "g"), flow("g", "a", "v = 1"), flow("g", "b", id="x")
    )
    after = bpmn(
        start(),
        exclusive("g", default="y"),
        end("a"),
        end("b"),
        flow("start", "g", id="z"),
        flow("g", "a", " v  = 1"),
        flow("g", "b", id="y"),
    )
    assert told([before], [after]) == []


def test_an_element_whose_id_alone_has_changed_is_followed():
    """With its flows and what is attached to it; nothing is removed or added."""

    def drawn(name, days):
        return bpmn(
            start(),
            user(name, "authority", name="审核", dueWorkingDays=days),
            boundary("late", name, timer="P1D"),
            end(),
            end("gone"),
            chain("start", name, "end"),
            chain("late", "gone"),
        )

    assert told([drawn("review", "7")], [drawn("first_review", "7")]) == [("element.id", "first_review")]
    assert told([drawn("review", "7")], [drawn("first_review", "5")]) == [
        ("element.id", "first_review"),
        ("element.dueWorkingDays", "first_review"),
    ]


def test_a_move_into_a_subprocess_and_another_type_are_told():
    before = bpmn(
        start(),
        user("a", "authority"),
        subprocess("part", start("s"), end("e"), chain("s", "e")),
        end(),
        chain("start", "a", "part", "end"),
    )
    after = bpmn(
        start(),
        subprocess("part", start("s"), user("a", "authority"), end("e"), chain("s", "a", "e")),
        end(),
        chain("start", "part", "end"),
    )
    assert ("element.moved", "a") in told([before], [after])
    one, other = (bpmn(start(), x, end(), chain("start", "x", "end")) for x in (user("x", "authority"), service("x", "notify")))
    assert ("element.retyped", "x") in told([one], [other])


def test_events_calls_decisions_and_interruption_are_told():
    def drawn(**given):
        named = {"timer": "P1D", "called": "inner", "decision": "life", "interrupting": True, "join": "parallel", **given}
        return bpmn(
            start(),
            parallel("p"),
            catch("wait", **{k: v for k, v in named.items() if k in ("timer", "message") and v}),
            call("c", named["called"]),
            rule("r", named["decision"]),
            boundary("b", "c", message="m", interrupting=named["interrupting"]),
            end(),
            chain("start", "p", "wait", "c", "r", "end"),
            chain("b", "end"),
        )

    assert told([drawn()], [drawn(timer=None, message="sealed")]) == [("element.event", "wait")]
    assert told([drawn()], [drawn(called="other")]) == [("element.called", "c")]
    assert told([drawn()], [drawn(decision="death")]) == [("element.decision", "r")]
    assert told([drawn()], [drawn(interrupting=False)]) == [("element.interrupting", "b")]


def test_a_whole_process_form_or_decision_that_comes_or_goes_is_one_change():
    extra = [("more.form", json.dumps({"type": "default", "id": "more", "schemaVersion": 18, "components": []}).encode())]
    assert told([diagram()], [diagram(), *extra]) == [("form.added", "more")]
    assert told([diagram(), bpmn(start(), end(), chain("start", "end"), id="other")], [diagram()]) == [("process.removed", "other")]


def test_drawing_blanks_prefixes_and_signatures_are_no_change():
    shipped = (ROOT / "bpmn" / "new_filing.bpmn").read_text(encoding="utf-8")
    redrawn = (
        shipped.replace("bpmn:", "b:")
        .replace("xmlns:bpmn=", "xmlns:b=")
        .replace("targetNamespace=", 'exporter="A modeler" exporterVersion="9" targetNamespace=')
        .replace(">\n", ">\n\n  ")
        .replace('x="', 'x="1')
    )
    assert redrawn != shipped
    compared = compare(contents(("new_filing.bpmn", shipped.encode())), contents(("new_filing.bpmn", redrawn.encode())))
    assert (compared.changes, compared.redrawn, compared.same) == ((), ("new_filing.bpmn",), True)


def test_what_is_shipped_is_the_same_as_itself():
    files = [
        (p.name, p.read_bytes())
        for folder in ("bpmn", "forms")
        for p in (ROOT / folder).iterdir()
        if p.suffix in (".bpmn", ".dmn", ".form")
    ]
    compared = compare(contents(*files), contents(*files))
    assert (compared.changes, compared.redrawn) == ((), ())


NODE = Node(id="n", type="userTask", name="名", line=1, process="p")
OTHER_NODE = {
    "type": "manualTask",
    "name": "另一名",
    "lane": "other",
    "properties": {"anything": "x"},
    "event": Event("message", "m"),
    "events": 2,
    "operator": Operator("h", {}, None, 1),
    "called": "other",
    "decision": "other",
    "attached_to": "other",
    "interrupting": False,
    "markers": ("loop",),
    "documentation": "words",
}
NODE_WITHOUT_MEANING = {"id", "line", "process", "default", "contested"}
"""The default flow is told with the flows; an element of several lanes is refused, so none is compared."""


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Node) if f.name not in NODE_WITHOUT_MEANING])
def test_nothing_that_an_element_may_say_is_forgotten(name):
    assert list(compare_elements(NODE, dataclasses.replace(NODE, **{name: OTHER_NODE[name]})))


FIELD = Field("f", "text", Text("甲", "A"))
OTHER_FIELD = {
    "kind": "number", "label": Text("乙", "B"), "description": Text("x", "x"), "hint": Text("x", "x"), "required": True, "readonly": True,
    "default": "x", "min_length": 1, "max_length": 9, "pattern": "x", "format": "email", "minimum": 1.0, "maximum": 2.0, "decimals": 2,
    "unit": Text("米", "m"), "options": (Option("a", "甲"),), "option_source": "x", "validator": "x", "accept": (".pdf",), "max_files": 3,
    "max_size": 7, "searchable": True, "hidden_if": (compile_expression("a = 1"),), "prefill": compile_expression("a"),
}  # fmt: skip


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Field) if f.name not in {"name", "row", "columns"}])
def test_nothing_that_a_question_may_say_is_forgotten(name):
    old = dataclasses.replace(form("k"), blocks=(FIELD,))
    new = dataclasses.replace(form("k"), blocks=(dataclasses.replace(FIELD, **{name: OTHER_FIELD[name]}),))
    assert [change.element for change in compare_forms(old, new)] == ["f"]
    assert [change.element for change in compare_forms(new, old)] == ["f"]


def test_every_property_of_a_process_is_told():
    process = read_files([("a.bpmn", diagram())], FORM_RULES).processes["business"]
    others = {"name": "另一名", "properties": {"parties": "authority=apply.office"}, "documentation": "words"}
    told_of = {f.name for f in dataclasses.fields(Process)} - {"id", "file", "line", "scopes", "lanes", "origin"}
    assert told_of == set(others)
    for name, value in others.items():
        assert list(compare_processes(process, dataclasses.replace(process, **{name: value}))), name


def test_questions_come_go_and_change_places():
    before = [("k.form", _form("k", ("a", "甲"), ("b", "乙")))]
    assert told(before, [("k.form", _form("k", ("b", "乙"), ("a", "甲")))]) == [("form.order", "k")]
    assert told(before, [("k.form", _form("k", ("a", "甲")))]) == [("field.removed", "b")]
    assert told(before, [("k.form", _form("k", ("a", "甲"), ("b", "乙"), ("c", "丙")))]) == [("field.added", "c")]
    assert sentences(before, [("k.form", _form("k", ("a", "甲"), ("b", "出厂日期")))]) == ["填写项 b 的标题由“乙”改为“出厂日期”"]


def _form(key, *fields):
    components = [{"id": f"F{name}", "type": "textfield", "key": name, "label": label} for name, label in fields]
    return json.dumps({"type": "default", "id": key, "schemaVersion": 18, "components": components}).encode()


def table(*rows, policy="FIRST", inputs=("a", "b"), outputs=("years",), **more):
    columns = tuple(Input(text, compile_expression(text), frozenset({"number"})) for text in inputs)
    rules = [row.split(" -> ") for row in rows]
    return Decision(
        "t",
        "表",
        policy,
        more.get("aggregation"),
        columns,
        outputs,
        tuple(_rule([c.strip() for c in asks.split(";")], [o.strip() for o in answers.split(";")]) for asks, answers in rules),
    )


def _rule(cells, outputs):
    from workflow_runtime.decisions.table import Rule

    return Rule(tuple(read_cell(c) for c in cells), tuple(compile_expression(o) for o in outputs))


ROWS = ("1; - -> 10", "2; > 3 -> 15", "-; - -> 20")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (table("1; - -> 11", *ROWS[1:]), ["decision.row.changed"]),
        (table(ROWS[0], "2; > 4 -> 15", ROWS[2]), ["decision.row.changed"]),
        (table(*ROWS[:2]), ["decision.row.removed"]),
        (table(*ROWS, "7; - -> 30"), ["decision.row.added"]),
        (table(ROWS[1], ROWS[0], ROWS[2]), ["decision.order"]),
        (table(*ROWS, policy="UNIQUE"), ["decision.policy"]),
        (table(*ROWS, policy="COLLECT", aggregation="SUM"), ["decision.policy"]),
        (table("1; -; - -> 10", "2; > 3; - -> 15", "-; -; - -> 20", inputs=("a", "b", "c")), ["decision.input"]),
        (table(*ROWS, outputs=("months",)), ["decision.output"] * 2 + ["decision.row.changed"] * 3),
        (table("1 ; - ->  10", "2; > 3 -> 15", "-;  -> 20"), []),
    ],
)
def test_a_table_is_compared_row_by_row(after, expected):
    assert [change.kind for change in compare_decisions(table(*ROWS), after)] == expected


def test_a_row_tells_what_it_said_and_what_it_says():
    changes = list(compare_decisions(table(*ROWS), table(ROWS[0], "2; > 4 -> 15", ROWS[2])))
    assert changes[0].message.zh == "决策表“表”第 2 行：由“a 2 · b > 3 → years = 15”改为“a 2 · b > 4 → years = 15”"


def test_the_order_of_a_unique_table_has_no_meaning():
    assert list(compare_decisions(table(*ROWS, policy="UNIQUE"), table(*reversed(ROWS), policy="UNIQUE"))) == []


@pytest.mark.parametrize(
    "text", ['"T", "S"', "> 630", "<= 3", "[630..1250)", "(1..2]", 'not("T")', "true", "null", 'date("2026-01-31")', "1.5", "-"]
)
def test_a_cell_is_told_as_it_was_written(text):
    assert cell_text(read_cell(text)) == text


def test_long_texts_that_differ_only_at_their_ends_are_told_there():
    """What a sentence leaves out of a long value must not hide a change."""
    before = Node("a", "userTask", "甲", 1, "p", properties={"hint": "很长的说明" * 60 + "，三日内"})
    after = dataclasses.replace(before, properties={"hint": "很长的说明" * 60 + "，五日内"})
    [change] = compare_elements(before, after)
    assert all("三日内" in words and "五日内" in words for words in change.message)
    assert [each.message for each in compare_elements(before, before)] == []


def test_a_comma_is_a_comma_between_forms_shown_beside():
    before = Node("a", "userTask", "甲", 1, "p", properties={"formMode": "apply:read,review:edit"})
    after = dataclasses.replace(before, properties={"formMode": "apply:read，review:edit"})
    assert not [*compare_elements(before, after)]
