"""The flows of one scope, indexed once, so that every rule stays linear in the size of the file."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workflow_runtime.diagram.model import Flow, Node, Scope


@dataclass(frozen=True)
class Graph:
    """A scope with its flows by source and by target and its boundary events by host; flows that dangle are left out."""

    scope: Scope
    outgoing: Mapping[str, list[Flow]]
    incoming: Mapping[str, list[Flow]]
    boundaries: Mapping[str, list[Node]]

    @classmethod
    def of(cls, scope: Scope) -> "Graph":
        """Index a scope."""
        outgoing: dict[str, list[Flow]] = defaultdict(list)
        incoming: dict[str, list[Flow]] = defaultdict(list)
        boundaries: dict[str, list[Node]] = defaultdict(list)
        for flow in scope.flows:
            if flow.source in scope.nodes and flow.target in scope.nodes:
                outgoing[flow.source].append(flow)
                incoming[flow.target].append(flow)
        for node in scope.nodes.values():
            if node.type == "boundaryEvent" and node.attached_to is not None and node.attached_to in scope.nodes:
                boundaries[node.attached_to].append(node)
        return cls(scope, outgoing, incoming, boundaries)

    def out(self, node: str) -> list[Flow]:
        """The flows that leave a node."""
        return self.outgoing.get(node, [])

    def into(self, node: str) -> list[Flow]:
        """The flows that enter a node."""
        return self.incoming.get(node, [])

    def on(self, node: str) -> list[Node]:
        """The boundary events of a node."""
        return self.boundaries.get(node, [])

    def next(self, node: str, *, side_branches: bool = True) -> list[str]:
        """Where a token may go from here: along the flows and to the boundary events (`side_branches`: the non-interrupting too)."""
        events = [event.id for event in self.on(node) if side_branches or event.interrupting]
        return [flow.target for flow in self.out(node)] + events

    def previous(self, node: str) -> list[str]:
        """Where a token here may have come from."""
        host = self.scope.nodes[node].attached_to
        sources = [flow.source for flow in self.into(node)]
        return [*sources, host] if host is not None and host in self.scope.nodes else sources

    def reachable(self, starts: Iterable[str], *, side_branches: bool = True) -> set[str]:
        """Every node to which a token may come from these, themselves included."""
        todo = list(starts)
        found = set(todo)
        while todo:
            for target in self.next(todo.pop(), side_branches=side_branches):
                if target not in found:
                    found.add(target)
                    todo.append(target)
        return found

    def reaching(self, ends: Iterable[str]) -> set[str]:
        """Every node from which a token may come to one of these, themselves included."""
        todo = list(ends)
        found = set(todo)
        while todo:
            for source in self.previous(todo.pop()):
                if source not in found:
                    found.add(source)
                    todo.append(source)
        return found
