"""How tokens can move through one scope: every reachable distribution of tokens, up to a bound.

The scope is read as a Petri net of one place per stretch of flow without a choice. A task is left by its flow or by one of its
interrupting boundary events; which way an exclusive gateway or an event-based gateway goes is not known, so all are tried.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.model import Flow

MAX_STATES = 20_000
"""Distributions of tokens that are looked at before the check gives up, for all entries of a process together. A distribution of more
than four tokens counts for more than one."""


@dataclass(frozen=True)
class Move:
    """One step of one token or one join: which places it empties and fills (bit masks); `clears` ends the scope."""

    node: str
    take: int
    give: int
    clears: bool = False


@dataclass
class Exploration:
    """What was found from one entry: gateways that may wait for ever, nodes that may get two tokens, what runs side by side."""

    entry: str
    stuck: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    gave_up: bool = False
    states: int = 0
    together: dict[int, int] = field(default_factory=dict)
    """For every place the places that may hold a token at the same time, as a bit mask."""
    nodes: Mapping[int, list[str]] = field(default_factory=dict)
    """For every place the nodes at which its token may be."""

    def concurrent(self, among: Collection[str]) -> Iterator[tuple[str, str]]:
        """Pairs of different nodes, of those given, that may be active at the same time."""
        here = {place: [node for node in nodes if node in among] for place, nodes in self.nodes.items()}
        for place, mask in self.together.items():
            for other in bits(mask):
                if other > place and here.get(place):
                    yield from ((a, b) for a in here[place] for b in here.get(other, []) if a != b)


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class _Net:
    """The places and moves of the part of a scope that can be reached from one entry."""

    def __init__(self, graph: Graph, entry: str) -> None:
        self.graph = graph
        self.inside = graph.reachable([entry], side_branches=False)
        self.place_of: dict[int, int] = {}
        self._number_flows()
        self.nodes: dict[int, list[str]] = defaultdict(list)
        self.moves: dict[int, list[Move]] = defaultdict(list)
        for node in sorted(self.inside):
            self._describe(node)
        self.initial = self._mask(graph.out(entry))

    def place(self, flow: Flow) -> int:
        """The place of a flow. A stretch of flows without a choice is one place."""
        return self.place_of[id(flow)]

    def _mask(self, flows: list[Flow]) -> int:
        mask = 0
        for flow in flows:
            mask |= 1 << self.place(flow)
        return mask

    def _ways_out(self, node: str) -> list[Flow]:
        events = [event for event in self.graph.on(node) if event.interrupting]
        return self.graph.out(node) + [flow for event in events for flow in self.graph.out(event.id)]

    def _entries(self, node: str) -> list[Flow]:
        return [flow for flow in self.graph.into(node) if flow.source in self.inside]

    def _is_stretch(self, node: str) -> bool:
        return len(self._entries(node)) == 1 and len(self._ways_out(node)) == 1 and not self._waits_for_others(node)

    def _waits_for_others(self, node: str) -> bool:
        """A join that needs a token from a branch that does not begin at this entry."""
        return self.graph.scope.nodes[node].type == "parallelGateway" and len(self._entries(node)) < len(self.graph.into(node))

    def _number_flows(self) -> None:
        heads = [flow for node in sorted(self.inside) if not self._is_stretch(node) for flow in self._ways_out(node)]
        for flow in heads:
            if id(flow) not in self.place_of:
                self._follow(flow, len(self.place_of))

    def _follow(self, flow: Flow, number: int) -> None:
        while id(flow) not in self.place_of:
            self.place_of[id(flow)] = number
            if not self._is_stretch(flow.target):
                return
            flow = self._ways_out(flow.target)[0]

    def _describe(self, node: str) -> None:
        found = self.graph.scope.nodes[node]
        entries = [self.place(flow) for flow in self._entries(node) if id(flow) in self.place_of]
        if found.type == "boundaryEvent":
            entries = [self.place(flow) for flow in self.graph.out(node) if id(flow) in self.place_of]
        if found.type != "parallelGateway":
            for place in entries:
                self.nodes[place].append(node)
        if found.type != "boundaryEvent" and not self._is_stretch(node):
            for move in self._moves(node, entries):
                self.moves[(move.take & -move.take).bit_length() - 1].append(move)

    def _moves(self, node: str, entries: list[int]) -> Iterator[Move]:
        found = self.graph.scope.nodes[node]
        ways = self._ways_out(node)
        if found.type == "endEvent":
            ends_all = found.event is not None and found.event.kind in ("terminate", "error")
            yield from (Move(node, 1 << place, 0, ends_all) for place in entries)
        elif found.type == "parallelGateway":
            never = 1 << len(self.place_of) if self._waits_for_others(node) else 0
            if entries:
                yield Move(node, sum(1 << place for place in set(entries)) | never, self._mask(ways))
        else:
            yield from (Move(node, 1 << place, 1 << self.place(way)) for place in entries for way in ways)


def explore(graph: Graph, entry: str, limit: int = MAX_STATES) -> Exploration:
    """Try every order and choice from one entry (a start event or a non-interrupting boundary event), at most `limit` distributions."""
    net = _Net(graph, entry)
    result = Exploration(entry, nodes=net.nodes)
    seen, todo = {net.initial}, [net.initial]
    while todo and not result.doubled:
        state = todo.pop()
        _note(result, state)
        for after in _steps(net, state, result):
            if after not in seen:
                seen.add(after)
                todo.append(after)
        result.states += 1 + state.bit_count() // 4
        if result.states > limit:
            result.gave_up = True
            break
    return result


def _note(result: Exploration, state: int) -> None:
    if state & (state - 1):
        for place in bits(state):
            result.together[place] = result.together.get(place, 0) | state


def _steps(net: _Net, state: int, result: Exploration) -> Iterator[int]:
    possible = [move for place in bits(state) for move in net.moves.get(place, []) if move.take & state == move.take]
    if state and not possible:
        result.stuck |= {move.node for moves in net.moves.values() for move in moves if move.take & state}
    for move in possible:
        rest = state & ~move.take
        if rest & move.give:
            result.doubled.add(move.node)
            return
        yield 0 if move.clears else rest | move.give
