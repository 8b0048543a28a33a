"""How much of a process scenarios have passed: elements, branches of gateways, boundary events."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workflow_runtime.diagram.model import Flow, Node, Process
from workflow_runtime.drawing.svg import Passes
from workflow_runtime.scenarios.running import Played
from workflow_runtime.scenarios.trace import Place


@dataclass(frozen=True)
class Share:
    """How many of how many were passed; `missing` are the ids of the others."""

    total: int
    missing: tuple[str, ...]

    @property
    def passed(self) -> int:
        """How many were passed."""
        return self.total - len(self.missing)

    @property
    def percent(self) -> float:
        """The share in hundredths, one digit after the point, never rounded up to 100; nothing to pass is 100."""
        if not self.missing:
            return 100.0
        return min(99.9, round(100 * self.passed / self.total, 1))


@dataclass(frozen=True)
class Coverage:
    """What scenarios have passed of one process."""

    process: Process
    passes: Passes

    @property
    def elements(self) -> Share:
        """Of all elements."""
        return self._share(self.passes.elements, self.process.nodes)

    @property
    def branches(self) -> Share:
        """Of all flows that leave a gateway with more than one way out."""
        return self._share(self.passes.flows, branches(self.process))

    @property
    def boundary_events(self) -> Share:
        """Of all boundary events."""
        return self._share(self.passes.elements, (node for node in self.process.nodes if node.attached_to is not None))

    @property
    def flows(self) -> Share:
        """Of all flows."""
        return self._share(self.passes.flows, (flow for scope in self.process.scopes.values() for flow in scope.flows))

    @property
    def least(self) -> float:
        """The lowest of the percentages of elements, branches and boundary events."""
        return min(share.percent for share in (self.elements, self.branches, self.boundary_events))

    def _share(self, passes: Mapping[str, int], parts: Iterable[Node | Flow]) -> Share:
        known = [part.id for part in parts]
        return Share(len(known), tuple(each for each in known if not passes.get(each)))


def branches(process: Process) -> list[Flow]:
    """The flows that leave a gateway with more than one way out."""
    gateways = [(scope, node) for scope in process.scopes.values() for node in scope.nodes.values() if node.type.endswith("Gateway")]
    return [flow for scope, node in gateways if len(out := scope.outgoing(node.id)) > 1 for flow in out]


def coverage(process: Process, played: Iterable[Played]) -> Coverage:
    """What these scenarios have passed of a process, whichever process they were started with."""
    elements: Counter[Place] = Counter()
    flows: Counter[Place] = Counter()
    for each in played:
        elements.update(each.trace.elements)
        flows.update(each.trace.flows)
    return Coverage(process, Passes(_of(process, elements), _of(process, flows)))


def _of(process: Process, counted: Mapping[Place, int]) -> dict[str, int]:
    return {each: number for (key, each), number in counted.items() if key == process.id}
