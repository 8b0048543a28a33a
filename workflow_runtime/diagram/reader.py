"""Reads BPMN 2.0 XML (with `spiffworkflow:` extensions) into the model.

Hostile or broken XML is answered with findings; nothing in the file is ever evaluated here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lxml import etree

from workflow_runtime.diagram.model import BPMN, SPIFF, Event, Flow, Lane, Node, Operator, Process, Scope
from workflow_runtime.errors import Finding, Text

MAX_BYTES = 2_000_000
MAX_ELEMENTS = 20_000
MAX_DEPTH = 60

_NOT_NODES = frozenset(
    "incoming outgoing extensionElements documentation laneSet sequenceFlow textAnnotation association group ioSpecification "
    "property category auditing monitoring dataInputAssociation dataOutputAssociation resourceRole potentialOwner humanPerformer "
    "performer standardLoopCharacteristics multiInstanceLoopCharacteristics correlationSubscription supports rendering script "
    "completionCondition conditionExpression".split()
)
_MARKER_ATTRIBUTES = {"triggeredByEvent": "event-subprocess", "isForCompensation": "compensation", "instantiate": "instantiate"}
_SCRIPTLESS = frozenset({"definitions", "collaboration", "participant", "process", "laneSet", "lane", "sequenceFlow"})
_MARKERS = {"standardLoopCharacteristics": "loop", "multiInstanceLoopCharacteristics": "multi-instance"}


def read_bpmn(file: str, data: bytes) -> tuple[list[Process], list[Finding]]:
    """The processes of a BPMN file. Unreadable files yield findings and no process; no exception leaves this function."""
    root, findings = parse_xml(file, data)
    if root is None:
        return [], findings
    if root.tag != f"{{{BPMN}}}definitions":
        return [], [_not_bpmn(file, str(root.tag))]
    reader = _Reader(file, root)
    processes = [reader.process(element) for element in root.iter(f"{{{BPMN}}}process")]
    if not processes:
        reader.findings.append(
            Finding(
                "NO_PROCESS",
                file,
                "",
                1,
                Text("文件里没有流程（process）。", "The file has no process."),
                Text("请画一个流程后保存。", "Draw a process and save."),
            )
        )
    return processes, reader.findings


def parse_xml(file: str, data: bytes) -> tuple[etree._Element | None, list[Finding]]:
    """Parse untrusted XML: no DOCTYPE, no entities, bounded size, number of elements and depth."""
    if len(data) > MAX_BYTES:
        return None, [
            _xml(file, 0, "XML_TOO_LARGE", f"文件超过 {MAX_BYTES // 1_000_000} MB。", f"The file is larger than {MAX_BYTES} bytes.")
        ]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", 0) or 0
        return None, [_xml(file, line, "XML_INVALID", f"不是有效的 XML：{error}", f"Not well-formed XML: {error}")]
    if root.getroottree().docinfo.internalDTD is not None or next(root.iter(etree.Entity), None) is not None:
        return None, [_xml(file, 1, "XML_DOCTYPE", "文件含有 DOCTYPE 或实体定义。", "The file has a DOCTYPE or entities.")]
    for count, (depth, element) in enumerate(_walk(root)):
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            return None, [_xml(file, _line(element), "XML_TOO_DEEP", "元素过多或嵌套过深。", "Too many elements or nested too deeply.")]
    return root, []


def _walk(root: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    stack = [(0, root)]
    while stack:
        depth, element = stack.pop()
        yield depth, element
        if depth <= MAX_DEPTH:
            stack.extend((depth + 1, child) for child in element)


def _xml(file: str, line: int, code: str, zh: str, en: str) -> Finding:
    return Finding(
        code, file, "", line, Text(zh, en), Text("请用 BPMN 编辑器重新导出该文件。", "Export the file again from a BPMN editor.")
    )


def _not_bpmn(file: str, tag: str) -> Finding:
    return Finding(
        "NOT_BPMN",
        file,
        "",
        1,
        Text(f"根元素是 {tag}，不是 BPMN 2.0 的 definitions。", f"The root element is {tag}, not BPMN 2.0 definitions."),
        Text("请保存为 BPMN 2.0 XML。", "Save it as BPMN 2.0 XML."),
    )


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _is_bpmn(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and element.tag.startswith(f"{{{BPMN}}}")


def _owner(element: etree._Element) -> etree._Element | None:
    parent = element.getparent()
    return parent.getparent() if parent is not None and parent.tag == f"{{{BPMN}}}extensionElements" else parent


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _extensions(element: etree._Element) -> Iterator[etree._Element]:
    for holder in element.findall(f"{{{BPMN}}}extensionElements"):
        yield from (child for child in holder if isinstance(child.tag, str))


def properties_of(element: etree._Element) -> Mapping[str, str]:
    """The `spiffworkflow:property` pairs of any element; a property without a value reads as an empty text."""
    result: dict[str, str] = {}
    for child in _extensions(element):
        if child.tag == f"{{{SPIFF}}}properties":
            for item in child.findall(f"{{{SPIFF}}}property"):
                result[item.get("name", "")] = item.get("value", "")
    return result


class _Reader:
    """One file while it is read."""

    def __init__(self, file: str, root: etree._Element) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.messages = {m.get("id"): m.get("name") or m.get("id") for m in root.findall(f"{{{BPMN}}}message")}
        self.errors = {e.get("id"): e.get("errorCode") or e.get("name") or e.get("id") for e in root.findall(f"{{{BPMN}}}error")}
        self.ids: dict[str, int] = {}
        self._collect_ids(root)
        self._refuse_outside_nodes(root)

    def _collect_ids(self, root: etree._Element) -> None:
        for element in root.iter(f"{{{BPMN}}}*"):
            name = element.get("id")
            if name is None:
                continue
            if name in self.ids:
                self.findings.append(
                    Finding(
                        "DUPLICATE_ID",
                        self.file,
                        name,
                        _line(element),
                        Text(f"编号 {name} 在第 {self.ids[name]} 行已使用。", f"The id {name} is used already in line {self.ids[name]}."),
                        Text("每个元素须有唯一编号。", "Give every element an id of its own."),
                    )
                )
            self.ids[name] = _line(element)

    def _refuse_outside_nodes(self, root: etree._Element) -> None:
        """What the model has no place for, so that no later check could see it: scripts beside the nodes, choreographies."""
        scripts = root.iter(f"{{{SPIFF}}}preScript", f"{{{SPIFF}}}postScript", f"{{{BPMN}}}script")
        owners = [(script, _owner(script)) for script in scripts]
        found = [(script, owner) for script, owner in owners if owner is None or _local(owner) in _SCRIPTLESS]
        found += [(child, child) for child in root if _is_bpmn(child) and _local(child).startswith(("choreography", "global"))]
        for element, owner in found:
            self.findings.append(
                Finding(
                    "ELEMENT_REFUSED",
                    self.file,
                    "" if owner is None else owner.get("id", ""),
                    _line(element),
                    Text(f"不支持 {_local(element)}。", f"{_local(element)} is not supported."),
                    Text("请删除它，改用服务任务。", "Remove it; use a service task."),
                )
            )

    def process(self, element: etree._Element) -> Process:
        identity = element.get("id") or ""
        lanes = tuple(self._lane(lane) for lane in element.iter(f"{{{BPMN}}}lane"))
        scopes: dict[str, Scope] = {}
        self._scope(element, identity, scopes, {node: lane.name for lane in lanes for node in lane.nodes}, None)
        return Process(
            id=identity,
            name=element.get("name") or identity,
            file=self.file,
            line=_line(element),
            properties=properties_of(element),
            scopes=scopes,
            lanes=lanes,
        )

    def _lane(self, element: etree._Element) -> Lane:
        nodes = frozenset((ref.text or "").strip() for ref in element.findall(f"{{{BPMN}}}flowNodeRef"))
        return Lane(element.get("id") or "", element.get("name") or "", _line(element), nodes)

    def _scope(
        self, element: etree._Element, process: str, scopes: dict[str, Scope], lanes: Mapping[str, str], inherited: str | None
    ) -> None:
        nodes: dict[str, Node] = {}
        flows: list[Flow] = []
        identity = element.get("id") or ""
        scopes[identity] = Scope(identity, element.get("name") or identity, _line(element), nodes, ())
        for child in element:
            if not _is_bpmn(child):
                continue
            if _local(child) == "sequenceFlow":
                flows.append(self._flow(child))
            elif _local(child) not in _NOT_NODES:
                node = self._node(child, process, lanes.get(child.get("id") or "") or inherited)
                nodes[node.id] = node
                if node.type in ("subProcess", "transaction", "adHocSubProcess"):
                    self._scope(child, process, scopes, lanes, node.lane)
        for node in list(nodes.values()):
            if node.attached_to and node.lane is None and node.attached_to in nodes:
                nodes[node.id] = replace(node, lane=nodes[node.attached_to].lane)
        scopes[identity] = Scope(identity, element.get("name") or identity, _line(element), nodes, tuple(flows))

    def _flow(self, element: etree._Element) -> Flow:
        condition = element.find(f"{{{BPMN}}}conditionExpression")
        text = None if condition is None else (condition.text or "").strip()
        return Flow(
            element.get("id") or "",
            element.get("sourceRef") or "",
            element.get("targetRef") or "",
            text,
            element.get("name") or "",
            _line(element),
        )

    def _node(self, element: etree._Element, process: str, lane: str | None) -> Node:
        events = [child for child in element if _is_bpmn(child) and _local(child).endswith(("EventDefinition", "eventDefinitionRef"))]
        markers = [_MARKERS[_local(child)] for child in element if _is_bpmn(child) and _local(child) in _MARKERS]
        markers += [
            _local(child) for child in _extensions(element) if _local(child) in ("preScript", "postScript") and (child.text or "").strip()
        ]
        markers += [_local(child) for child in element if child.tag == f"{{{BPMN}}}script" and _local(element) != "scriptTask"]
        markers += [marker for attribute, marker in _MARKER_ATTRIBUTES.items() if element.get(attribute) == "true"]
        event = self._event(events[0]) if events else None
        kind = _local(element)
        if event is None and kind in ("sendTask", "receiveTask") and element.get("messageRef"):
            event = Event("message", self.messages.get(element.get("messageRef", "")))
        return Node(
            id=element.get("id") or "",
            type=kind,
            name=(element.get("name") or "").strip(),
            line=_line(element),
            process=process,
            lane=lane,
            properties={**properties_of(element), **self._plain_extensions(element)},
            event=event,
            events=len(events),
            operator=self._operator(element),
            called=element.get("calledElement"),
            decision=self._decision(element),
            attached_to=element.get("attachedToRef"),
            interrupting=element.get("cancelActivity", "true") != "false",
            default=element.get("default"),
            markers=tuple(markers),
            documentation=" ".join((d.text or "").strip() for d in element.findall(f"{{{BPMN}}}documentation")),
        )

    def _plain_extensions(self, element: etree._Element) -> dict[str, str]:
        """`spiffworkflow:variableName` and `messageVariable`, which editors also write as elements of their own."""
        found = {}
        for child in element.iter(f"{{{SPIFF}}}variableName", f"{{{SPIFF}}}messageVariable"):
            if (child.text or "").strip():
                found["variableName"] = (child.text or "").strip()
        return found

    def _event(self, element: etree._Element) -> Event:
        kind = _local(element).removesuffix("EventDefinition")
        if kind == "timer":
            for name in ("timeDuration", "timeCycle", "timeDate"):
                child = element.find(f"{{{BPMN}}}{name}")
                if child is not None:
                    return Event(kind, text=(child.text or "").strip(), timer=name.removeprefix("time").lower())
            return Event(kind)
        if kind == "message":
            return Event(kind, self.messages.get(element.get("messageRef", "")))
        if kind == "error":
            return Event(kind, self.errors.get(element.get("errorRef", "")), reference=element.get("errorRef") or None)
        return Event(kind)

    def _operator(self, element: etree._Element) -> Operator | None:
        for child in _extensions(element):
            if child.tag == f"{{{SPIFF}}}serviceTaskOperator":
                parameters = {p.get("id", ""): p.get("value", "") for p in child.iter(f"{{{SPIFF}}}parameter")}
                return Operator(child.get("id", ""), parameters, child.get("resultVariable") or None, _line(child))
        return None

    def _decision(self, element: etree._Element) -> str | None:
        for child in _extensions(element):
            if child.tag == f"{{{SPIFF}}}calledDecisionId":
                return (child.text or "").strip() or None
        return None
