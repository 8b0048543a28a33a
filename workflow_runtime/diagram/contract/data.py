"""Case variables: usable names, and no two writers of one variable at the same time."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.contract.subject import Subject, is_inbox
from workflow_runtime.diagram.contract.tokens import Exploration
from workflow_runtime.diagram.contract.variables import GIVEN, parties, written, written_within
from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import ExpressionError, compile_expression
from workflow_runtime.expressions.tree import Name

MAX_NAME = 100


def variable_names(subject: Subject) -> Iterator[Finding]:
    """A variable can be read by an expression and is not one of the runtime's own (`case`, names beginning with `_`).

    A task without a form, whose variable is only its id, may have any id.
    """
    for node in subject.nodes:
        for variable in sorted(written(node)):
            if variable == node.id and not node.form:
                continue
            if variable in GIVEN or variable.startswith("_"):
                reason = Text(f"变量名 {variable[:100]!r} 为系统保留。", f"The variable name {variable[:100]!r} is reserved.")
                yield subject.error("VARIABLE_RESERVED", node, reason, Text("换一个变量名。", "Choose another name."))
            elif not _readable(variable):
                yield subject.error(
                    "VARIABLE_INVALID",
                    node,
                    Text(
                        f"变量名 {variable[:100]!r} 无法在表达式里使用。", f"No expression can read the variable name {variable[:100]!r}."
                    ),
                    Text(
                        "变量名只用字母、数字、下划线，不以数字开头（variableName、resultVariable）。",
                        "Use letters, digits and _, no digit first (variableName, resultVariable).",
                    ),
                )


def _readable(variable: str) -> bool:
    try:
        return len(variable) <= MAX_NAME and compile_expression(variable).tree == Name((variable,))
    except ExpressionError:
        return False


def party_names(subject: Subject) -> Iterator[Finding]:
    """The process property `parties` is a list of `party=expression`."""
    for party in parties(subject.process):
        if not _readable(party):
            yield subject.error(
                "PARTIES_INVALID",
                subject.process,
                Text(f"parties 里的 {party[:100]!r} 无效。", f"{party[:100]!r} in parties is not valid."),
                Text("写成 authority=apply.authority; owner=apply.owner_code", "Write authority=apply.authority; owner=apply.owner_code"),
            )


def parallel_writers(subject: Subject) -> Iterator[Finding]:
    """No variable is written by two nodes that may be active at the same time: one answer would overwrite the other."""
    for graph, exploration in subject.explorations:
        writes = {n.id: w for n in graph.scope.nodes.values() if (w := written_within(subject, n))}
        pairs = {(min(pair), max(pair)) for pair in _together(graph, exploration, set(writes))}
        for one, other in sorted(pairs):
            common = sorted(writes[one] & writes[other])
            if common:
                first, second = sorted((graph.scope.nodes[one], graph.scope.nodes[other]), key=lambda n: n.line)
                yield _overwrites(subject, first, second, common[0])


def _together(graph: Graph, exploration: Exploration, among: set[str]) -> Iterator[tuple[str, str]]:
    yield from exploration.concurrent(among)
    event = graph.scope.nodes[exploration.entry]
    if event.type == "boundaryEvent" and event.attached_to:
        beside = graph.reachable([event.id], side_branches=False) & among
        others = (graph.reachable([event.attached_to]) & among) - beside
        yield from ((a, b) for a in beside for b in others)


def _overwrites(subject: Subject, first: Node, second: Node, variable: str) -> Finding:
    return subject.error(
        "PARALLEL_WRITERS",
        second,
        Text(
            f"变量 {variable[:100]} 同时可能由 {first.id} 写入，会互相覆盖。",
            f"The variable {variable[:100]} may be written by {first.id} at the same time: one would overwrite the other.",
        ),
        Text("给其中一个设不同的 variableName 或 resultVariable。", "Give one of them another variableName or resultVariable."),
    )


def shared_variables(subject: Subject) -> Iterator[Finding]:
    """Two different forms that write one variable replace each other's answers; that is worth a look."""
    first: dict[str, Node] = {}
    for node in subject.nodes:
        if not node.form or not (is_inbox(node) or node.type == "startEvent"):
            continue
        other = first.setdefault(node.variable, node)
        if other.form != node.form:
            yield subject.warning(
                "VARIABLE_SHARED",
                node,
                Text(
                    f"变量 {node.variable} 也由 {other.id} 的另一张表单写入。", f"{other.id} writes {node.variable} too, with another form."
                ),
                Text("如非有意，请设不同的 variableName。", "If that is not meant, give it another variableName."),
            )
