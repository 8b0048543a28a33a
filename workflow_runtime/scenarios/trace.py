"""What happened in a scenario, in order: arrivals of tokens with the decisions that led there, and what was done from outside."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from workflow_runtime.diagram.model import Flow, Node
from workflow_runtime.errors import Text
from workflow_runtime.expressions import compile_expression
from workflow_runtime.handlers import Json
from workflow_runtime.scenarios.stage import Stage

Place = tuple[str, str]
"""An element or a flow: its process and its id (ids are unique only within their process)."""


@dataclass(frozen=True)
class Decision:
    """Which way a gateway went: the condition that held (None: the default, since none held) and what its conditions read."""

    flow: Flow
    condition: str | None
    read: Mapping[str, Json]


@dataclass(frozen=True)
class Arrival:
    """A token came to an element; `decision` is that of the gateway which it comes from."""

    node: Node
    decision: Decision | None


@dataclass(frozen=True)
class Deed:
    """Something was done from outside: a person, a handler, a message, the clock."""

    what: Text


Entry = Arrival | Deed


@dataclass
class Trace:
    """The entries of one scenario, and how often each element and each flow was passed.

    `statuses` are the status words in the order in which the case showed them, each once until another comes.
    """

    entries: list[Entry] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    elements: Counter[Place] = field(default_factory=Counter)
    flows: Counter[Place] = field(default_factory=Counter)

    def arrive(self, stage: Stage, variables: Mapping[str, Json], source: Node | None, node: Node) -> None:
        """Take down an arrival; `variables` are as they are now, when the gateway before has just decided."""
        self.elements[node.process, node.id] += 1
        flow = _flow(stage, variables, source, node)
        for passed in _passed(stage, node, flow):
            self.flows[node.process, passed.id] += 1
        status = node.properties.get("status")
        if status and status != (self.statuses or [""])[-1]:
            self.statuses.append(status)
        decided = flow is not None and source is not None and source.type == "exclusiveGateway"
        self.entries.append(Arrival(node, _decision(stage, variables, source, flow) if decided else None))

    def do(self, zh: str, en: str) -> None:
        """Take down a deed."""
        self.entries.append(Deed(Text(zh, en)))

    @property
    def nodes(self) -> list[Node]:
        """The elements in the order of the visits."""
        return [entry.node for entry in self.entries if isinstance(entry, Arrival)]


def _flow(stage: Stage, variables: Mapping[str, Json], source: Node | None, node: Node) -> Flow | None:
    if source is None or source.process != node.process or node.type == "boundaryEvent":
        return None
    flows = stage.flows(source, node)
    # Two flows of a gateway may lead to the same element: the one whose condition holds was taken.
    holding = [f for f in flows if f.condition is not None and f.id != source.default and compile_expression(f.condition).holds(variables)]
    unconditional = [flow for flow in flows if flow.condition is None or flow.id == source.default]
    return next(iter(holding or unconditional or flows), None)


def _passed(stage: Stage, node: Node, flow: Flow | None) -> list[Flow]:
    """A parallel join takes one token from each of its flows at once."""
    if node.type == "parallelGateway":
        return stage.scope(node).incoming(node.id)
    return [] if flow is None else [flow]


def _decision(stage: Stage, variables: Mapping[str, Json], gateway: Node | None, taken: Flow | None) -> Decision | None:
    outgoing = stage.scope(gateway).outgoing(gateway.id) if gateway is not None else []
    if gateway is None or taken is None or len(outgoing) < 2:
        return None
    conditional = [flow for flow in outgoing if flow.condition is not None and flow.id != gateway.default]
    asked = conditional[: conditional.index(taken) + 1] if taken in conditional else conditional
    names = {name: None for flow in asked for name in sorted(compile_expression(flow.condition or "").names)}
    read = {name: compile_expression(name).evaluate(variables) for name in names}
    return Decision(taken, taken.condition if taken in conditional else None, read)
