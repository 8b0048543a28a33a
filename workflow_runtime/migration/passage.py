"""The way from one version of a business to another: what was found out about it serves all its cases."""

from collections.abc import Iterator
from typing import Any

from workflow_runtime.bundles import Bundle
from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.engine.places import AT_END, Marking, Place
from workflow_runtime.migration.mapping import ElementMap
from workflow_runtime.migration.reading import Reader
from workflow_runtime.migration.soundness import STANDS, Position, is_join, on_main_way, trouble


class Passage:
    """From the old bundle to the new one, by a map of elements."""

    def __init__(self, old: Bundle, new: Bundle, mapping: ElementMap) -> None:
        self.old, self.new, self.mapping = old, new, mapping
        self._before, self._after = Reader(old), Reader(new)
        self._pairs: dict[tuple[str, str], ScopePair] = {}

    def pair(self, scope: str, target: str) -> "ScopePair":
        """A scope in both versions."""
        if (scope, target) not in self._pairs:
            pair = ScopePair(self._before.graph(scope), self._after.graph(target), target.partition("/")[0])
            self._pairs[scope, target] = pair
        return self._pairs[scope, target]

    def wanted(self, marking: Marking, target: Marking) -> frozenset[str]:
        """Variables that the new way reads before it writes them, and that the old way did not."""
        return self._after.read_first(target) - self._before.read_first(marking)


class ScopePair:
    """A scope in both versions."""

    def __init__(self, old: Graph, new: Graph, process: str) -> None:
        self.old, self.new, self.process = old, new, process
        self.old_main, self.new_main = on_main_way(old), on_main_way(new)
        self._same: bool | None = None
        self._known: dict[tuple[Position, ...], tuple[str, str] | None] = {}

    def trouble(self, places: list[Place], mapping: ElementMap) -> tuple[str, str] | None:
        """See `soundness.trouble`; where the ways are the same, tokens that have come so far can go on as before."""
        if self._same_ways(mapping):
            return None
        main = [place for place in places if place.element in self.new_main]
        beside = [place for place in places if place.element not in (AT_END, *self.new_main)]
        return self._trouble(main, repeated=False) or self._trouble(beside, repeated=True)

    def _trouble(self, places: list[Place], *, repeated: bool) -> tuple[str, str] | None:
        positions = tuple(sorted(_positions(self.new, places)))
        if positions not in self._known:
            self._known[positions] = trouble(self.new, positions, repeated=repeated)
        return self._known[positions]

    def _same_ways(self, mapping: ElementMap) -> bool:
        if self._same is None:
            self._same = _ways(self.old, self.process, mapping) == _ways(self.new, self.process, ElementMap())
        return self._same


def _ways(graph: Graph, process: str, mapping: ElementMap) -> tuple[list[Any], list[Any]]:
    """What decides where tokens can go: kinds of elements, events on their edges, flows."""

    def twin(element: str | None) -> str | None:
        return None if element is None else mapping.new_id(process, element)

    nodes = [(twin(n.id), n.type, twin(n.attached_to), n.interrupting, n.event and n.event.kind) for n in graph.scope.nodes.values()]
    return sorted(nodes, key=repr), sorted((twin(f.source), twin(f.target)) for f in graph.scope.flows)


def _positions(graph: Graph, places: list[Place]) -> Iterator[Position]:
    taken: set[Position] = set()
    for place in places:
        if place.source is None or not is_join(graph, place.element):
            yield place.element, STANDS
            continue
        ways = [(place.element, number) for number, flow in enumerate(graph.into(place.element)) if flow.source == place.source]
        position = next((way for way in ways if way not in taken), ways[0])
        taken.add(position)
        yield position
