"""BPMN's token game, played over plain nodes and flows: what the engine is compared with.

Written from the rules of BPMN alone. Nothing of the engine is used here, and the clock and the variables are handed in.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count


@dataclass(frozen=True)
class Element:
    """A node. `seconds` is a timer's delay, `times` how often a repeating one fires (None for one that does not repeat)."""

    id: str
    type: str
    inner: str | None = None
    host: str | None = None
    seconds: int | None = None
    times: int | None = None
    interrupting: bool = True
    message: str | None = None
    error: str | None = None


@dataclass
class Graph:
    """A scope: its nodes and its flows (source, target, value of the gateway's variable that takes it; None is the default)."""

    name: str
    nodes: dict[str, Element] = field(default_factory=dict)
    flows: list[tuple[str, str, int | None]] = field(default_factory=list)

    def after(self, node):
        return [(target, value) for source, target, value in self.flows if source == node]

    def before(self, node):
        return [source for source, target, _ in self.flows if target == node]

    def attached(self, node):
        return [n for n in self.nodes.values() if n.host == node]


@dataclass(eq=False)
class Timer:
    element: Element
    due: datetime
    left: int | None = None


@dataclass(eq=False)
class Place:
    """A token that waits, the timers it runs under, and the scope inside it."""

    element: Element
    scope: "Instance"
    number: int
    timers: list[Timer] = field(default_factory=list)
    events: list[Element] = field(default_factory=list)
    inside: "Instance | None" = None


@dataclass(eq=False)
class Instance:
    graph: Graph
    owner: Place | None
    places: list[Place] = field(default_factory=list)
    arrivals: Counter = field(default_factory=Counter)
    over: bool = False


class Game:
    """One case. `variables` decides the gateways (name of the gateway → value)."""

    def __init__(self, graphs, main, now, variables):
        self.graphs, self.now, self.variables = graphs, now, variables
        self._numbers = count(1)
        self.top = Instance(graphs[main], None)
        self._begin(self.top)

    @property
    def ended(self):
        return not self.top.places and not self.top.arrivals

    def places(self, scope=None):
        """Every token that waits, in scopes and in the scopes inside them."""
        for place in (scope or self.top).places:
            yield place
            if place.inside is not None:
                yield from self.places(place.inside)

    def waiting(self):
        """How many tokens wait at each element: people, jobs, events, and the events attached to activities."""
        found = Counter()
        for place in self.places():
            if place.inside is None:
                found[place.element.id] += 1
            found.update(event.id for event in place.events)
        return found

    def next_due(self):
        return min((t.due for p in self.places() for t in p.timers), default=None)

    def done(self, place):
        """A person or a job is done."""
        place.scope.places.remove(place)
        self._leave(place.scope, place.element.id)

    def fails(self, place, code):
        """An error at an activity: the nearest boundary event on the way out takes it. False when none does."""
        while place is not None:
            events = [e for e in place.scope.graph.attached(place.element.id) if e.type == "error"]
            taker = next((e for e in events if e.error == code), None) or next((e for e in events if e.error == ""), None)
            if taker is not None:
                place.scope.places.remove(place)
                self._leave(place.scope, taker.id)
                return True
            place = place.scope.owner
        return False

    def message(self, name):
        """Everybody who waits for the message gets it."""
        takers = [(p, e) for p in self.places() for e in self._waits_for(p, name)]
        for place, event in takers:
            if place not in list(self.places()):
                continue
            self._happen(place, event)
        return bool(takers)

    def until(self, now):
        """Let time pass; what fell due happens in the order in which it fell due."""
        self.now = now
        while True:
            due = [(t.due, p, t) for p in self.places() for t in p.timers if t.due <= now]
            if not due:
                return
            _, place, timer = min(due, key=lambda each: each[0])
            self._fire(place, timer)

    def _waits_for(self, place, name):
        element = place.element
        if element.type == "catch" and element.message == name:
            return [element]
        if element.type == "race":
            return [e for e in self._alternatives(place) if e.message == name]
        return [e for e in place.events if e.message == name]

    def _alternatives(self, place):
        graph = place.scope.graph
        return [graph.nodes[target] for target, _ in graph.after(place.element.id)]

    def _happen(self, place, event):
        """An event comes true for a waiting token: it moves on from there, or sends another token out."""
        if event.host is None or event.interrupting:
            place.scope.places.remove(place)
        else:
            place.timers = [t for t in place.timers if t.element is not event or t.left]
            if not any(t.element is event for t in place.timers):
                place.events.remove(event)
        self._leave(place.scope, event.id)

    def _fire(self, place, timer):
        if timer.left is not None:
            timer.left -= 1
            while timer.due <= self.now:
                timer.due += timedelta(seconds=timer.element.seconds)
        self._happen(place, timer.element)

    def _begin(self, scope):
        start = next(n.id for n in scope.graph.nodes.values() if n.type == "start")
        self._leave(scope, start)

    def _leave(self, scope, node):
        for target, _ in scope.graph.after(node):
            self._enter(scope, target, node)
        self._close(scope)

    def _close(self, scope):
        """A scope with no token left is done, and so is the activity that it belongs to."""
        owner = scope.owner
        if owner is not None and owner in owner.scope.places and not scope.places and not scope.arrivals:
            self.done(owner)

    def _enter(self, scope, node, source):
        element = scope.graph.nodes[node]
        if element.type == "end" or not self._alive(scope):
            return
        if element.type == "pass":
            self._leave(scope, node)
        elif element.type == "exclusive":
            self._choose(scope, node)
        elif element.type == "parallel":
            self._join(scope, node, source)
        elif element.type == "terminate":
            scope.over = True
            scope.places.clear()
            scope.arrivals.clear()
        elif element.type == "throw":
            self.fails(scope.owner, element.error)
        else:
            self._wait(scope, element)

    def _alive(self, scope):
        return not scope.over and (scope.owner is None or (scope.owner in scope.owner.scope.places and self._alive(scope.owner.scope)))

    def _choose(self, scope, node):
        value = self.variables.get(node)
        flows = scope.graph.after(node)
        target = next((t for t, v in flows if v is not None and v == value), None) or next(t for t, v in flows if v is None)
        self._enter(scope, target, node)

    def _join(self, scope, node, source):
        scope.arrivals[node, source] += 1
        sources = scope.graph.before(node)
        if all(scope.arrivals[node, s] for s in sources):
            scope.arrivals -= Counter({(node, s): 1 for s in sources})
            for target, _ in scope.graph.after(node):
                self._enter(scope, target, node)
        scope.arrivals = +scope.arrivals

    def _wait(self, scope, element):
        place = Place(element, scope, next(self._numbers), events=scope.graph.attached(element.id))
        own = [element] if element.type == "catch" else self._alternatives(place) if element.type == "race" else []
        for timed in [*own, *place.events]:
            if timed.seconds is not None:
                place.timers.append(Timer(timed, self.now + timedelta(seconds=timed.seconds), timed.times))
        scope.places.append(place)
        if element.type == "activity":
            place.inside = Instance(self.graphs[element.inner], place)
            self._begin(place.inside)
