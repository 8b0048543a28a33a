"""The engine's state as places of the diagram, and back: how a case gets onto another version of its diagrams.

The tree of tasks is a trace of one program; what a case needs of it is only where its tokens stand. `read_places` says that in words of the
diagram, and `write_places` builds the state that a token standing there has in any program: history and predictions are made anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.task import Task

from workflow_runtime.engine import specs
from workflow_runtime.engine.codec import FORMAT, UnreadableState, decode, encode
from workflow_runtime.engine.compiler import Program
from workflow_runtime.engine.events import DUE, LEFT

Internal = Mapping[str, Any]
"""What a waiting token remembers: the instants of its timers, the branch by which it came to a join."""

SOURCE = specs.SOURCE
LIVE = TaskState.READY | TaskState.STARTED | TaskState.WAITING
AT_END = ""
"""The element of a token that has come to its scope's end and waits there for the others."""


@dataclass(frozen=True)
class Attached:
    """A boundary event that still waits."""

    element: str
    token: str
    internal: Internal


@dataclass(frozen=True)
class Place:
    """A token that stands at an element: the events that wait on its edge, and what goes on inside it.

    `state` and `token` are the engine's. `source` is the element from which a token came to a join.
    """

    element: str
    state: int
    token: str
    internal: Internal
    attached: tuple[Attached, ...] = ()
    inside: "Marking | None" = None

    @property
    def source(self) -> str | None:
        """The element from which a token came to the join where it waits."""
        found = self.internal.get(SOURCE)
        return None if found is None else _element(found)


@dataclass(frozen=True)
class Marking:
    """The tokens of one scope, in the order of their coming. `scope` is the name of its spec: `process` or `process/subprocess`."""

    scope: str
    places: tuple[Place, ...] = field(default_factory=tuple)

    def everywhere(self) -> "Iterator[tuple[Marking, Place]]":
        """Every place of this scope and of those inside it."""
        for place in self.places:
            yield self, place
            if place.inside is not None:
                yield from place.inside.everywhere()


def timer_key(alternative: str | None = None) -> str:
    """Where a token keeps the instant of its timer; an event-based gateway keeps one for each of its events."""
    return DUE if alternative is None else f"{DUE} {specs.spec_name(alternative)}"


def alternatives(internal: Internal) -> dict[str, str]:
    """The timers of an event-based gateway: element → where its instant is kept."""
    return {_element(key.removeprefix(f"{DUE} ")): key for key in internal if key.startswith(f"{DUE} ")}


def joined_from(source: str) -> dict[str, str]:
    """What a token that waits in a join remembers."""
    return {SOURCE: specs.spec_name(source)}


TIMER_DUE, TIMER_LEFT = DUE, LEFT


def _element(name: str) -> str:
    return name.removeprefix("#")


def read_places(state: bytes, program: Program) -> Marking:
    """Where the tokens of a stored state stand. Raises UnreadableState when it does not fit the program."""
    try:
        document = orjson.loads(state)
        if document["v"] != FORMAT:
            raise UnreadableState(f"format {document['v']}")
        return _Reading(dict(document["subs"]), program).marking(document["top"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UnreadableState(f"{type(error).__name__}: {error}") from error


class _Reading:
    """One state while it is read; `inner` are the scopes inside, by the token that owns them."""

    def __init__(self, inner: dict[str, Any], program: Program) -> None:
        self.inner, self.program = inner, program

    def marking(self, stored: list[Any]) -> Marking:
        scope, _, rows = stored
        specs_here = self.program.specs[scope].task_specs
        attached: dict[int, list[Attached]] = {}
        for name, parent, state, token, internal in rows:
            if state & LIVE and isinstance(specs_here[name], specs.Boundary):
                attached.setdefault(parent, []).append(Attached(_element(name), token, internal or {}))
        places = [self.place(specs_here, row, attached) for row in rows if _stands(row, specs_here)]
        return Marking(scope, tuple(places))

    def place(self, specs_here: Any, row: list[Any], attached: Mapping[int, list[Attached]]) -> Place:
        name, parent, state, token, internal = row
        element = _element(name) if hasattr(specs_here[name], "node") else AT_END
        inner = self.inner.get(token)
        return Place(element, state, token, internal or {}, tuple(attached.get(parent, ())), None if inner is None else self.marking(inner))


def _stands(row: list[Any], specs_here: Any) -> bool:
    """A live token that is not the event on an activity's edge, nor the engine's own bookkeeping about one."""
    return bool(row[2] & LIVE) and not isinstance(specs_here[row[0]], specs.Boundary | BoundaryEventJoin)


def write_places(marking: Marking, program: Program) -> bytes:
    """The state of a case whose tokens stand there. Raises UnreadableState when the program has no such places."""
    inner: list[list[Any]] = []
    top = _scope(marking, program, inner)
    workflow = decode(orjson.dumps({"v": FORMAT, "top": top, "subs": inner}), program)
    for scope in (workflow, *workflow.subprocesses.values()):
        for task in list(scope.tasks.values()):
            if task._state & LIVE:
                _foresee(task)
    return encode(workflow)


def _foresee(task: Task) -> None:
    """The engine's prediction of what comes after a token, without which it would not go on."""
    task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


def _scope(marking: Marking, program: Program, inner: list[list[Any]]) -> list[Any]:
    spec = program.specs[marking.scope]
    rows: list[list[Any]] = [[spec.start.name, -1, TaskState.COMPLETED, 0, 0]]
    for place in marking.places:
        if place.inside is not None:
            inner.append([place.token, _scope(place.inside, program, inner)])
        name = specs.spec_name(place.element) if place.element != AT_END else spec.end.name
        parent = 0
        if place.attached and not isinstance(spec.task_specs.get(f"{name}.split"), BoundaryEventSplit):
            raise UnreadableState(f"{place.element} has no boundary events")
        if f"{name}.split" in spec.task_specs:
            parent = len(rows)
            rows.append([f"{name}.split", 0, TaskState.COMPLETED, 0, 0])
        rows.append([name, parent, place.state, place.token, dict(place.internal) or 0])
        for event in place.attached:
            rows.append([specs.spec_name(event.element), parent, TaskState.WAITING, event.token, dict(event.internal) or 0])
    return [marking.scope, False, rows]
