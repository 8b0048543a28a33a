"""How sequence flows may connect nodes."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.contract.subject import Subject
from workflow_runtime.diagram.model import Flow, Node
from workflow_runtime.errors import Finding, Text

GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "eventBasedGateway", "inclusiveGateway", "complexGateway"})
NOT_IN_FLOWS = frozenset({"dataObject", "dataObjectReference", "dataStoreReference"})

_REDRAW = Text("请重新连线。", "Draw the flow again.")


def ends(subject: Subject) -> Iterator[Finding]:
    """A flow joins two nodes of one scope; none enters a start or boundary event, none leaves an end event."""
    for scope in subject.process.scopes.values():
        for flow in scope.flows:
            source, target = scope.nodes.get(flow.source), scope.nodes.get(flow.target)
            if source is None or target is None:
                missing = flow.target if source else flow.source
                reason = Text(f"本层没有节点 {missing[:100]!r}。", f"There is no node {missing[:100]!r} in this scope.")
                yield subject.error("FLOW_DANGLING", flow, reason, _REDRAW)
                continue
            if target.type in ("startEvent", "boundaryEvent"):
                reason = Text("连线不能进入开始事件或边界事件。", "No flow may enter a start or boundary event.")
                yield subject.error("FLOW_INTO_EVENT", flow, reason, _REDRAW)
            if source.type == "endEvent":
                yield subject.error("FLOW_OUT_OF_END", flow, Text("连线不能离开结束事件。", "No flow may leave an end event."), _REDRAW)


def ways_out(subject: Subject) -> Iterator[Finding]:
    """Every node but an end event is left by a flow; only gateways by several."""
    for graph in subject.graphs:
        for node in graph.scope.nodes.values():
            count = len(graph.out(node.id))
            if node.type in NOT_IN_FLOWS or node.type == "endEvent":
                continue
            if count == 0:
                yield subject.error(
                    "DEAD_END",
                    node,
                    Text("没有出线，办件会停在这里。", "No flow leaves it: a case would get stuck here."),
                    Text("连到下一个节点或结束事件。", "Connect it to the next node or to an end event."),
                )
            elif count > 1 and node.type not in GATEWAYS:
                yield subject.error(
                    "SEVERAL_WAYS_OUT",
                    node,
                    Text(f"有 {count} 条出线，分支要用网关。", f"{count} flows leave it; branching needs a gateway."),
                    Text("在后面加网关。", "Put a gateway behind it."),
                )


def conditions(subject: Subject) -> Iterator[Finding]:
    """Conditions stand on the flows of a branching exclusive gateway, on all but its default flow, and it has a default flow."""
    for graph in subject.graphs:
        for node in graph.scope.nodes.values():
            flows = graph.out(node.id)
            branching = node.type == "exclusiveGateway" and len(flows) > 1
            if node.type == "exclusiveGateway":
                yield from _default(subject, node, flows)
            for flow in flows:
                yield from _condition(subject, node, flow, branching)


def _default(subject: Subject, node: Node, flows: list[Flow]) -> Iterator[Finding]:
    if node.default is None and len(flows) > 1:
        yield subject.error(
            "DEFAULT_MISSING",
            node,
            Text("没有默认出线：都不满足时办件会停住。", "It has no default flow: when no condition holds, the case would get stuck."),
            Text("把一条出线设为默认。", "Make one of its flows the default."),
        )
    if node.default is not None and node.default not in {flow.id for flow in flows}:
        yield subject.error(
            "DEFAULT_INVALID",
            node,
            Text(f"默认出线 {node.default[:100]!r} 不是它的出线。", f"The default {node.default[:100]!r} is not one of its flows."),
            Text("重新选默认出线。", "Choose the default flow again."),
        )


def _condition(subject: Subject, node: Node, flow: Flow, branching: bool) -> Iterator[Finding]:
    if flow.condition is not None and not branching:
        yield subject.error(
            "CONDITION_MISPLACED",
            flow,
            Text("只有排他网关的分支可以有条件。", "Only branches of an exclusive gateway may have a condition."),
            Text("去掉条件，或在前面加排他网关。", "Take the condition away, or put an exclusive gateway before it."),
        )
    elif branching and flow.condition is None and flow.id != node.default:
        yield subject.error(
            "CONDITION_MISSING",
            flow,
            Text("这条分支没有条件。", "This branch has no condition."),
            Text("写上条件，或设为默认出线。", "Write a condition, or make it the default flow."),
        )
    elif branching and flow.condition is not None and flow.id == node.default:
        yield subject.warning(
            "CONDITION_UNUSED",
            flow,
            Text("默认出线的条件不起作用。", "The condition of a default flow has no effect."),
            Text("去掉条件。", "Take the condition away."),
        )


def event_gateways(subject: Subject) -> Iterator[Finding]:
    """Behind an event-based gateway come at least two events or receive tasks, each entered from there alone."""
    for graph in subject.graphs:
        for node in graph.scope.nodes.values():
            if node.type != "eventBasedGateway":
                continue
            targets = {flow.target for flow in graph.out(node.id)}
            if len(targets) < 2:
                yield subject.error(
                    "EVENT_GATEWAY_TARGETS",
                    node,
                    Text("事件网关后面至少要有两个事件。", "An event-based gateway needs at least two events behind it."),
                    Text("再加一个事件，或去掉网关。", "Add an event, or take the gateway away."),
                )
            for target in sorted(targets):
                yield from _event_target(subject, graph, graph.scope.nodes[target])


def _event_target(subject: Subject, graph: Graph, target: Node) -> Iterator[Finding]:
    event = target.type == "intermediateCatchEvent" or (target.type == "receiveTask" and not graph.on(target.id))
    if not event or len(graph.into(target.id)) != 1:
        yield subject.error(
            "EVENT_GATEWAY_TARGET",
            target,
            Text(
                "事件网关后面只能是专属的捕获事件或接收任务（无边界事件）。",
                "Behind an event-based gateway stand catch events or receive tasks of its own, without boundary events.",
            ),
            Text("在网关后面直接放定时或消息事件。", "Put a timer or message event directly behind the gateway."),
        )
