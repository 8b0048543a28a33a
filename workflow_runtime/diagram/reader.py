"""Reads BPMN 2.0 XML (with `spiffworkflow:` extensions) into the model.

Hostile or broken XML is answered with findings; nothing in the file is ever evaluated here.
"""

from collections.abc import Mapping
from dataclasses import replace

from lxml import etree

from workflow_runtime.diagram.dialects import translate
from workflow_runtime.diagram.model import BPMN, SPIFF, Flow, Lane, Node, Process, Scope
from workflow_runtime.diagram.node_reader import NodeReader, documentation
from workflow_runtime.diagram.origin import origin, without_process
from workflow_runtime.diagram.other_files import other_root
from workflow_runtime.diagram.xml import MAX_BYTES, is_bpmn, line_of, local_name, owner, parse_xml, properties_of
from workflow_runtime.errors import Finding, Text

__all__ = ["MAX_BYTES", "read_bpmn"]

MAX_PROCESSES = 100
"""Processes of one file that are read; a file that is deployed holds one."""

_NOT_NODES = frozenset(
    "incoming outgoing extensionElements documentation laneSet sequenceFlow textAnnotation association group ioSpecification "
    "property category auditing monitoring dataInputAssociation dataOutputAssociation resourceRole potentialOwner humanPerformer "
    "performer standardLoopCharacteristics multiInstanceLoopCharacteristics correlationSubscription supports rendering script "
    "completionCondition conditionExpression".split()
)
_SCRIPTLESS = frozenset({"definitions", "collaboration", "participant", "process", "laneSet", "lane", "sequenceFlow"})


def read_bpmn(file: str, data: bytes) -> tuple[list[Process], list[Finding]]:
    """The processes of a BPMN file. Unreadable files yield findings and no process; no exception leaves this function."""
    root, findings = parse_xml(file, data)
    if root is None:
        return [], findings
    if root.tag != f"{{{BPMN}}}definitions":
        return [], [Finding("NOT_BPMN", file, "", 1, *other_root(root))]
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)  # they would cut a condition in two
    told = translate(file, root)
    reader = _Reader(file, root)
    drawn = list(root.iter(f"{{{BPMN}}}process"))
    processes = [reader.process(element) for element in drawn[:MAX_PROCESSES]]
    if len(drawn) > MAX_PROCESSES:
        reason = Text(f"文件里有 {len(drawn)} 个流程。", f"There are {len(drawn)} processes in the file.")
        reader.findings.append(
            Finding("SEVERAL_PROCESSES", file, "", 1, reason, Text("一个文件只放一个流程。", "Put one process into a file."))
        )
    if not processes:
        reader.findings.insert(0, Finding("NO_PROCESS", file, "", 1, *without_process(root)))
    return processes, reader.findings + told


class _Reader:
    """One file while it is read."""

    def __init__(self, file: str, root: etree._Element) -> None:
        self.file = file
        self.origin = origin(root)
        self.findings: list[Finding] = []
        self.nodes = NodeReader(root)
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
                        line_of(element),
                        Text(f"编号 {name} 在第 {self.ids[name]} 行已使用。", f"The id {name} is used already in line {self.ids[name]}."),
                        Text("每个元素须有唯一编号。", "Give every element an id of its own."),
                    )
                )
            self.ids[name] = line_of(element)

    def _refuse_outside_nodes(self, root: etree._Element) -> None:
        """What the model has no place for, so that no later check could see it: scripts beside the nodes, choreographies."""
        scripts = root.iter(f"{{{SPIFF}}}preScript", f"{{{SPIFF}}}postScript", f"{{{BPMN}}}script")
        holders = [(script, owner(script)) for script in scripts]
        found = [(script, holder) for script, holder in holders if holder is None or local_name(holder) in _SCRIPTLESS]
        found += [(child, child) for child in root if is_bpmn(child) and local_name(child).startswith(("choreography", "global"))]
        for element, holder in found:
            self.findings.append(
                Finding(
                    "ELEMENT_REFUSED",
                    self.file,
                    "" if holder is None else holder.get("id", ""),
                    line_of(element),
                    Text(f"不支持 {local_name(element)}。", f"{local_name(element)} is not supported."),
                    Text("请删除它，改用服务任务。", "Remove it; use a service task."),
                )
            )

    def process(self, element: etree._Element) -> Process:
        identity = element.get("id") or ""
        scopes: dict[str, Scope] = {}
        self._scope(element, identity, scopes, _lanes_of_nodes(element), ())
        return Process(
            id=identity,
            name=element.get("name") or identity,
            file=self.file,
            line=line_of(element),
            properties=properties_of(element),
            scopes=scopes,
            lanes=tuple(_lane(lane) for lane in element.iter(f"{{{BPMN}}}lane")),
            documentation=documentation(element),
            origin=self.origin,
        )

    def _scope(
        self, element: etree._Element, process: str, scopes: dict[str, Scope], lanes: Mapping[str, tuple[str, ...]], outer: tuple[str, ...]
    ) -> None:
        nodes: dict[str, Node] = {}
        flows: list[Flow] = []
        identity = element.get("id") or ""
        scopes[identity] = Scope(identity, element.get("name") or identity, line_of(element), nodes, ())
        for child in element:
            if not is_bpmn(child):
                continue
            if local_name(child) == "sequenceFlow":
                flows.append(_flow(child))
            elif local_name(child) not in _NOT_NODES:
                node = self.nodes.node(child, process, lanes.get(child.get("id") or "") or outer)
                nodes[node.id] = node
                if node.type in ("subProcess", "transaction", "adHocSubProcess"):
                    self._scope(child, process, scopes, lanes, () if node.lane is None else (node.lane,))
        for node in list(nodes.values()):
            if node.attached_to and node.lane is None and node.attached_to in nodes:
                nodes[node.id] = replace(node, lane=nodes[node.attached_to].lane)
        scopes[identity] = Scope(identity, element.get("name") or identity, line_of(element), nodes, tuple(flows))


def _flow(element: etree._Element) -> Flow:
    condition = element.find(f"{{{BPMN}}}conditionExpression")
    text = None if condition is None else (condition.text or "").strip()
    return Flow(
        element.get("id") or "",
        element.get("sourceRef") or "",
        element.get("targetRef") or "",
        text,
        element.get("name") or "",
        line_of(element),
    )


def _lane(element: etree._Element) -> Lane:
    return Lane(element.get("id") or "", element.get("name") or "", line_of(element), frozenset(_held(element)))


def _held(lane: etree._Element) -> list[str]:
    return [(ref.text or "").strip() for ref in lane.findall(f"{{{BPMN}}}flowNodeRef")]


def _lanes_of_nodes(process: etree._Element) -> dict[str, tuple[str, ...]]:
    """The lanes that hold each node, by name: the innermost one; several where they stand beside each other.

    Of several lane sets (who works, and phases, say) the first one that holds a node counts.
    """
    found: dict[str, tuple[str, ...]] = {}
    for lane_set in process.iter(f"{{{BPMN}}}laneSet"):
        holders: dict[str, list[etree._Element]] = {}
        for lane in lane_set.iter(f"{{{BPMN}}}lane"):
            around = (lane, *lane.iterancestors())  # which come before it in the file
            for node in _held(lane):
                held_by = holders.setdefault(node, [])
                if held_by and held_by[-1] in around:
                    held_by.pop()
                held_by.append(lane)
        for node, lanes in holders.items():
            found.setdefault(node, tuple(name for lane in lanes if (name := lane.get("name"))))
    return found
