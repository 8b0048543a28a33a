"""Diagrams of other engines: read in our terms, rewritten by `crane import`, and told what has no counterpart here."""

import pytest
from deployment import findings
from diagrams import NAMESPACES
from lxml import etree

from workflow_runtime.diagram.dialects.expressions import as_expression, in_grammar, timer
from workflow_runtime.diagram.dialects.meaning import form_key
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.diagram.rewriting import rewritten
from workflow_runtime.expressions import compile_expression

SPACES = (
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:activiti="http://activiti.org/bpmn" xmlns:flowable="http://flowable.org/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:drools="http://www.jboss.org/drools"'
)


def drawn(element: str, declared: str = "") -> bytes:
    """A small process: start, this one element (with id x), end."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {NAMESPACES} {SPACES} id="file">\n{declared}'
        f'<bpmn:process id="p" name="流程">\n<bpmn:startEvent id="start"/>\n{element}\n<bpmn:endEvent id="end"/>\n'
        '<bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="x"/><bpmn:sequenceFlow id="f2" sourceRef="x" targetRef="end"/>\n'
        "</bpmn:process></bpmn:definitions>"
    ).encode()


def node(data: bytes, identity: str = "x"):
    [process] = read_bpmn("x.bpmn", data)[0]
    return process.node(identity)


def with_extension(kind: str, inner: str, attributes: str = "") -> bytes:
    return drawn(f'<bpmn:{kind} id="x" {attributes}><bpmn:extensionElements>{inner}</bpmn:extensionElements></bpmn:{kind}>')


FORMS = {
    "Camunda 7 formKey": drawn('<bpmn:userTask id="x" camunda:formKey="embedded:app:forms/review.html"/>'),
    "Camunda 7 generated form": drawn('<bpmn:userTask id="x" camunda:formKey="camunda-forms:deployment:review.form"/>'),
    "Camunda 7 formRef": drawn('<bpmn:userTask id="x" camunda:formRef="review"/>'),
    "Activiti": drawn('<bpmn:userTask id="x" activiti:formKey="review"/>'),
    "Flowable": drawn('<bpmn:userTask id="x" flowable:formKey="review"/>'),
    "Camunda 8": with_extension("userTask", '<zeebe:formDefinition formId="review"/>'),
    "Camunda 8, external": with_extension("userTask", '<zeebe:formDefinition externalReference="review"/>'),
    "Camunda 8 properties": with_extension(
        "userTask", '<zeebe:properties><zeebe:property name="formKey" value="review"/></zeebe:properties>'
    ),
    "SpiffArena": with_extension(
        "userTask",
        '<spiffworkflow:properties><spiffworkflow:property name="formJsonSchemaFilename" value="review-schema.json"/></spiffworkflow:properties>',
    ),
    "jBPM": drawn(
        '<bpmn:userTask id="x"><bpmn:ioSpecification><bpmn:dataInput id="i" name="TaskName"/></bpmn:ioSpecification>'
        "<bpmn:dataInputAssociation><bpmn:targetRef>i</bpmn:targetRef><bpmn:assignment><bpmn:from>review</bpmn:from><bpmn:to>i</bpmn:to>"
        '</bpmn:assignment></bpmn:dataInputAssociation><bpmn:extensionElements><drools:metaData name="a"/></bpmn:extensionElements></bpmn:userTask>'
    ),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_a_form_link_of_another_engine_is_read(data):
    assert node(data).form == "review"


@pytest.mark.parametrize(
    "data",
    [
        drawn('<bpmn:serviceTask id="x" camunda:type="external" camunda:topic="notify"/>'),
        drawn('<bpmn:serviceTask id="x" flowable:type="external-worker" flowable:topic="notify"/>'),
        drawn('<bpmn:sendTask id="x" camunda:type="external" camunda:topic="notify"/>'),
        with_extension("serviceTask", '<zeebe:taskDefinition type="notify" retries="3"/>'),
        drawn('<bpmn:task id="x" drools:taskName="notify"/>'),
    ],
    ids=["Camunda 7", "Flowable", "a send task", "Camunda 8", "jBPM"],
)
def test_a_worker_of_another_engine_is_a_handler(data):
    assert node(data).operator.handler == "notify"
    assert node(data).type in ("serviceTask", "sendTask")


@pytest.mark.parametrize(
    "inner",
    [
        '<camunda:inputOutput><camunda:inputParameter name="text">${apply.owner}</camunda:inputParameter>'
        '<camunda:inputParameter name="kind">某某</camunda:inputParameter></camunda:inputOutput>',
        '<zeebe:taskDefinition type="notify"/><zeebe:ioMapping><zeebe:input source="=apply.owner" target="text"/></zeebe:ioMapping>'
        '<zeebe:taskHeaders><zeebe:header key="kind" value="某某"/></zeebe:taskHeaders>',
    ],
    ids=["Camunda 7", "Camunda 8"],
)
def test_parameters_become_expressions(inner):
    """What was an expression stays one, what was a text is a literal."""
    found = node(with_extension("serviceTask", inner, "" if "taskDefinition" in inner else 'camunda:topic="notify"'))
    assert found.operator.parameters == {"text": "apply.owner", "kind": '"某某"'}


@pytest.mark.parametrize(
    "data",
    [
        drawn('<bpmn:businessRuleTask id="x" camunda:decisionRef="life" camunda:resultVariable="years"/>'),
        with_extension("businessRuleTask", '<zeebe:calledDecision decisionId="life" resultVariable="years"/>'),
        with_extension(
            "serviceTask",
            '<flowable:field name="decisionTableReferenceKey"><flowable:string>life</flowable:string></flowable:field>',
            'flowable:type="dmn" flowable:resultVariable="years"',
        ),
    ],
    ids=["Camunda 7", "Camunda 8", "Flowable"],
)
def test_a_decision_of_another_engine_is_read(data):
    found = node(data)
    assert (found.type, found.decision, found.variable) == ("businessRuleTask", "life", "years")


def test_a_called_process_of_camunda_8_is_read():
    assert node(with_extension("callActivity", '<zeebe:calledElement processId="issue"/>')).called == "issue"


def test_properties_of_ours_may_be_entered_as_those_of_another_editor():
    inner = '<camunda:properties><camunda:property name="outcomes" value="a=甲;b=乙!"/><camunda:property name="colour" value="red"/></camunda:properties>'
    assert [outcome.code for outcome in node(with_extension("userTask", inner)).outcomes] == ["a", "b"]
    assert "colour" not in node(with_extension("userTask", inner)).properties


def test_our_own_form_holds_where_both_stand():
    inner = '<spiffworkflow:serviceTaskOperator id="notify"/>'
    data = with_extension("serviceTask", inner, 'camunda:type="external" camunda:topic="other"')
    assert node(data).operator.handler == "notify"
    assert [f.code for f in read_bpmn("x.bpmn", data)[1]] == []


@pytest.mark.parametrize(
    ("written", "ours"),
    {
        "${a == 'x'}": "a == 'x'",
        "#{a.b > 3}": "a.b > 3",
        "${a && !b || c}": "a  and   not b  or  c",
        "${a eq 'x and ne' and b ne 2}": "a == 'x and ne' and b != 2",
        "${execution.getVariable('a') == true}": "a == true",
        "return a == true;": "a == true",
        "${not empty a}": "len(a) != 0",
        "${a.b()}": None,
        "${__import__('os')}": None,
        "a = 1": None,
        "=a = 1": None,
        "${}": None,
        "${" + "a" * 3_000 + "}": None,
    }.items(),
)
def test_expressions_are_rewritten_where_our_grammar_can_say_them(written, ours):
    assert in_grammar(written) == ours


@pytest.mark.parametrize(
    ("written", "ours"),
    {'="P5D"': "P5D", '=duration("PT1H")': "PT1H", "${due}": "=due", "P5D": None, "${a.b()}": None, "0 0 9 * * ?": None}.items(),
)
def test_timers_are_rewritten(written, ours):
    assert timer(written) == ours


@pytest.mark.parametrize(
    ("written", "ours"), {"=x": "x", "${x}": "x", "12": "12", "true": "true", 'a"b': '"a\\"b"', "": '""', "x": '"x"'}.items()
)
def test_a_parameter_that_is_no_expression_is_a_literal(written, ours):
    assert as_expression(written) == ours


@pytest.mark.parametrize(
    ("written", "key"),
    {"apply": "apply", "forms/apply.html": "apply", "apply_schema.json": "apply", "camunda-forms:/forms/a b.form": "a b", "": ""}.items(),
)
def test_form_keys_are_freed_of_paths_and_endings(written, key):
    assert form_key(written) == key


UNSUPPORTED = {
    "a Java class": ("camunda:class", "crane handlers", drawn('<bpmn:serviceTask id="x" camunda:class="com.example.A"/>')),
    "a bean": ("flowable:delegateExpression", "crane handlers", drawn('<bpmn:serviceTask id="x" flowable:delegateExpression="${a}"/>')),
    "a mail": ("activiti:type", "crane handlers", drawn('<bpmn:serviceTask id="x" activiti:type="mail"/>')),
    "groups": ("camunda:candidateGroups", "crane lane list", drawn('<bpmn:userTask id="x" camunda:candidateGroups="a"/>')),
    "an assignment": ("zeebe:assignmentDefinition", "lane", with_extension("userTask", '<zeebe:assignmentDefinition assignee="=a"/>')),
    "an owner": ("potentialOwner", "lane", drawn('<bpmn:userTask id="x"><bpmn:potentialOwner id="o"/></bpmn:userTask>')),
    "a due date": ("camunda:dueDate", "dueWorkingDays", drawn('<bpmn:userTask id="x" camunda:dueDate="P3D"/>')),
    "fields": ("camunda:formData", "formKey", with_extension("userTask", "<camunda:formData/>")),
    "a listener": ("camunda:taskListener", "never run", with_extension("userTask", '<camunda:taskListener event="create"/>')),
    "a script of jBPM": (
        "drools:onEntry-script",
        "never run",
        with_extension("userTask", "<drools:onEntry-script><drools:script>System.exit(0)</drools:script></drools:onEntry-script>"),
    ),
    "a worker on an event": (
        "camunda:topic",
        "send task",
        drawn('<bpmn:intermediateThrowEvent id="x"><bpmn:messageEventDefinition id="m" camunda:topic="a"/></bpmn:intermediateThrowEvent>'),
    ),
}


@pytest.mark.parametrize(("spelling", "cure", "data"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_has_no_counterpart_is_told_with_what_to_do_instead(spelling, cure, data):
    told = [f for f in findings(data) if f.code == "DIALECT_UNSUPPORTED"]
    assert [f.severity for f in told] == ["warning"]
    assert spelling in told[0].message.en
    assert cure in told[0].cure.en


def test_a_spelling_is_told_once_with_its_count():
    tasks = "".join(f'<bpmn:userTask id="x{n}" camunda:formKey="a"/>' for n in range(57))
    told = [f for f in findings(drawn(tasks)) if f.code == "DIALECT_READ"]
    assert [("57 places" in f.message.en, f.element) for f in told] == [(True, "x0")]


ENCODINGS = ("UTF-8", "UTF-16", "ISO-8859-1", "GBK")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_importing_keeps_all_else_of_the_document(encoding):
    """The picture, comments, processing instructions, foreign extensions, prefixes: taken without our additions, it is the same document."""
    name = "Prüfung" if encoding == "ISO-8859-1" else "审核"
    text = f"""<?xml version="1.0" encoding="{encoding}"?>
<!-- before -->
<?tool keep?>
<model:definitions xmlns:model="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:c="http://camunda.org/schema/1.0/bpmn"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:unused="urn:unused" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" targetNamespace="t">
  <model:process id="p"><!-- inside --><model:startEvent id="s" c:formKey="apply"/>
    <model:sequenceFlow id="f" sourceRef="s" targetRef="e"><model:conditionExpression xsi:type="model:tFormalExpression">a = 1</model:conditionExpression></model:sequenceFlow>
    <model:endEvent id="e" name="{name}"><model:extensionElements><other:x xmlns:other="urn:o" other:y="1">text<![CDATA[<z>]]></other:x></model:extensionElements></model:endEvent>
  </model:process><di:BPMNDiagram id="d"/>
</model:definitions>"""
    before = text.encode(encoding)
    after, told = rewritten("x.bpmn", before)
    assert [f.code for f in told] == ["DIALECT_READ"]
    tree = etree.fromstring(after).getroottree()
    assert tree.docinfo.encoding.upper() == encoding
    for added in tree.getroot().iter("{http://spiffworkflow.org/bpmn/schema/1.0/core}properties"):
        holder = added.getparent()
        holder.getparent().remove(holder)
    prefixes = dict(tree.getroot().nsmap)
    assert prefixes.pop("spiffworkflow")
    assert prefixes == etree.fromstring(before).nsmap
    etree.cleanup_namespaces(tree, keep_ns_prefixes=sorted(prefixes))
    assert etree.tostring(tree, method="c14n2", with_comments=True) == etree.tostring(
        etree.fromstring(before).getroottree(), method="c14n2", with_comments=True
    )


def test_importing_twice_changes_nothing_more():
    """What was rewritten is ours: it comes back byte by byte."""
    once, _ = rewritten("x.bpmn", FORMS["Camunda 7 formKey"])
    again, told = rewritten("x.bpmn", once)
    assert (again, told) == (once, [])
    assert node(once).form == node(FORMS["Camunda 7 formKey"]).form


def test_a_hostile_value_of_another_engine_is_only_text():
    """Scripts in a foreign spelling are refused as expressions, never run."""
    found = findings(
        drawn(
            '<bpmn:serviceTask id="x" camunda:topic="notify"><bpmn:extensionElements><camunda:inputOutput><camunda:inputParameter name="text">'
            '${Runtime.getRuntime().exec("id")}</camunda:inputParameter></camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>'
        )
    )
    assert ("EXPRESSION_INVALID", "x") in {(f.code, f.element) for f in found}


@pytest.mark.parametrize(("value", "empty"), [(None, True), ("", True), ([], True), ("a", False), (1000, False), (True, False)])
def test_empty_means_what_it_means_there(value, empty):
    """Numbers and truth values are never empty."""
    assert compile_expression(in_grammar("${empty a}")).evaluate({"a": value}) is empty
    assert compile_expression(in_grammar("${not empty a}")).evaluate({"a": value}) is not empty


@pytest.mark.parametrize("text", ["a <!-- why --> = 1", "<!-- why -->a = 1", "a <?why not?> = 1"])
def test_a_comment_does_not_cut_a_condition_short(text):
    flow = f'<bpmn:exclusiveGateway id="x"/><bpmn:sequenceFlow id="f" sourceRef="x" targetRef="end"><bpmn:conditionExpression>{text}</bpmn:conditionExpression></bpmn:sequenceFlow>'
    [process] = read_bpmn("x.bpmn", drawn(flow))[0]
    assert [f.condition.split() for f in process.scope.flows if f.id == "f"] == [["a", "=", "1"]]
