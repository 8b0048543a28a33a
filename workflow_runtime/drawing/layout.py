"""A drawing for a diagram that has none: bpmn.io's automatic layout, which knows no pools and lanes."""

import bpmn_io
from lxml import etree

from workflow_runtime.diagram.model import BPMN
from workflow_runtime.diagram.xml import parse_xml
from workflow_runtime.drawing.plan import Plan, read_plan


def plan_of(file: str, data: bytes) -> Plan | None:
    """The drawing of a BPMN file, made if the file has none; None when it cannot be made."""
    root, _ = parse_xml(file, data)
    if root is None:
        return None
    return read_plan(root) or _laid_out(file, root)


def _laid_out(file: str, root: etree._Element) -> Plan | None:
    _tell_nodes_their_flows(root)
    try:
        made = bpmn_io.layout_process(etree.tostring(root, encoding="unicode"))
    except (bpmn_io.LayoutError, bpmn_io.ParseError):
        return None
    drawn, _ = parse_xml(file, made.encode())
    return read_plan(drawn) if drawn is not None else None


def _tell_nodes_their_flows(root: etree._Element) -> None:
    """The layout follows `incoming` and `outgoing`, which a file may leave out: the flows say the same."""
    nodes = {element.get("id"): element for element in root.iter(f"{{{BPMN}}}*")}
    for flow in list(root.iter(f"{{{BPMN}}}sequenceFlow")):
        for end, side in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            node = nodes.get(flow.get(end))
            if node is not None and flow.get("id") not in [(e.text or "").strip() for e in node.iterfind(f"{{{BPMN}}}{side}")]:
                etree.SubElement(node, f"{{{BPMN}}}{side}").text = flow.get("id")
