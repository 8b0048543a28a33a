"""Files as two dozen modeling tools and bad luck leave them: dialect × encoding × namespace × construct × damage, made anew each time.

`files(seed, count)` gives a mixed sample; CONSTRUCTS, SHELLS, DAMAGES and STRANGERS are the ingredients by name.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"

SHELLS = {
    # tool: (prefix, definitions' further attributes)
    "Signavio": (
        "",
        'exporter="Signavio Process Editor, http://www.signavio.com" exporterVersion="13" xmlns:signavio="http://www.signavio.com"',
    ),
    "Bizagi": ("", 'exporter="Bizagi Modeler" xmlns:bizagi="http://www.bizagi.com/bpmn20"'),
    "ARIS": ("semantic", 'targetNamespace="http://www.softwareag.com/bpmn2Serialisation/A" id="ARISBPMN_1"'),
    "ADONIS": ("bpmn", 'exporter="ADONIS NP" xmlns:adonis="http://www.boc-group.com"'),
    "Visual Paradigm": ("", 'exporter="Visual Paradigm" typeLanguage="http://www.w3.org/2001/XMLSchema"'),
    "Enterprise Architect": ("bpmn", 'exporter="Enterprise Architect" exporterVersion="15.2"'),
    "MagicDraw": ("semantic", 'exporter="MagicDraw" xmlns:md="http://www.nomagic.com"'),
    "Trisotech": ("semantic", 'exporter="Trisotech.com" xmlns:trisobpmn="http://www.trisotech.com/2014/triso/bpmn"'),
    "Yaoqiang": ("", 'xmlns:yaoqiang="http://bpmn.sourceforge.net" exporter="Yaoqiang BPMN Editor"'),
    "Eclipse": ("bpmn2", 'xmlns:ext="http://org.eclipse.bpmn2/ext" exporter="org.eclipse.bpmn2.modeler.core"'),
    "jBPM": ("bpmn2", 'xmlns:drools="http://www.jboss.org/drools" exporter="jBPM Process Modeler"'),
    "Bonita": ("model", 'exporter="BonitaSoft" xmlns:bonitaConnector="http://www.bonitasoft.org/studio/connector"'),
    "Camunda 7": ("bpmn", 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" exporter="Camunda Modeler"'),
    "Camunda 8": ("bpmn", 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" exporter="Camunda Modeler"'),
    "Flowable": ("", 'xmlns:flowable="http://flowable.org/bpmn" exporter="Flowable Open Source Modeler"'),
    "Activiti": ("", 'xmlns:activiti="http://activiti.org/bpmn" expressionLanguage="http://www.w3.org/1999/XPath"'),
    "bpmn.io": ("bpmn", 'exporter="bpmn-js (https://demo.bpmn.io)" id="Definitions_1"'),
    "W4": ("bpmn", 'exporter="W4 BPMN+ Composer" xmlns:w4graph="http://www.w4.eu/spec/BPMN/20110930/GRAPH"'),
    "IBM": ("bpmn", 'xmlns:xmi="http://www.omg.org/XMI" xmi:version="2.0" exporter="http://www.ibm.com/BPM"'),
    "Oracle": ("ns3", 'exporter="Oracle BPM Studio" xmlns:ora="http://xmlns.oracle.com/bpm"'),
    "SAP": ("bpmn2", 'xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd"'),
    "Modelio": ("semantic", 'exporter="Modelio"'),
    "iGrafx": ("", 'exporter="iGrafx" xmlns:igrafx="http://www.igrafx.com"'),
    "ProcessMaker": ("bpmn", 'xmlns:pm="http://processmaker.com/BPMN/2.0/Schema.xsd" exporter="ProcessMaker Modeler"'),
    "SpiffArena": ("bpmn", 'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'),
    "draw.io": ("", 'exporter="draw.io"'),
    "nobody": ("b0", ""),
}
NAMESPACES = (
    MODEL, MODEL, MODEL, MODEL, MODEL, MODEL, "http://schema.omg.org/spec/BPMN/2.0", "http://www.omg.org/spec/BPMN/20100501/MODEL",
    "http://www.omg.org/bpmn20", "http://www.omg.org/spec/BPMN/20100524", "",
)  # fmt: skip
ENCODINGS = ("UTF-8", "UTF-8", "UTF-8", "UTF-8-sig", "UTF-16", "UTF-16-LE", "ISO-8859-1", "GBK", "GB18030", "windows-1252")

_NODES = (
    "task userTask manualTask serviceTask sendTask receiveTask scriptTask businessRuleTask callActivity subProcess transaction adHocSubProcess "
    "startEvent endEvent intermediateThrowEvent intermediateCatchEvent boundaryEvent exclusiveGateway parallelGateway inclusiveGateway "
    "complexGateway eventBasedGateway dataObject dataObjectReference dataStoreReference choreographyTask subChoreography callChoreography"
).split()
_EVENTS = "message timer error escalation cancel compensate conditional link signal terminate".split()
_LAST = 12
"""Nodes of an ordinary drawing."""


def _event(random: random.Random) -> str:
    kind = random.choice(_EVENTS)
    inner = random.choice(
        ["", "<@timeDuration>P1D</@timeDuration>", "<@condition>${a.b()}</@condition>", "<@timeCycle>0 0 9 * * ?</@timeCycle>"]
    )
    return f'<@{kind}EventDefinition id="ed{random.random()}" {kind}Ref="m1">{inner}</@{kind}EventDefinition>'


def _node(random: random.Random, identity: str, depth: int = 0) -> str:
    kind = random.choice(_NODES)
    inner = random.choice(["", "", _DOCUMENTED, _MULTIPLE, _OWNED, _INPUTS])
    if kind.endswith("Event"):
        inner += random.choice(["", _event(random), _event(random) + _event(random)])
    if kind in ("subProcess", "transaction", "adHocSubProcess", "subChoreography") and depth < 4:
        inner += "".join(_node(random, f"{identity}_{n}", depth + 1) for n in range(random.randint(0, 4)))
        inner += f'<@sequenceFlow id="f{identity}" sourceRef="{identity}_0" targetRef="{identity}_1"/>'
    name = random.choice(["", 'name="审核"', 'name="Prüfen &amp; &#10; weiter"', f'name="{"x" * 300}"'])
    more = random.choice(_ATTRIBUTES)
    if kind == "boundaryEvent":
        more += f' attachedToRef="n{random.randint(0, _LAST)}" cancelActivity="{random.choice(["true", "false"])}"'
    return f'<@{kind} id="{identity}" {name} {more}>{inner}</@{kind}>'


_DOCUMENTED = '<@documentation textFormat="text/html">&lt;b&gt;说明&lt;/b&gt;</@documentation><@extensionElements><x:y xmlns:x="urn:x" x:z="1"/></@extensionElements>'
_MULTIPLE = '<@multiInstanceLoopCharacteristics isSequential="true"><@loopCardinality>999999999</@loopCardinality></@multiInstanceLoopCharacteristics>'
_OWNED = "<@potentialOwner><@resourceAssignmentExpression><@formalExpression>group(a)</@formalExpression></@resourceAssignmentExpression></@potentialOwner>"
_INPUTS = (
    '<@ioSpecification><@dataInput id="di" name="TaskName"/><@inputSet/><@outputSet/></@ioSpecification><@dataInputAssociation><@targetRef>di</@targetRef>'
    "<@assignment><@from>import os</@from><@to>di</@to></@assignment></@dataInputAssociation>"
)
_ATTRIBUTES = (
    "", "", "", 'default="f1"', 'isForCompensation="true"', 'calledElement="p"', 'triggeredByEvent="true"', 'instantiate="true"',
    'gatewayDirection="Diverging"', 'implementation="##WebService" operationRef="o"', 'startQuantity="-1"', 'isInterrupting="false"',
)  # fmt: skip


def _flow(random: random.Random, number: int) -> str:
    ends = (random.randint(0, _LAST), random.randint(0, _LAST))
    condition = random.choice(
        [
            "",
            "",
            "<@conditionExpression>${a &gt; 1}</@conditionExpression>",
            '<@conditionExpression language="javascript">a === 1</@conditionExpression>',
        ]
    )
    return f'<@sequenceFlow id="f{number}" sourceRef="n{ends[0]}" targetRef="n{ends[1]}">{condition}</@sequenceFlow>'


def _process(random: random.Random, identity: str) -> str:
    nodes = "".join(_node(random, f"n{n}") for n in range(random.randint(0, _LAST)))
    flows = "".join(_flow(random, n) for n in range(random.randint(0, 2 * _LAST)))
    lanes = "".join(
        f'<@lane id="l{n}" name="{random.choice(["产权单位", "Sales", ""])}"><@flowNodeRef>n{n}</@flowNodeRef></@lane>' for n in range(3)
    )
    lane_set = f'<@laneSet id="ls">{lanes}<@lane id="outer"><@childLaneSet>{lanes}</@childLaneSet></@lane></@laneSet>'
    notes = (
        '<@textAnnotation id="t"><@text>注</@text></@textAnnotation><@association id="as" sourceRef="n0" targetRef="t"/><@group id="g"/>'
    )
    return f'<@process id="{identity}" isExecutable="{random.choice(["true", "false"])}">{lane_set}{nodes}{flows}{notes}</@process>'


CONSTRUCTS: dict[str, Callable[[random.Random], str]] = {
    "a process": lambda r: _process(r, "p"),
    "several processes": lambda r: "".join(_process(r, f"p{n}") for n in range(r.randint(2, 30))),
    "a collaboration": lambda r: (
        '<@collaboration id="c"><@participant id="pa" processRef="p"/><@participant id="pb" name="black box"/>'
        f'<@messageFlow id="mf" sourceRef="pb" targetRef="n1"/></@collaboration>{_process(r, "p")}'
    ),
    "black boxes": lambda _: '<@collaboration id="c"><@participant id="pa"/><@participant id="pb"/></@collaboration>',
    "a choreography": lambda r: f'<@choreography id="c">{"".join(_node(r, f"n{n}") for n in range(5))}</@choreography>',
    "a conversation": lambda _: (
        '<@collaboration id="c"><@participant id="pa"/><@conversation id="k"/><@callConversation id="l"/></@collaboration>'
    ),
    "global things": lambda _: (
        '<@globalTask id="a"/><@globalUserTask id="b"/><@globalScriptTask id="c"><@script>1</@script></@globalScriptTask><@message id="m1"/>'
        '<@signal id="s"/><@itemDefinition id="i"/><@interface id="if"><@operation id="o"/></@interface><@category id="ca"/><@dataStore id="ds"/>'
    ),
    "the same id everywhere": lambda r: _process(r, "n1").replace('id="n', 'id="n1" name2="'),
    "no ids": lambda r: _process(r, "p").replace(" id=", " name2="),
    "nothing": lambda _: "",
    "a ring of subprocesses": lambda _: (
        '<@process id="p"><@callActivity id="n0" calledElement="p"/><@callActivity id="n1" calledElement="q"/></@process><@process id="q"><@callActivity id="n2" calledElement="p"/></@process>'
    ),
    "a picture": lambda r: (
        _process(r, "p")
        + '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><di:BPMNPlane bpmnElement="p">'
        + "".join(
            f'<di:BPMNShape id="s{n}" bpmnElement="n{n}"><dc:Bounds x="{n}" y="NaN" width="1e9" height="-1"/></di:BPMNShape>'
            for n in range(40)
        )
        + "</di:BPMNPlane></di:BPMNDiagram>"
    ),
}


def xml(shell: str, construct: str, seed: int = 0, namespace: str = MODEL) -> str:
    """A document of a tool, without its XML declaration."""
    prefix, attributes = SHELLS[shell]
    body = (
        CONSTRUCTS[construct](random.Random(seed))
        .replace("<@", f"<{prefix}:" if prefix else "<")
        .replace("</@", f"</{prefix}:" if prefix else "</")
    )
    name = f"{prefix}:definitions" if prefix else "definitions"
    declared = "" if not namespace and not prefix else f' xmlns{":" if prefix else ""}{prefix}="{namespace or "urn:none"}"'
    return f"<{name}{declared} {attributes}>{body}</{name}>"


def encoded(text: str, encoding: str, declared: str | None = None) -> bytes:
    """The document in an encoding, declared as it is, or wrongly."""
    name = {"UTF-8-sig": "UTF-8", "UTF-16-LE": "UTF-16"}.get(encoding, encoding)
    return f'<?xml version="1.0" encoding="{declared or name}"?>\n{text}'.encode(encoding, errors="xmlcharrefreplace")


DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "none": lambda data, _: data,
    "cut off": lambda data, r: data[: r.randint(0, len(data))],
    "a byte changed": lambda data, r: data[: (n := r.randrange(len(data)))] + bytes([r.randrange(256)]) + data[n + 1 :],
    "a piece lost": lambda data, r: data[: (n := r.randrange(len(data)))] + data[n + r.randint(1, 200) :],
    "a piece doubled": lambda data, r: data[: (n := r.randrange(len(data)))] + data[max(0, n - r.randint(1, 300)) :],
    "blanks before": lambda data, _: b"\n \n" + data,
    "zero bytes behind": lambda data, _: data + b"\x00" * 100,
    "mojibake": lambda data, _: data.decode("latin-1").encode("utf-8"),
    "a merge conflict": lambda data, _: data.replace(b">", b">\n<<<<<<< HEAD\n", 1) + b"\n>>>>>>> x",
    "entities": lambda data, _: data.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b">]>', 1),
}
STRANGERS: dict[str, bytes] = {
    "empty": b"",
    "a byte order mark": b"\xef\xbb\xbf",
    "zeros": b"\x00" * 5000,
    "a zip": b"PK\x03\x04" + bytes(range(256)) * 20,
    "a PDF": b"%PDF-1.7\n" + bytes(range(256)),
    "JSON": b'{"definitions": {}}',
    "text": "流程说明".encode(),
    "HTML": b"<!DOCTYPE html><html><body>404</body></html>",
    "XPDL": b'<Package xmlns="http://www.wfmc.org/2008/XPDL2.1"><WorkflowProcesses/></Package>',
    "draw.io": b'<mxfile host="app.diagrams.net"><diagram>7V1bc5s4FP41ntl9</diagram></mxfile>',
    "Visio": b'<VisioDocument xmlns="http://schemas.microsoft.com/visio/2003/core"/>',
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>',
    "DMN": b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
    "CMMN": b'<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"/>',
    "BPEL": b'<process xmlns="http://docs.oasis-open.org/wsbpel/2.0/process/executable"/>',
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n",
    "AML": b"<AML><Group/></AML>",
    "a part": f'<process xmlns="{MODEL}" id="p"/>'.encode(),
}


def _great(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{MODEL}"><process id="p">{body}</process></definitions>'.encode()


def _property(name: str, value: str) -> str:
    return (
        f'<s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core"><s:property name="{name}" value="{value}"/></s:properties>'
    )


def _form(conditions: Iterable[str]) -> bytes:
    fields = [
        {"type": "textfield", "id": f"F{n}", "key": f"k{n}", "label": "l", "conditional": {"hide": text}}
        for n, text in enumerate(conditions)
    ]
    return json.dumps({"type": "default", "id": "x", "schemaVersion": 18, "components": fields}).encode()


def _table(rules: Iterable[tuple[str, str]]) -> bytes:
    rows = "".join(f"<rule><inputEntry><text>{a}</text></inputEntry><outputEntry><text>{b}</text></outputEntry></rule>" for a, b in rules)
    head = '<input><inputExpression><text>x</text></inputExpression></input><output name="y"/>'
    return f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d"><decisionTable>{head}{rows}</decisionTable></decision></definitions>'.encode()


def _tasks(count: int, kind: str = "task") -> str:
    nodes = "".join(f'<{kind} id="n{n}" name="任务"/>' for n in range(count))
    return nodes + "".join(f'<sequenceFlow id="f{n}" sourceRef="n{n}" targetRef="n{n + 1}"/>' for n in range(count - 1))


GREAT: dict[str, bytes] = {
    "a megabyte of one text": _great(f"<documentation>{'字' * 330_000}</documentation>"),
    "a megabyte of one name": _great(f'<task id="t" name="{"x" * 990_000}"/>'),
    "a hundred thousand attributes": _great("<task " + " ".join(f"a{n}=''" for n in range(90_000)) + "/>"),
    "ten thousand processes": (
        f'<definitions xmlns="{MODEL}">' + "".join(f'<process id="p{n}"><task id="t{n}"/></process>' for n in range(15_000)) + "</definitions>"
    ).encode(),
    "seven thousand tasks in a row": _great(_tasks(7_000)),
    "nine hundred tasks in a row": _great(_tasks(900, "userTask")),
    "a web of gateways": _great(
        "".join(f'<exclusiveGateway id="g{n}"/>' for n in range(60))
        + "".join(f'<sequenceFlow id="f{a}_{b}" sourceRef="g{a}" targetRef="g{b}"/>' for a in range(60) for b in range(45))
    ),
    "a web of forks": _great(
        '<startEvent id="s"/><sequenceFlow id="fs" sourceRef="s" targetRef="g0"/>'
        + "".join(f'<parallelGateway id="g{n}"/>' for n in range(60))
        + "".join(f'<sequenceFlow id="f{a}_{b}" sourceRef="g{a}" targetRef="g{b}"/>' for a in range(60) for b in range(a + 1, 60))
    ),
    "deep nesting": _great("<subProcess>" * 25_000 + "</subProcess>" * 25_000),
    "twenty thousand points": _great("<task id='t'/>").replace(
        b"</definitions>", b"<d:BPMNDiagram xmlns:d='http://www.omg.org/spec/BPMN/20100524/DI'>" + b'<d:waypoint x="1" y="2"/>' * 30_000 + b"</d:BPMNDiagram></definitions>"
    ),
    "a thousand boundary events": _great(_tasks(2) + "".join(f'<boundaryEvent id="b{n}" attachedToRef="n0" cancelActivity="false"><timerEventDefinition/></boundaryEvent>' for n in range(990))),
    "five thousand forms": _great("".join(f'<userTask id="u{n}" c:formKey="f{n}" xmlns:c="http://camunda.org/schema/1.0/bpmn"/>' for n in range(900))),
    "long conditions": _great(_tasks(3) + "".join(f'<sequenceFlow id="c{n}" sourceRef="n0" targetRef="n1"><conditionExpression>{"${" + "(" * 900}</conditionExpression></sequenceFlow>' for n in range(900))),
    "three thousand messages": _great("").replace(b"</definitions>", "".join(f'<message id="m{n}" name="x"/>' for n in range(3_500)).encode() + b"</definitions>"),
    "forms that nobody knows": _great("".join(f'<userTask id="u{n}"><extensionElements>{_property("formKey", "abcdefgh" * 12 + str(n))}{_property("formMode", ",".join(f"zyxw{n}_{k}:read" for k in range(30)))}</extensionElements></userTask>' for n in range(900))),
    "a hundred processes that call each other": (
        f'<definitions xmlns="{MODEL}">' + "".join(f'<process id="p{n}"><startEvent id="s{n}"/>' + "".join(f'<callActivity id="c{n}_{k}" calledElement="p{(n + k) % 100}"/>' for k in range(140)) + "</process>" for n in range(100)) + "</definitions>"
    ).encode(),
    "expressions without end": _great("".join(f'<sequenceFlow id="f{n}" sourceRef="a" targetRef="b"><conditionExpression>{"a+b-" * 490}{n}</conditionExpression></sequenceFlow>' for n in range(470))),
}  # fmt: skip
_LONG = "+".join("abcdefgh" * 120)
GREAT_OTHERS: dict[str, tuple[str, bytes]] = {
    "names that nobody knows": ("x.form", _form("=" + " or ".join(f"k{n}_{k} = 1" for k in range(60)) for n in range(480))),
    "a form of long conditions": ("x.form", _form(f"={_LONG}+{n}" for n in range(450))),
    "a table of long cells": ("x.dmn", _table((f"&lt; {n}", f"{_LONG[:240]}+{n}") for n in range(2_500))),
    "a table of seven thousand rules": ("x.dmn", _table((f"{n}", f'"{n}"') for n in range(7_500))),
    "a table of intervals": ("x.dmn", _table((f"[{n * 7 % 5_000}..{n * 7 % 5_000 + 20}]", "1") for n in range(5_000))),
}
"""A megabyte of a form or of a decision table: its name, its content."""


def files(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """A mixed sample, named by what is in it: the same for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        shell, construct, damage = chance.choice(list(SHELLS)), chance.choice(list(CONSTRUCTS)), chance.choice(["none"] * 8 + list(DAMAGES))
        namespace, encoding = chance.choice(NAMESPACES), chance.choice(ENCODINGS)
        declared = chance.choice([None] * 9 + ["UTF-8", "GBK", "klingon"])
        data = encoded(xml(shell, construct, chance.randrange(10**9), namespace), encoding, declared)
        yield f"{number}: {shell}, {construct}, {namespace}, {encoding} as {declared}, {damage}", DAMAGES[damage](data, chance)
