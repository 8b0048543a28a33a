"""Random structured processes, as graphs for the token game and as BPMN files for the engine."""

from random import Random

from diagrams import boundary, bpmn, call, catch, end, exclusive, first_event, flow, parallel, service, start, subprocess, user
from token_game import Element, Graph

CODES = ("E1", "E2")


class Drawing:
    """One random business with the processes that it calls. The same seed draws the same."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.graphs = {}
        self.calls = {}
        self.made = 0
        self.scope("business", self.random.randint(2, 4), depth=0)

    def name(self, kind):
        self.made += 1
        return f"{kind}{self.made}"

    def seconds(self):
        """Never the same twice, so that no two timers fall due at one instant by accident."""
        self.made += 1
        return self.random.randint(1, 10) * 3600 + self.made

    def scope(self, name, size, depth):
        graph = self.graphs[name] = Graph(name)
        first = self.add(graph, "start")
        exits = self.sequence(graph, [(first, None)], size, depth)
        self.join(graph, exits, self.add(graph, "terminate" if self.random.random() < 0.05 else "end"))
        return graph

    def add(self, graph, kind, **more):
        element = Element(self.name(kind), kind, **more)
        graph.nodes[element.id] = element
        return element.id

    def join(self, graph, exits, target):
        """Lead these open ends to a node. Several ends in front of a parallel gateway are merged first: it would wait for all of them."""
        if len(exits) > 1 and (graph.nodes[target].type == "parallel" or self.random.random() < 0.5):
            merge = self.add(graph, "exclusive")
            graph.flows += [(source, merge, value) for source, value in exits]
            exits = [(merge, None)]
        graph.flows += [(source, target, value) for source, value in exits]

    def sequence(self, graph, exits, size, depth):
        for _ in range(size):
            exits = self.block(graph, exits, depth)
        return exits

    def block(self, graph, exits, depth):
        simple = [self.task, self.task, self.event, self.race]
        nested = [self.choice, self.fork, self.fork, self.loop, self.activity, self.activity]
        return self.random.choice(simple if depth > 2 else simple + nested)(graph, exits, depth)

    def task(self, graph, exits, depth):
        host = self.add(graph, self.random.choice(["user", "service"]))
        self.join(graph, exits, host)
        return [(host, None), *self.attach(graph, host, depth)]

    def event(self, graph, exits, depth):
        node = self.add(graph, "catch", **self.trigger())
        self.join(graph, exits, node)
        return [(node, None)]

    def trigger(self):
        return {"seconds": self.seconds()} if self.random.random() < 0.5 else {"message": self.random.choice("mn")}

    def race(self, graph, exits, depth):
        node = self.add(graph, "race")
        self.join(graph, exits, node)
        events = [self.add(graph, "catch", message=self.random.choice("mn")), self.add(graph, "catch", seconds=self.seconds())]
        graph.flows += [(node, event, None) for event in events]
        return [(event, None) for event in events]

    def choice(self, graph, exits, depth):
        gateway = self.add(graph, "exclusive")
        self.join(graph, exits, gateway)
        taken = self.sequence(graph, [(gateway, 1)], 1, depth + 1)
        return [*taken, *self.sequence(graph, [(gateway, None)], self.random.randint(0, 1), depth + 1)]

    def fork(self, graph, exits, depth):
        split, join = self.add(graph, "parallel"), self.add(graph, "parallel")
        self.join(graph, exits, split)
        for _ in range(self.random.randint(2, 3)):
            self.join(graph, self.sequence(graph, [(split, None)], self.random.randint(1, 2), depth + 1), join)
        return [(join, None)]

    def loop(self, graph, exits, depth):
        merge = self.add(graph, "exclusive")
        self.join(graph, exits, merge)
        waits = self.add(graph, "user")
        graph.flows.append((merge, waits, None))
        inner = self.sequence(graph, [(waits, None)], self.random.randint(0, 1), depth + 1)
        again = self.add(graph, "exclusive")
        self.join(graph, inner, again)
        graph.flows.append((again, merge, 1))
        return [(again, None)]

    def activity(self, graph, exits, depth):
        called = self.random.random() < 0.5
        known = list(self.calls)
        if called and known and self.random.random() < 0.3 and graph.name == "business":
            inner = self.random.choice(known)
        else:
            inner = self.name("process" if called else "part")
            drawn = self.scope(inner, self.random.randint(1, 2), depth + 1)
            if called:
                self.calls[inner] = drawn
            if self.random.random() < 0.4:
                self.throw(drawn)
        host = self.add(graph, "activity", inner=inner)
        self.join(graph, exits, host)
        return [(host, None), *self.attach(graph, host, depth)]

    def throw(self, graph):
        """Before its end, the scope may throw an error instead."""
        last = next((e.id for e in graph.nodes.values() if e.type == "end"), None)
        if last is None:
            return
        gateway = self.add(graph, "exclusive")
        graph.flows = [(source, gateway if target == last else target, value) for source, target, value in graph.flows]
        graph.flows += [(gateway, self.add(graph, "throw", error=self.random.choice(CODES)), 1), (gateway, last, None)]

    def attach(self, graph, host, depth):
        """Boundary events of an activity; those that interrupt lead back into the flow, the others to an end of their own."""
        exits = []
        if self.random.random() < 0.35:
            event = self.add(graph, "timer", host=host, seconds=self.seconds())
            exits += self.sequence(graph, [(event, None)], self.random.randint(0, 1), depth + 2)
        if self.random.random() < 0.25:
            self.side(graph, self.add(graph, "timer", host=host, seconds=self.seconds(), interrupting=False), depth)
        if self.random.random() < 0.15:
            times = self.random.randint(2, 3)
            self.side(graph, self.add(graph, "timer", host=host, seconds=self.seconds(), interrupting=False, times=times), depth)
        if self.random.random() < 0.15:
            event = self.add(graph, "signal", host=host, message=self.random.choice("mn"))
            exits += [(event, None)]
        if graph.nodes[host].type in ("service", "activity") and self.random.random() < 0.5:
            event = self.add(graph, "error", host=host, error=self.random.choice([*CODES, ""]))
            exits += self.sequence(graph, [(event, None)], self.random.randint(0, 1), depth + 2)
        return exits

    def side(self, graph, event, depth):
        exits = self.sequence(graph, [(event, None)], 1, depth + 2)
        self.join(graph, exits, self.add(graph, "end"))

    def files(self):
        """The BPMN files: the business first, then the processes that it calls."""
        return [bpmn(*self.pieces(self.graphs[name]), id=name) for name in ("business", *self.calls)]

    def pieces(self, graph):
        nodes = [self.piece(e, graph) for e in graph.nodes.values()]
        flows = [flow(s, t, None if v is None else f"{s} = {v}", id=self.name("flow")) for s, t, v in graph.flows]
        return [*nodes, *flows]

    def piece(self, e, graph):
        if e.type == "activity" and e.inner in self.calls:
            return call(e.id, e.inner)
        if e.type == "activity":
            return subprocess(e.id, *self.pieces(self.graphs[e.inner]))
        if e.type in ("timer", "error", "signal"):
            timer = None if e.seconds is None else f"R{e.times}/PT{e.seconds}S" if e.times else f"PT{e.seconds}S"
            return boundary(e.id, e.host, timer=timer, message=e.message, error=e.error, interrupting=e.interrupting)
        simple = {
            "start": lambda: start(e.id),
            "end": lambda: end(e.id),
            "terminate": lambda: end(e.id, terminate=True),
            "throw": lambda: end(e.id, error=e.error),
            "user": lambda: user(e.id, "发证机关"),
            "service": lambda: service(e.id, "outside.keyed"),
            "exclusive": lambda: exclusive(e.id),
            "parallel": lambda: parallel(e.id),
            "race": lambda: first_event(e.id),
            "catch": lambda: catch(e.id, timer=e.seconds and f"PT{e.seconds}S", message=e.message),
        }
        return simple[e.type]()
