"""Decision tables as other tools write them: read where they say what ours say, otherwise refused with what to do, never a crash."""

import pytest

from workflow_runtime.decisions import read_decisions

CAMUNDA = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="{model}" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0"
  xmlns:camunda="http://camunda.org/schema/1.0/dmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_1q" name="DRD"
  namespace="http://camunda.org/schema/1.0/dmn" exporter="Camunda Modeler" exporterVersion="5.30.0" modeler:executionPlatform="Camunda Cloud">
  <inputData id="InputData_1" name="crane"><variable id="v1" name="crane" typeRef="Any"/></inputData>
  <decision id="life" name="使用年限" camunda:historyTimeToLive="180">
    <variable id="InformationItem_1" name="years" typeRef="number"/>
    <informationRequirement id="ir1"><requiredInput href="#InputData_1"/></informationRequirement>
    <authorityRequirement id="ar1"><requiredAuthority href="#k1"/></authorityRequirement>
    <decisionTable id="DecisionTable_1" hitPolicy="UNIQUE" biodi:annotationsWidth="400">
      <input id="Input_1" label="类别" biodi:width="192" camunda:inputVariable="kind">
        <inputExpression id="InputExpression_1" typeRef="string" expressionLanguage="feel"><text>apply.kind</text></inputExpression>
        <inputValues id="u1"><text>"T","S"</text></inputValues>
      </input>
      <input id="Input_2"><inputExpression id="InputExpression_2" typeRef="date"><text>apply.made</text></inputExpression></input>
      <output id="Output_1" label="年限" name="years" typeRef="number"/>
      <annotation name="依据"/>
      <rule id="DecisionRule_1"><description>甲</description>
        <inputEntry id="a1"><text>"T"</text></inputEntry><inputEntry id="a2"><text>&lt; date("2020-01-01")</text></inputEntry>
        <outputEntry id="a3"><text>10</text></outputEntry><annotationEntry><text>第3条</text></annotationEntry></rule>
      <rule id="DecisionRule_2"><inputEntry id="b1"><text>"T"</text></inputEntry>
        <inputEntry id="b2"><text>[date("2020-01-01")..date("9999-12-31")]</text></inputEntry>
        <outputEntry id="b3" expressionLanguage="feel"><text>15</text></outputEntry></rule>
      <rule id="DecisionRule_3"><inputEntry id="c1"><text>"S"</text></inputEntry><inputEntry id="c2"><text></text></inputEntry>
        <outputEntry id="c3"><text></text></outputEntry></rule>
    </decisionTable>
  </decision>
  <knowledgeSource id="k1" name="JGJ/T 189-2009"/>
  <dmndi:DMNDI><dmndi:DMNDiagram><dmndi:DMNShape dmnElementRef="life"/></dmndi:DMNDiagram></dmndi:DMNDI>
</definitions>"""

MODELS = {
    "1.1": "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "1.1 as Camunda has it": "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
    "1.2": "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "1.3": "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "1.4": "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "1.5": "https://www.omg.org/spec/DMN/20230324/MODEL/",
}


@pytest.mark.parametrize("version", MODELS)
def test_a_table_of_camunda_modeler_is_read_in_every_version_of_the_standard(version):
    """Annotations, input values, an input variable's name, empty cells and the drawing do no harm."""
    decisions, findings = read_decisions("life.dmn", CAMUNDA.format(model=MODELS[version]).encode())
    assert findings == []
    (life,) = decisions
    assert [life.decide({"apply": {"kind": kind, "made": made}}) for kind, made in [("T", "2019-12-31"), ("T", "2020-01-01"), ("S", None)]] == [
        {"years": 10}, {"years": 15}, {"years": None},
    ]  # fmt: skip
    assert life.rules[0].note == "甲 · 第3条"
    assert life.labels == ("年限",)


PREFIXED = (
    CAMUNDA.format(model=MODELS["1.3"])
    .replace('xmlns="https', 'xmlns:semantic="https')
    .replace("</", "</semantic:")
    .replace("<", "<semantic:")
    .replace("<semantic:/semantic:", "</semantic:")
    .replace("<semantic:?", "<?")
    .replace("semantic:dmndi:", "dmndi:")
)


def test_a_prefix_before_every_element_changes_nothing():
    """Trisotech and Signavio write one."""
    decisions, findings = read_decisions("life.dmn", PREFIXED.encode())
    assert ([decision.id for decision in decisions], findings) == (["life"], [])


def small(entry="1", *, head="", type_ref="number", output='<output name="y"/>', cell="-", before="", inside=""):
    return f"""<definitions xmlns="{MODELS["1.3"]}" id="f">{before}<decision id="d" name="d">{inside}<decisionTable {head}>
      <input label="x"><inputExpression typeRef="{type_ref}"><text>x</text></inputExpression></input>{output}
      <rule><inputEntry><text>{cell}</text></inputEntry><outputEntry><text>{entry}</text></outputEntry></rule>
    </decisionTable></decision></definitions>""".encode()


@pytest.mark.parametrize("type_ref", ["number", "feel:number", "integer", "long", "double", "string", "xsd:date", "date", "dateTime", "boolean",
    "days and time duration", "yearMonthDuration", "Any", "tMyOwnType", ""])  # fmt: skip
def test_any_spelling_of_a_type_is_taken(type_ref):
    assert len(read_decisions("a.dmn", small(type_ref=type_ref))[0]) == 1


@pytest.mark.parametrize(
    ("policy", "spelling"),
    [("UNIQUE", "UNIQUE"), ("FIRST", "FIRST"), ("COLLECT", "COLLECT")],
)
def test_the_three_policies_are_taken(policy, spelling):
    ((decision,), _) = read_decisions("a.dmn", small(head=f'hitPolicy="{spelling}"'))
    assert decision.policy == policy


@pytest.mark.parametrize("policy", ["ANY", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "U", "unique", "Collect", ""])
def test_every_other_policy_is_refused_with_what_to_choose(policy):
    decisions, (finding,) = read_decisions("a.dmn", small(head=f'hitPolicy="{policy}"'))
    assert decisions == []
    assert (finding.code, "FIRST" in finding.cure.zh, "COLLECT" in finding.cure.en) == ("DECISION_POLICY", True, True)


REQUIRED = '<informationRequirement><requiredDecision href="#other"/></informationRequirement>'
OTHER = '<decision id="other" name="other"><literalExpression><text>1 + 1</text></literalExpression></decision>'
BKM = '<businessKnowledgeModel id="b" name="b"><encapsulatedLogic><literalExpression><text>f(x)</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (small(before=OTHER), "DECISION_UNSUPPORTED"),
        (small(before=OTHER, inside=REQUIRED), "DECISION_UNSUPPORTED"),
        (small(entry="f(x)", before=BKM), "DECISION_CELL"),
        (small(entry="for i in 1..10 return i"), "DECISION_CELL"),
        (small(entry="if x > 1 then 2 else 3"), "DECISION_CELL"),
        (small(entry="x * 2"), "DECISION_CELL"),
        (small(entry="sum([1, 2])"), "DECISION_CELL"),
        (small(entry="__import__('os')"), "DECISION_CELL"),
        (small(cell="? > 5"), "DECISION_CELL"),
        (small(cell="5 &lt; ? and ? &lt; 10"), "DECISION_CELL"),
        (small(cell="T"), "DECISION_CELL"),
        (small(cell="&gt; other.limit"), "DECISION_CELL"),
        (small(cell='duration("P3D")'), "DECISION_CELL"),
        (small(cell="2026-02-30"), "DECISION_CELL"),
        (small(cell='date and time("2026-01-01T00:00:00")'), "DECISION_CELL"),
        (small(output='<output name="年 限"/>'), "DECISION_OUTPUT"),
        (b'<definitions xmlns="http://www.omg.org/spec/DMN/20191111/MODEL/"><drgElement/></definitions>', "DECISION_MISSING"),
        (f'<definitions xmlns="{MODELS["1.3"]}"><decision id="d"/></definitions>'.encode(), "DECISION_UNSUPPORTED"),
        (f'<definitions xmlns="{MODELS["1.3"]}"><decision id="d"><context/></decision></definitions>'.encode(), "DECISION_UNSUPPORTED"),
        (f'<definitions xmlns="{MODELS["1.3"]}"><decision id="d"><decisionTable/></decision></definitions>'.encode(), "DECISION_OUTPUT"),
    ],
)
def test_what_is_beyond_a_table_is_refused_with_a_cure(data, code):
    _, findings = read_decisions("a.dmn", data)
    assert code in [finding.code for finding in findings if finding.severity == "error"]
    assert all(finding.message.zh and finding.message.en and finding.cure.zh and finding.cure.en for finding in findings)


def test_a_business_knowledge_model_that_nobody_uses_is_let_be():
    assert len(read_decisions("a.dmn", small(before=BKM))[0]) == 1
