"""Where a case stands in its diagrams: each place with what has happened there, for a drawing and for those who cannot see one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import Bundle
from workflow_runtime.cases import WITHDRAW
from workflow_runtime.confidence import OWNER
from workflow_runtime.diagram.model import Node, Process, Scope
from workflow_runtime.errors import Text
from workflow_runtime.guards import not_found
from workflow_runtime.queries import CaseView, TimelineEntry, case, timeline, visible_case
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.stepping import Step
from workflow_runtime.store.rows import JobRow, TaskRow

PlaceState = Literal["waiting", "trouble", "done", "ahead"]
Key = tuple[str, str]
"""Process and element: ids are unique only within their process."""

ATTACHED = "boundaryEvent"
OVER = frozenset({"ended", "cancelled"})


@dataclass(frozen=True)
class Place:
    """An element of a diagram in one case.

    `type` is its BPMN local name, `since` when a token last came there (or left, where it is done), `who` the person who works or worked
    there, `rounds` how often a token has come there.
    """

    element: str
    name: str
    type: str
    lane: str
    state: PlaceState
    since: datetime | None
    who: str
    rounds: int


@dataclass(frozen=True)
class Drawing:
    """A process of the case, with its places in the order in which a token meets them."""

    process: str
    name: str
    places: tuple[Place, ...]

    @property
    def steps(self) -> tuple[Place, ...]:
        """What a reader is told: no gateways, no nameless places, and of events on a task's edge those that have happened."""
        return tuple(
            p for p in self.places if p.name and not p.type.endswith("Gateway") and not (p.type == ATTACHED and p.state == "ahead")
        )

    @property
    def waits(self) -> bool:
        """A token waits in this process."""
        return any(p.state in ("waiting", "trouble") for p in self.places)


def drawings(uow: UnitOfWork, actor: Actor, number: str) -> tuple[Drawing, ...]:
    """The case's business process and every process that it calls, the business first. Raises NotFound."""
    return drawn(uow, case(uow, actor, number), timeline(uow, actor, number))


def drawn(uow: UnitOfWork, view: CaseView, told: Sequence[TimelineEntry]) -> tuple[Drawing, ...]:
    """The same for whoever has read the case and its timeline already."""
    bundle = uow.bundle(view.case.bundle_id)
    history = _History(uow, view, told, bundle)
    processes = list(_called(bundle, bundle.process))
    places = {process.id: [history.place(node) for node in _in_order(process.scope, process)] for process in processes}
    holders = _holders(processes)
    for holder, inside in reversed(holders):
        _show_inside(places, holder, inside)
    return tuple(Drawing(process.id, process.name, tuple(places[process.id])) for process in processes)


def drawing_file(uow: UnitOfWork, actor: Actor, number: str, process: str) -> bytes:
    """The BPMN file of a process as it was deployed when the case began. Raises NotFound."""
    bundle = uow.bundle(visible_case(uow, actor, number).bundle_id)
    if process not in {each.id for each in _called(bundle, bundle.process)}:
        raise not_found(Text(f"流程图 {process} ", f"The diagram {process}"))
    return bundle.contents.files[bundle.contents.sources["bpmn", process]][1]


def may_withdraw(uow: UnitOfWork, actor: Actor, number: str) -> bool:
    """The actor's party filed the case, and its diagram waits for the message `withdraw` now. Raises NotFound."""
    row = visible_case(uow, actor, number)
    if row.parties.get(OWNER) != actor.party or not actor.role_at(actor.party) or row.state != "running":
        return False
    bundle = uow.bundle(row.bundle_id)
    waits = (waiting.node for waiting in Step.opened(uow, row).tokens.waiting() if waiting.kind == "event")
    return any(_catches(bundle, node, WITHDRAW) for node in waits)


def _catches(bundle: Bundle, node: Node, message: str) -> bool:
    """The node, or one of the events behind it where it is an event-based gateway, waits for this message."""
    scope = next(s for s in bundle.contents.processes[node.process].scopes.values() if node.id in s.nodes)
    candidates = [node, *(scope.nodes[flow.target] for flow in scope.outgoing(node.id) if node.type == "eventBasedGateway")]
    return any(each.event is not None and each.event.kind == "message" and each.event.name == message for each in candidates)


def _called(bundle: Bundle, process: Process) -> Iterator[Process]:
    """The process and those that it calls, each once, in reading order."""
    seen, todo = {process.id}, [process]
    while todo:
        current = todo.pop(0)
        yield current
        for node in _in_order(current.scope, current):
            if node.called and node.called not in seen and node.called in bundle.contents.processes:
                seen.add(node.called)
                todo.append(bundle.contents.processes[node.called])


def _in_order(scope: Scope, process: Process) -> list[Node]:
    """The nodes as a token meets them from the start, an embedded subprocess's own right behind it; at last what no flow reaches."""
    todo, found = [*scope.starts, *scope.nodes.values()], dict[str, Node]()
    ahead = [node.id for node in scope.starts]
    while ahead:
        node = scope.nodes[ahead.pop(0)]
        if node.id in found:
            continue
        found[node.id] = node
        ahead += [flow.target for flow in scope.outgoing(node.id)] + [event.id for event in scope.boundary_events(node.id)]
    met = [*found.values(), *(node for node in todo if node.id not in found)]
    return [each for node in met for each in (node, *_inner(node, process))]


def _inner(node: Node, process: Process) -> list[Node]:
    scope = process.scopes.get(node.id) if node.type == "subProcess" else None
    return [] if scope is None else _in_order(scope, process)


def _holders(processes: Sequence[Process]) -> list[tuple[Key, set[Key]]]:
    """Every activity that holds others (call activity, embedded subprocess), outer before inner, with what is inside."""
    found: list[tuple[Key, set[Key]]] = []
    for process in processes:
        for node in _in_order(process.scope, process):
            if node.called:
                inside = {(p.id, n.id) for p in processes if p.id == node.called for n in p.nodes}
                found.append(((process.id, node.id), inside))
            elif node.type == "subProcess":
                found.append(((process.id, node.id), {(process.id, n.id) for n in _inner(node, process)}))
    return found


def _show_inside(places: dict[str, list[Place]], holder: Key, inside: set[Key]) -> None:
    """An activity waits while something inside it waits, and is in trouble with it."""
    states = {p.state for process, each in places.items() for p in each if (process, p.element) in inside}
    state: PlaceState | None = "trouble" if "trouble" in states else "waiting" if "waiting" in states else None
    if state is not None:
        mine = places[holder[0]]
        mine[:] = [replace(p, state=state) if p.element == holder[1] else p for p in mine]


class _History:
    """What has happened at each place: tokens from the engine, people from the inbox, jobs from the queue, the rest from the audit."""

    def __init__(self, uow: UnitOfWork, view: CaseView, told: Sequence[TimelineEntry], bundle: Bundle) -> None:
        self.arrivals = _arrivals(told, bundle)
        self.tasks: dict[Key, TaskRow] = {(t.process, t.element): t for t in view.tasks}
        self.jobs: dict[Key, JobRow] = {(j.process, j.element): j for j in view.jobs}
        by_id = {job.id: job for job in view.jobs}
        self.trouble = {(by_id[i.job_id].process, i.element) for i in view.incidents if i.job_id in by_id}
        tokens = [] if view.case.state in OVER else Step.opened(uow, view.case).tokens.waiting()
        self.waiting = {(w.node.process, w.node.id) for w in tokens if w.node.type != ATTACHED}

    def place(self, node: Node) -> Place:
        """The element as it stands in this case."""
        key = (node.process, node.id)
        state, came = self._state(key), self.arrivals.get(key, [])
        since, who = self._last(key, state)
        return Place(node.id, node.name, node.type, node.lane or "", state, since, who, len(came))

    def _state(self, key: Key) -> PlaceState:
        if key in self.trouble:
            return "trouble"
        if key in self.waiting:
            return "waiting"
        task = self.tasks.get(key)
        passed = key in self.arrivals and (task is None or task.completed_at is not None)
        return "done" if passed else "ahead"

    def _last(self, key: Key, state: PlaceState) -> tuple[datetime | None, str]:
        """When, and who."""
        task, job = self.tasks.get(key), self.jobs.get(key)
        came = self.arrivals.get(key, [])
        if state == "ahead" or not (came or task or job):
            return None, ""
        if task is not None:
            return (task.completed_at, task.completed_name or "") if state == "done" else (task.created_at, task.claimed_name or "")
        if job is not None:
            return (job.finished_at or job.created_at) if state == "done" else job.created_at, ""
        at, who, first = came[-1]
        return at, who if first else ""


def _arrivals(told: Sequence[TimelineEntry], bundle: Bundle) -> Mapping[Key, list[tuple[datetime, str, bool]]]:
    """When a token came to each place, by whose act, and whether that act began there.

    The audit names elements alone: an id that several processes have belongs to the process in which the token was, which a call enters
    and an end event leaves.
    """
    owners: dict[str, list[Node]] = {}
    for process in bundle.contents.processes.values():
        for node in process.nodes:
            owners.setdefault(node.id, []).append(node)
    found: dict[Key, list[tuple[datetime, str, bool]]] = {}
    current, callers = bundle.business, dict[str, str]()
    for entry in told:
        for element in entry.details.get("path", ()):
            for place in sorted(owners.get(element, []), key=lambda each: each.process != current)[:1]:
                found.setdefault((place.process, element), []).append((entry.at, entry.who, element == entry.element))
                current = _next(place, bundle, callers)
    return found


def _next(node: Node, bundle: Bundle, callers: dict[str, str]) -> str:
    """The process in which a token is when it has come to a node."""
    if node.called:
        callers[node.called] = node.process
        return node.called
    leaves = node.type == "endEvent" and node.id in bundle.contents.processes[node.process].scope.nodes
    return callers.get(node.process, node.process) if leaves else node.process
