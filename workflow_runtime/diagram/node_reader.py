"""Reads the flow nodes of a BPMN file: what one element says of itself, judged by nobody yet."""

from collections.abc import Mapping

from lxml import etree

from workflow_runtime.diagram.model import BPMN, SPIFF, Event, Node, Operator
from workflow_runtime.diagram.xml import extensions, is_bpmn, line_of, local_name, properties_of

_MARKER_ATTRIBUTES = {"triggeredByEvent": "event-subprocess", "isForCompensation": "compensation", "instantiate": "instantiate"}
_MARKERS = {"standardLoopCharacteristics": "loop", "multiInstanceLoopCharacteristics": "multi-instance"}


class NodeReader:
    """Knows the messages and errors that the file declares, to which nodes refer."""

    def __init__(self, root: etree._Element) -> None:
        self.messages: Mapping[str | None, str | None] = {
            m.get("id"): m.get("name") or m.get("id") for m in root.findall(f"{{{BPMN}}}message")
        }
        self.errors: Mapping[str | None, str | None] = {
            e.get("id"): e.get("errorCode") or e.get("name") or e.get("id") for e in root.findall(f"{{{BPMN}}}error")
        }

    def node(self, element: etree._Element, process: str, lanes: tuple[str, ...]) -> Node:
        """The node that an element draws, in one lane, in none, or (wrongly) in several beside each other."""
        events = [child for child in element if is_bpmn(child) and local_name(child).endswith(("EventDefinition", "eventDefinitionRef"))]
        markers = [_MARKERS[local_name(child)] for child in element if is_bpmn(child) and local_name(child) in _MARKERS]
        markers += [
            local_name(child)
            for child in extensions(element)
            if local_name(child) in ("preScript", "postScript") and (child.text or "").strip()
        ]
        markers += [local_name(child) for child in element if child.tag == f"{{{BPMN}}}script" and local_name(element) != "scriptTask"]
        markers += [marker for attribute, marker in _MARKER_ATTRIBUTES.items() if element.get(attribute) == "true"]
        event = self._event(events[0]) if events else None
        kind = local_name(element)
        if event is None and kind in ("sendTask", "receiveTask") and element.get("messageRef"):
            event = Event("message", self.messages.get(element.get("messageRef", "")))
        return Node(
            id=element.get("id") or "",
            type=kind,
            name=(element.get("name") or "").strip(),
            line=line_of(element),
            process=process,
            lane=lanes[-1] if lanes else None,
            contested=lanes if len(lanes) > 1 else (),
            properties={**properties_of(element), **_plain_extensions(element)},
            event=event,
            events=len(events),
            operator=_operator(element),
            called=element.get("calledElement"),
            decision=_decision(element),
            attached_to=element.get("attachedToRef"),
            interrupting=element.get("cancelActivity", "true") != "false",
            default=element.get("default"),
            markers=tuple(markers),
            documentation=documentation(element),
        )

    def _event(self, element: etree._Element) -> Event:
        kind = local_name(element).removesuffix("EventDefinition")
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


def documentation(element: etree._Element) -> str:
    """What an element says of itself in prose."""
    return " ".join((d.text or "").strip() for d in element.findall(f"{{{BPMN}}}documentation"))


def _plain_extensions(element: etree._Element) -> dict[str, str]:
    """`spiffworkflow:variableName` and `messageVariable`, which editors also write as elements of their own."""
    found = {}
    for child in element.iter(f"{{{SPIFF}}}variableName", f"{{{SPIFF}}}messageVariable"):
        if (child.text or "").strip():
            found["variableName"] = (child.text or "").strip()
    return found


def _operator(element: etree._Element) -> Operator | None:
    for child in extensions(element):
        if child.tag == f"{{{SPIFF}}}serviceTaskOperator":
            parameters = {p.get("id", ""): p.get("value", "") for p in child.iter(f"{{{SPIFF}}}parameter")}
            return Operator(child.get("id", ""), parameters, child.get("resultVariable") or None, line_of(child))
    return None


def _decision(element: etree._Element) -> str | None:
    for child in extensions(element):
        if child.tag == f"{{{SPIFF}}}calledDecisionId":
            return (child.text or "").strip() or None
    return None
