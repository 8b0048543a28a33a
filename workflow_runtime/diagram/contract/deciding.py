"""Gateways that ask and cannot decide: constant conditions, the same condition twice, branches that lead to one place."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract.subject import Subject
from workflow_runtime.diagram.model import Flow, Node
from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import Expression, ExpressionError, compile_expression


def decisive(subject: Subject) -> Iterator[Finding]:
    """The conditions of a gateway depend on the case, differ from each other, and lead to different places."""
    for graph in subject.graphs:
        for node in graph.scope.nodes.values():
            flows = graph.out(node.id)
            if node.type != "exclusiveGateway" or len(flows) < 2:
                continue
            if len({flow.target for flow in flows}) == 1:
                yield subject.warning(
                    "GATEWAY_UNDECIDED",
                    node,
                    Text("所有分支都去同一个地方，网关不起作用。", "All its branches lead to one place: the gateway decides nothing."),
                    Text("改连分支，或删去网关。", "Lead the branches elsewhere, or remove the gateway."),
                )
            yield from _conditions(subject, node, [flow for flow in flows if flow.id != node.default])


def _conditions(subject: Subject, node: Node, flows: list[Flow]) -> Iterator[Finding]:
    seen: dict[object, Flow] = {}
    for flow in flows:
        expression = _compiled(flow)
        if expression is None:
            continue
        if not expression.names:
            yield subject.warning(
                "CONDITION_CONSTANT",
                flow,
                Text("条件里没有变量，结果永远一样。", "No variable stands in the condition: it always comes out the same."),
                Text("写上要判断的变量，例如 review.outcome = 'approve'。", "Ask for a variable, for example review.outcome = 'approve'."),
            )
        first = seen.setdefault(repr(expression.tree), flow)
        if first is not flow:
            yield subject.error(
                "CONDITION_REPEATED",
                flow,
                Text(
                    f"条件与 {first.id[:100]} 相同，永远轮不到这条分支。",
                    f"It has the condition of {first.id[:100]}: this branch is never taken.",
                ),
                Text("改写条件，或删去这条分支。", "Change the condition, or remove the branch."),
            )


def _compiled(flow: Flow) -> Expression | None:
    try:
        return compile_expression(flow.condition) if flow.condition else None
    except ExpressionError:
        return None
