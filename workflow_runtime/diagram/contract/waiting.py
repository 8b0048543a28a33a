"""Waits that may never end, and timers that never stop."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.contract.subject import Subject, is_inbox
from workflow_runtime.diagram.contract.timers import schedules
from workflow_runtime.diagram.model import Node, Scope
from workflow_runtime.errors import Finding, Text


def unending(subject: Subject) -> Iterator[Finding]:
    """Who waits for a message has a time limit, or another way out: a message may never come."""
    holders = {
        scope.id: (graph, scope) for graph in subject.graphs for scope in subject.process.scopes.values() if scope.id in graph.scope.nodes
    }
    for graph in subject.graphs:
        for node in graph.scope.nodes.values():
            if _waits_for_message(node) and not _other_way(graph, node) and not _left_from_outside(holders, graph.scope):
                yield subject.warning(
                    "WAITS_FOREVER",
                    node,
                    Text(
                        "只等消息，没有时限：消息不来，案件就一直停在这里。",
                        "It waits for a message without a time limit: if none comes, the case stays here.",
                    ),
                    Text(
                        "前面用事件网关再加一个定时事件，或挂定时边界事件。",
                        "Put an event-based gateway with a timer before it, or a timer on its border.",
                    ),
                )


def _waits_for_message(node: Node) -> bool:
    return node.type in ("receiveTask", "intermediateCatchEvent") and node.event is not None and node.event.kind == "message"


def _other_way(graph: Graph, node: Node) -> bool:
    """A boundary event takes the token away, or the event-based gateway before it has another kind of event."""
    if any(event.interrupting for event in graph.on(node.id)):
        return True
    before = [graph.scope.nodes[flow.source] for flow in graph.into(node.id)]
    beside = [graph.scope.nodes[flow.target] for gateway in before if gateway.type == "eventBasedGateway" for flow in graph.out(gateway.id)]
    return any(other.event is not None and other.event.kind == "timer" for other in beside)


def _left_from_outside(holders: dict[str, tuple[Graph, Scope]], scope: Scope) -> bool:
    """An interrupting event on a subprocess around it ends the wait."""
    while scope.id in holders:
        graph, _ = holders[scope.id]
        if any(event.interrupting and event.event is not None and event.event.kind != "error" for event in graph.on(scope.id)):
            return True
        scope = graph.scope
    return False


def piling_up(subject: Subject) -> Iterator[Finding]:
    """A timer that repeats without end starts no tasks for people: they would pile up as long as the case waits."""
    endless = {node.id for node, schedule in schedules(subject) if schedule.repetitions is None and not node.interrupting}
    for graph in subject.graphs:
        for identity in graph.scope.nodes.keys() & endless:
            task = next((n for n in graph.reachable([identity]) if is_inbox(graph.scope.nodes[n])), None)
            if task is not None:
                yield subject.warning(
                    "TIMER_PILES_UP",
                    graph.scope.nodes[identity],
                    Text(
                        f"定时不断重复，每次都会新增任务 {task[:100]}，越积越多。",
                        f"The timer repeats without end and starts the task {task[:100]} each time: they pile up.",
                    ),
                    Text("写明次数（R3/…），或让该分支只发通知。", "Say how often (R3/…), or let the branch only notify."),
                )
