"""Where tokens can get to: nothing unreachable, nothing without an end, nothing that runs for ever, no lost or doubled token."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract.calls import called
from workflow_runtime.diagram.contract.flows import NOT_IN_FLOWS
from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.contract.subject import Parts, Subject, inner_scope, once_a_process
from workflow_runtime.diagram.contract.tokens import MAX_STATES, Exploration
from workflow_runtime.diagram.model import Node, Process
from workflow_runtime.errors import Finding, Text

WAITING = frozenset({"userTask", "manualTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway"})


def reachable(subject: Subject) -> Iterator[Finding]:
    """Every node can be reached from the start event; a boundary event without a host is reported already."""
    for graph in subject.graphs:
        starts = [start.id for start in graph.scope.starts]
        found = graph.reachable(starts)
        for node in graph.scope.nodes.values() if starts else ():
            lost = node.id not in found and node.type not in NOT_IN_FLOWS
            if lost and (node.type != "boundaryEvent" or node.attached_to in graph.scope.nodes):
                yield subject.error(
                    "UNREACHABLE",
                    node,
                    Text("从开始事件走不到这里。", "It cannot be reached from the start event."),
                    Text("连上它，或删除它。", "Connect it, or remove it."),
                )


def ending(subject: Subject) -> Iterator[Finding]:
    """From every node an end event can be reached; a node that no flow leaves is reported as a dead end already."""
    for graph in subject.graphs:
        stops = [n.id for n in graph.scope.nodes.values() if n.type == "endEvent" or not graph.out(n.id)]
        lost_ids = graph.reachable(start.id for start in graph.scope.starts) - graph.reaching(stops)
        lost = [n for n in graph.scope.nodes.values() if n.id in lost_ids]
        if lost:
            listed = ", ".join(n.id for n in lost[:10])[:200]
            yield subject.error(
                "NO_WAY_OUT",
                lost[0],
                Text(f"走到 {listed} 后再也到不了结束事件。", f"From {listed} no end event can be reached."),
                Text("加一条通往结束事件的出线。", "Add a way to an end event."),
            )


def spinning(subject: Subject) -> Iterator[Finding]:
    """In every loop something waits (a person, a job, a timer, a message): an activity may not run for ever in one step."""
    for graph in subject.graphs:
        busy = {n.id for n in graph.scope.nodes.values() if not waits(subject, n)}
        loop = _loops(graph, busy)
        first = next((n for n in graph.scope.nodes.values() if n.id in loop), None)
        if first is not None:
            listed = ", ".join(n for n in graph.scope.nodes if n in loop)[:200]
            yield subject.error(
                "LOOP_NEVER_WAITS",
                first,
                Text(f"循环 {listed} 里没有任何等待，会一直转下去。", f"Nothing waits in the loop {listed}: it would run for ever."),
                Text("在循环里放用户任务、定时事件或消息事件。", "Put a user task, a timer or a message event into the loop."),
            )


def waits(subject: Subject, node: Node) -> bool:
    """Whether a token stops at this node until something happens outside the step; an unknown handler is given the benefit of doubt."""
    return _waits(subject.parts, subject.process, node, set())


def _waits(parts: Parts, process: Process, node: Node, seen: set[str]) -> bool:
    if node.type == "callActivity":
        target = parts.callee(node)
        return target is None or _process_waits(parts, target)
    scope = inner_scope(process, node)
    if scope is None or scope.id in seen:
        return _stops(parts, node)
    seen.add(scope.id)
    return _stops(parts, node) or any(_waits(parts, process, inner, seen) for inner in scope.nodes.values())


@once_a_process
def _process_waits(parts: Parts, process: Process) -> bool:
    """Whether something waits in a process or in those that it calls."""
    return any(_stops_inside(parts, parts.processes[identity]) for identity in {process.id, *called(parts, process)})


@once_a_process
def _stops_inside(parts: Parts, process: Process) -> bool:
    return any(_stops(parts, node) or (node.type == "callActivity" and parts.callee(node) is None) for node in process.nodes)


def _stops(parts: Parts, node: Node) -> bool:
    """The node itself waits, whatever is inside it."""
    if node.type in WAITING:
        return True
    if node.type == "boundaryEvent":
        return node.event is not None and node.event.kind != "error"
    if node.operator is not None:
        handler = parts.handlers.get(node.operator.handler)
        return handler is None or not handler.local
    return False


def _loops(graph: Graph, nodes: set[str]) -> set[str]:
    """The nodes that lie on, or between, cycles of these nodes: what is left when those without a predecessor or successor are peeled."""
    left = set(nodes)
    for neighbours, opposite in ((graph.next, graph.previous), (graph.previous, graph.next)):
        degree = {n: sum(1 for other in opposite(n) if other in left) for n in left}
        todo = [n for n, count in degree.items() if count == 0]
        while todo:
            node = todo.pop()
            left.discard(node)
            for other in neighbours(node):
                if other in left:
                    degree[other] -= 1
                    if degree[other] == 0:
                        todo.append(other)
    return left


def soundness(subject: Subject) -> Iterator[Finding]:
    """Parallel branches meet as they parted: no join that waits for ever, no second token on one way."""
    for graph, exploration in subject.explorations:
        yield from _problems(subject, graph, exploration)
    for graph in subject.graphs:
        yield from _side_branches(subject, graph)
        yield from _open_splits(subject, graph)


def _problems(subject: Subject, graph: Graph, exploration: Exploration) -> Iterator[Finding]:
    nodes = graph.scope.nodes
    for identity in sorted(exploration.stuck):
        yield subject.error(
            "DEADLOCK",
            nodes[identity],
            Text("这个汇合会一直等一条走不到的分支。", "This join may wait for ever for a branch that is not taken."),
            Text(
                "排他分支用排他网关合并，并行分支用并行网关合并。",
                "Merge exclusive branches exclusively, parallel ones by a parallel gateway.",
            ),
        )
    for identity in sorted(exploration.doubled):
        yield subject.error(
            "TWO_TOKENS",
            nodes[identity],
            Text(
                "并行分支没有汇合就到了这里，后面会做两遍。",
                "Parallel branches get here without a join: all that follows would be done twice.",
            ),
            Text("在此之前用并行网关汇合。", "Join them by a parallel gateway before."),
        )
    if exploration.gave_up:
        yield subject.warning(
            "TOKENS_UNCHECKED",
            nodes[exploration.entry],
            Text(f"分支组合超过 {MAX_STATES} 种，未能查完。", f"More than {MAX_STATES} combinations of branches; not all were checked."),
            Text("把并行部分拆到子流程里。", "Move parallel parts into subprocesses."),
        )


def _side_branches(subject: Subject, graph: Graph) -> Iterator[Finding]:
    main = graph.reachable((s.id for s in graph.scope.starts), side_branches=False)
    for events in graph.boundaries.values():
        for event in events:
            beside = graph.reachable([event.id], side_branches=False)
            shared = [n for n in graph.scope.nodes.values() if n.id in beside & main and n.type != "endEvent"]
            if shared and not event.interrupting and event.id not in main:
                yield subject.error(
                    "SIDE_BRANCH_JOINS",
                    event,
                    Text(
                        f"非中断事件的分支又走进主流程（{shared[0].id}），后面会做两遍。",
                        f"The branch of a non-interrupting event runs into the main flow ({shared[0].id}): that would be done twice.",
                    ),
                    Text("让该分支单独结束，或改为中断型。", "Let the branch end by itself, or make the event interrupting."),
                )


def _open_splits(subject: Subject, graph: Graph) -> Iterator[Finding]:
    gateways = [n for n in graph.scope.nodes.values() if n.type == "parallelGateway"]
    joined = graph.reaching(n.id for n in gateways if len(graph.into(n.id)) > 1)
    for node in gateways:
        flows = graph.out(node.id)
        if len(flows) > 1 and any(flow.target not in joined for flow in flows):
            yield subject.warning(
                "SPLIT_NOT_JOINED",
                node,
                Text("有并行分支没有汇合，各自结束。", "Some parallel branches are never joined; they end on their own."),
                Text("如非有意，请用并行网关汇合。", "If that is not meant, join them by a parallel gateway."),
            )
