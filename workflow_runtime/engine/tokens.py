"""The tokens of one case: what the use cases see of the engine.

Every method moves tokens until nothing more can move without a person, a job, a message or the passing of time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit

from workflow_runtime.diagram.model import Node
from workflow_runtime.engine import events, specs
from workflow_runtime.engine.codec import decode, encode
from workflow_runtime.engine.compiler import Program
from workflow_runtime.engine.pruning import prune
from workflow_runtime.engine.surroundings import Refused, Surroundings
from workflow_runtime.engine.workflow import CaseWorkflow
from workflow_runtime.errors import Failure, Text
from workflow_runtime.handlers import Json

MAX_STEPS = 10_000
"""Tokens moved in one transaction; more means a cycle that the deploy check should have refused."""

PRUNE_EVERY = 100
"""Moves after which history is forgotten also within a step: the library walks all of it again and again."""


class RunawayError(Failure):
    """A case goes round without ever waiting (a loop over a timer that is always due, say); `where` names the place or the reason."""

    code = "RUNAWAY"

    def __init__(self, where: str) -> None:
        super().__init__(
            Text(f"流程不停循环（{where}），本次操作未生效。", f"The case goes round without end ({where}); nothing was changed."),
            Text("请让流程分析人员检查该处的条件、定时与消息。", "Have the analyst check the conditions, timers and messages there."),
        )


@dataclass(frozen=True)
class Waiting:
    """A place where a token waits: for a person, a job, or an event."""

    token: str
    node: Node
    kind: Literal["user", "service", "event"]


class Tokens:
    """One case's tokens, loaded for one transaction."""

    def __init__(self, workflow: CaseWorkflow, surroundings: Surroundings) -> None:
        self._workflow = workflow
        workflow.surroundings = surroundings
        self._before = {w.token: w for w in self.waiting()}

    @classmethod
    def start(cls, program: Program, surroundings: Surroundings) -> "Tokens":
        """A new case: one token, run to its first waits."""
        tokens = cls(CaseWorkflow(program.main, dict(program.specs)), surroundings)
        tokens._run()
        return tokens

    @classmethod
    def load(cls, program: Program, state: bytes, surroundings: Surroundings) -> "Tokens":
        """A stored case. Raises UnreadableState when the state does not fit the program."""
        return cls(decode(state, program), surroundings)

    def save(self) -> bytes:
        """The state for the database; history is forgotten."""
        prune(self._workflow)
        return encode(self._workflow)

    @property
    def ended(self) -> bool:
        """No token is left."""
        return bool(self._workflow.completed)

    @property
    def path(self) -> list[Node]:
        """The elements at which tokens have arrived since loading, in order."""
        return self._workflow.path

    def waiting(self) -> list[Waiting]:
        """All places where tokens wait now."""
        found = []
        for task in self._tasks():
            kind = _kind(task)
            if kind is not None:
                found.append(Waiting(task.id.hex, task.task_spec.node, kind))
        return found

    def arrived(self) -> list[Waiting]:
        """The waits that have begun since loading."""
        return [w for w in self.waiting() if w.token not in self._before]

    def left(self) -> list[Waiting]:
        """The waits that have ended since loading."""
        now = {w.token for w in self.waiting()}
        return [w for token, w in self._before.items() if token not in now]

    def next_due(self) -> datetime | None:
        """The earliest instant at which a timer fires."""
        instants = [instant for task in self._tasks(TaskState.WAITING) for instant in _instants(task)]
        return min(instants, default=None)

    def complete(self, token: str) -> None:
        """A person has completed this user task."""
        task = self._task(token, TaskState.READY)
        task.run()
        self._run()

    def finish(self, token: str) -> None:
        """This service task's job is done."""
        self._task(token, TaskState.STARTED).complete()
        self._run()

    def fail(self, token: str, error: Refused) -> Node | None:
        """A business error in this service task: returns the boundary event that catches it, None (and nothing changed) if none does."""
        boundary = self._climb(self._task(token, TaskState.STARTED), error)
        if boundary is None:
            return None
        self._run()
        node: Node = boundary.task_spec.node
        return node

    def deliver(self, message: str, payload: Json) -> bool:
        """Give a message to everyone who waits for it now; False when nobody does."""
        found = False
        for task in list(self._tasks(TaskState.WAITING)):
            node = _catching_node(task, message) if task._state == TaskState.WAITING else None
            if node is None:
                continue
            found = True
            self._workflow.surroundings.variables[node.variable] = payload
            _take_message(task, node)
        if found:
            self._run()
        return found

    def refresh(self) -> None:
        """Fire what is due."""
        self._run()

    def _tasks(self, state: int = TaskState.DEFINITE_MASK) -> Iterator[Any]:
        for scope in (self._workflow, *list(self._workflow.subprocesses.values())):
            yield from [task for task in scope.tasks.values() if task._state & state]

    def _task(self, token: str, state: int) -> Any:
        for task in self._tasks(state):
            if task.id.hex == token:
                return task
        raise KeyError(token)

    def _run(self) -> None:
        moved, prune_at = 0, PRUNE_EVERY
        self._catch_thrown()
        while ready := self._ready():
            for task in ready:
                # An earlier task of this round may have cancelled it; the library would run it all the same.
                if task._state != TaskState.READY:
                    continue
                task.run()
                self._catch_thrown()
                moved += 1
                if moved > MAX_STEPS:
                    raise RunawayError(task.task_spec.name.removeprefix("#"))
            if moved >= prune_at:
                prune(self._workflow)
                prune_at = moved + PRUNE_EVERY

    def _ready(self) -> list[Any]:
        """What can move. When nothing moves by itself, timers fire: in the order of their times, since one may end another's wait."""
        while True:
            ready = [task for task in self._tasks(TaskState.READY) if not task.task_spec.manual]
            overdue = self._longest_overdue() if not ready else None
            if overdue is None:
                return ready
            overdue.task_spec._update(overdue)

    def _longest_overdue(self) -> Any:
        surroundings = self._workflow.surroundings
        due = [(instant, task) for task in self._tasks(TaskState.WAITING) for instant in _instants(task) if surroundings.due_now(instant)]
        return min(due, key=lambda each: each[0])[1] if due else None

    def _catch_thrown(self) -> None:
        """Let each error thrown by the last task climb to the boundary event that takes it."""
        while self._workflow.thrown:
            task, error = self._workflow.thrown.pop()
            if self._climb(task, error) is not None:
                continue
            if isinstance(task.task_spec, specs.ErrorEnd):
                # Nobody takes it: the deploy check refuses this where it can be known; the scope then ends as BPMN says.
                task.complete()

    def _climb(self, task: Any, error: Refused) -> Any:
        """The boundary event that takes the error: the task's own, else that of the enclosing call activity, and so on outwards.

        Only events attached to the climbing path are asked, never those of sibling activities. What is known of the error goes to the
        boundary event's variable.
        """
        current = task
        while current is not None:
            boundary = _own_boundary(current, error.code)
            if boundary is not None:
                current.cancel()
                self._workflow.surroundings.variables[boundary.task_spec.node.writes] = error.details
                boundary._set_internal_data(event_fired=True)
                boundary.task_spec._update(boundary)
                return boundary
            owner = current.workflow.parent_task_id
            current = None if owner is None else self._workflow.get_task_from_id(owner)
        return None


def _kind(task: Any) -> Literal["user", "service", "event"] | None:
    spec, state = task.task_spec, task._state
    if state == TaskState.READY and isinstance(spec, specs.InboxTask):
        return "user"
    if state == TaskState.STARTED and isinstance(spec, specs.ServiceTask):
        return "service"
    if state == TaskState.WAITING and isinstance(spec, specs.Catch | specs.Boundary | specs.EventGateway) and not events.spent(task):
        return "event"
    return None


def _own_boundary(task: Any, code: str) -> Any:
    """The error boundary event attached to this task: one that names the code, else one that takes every error."""
    split = task.parent
    if split is None or not isinstance(split.task_spec, BoundaryEventSplit):
        return None
    waiting = [
        t
        for t in split.children
        if t._state == TaskState.WAITING and isinstance(getattr(t.task_spec, "event_definition", None), events.ErrorDefinition)
    ]
    exact = [t for t in waiting if t.task_spec.event_definition.code == code]
    return next(iter(exact or [t for t in waiting if t.task_spec.event_definition.code is None]), None)


def _take_message(task: Any, node: Node) -> None:
    if isinstance(task.task_spec, specs.Boundary) and not node.interrupting:
        events.send_out(task)
        return
    if isinstance(task.task_spec, specs.EventGateway):
        task.internal_data[specs.WINNER] = specs.spec_name(node.id)
    else:
        task._set_internal_data(event_fired=True)
    task.task_spec._update(task)


def _catching_node(task: Any, message: str) -> Node | None:
    spec = task.task_spec
    if isinstance(spec, specs.EventGateway):
        for name, definition in spec.alternatives.items():
            if isinstance(definition, events.MessageDefinition) and definition.message == message:
                node: Node = task.workflow.spec.task_specs[name].node
                return node
        return None
    definition = getattr(spec, "event_definition", None)
    if isinstance(definition, events.MessageDefinition) and definition.message == message:
        own: Node = spec.node
        return own
    return None


def _instants(task: Any) -> list[datetime]:
    """The instants at which a waiting task's timers fire; none when it has no timer."""
    spec = task.task_spec
    definition = getattr(spec, "event_definition", None)
    if isinstance(spec, specs.EventGateway):
        instants = list(spec.instants(task).values())
    elif isinstance(definition, events.TimerDefinition | events.CycleDefinition):
        instants = [events.due_instant(task, events.DUE, definition.schedule)]
    else:
        return []
    return [instant for instant in instants if instant is not None]
