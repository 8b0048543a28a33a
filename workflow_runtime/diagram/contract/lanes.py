"""Who starts a case and who works it: start events in lanes, and lanes whose party the case will know."""

import re
from collections.abc import Iterator

from workflow_runtime.diagram.contract.subject import Parts, Subject, is_inbox
from workflow_runtime.diagram.contract.variables import parties
from workflow_runtime.diagram.model import Node, Process
from workflow_runtime.errors import Finding, Text

ALWAYS_THERE = frozenset({"owner", "system"})
"""Parties that every case has: whoever opened it, and the system."""


def starts(subject: Subject) -> Iterator[Finding]:
    """The start event of a business lies in a lane: else everybody who works for a party of his own may start it."""
    for start in subject.process.scope.starts:
        if start.form and not start.lane:
            yield subject.warning(
                "START_WITHOUT_LANE",
                start,
                Text("开始事件不在泳道里，任何单位的人员都能发起。", "The start event is in no lane: people of any party may start it."),
                Text("把它放进发起人的泳道。", "Put it into the lane of those who may start it."),
            )


def unambiguous(subject: Subject) -> Iterator[Finding]:
    """Whoever works a task, or starts a case, is of one lane: of two beside each other nobody knows which."""
    for node in subject.nodes:
        if len(node.contested) > 1 and (is_inbox(node) or node.type == "startEvent"):
            one, other = (name[:50] for name in node.contested[:2])
            yield subject.error(
                "LANE_AMBIGUOUS",
                node,
                Text(
                    f"同时在泳道“{one}”和“{other}”里，不知道由谁办理。",
                    f"It is in the lanes '{one}' and '{other}': nobody knows who works it.",
                ),
                Text("只留一个泳道（flowNodeRef）。", "Leave it in one of them (flowNodeRef)."),
            )


def lane_parties(subject: Subject) -> Iterator[Finding]:
    """Every lane with a task belongs to a party of the case, in each business that comes to the task."""
    worked = [(node, party) for node in subject.nodes if is_inbox(node) and (party := _party(subject.parts, node))]
    if not worked:
        return
    for business in businesses(subject.parts, subject.process):
        known = ALWAYS_THERE | set(parties(business))
        yield from (_missing(subject, node, party, business) for node, party in worked if party not in known)


def _party(parts: Parts, node: Node) -> str:
    """The party in the expression of a node's lane: `authority` of `authority.parent/科室`; empty for an unknown lane."""
    return re.split(r"[./]", parts.lanes.get(node.lane or "", ""), maxsplit=1)[0]


def businesses(parts: Parts, process: Process) -> list[Process]:
    """The businesses whose cases run through this process: itself, or its callers' callers."""
    found, todo = {process.id: process}, [process]
    while todo:
        for caller, _ in parts.call_sites.get(todo.pop().id, []):
            if caller.id not in found:
                found[caller.id] = caller
                todo.append(caller)
    return [candidate for candidate in found.values() if candidate.is_business]


def _missing(subject: Subject, node: Node, party: str, business: Process) -> Finding:
    lane = (node.lane or "")[:100]
    return subject.error(
        "LANE_PARTY_MISSING",
        node,
        Text(
            f"泳道“{lane}”由 {party} 办理，但业务 {business.id} 的案件没有这一方。",
            f"The lane '{lane}' belongs to the party {party}, which cases of the business {business.id} do not have.",
        ),
        Text(
            f"给流程 {business.id} 加上属性 parties：{party}=表单变量.字段。",
            f"Give the process {business.id} the property parties: {party}=variable.field.",
        ),
    )
