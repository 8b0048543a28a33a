"""Which variables are read on the way from here before anything on the way has written them."""

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from workflow_runtime.bundles import Bundle
from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.contract.variables import GIVEN, written
from workflow_runtime.diagram.model import Node
from workflow_runtime.engine.compiler import scope_key
from workflow_runtime.engine.places import AT_END, Marking
from workflow_runtime.expressions import ExpressionError, compile_expression
from workflow_runtime.migration.timers import is_timer


class Reader:
    """The diagrams of one bundle, looked at for their variables; what it has found out it keeps."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._graphs: dict[str, Graph] = {}
        self._arrivals: dict[tuple[str, str], frozenset[str]] = {}
        self._leavings: dict[tuple[str, str], frozenset[str]] = {}

    def read_first(self, marking: Marking) -> frozenset[str]:
        """The variables that tokens standing so may read although nothing that they pass before has written them."""
        return frozenset(name for name in self.names if self.meets(name, marking))

    @cached_property
    def names(self) -> frozenset[str]:
        """Every variable that the bundle's diagrams read."""
        scopes = [scope_key(process.id, scope) for process in self.bundle.contents.processes.values() for scope in process.scopes]
        graphs = [self.graph(scope) for scope in scopes]
        found = {
            name
            for graph in graphs
            for node in graph.scope.nodes.values()
            for name in (*self.on_arrival(node), *self.on_leaving(graph, node))
        }
        return frozenset(found - GIVEN)

    def graph(self, scope: str) -> Graph:
        """The graph of a scope, by the name of its spec."""
        if scope not in self._graphs:
            process, _, inner = scope.partition("/")
            self._graphs[scope] = Graph.of(self.bundle.contents.processes[process].scopes[inner or process])
        return self._graphs[scope]

    def meets(self, name: str, marking: Marking) -> bool:
        """Whether a token of this scope reads the variable before it is written."""
        graph, process = self.graph(marking.scope), marking.scope.partition("/")[0]
        for place in marking.places:
            if place.element == AT_END:
                continue
            inside = place.inside
            if inside is not None and self.meets(name, inside):
                return True
            if self._walks_into(name, graph, process, [place.element], stands=True):
                return True
        return False

    def _walks_into(
        self, name: str, graph: Graph, process: str, starts: Collection[str], *, stands: bool, within: tuple[str, ...] = ()
    ) -> bool:
        todo, seen = [*starts], set(starts)
        standing = set(starts) if stands else set()
        while todo:
            here = todo.pop()
            node = graph.scope.nodes[here]
            if here not in standing and (name in self.on_arrival(node) or self._inside_reads(name, process, node, within)):
                return True
            if name in self._writes(node):
                # On its edge nothing has been written yet.
                following = [event.id for event in graph.on(here)]
            elif name in self.on_leaving(graph, node):
                return True
            else:
                following = graph.next(here)
            todo += [each for each in following if each not in seen]
            seen.update(following)
        return False

    def _inside_reads(self, name: str, process: str, node: Node, within: tuple[str, ...]) -> bool:
        scope = node.called if node.type == "callActivity" else f"{process}/{node.id}" if node.type == "subProcess" else None
        if scope is None or scope in within or scope.partition("/")[0] not in self.bundle.contents.processes:
            return False
        graph = self.graph(scope)
        starts = [start.id for start in graph.scope.starts]
        return self._walks_into(name, graph, scope.partition("/")[0], starts, stands=False, within=(*within, scope))

    def _writes(self, node: Node) -> set[str]:
        called = self.bundle.contents.processes.get(node.called or "") if node.type == "callActivity" else None
        return written(node) if called is None else {name for inner in called.nodes for name in written(inner)}

    def on_arrival(self, node: Node) -> frozenset[str]:
        """What is read when a token comes here."""
        key = (node.process, node.id)
        if key not in self._arrivals:
            self._arrivals[key] = frozenset(self._read_on_arrival(node))
        return self._arrivals[key]

    def _read_on_arrival(self, node: Node) -> Iterator[str]:
        yield from _names(node.operator.parameters.values() if node.operator else ())
        decision = self.bundle.contents.decisions.get(node.decision or "")
        if decision is not None:
            yield from (name.partition(".")[0] for name in decision.names)
        if is_timer(node) and node.event is not None and node.event.text.strip("\"' ").startswith("="):
            yield from _names([node.event.text.strip("\"' ")])

    def on_leaving(self, graph: Graph, node: Node) -> frozenset[str]:
        """What the conditions of its ways out read."""
        key = (node.process, node.id)
        if key not in self._leavings:
            self._leavings[key] = frozenset(_names(flow.condition for flow in graph.out(node.id) if flow.condition))
        return self._leavings[key]


def _names(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield from (name.partition(".")[0] for name in compile_expression(text).names)
        except ExpressionError:
            continue
