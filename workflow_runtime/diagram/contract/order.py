"""What is read has been written before, on some path at least: else the condition reads null whatever happens."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract import variables
from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.contract.subject import Element, Subject
from workflow_runtime.diagram.model import Flow, Node
from workflow_runtime.errors import Finding, Text

MOST = 200
"""Readers of one process that are looked at: each is followed back through the whole diagram."""


def written_before(subject: Subject) -> Iterator[Finding]:
    """Every variable that a business reads has a writer from which a token can come to the reader, or that may run beside it.

    Nothing is said of processes that others call: there, the caller may have written it.
    """
    process = subject.process
    if not process.is_business or process.id in subject.parts.call_sites:
        return
    places = _Places(subject)
    for read in variables.reads(subject.parts, process)[:MOST]:
        reader = places.node_of(read.element)
        for variable in sorted({name.partition(".")[0] for name in read.names} if reader is not None else ()):
            writers = places.writers.get(variable, [])
            if reader is not None and writers and not any(places.may_precede(writer, reader) for writer in writers):
                yield subject.error(
                    "NAME_TOO_EARLY",
                    read.element,
                    Text(
                        f"变量 {variable[:100]} 要到后面的 {writers[0].id[:100]} 才写入，走到这里时总是空的。",
                        f"The variable {variable[:100]} is written only later, by {writers[0].id[:100]}: here it is always null.",
                    ),
                    Text("把判断移到写入之后，或改读前面填写的栏目。", "Ask after it has been written, or read what was filled in before."),
                )


class _Places:
    """Where the nodes of a process stand to each other."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.graph_of: dict[str, Graph] = {node: graph for graph in subject.graphs for node in graph.scope.nodes}
        self.writers: dict[str, list[Node]] = {}
        for node in subject.nodes:
            target = subject.parts.callee(node)
            found = variables.written(node) | (variables.written_by(subject.parts, target) if target is not None else set())
            for variable in found:
                self.writers.setdefault(variable, []).append(node)
        self._before: dict[str, set[str]] = {}
        self._splits: dict[int, list[set[str]]] = {}

    def node_of(self, element: Element) -> Node | None:
        """The node at which something is read: a condition is read where its flow begins."""
        if isinstance(element, Flow):
            return self.subject.process.node(element.source)
        return element if isinstance(element, Node) else None

    def may_precede(self, writer: Node, reader: Node) -> bool:
        """A token can come from the writer to the reader, or both may be active at once."""
        above = {graph.scope.id: (graph, node) for graph, node in self._chain(writer.id)}
        for graph, node in self._chain(reader.id):
            if graph.scope.id in above:
                other = above[graph.scope.id][1]
                return other in self._preceding(graph, node) or any({other, node} <= both for both in self._side_by_side(graph))
        return True

    def _chain(self, node: str) -> Iterator[tuple[Graph, str]]:
        """The node in its scope, then the subprocess around it in the next one, and so on."""
        seen: set[str] = set()
        while node in self.graph_of and node not in seen:
            seen.add(node)
            yield self.graph_of[node], node
            node = self.graph_of[node].scope.id

    def _preceding(self, graph: Graph, node: str) -> set[str]:
        if node not in self._before:
            self._before[node] = graph.reaching(graph.previous(node))
        return self._before[node]

    def _side_by_side(self, graph: Graph) -> list[set[str]]:
        """For everything that starts a second token: the nodes that come after it."""
        if id(graph) not in self._splits:
            splits = [n.id for n in graph.scope.nodes.values() if n.type == "parallelGateway" and len(graph.out(n.id)) > 1]
            splits += [host for host, events in graph.boundaries.items() if not all(event.interrupting for event in events)]
            self._splits[id(graph)] = [graph.reachable([node]) for node in splits[:50]]
        return self._splits[id(graph)]
