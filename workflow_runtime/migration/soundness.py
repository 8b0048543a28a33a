"""Whether tokens that stand here can come to the end of a scope: no join that waits for ever, nothing that is done twice.

The contract proves that for tokens that come from the start event. Tokens that come from another version may stand where no token of this
version would ever stand together, so every order and choice from there is tried, up to a bound.
"""

from collections.abc import Iterator, Sequence

from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.model import Flow

Position = tuple[str, int]
"""An element at which a token stands, or a join at which it has arrived by its incoming flow of this number (-1: it stands)."""

STANDS = -1
MAX_STATES = 5_000
"""Distributions of tokens that are looked at before the check gives up: then the contract's proof has to do."""


def is_join(graph: Graph, node: str) -> bool:
    """A parallel gateway with several ways in."""
    return graph.scope.nodes[node].type == "parallelGateway" and len(graph.into(node)) > 1


def on_main_way(graph: Graph) -> set[str]:
    """The elements that are not only on a branch beside the rest, begun by an event that does not interrupt."""
    return graph.reachable([start.id for start in graph.scope.starts], side_branches=False)


def trouble(graph: Graph, positions: Sequence[Position], *, repeated: bool = False) -> tuple[str, str] | None:
    """("stuck", join) or ("twice", element) when tokens at these positions can come to that; None when not, or not known.

    On a branch that an event may begin `repeated`ly, several tokens at one element are nothing bad and are looked at as one.
    """
    first = frozenset(positions)
    if len(first) < len(positions) and not repeated:
        return ("twice", next(node for node, _ in positions if sum(other == node for other, _ in positions) > 1))
    seen, todo = {first}, [first]
    while todo and len(seen) <= MAX_STATES:
        state = todo.pop()
        moves = list(_moves(graph, state))
        if state and not moves:
            return ("stuck", min(state)[0])
        for taken, given in moves:
            rest = state - taken
            if (doubled := rest & given) and not repeated:
                return ("twice", min(doubled)[0])
            after = frozenset() if taken == state and not given else rest | given
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return None


def _moves(graph: Graph, state: frozenset[Position]) -> Iterator[tuple[frozenset[Position], frozenset[Position]]]:
    """What may happen next: positions that are left, positions that are reached."""
    for node, way in state:
        if way != STANDS:
            arrived = frozenset((node, number) for number in range(len(graph.into(node))))
            if arrived <= state and way == 0:
                yield arrived, _reached(graph, graph.out(node))
            continue
        found = graph.scope.nodes[node]
        here = frozenset([(node, way)])
        if found.type == "endEvent" and found.event is not None and found.event.kind in ("terminate", "error"):
            yield state, frozenset()
        elif found.type == "parallelGateway" or not graph.out(node):
            yield here, _reached(graph, graph.out(node))
        else:
            yield from ((here, _reached(graph, [flow])) for flow in graph.out(node))
        for event in graph.on(node):
            if event.interrupting:
                yield here, _reached(graph, graph.out(event.id))


def _reached(graph: Graph, flows: Sequence[Flow]) -> frozenset[Position]:
    return frozenset(_arrival(graph, flow) for flow in flows)


def _arrival(graph: Graph, flow: Flow) -> Position:
    if not is_join(graph, flow.target):
        return flow.target, STANDS
    return flow.target, next(number for number, other in enumerate(graph.into(flow.target)) if other is flow)
