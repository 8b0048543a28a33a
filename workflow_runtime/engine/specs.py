"""SpiffWorkflow task specs for the elements of the diagram contract.

Each replaces one habit of the library that the product cannot live with; the reason stands beside it.
"""

from datetime import datetime
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent, SubWorkflowTask
from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway as LibraryExclusiveGateway
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.operators import Operator as LibraryCondition
from SpiffWorkflow.task import Task

from workflow_runtime.decisions import Decision
from workflow_runtime.diagram.model import Node
from workflow_runtime.engine.surroundings import Ran, Refused
from workflow_runtime.expressions import Expression
from workflow_runtime.schedules import Schedule, TimerInvalid

DUE = "due"
LEFT = "left"
WINNER = "winner"
SOURCE = "source"


class Element(BpmnSpecMixin):  # type: ignore[misc]
    """A task spec that knows its diagram node and reports when a token arrives there."""

    node: Node

    def _on_ready_hook(self, my_task: Any) -> None:
        super()._on_ready_hook(my_task)
        my_task.workflow.top_workflow.arrive(my_task)


class Pass(Element):
    """A none event: the token goes straight on."""


class InboxTask(Element):
    """A user or manual task: waits in state READY until a person completes it."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = True


class ServiceTask(Element):
    """Runs a local handler inside the step, or parks in state STARTED until its job is done.

    The library would call out here and now; a remote call inside a database transaction could be lost or doubled.
    """

    def _run_hook(self, my_task: Any) -> bool | None:
        top = my_task.workflow.top_workflow
        outcome = top.surroundings.service(my_task.id.hex, self.node)
        if isinstance(outcome, Refused):
            top.thrown.append((my_task, outcome))
            return None
        return True if outcome is Ran.DONE else None


class DecisionTask(Element):
    """A business rule task: the table's result goes to the case's variables (the library writes it into task data)."""

    decision: Decision

    def _run_hook(self, my_task: Any) -> bool:
        variables = my_task.workflow.top_workflow.surroundings.variables
        variables[self.node.variable] = self.decision.decide(variables)
        return True


class MessageThrow(Element):
    """A thrown message: kept for this case and delivered to whoever waits for it (the library would copy task data around)."""

    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.surroundings.sent.append(self.node.event.name)  # type: ignore[union-attr]
        return True


class ErrorEnd(Element):
    """An error end event: the error climbs after the task has run.

    The library throws in mid-run, and at boundary events of sibling call activities as well.
    """

    def _run_hook(self, my_task: Any) -> None:
        code = (self.node.event.name if self.node.event else None) or ""
        top = my_task.workflow.top_workflow
        top.thrown.append(
            (my_task, Refused(code, {"code": code, "element": self.node.id, "message": {"zh": self.node.name, "en": self.node.name}}))
        )


class TerminateEnd(Element):
    """A terminate end event: every other token of this scope is cancelled."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        workflow = my_task.workflow
        for task in list(workflow.tasks.values()):
            if not task.has_state(TaskState.FINISHED_MASK):
                task.cancel()
        workflow._mark_complete(my_task)


class Subprocess(SubWorkflowTask):  # type: ignore[misc]
    """A call activity or embedded subprocess on the same case variables: nothing is copied in or out."""

    node: Node

    def copy_data(self, my_task: Any, subworkflow: Any) -> None:
        """Nothing to copy: variables live once per case."""

    def update_data(self, my_task: Any, subworkflow: Any) -> None:
        """Nothing to copy: variables live once per case."""

    def start_workflow(self, my_task: Any) -> None:
        """Report the arrival before the inner elements report theirs."""
        my_task.workflow.top_workflow.arrive(my_task)
        super().start_workflow(my_task)


class Condition(LibraryCondition):  # type: ignore[misc]
    """A sequence flow's condition in our expression grammar (the library would evaluate Python)."""

    def __init__(self, expression: Expression) -> None:
        super().__init__(expression.text)
        self.expression = expression

    def _matches(self, task: Any) -> bool:
        return self.expression.holds(task.workflow.top_workflow.surroundings.variables)


class ExclusiveGateway(Element, LibraryExclusiveGateway):  # type: ignore[misc]
    """Conditions are asked in the order of the file; the default flow is taken when none holds."""


class ParallelGateway(Element):
    """A join takes exactly one token from each incoming flow; excess tokens wait for the next round.

    The library's join looks back into history instead: it counts arrivals of earlier rounds of a loop, and drops the second of two tokens
    on one flow.
    """

    def _update_hook(self, my_task: Any) -> bool:
        super()._update_hook(my_task)
        my_task.internal_data[SOURCE] = my_task.parent.task_spec.name
        taken = self._one_of_each(my_task)
        if taken is None:
            my_task._set_state(TaskState.WAITING)
            return False
        for task in taken:
            if task is not my_task:
                task.cancel()
        return True

    def _one_of_each(self, my_task: Any) -> list[Any] | None:
        """The tokens that pass together, one for each incoming flow, the longest waiting first; None while one is missing."""
        wanted = [source.name for source in self.inputs]
        taken = []
        for task in (*_waiting_at(self, my_task.workflow), my_task):
            if task.internal_data[SOURCE] in wanted:
                wanted.remove(task.internal_data[SOURCE])
                taken.append(task)
        return None if wanted else taken


def _waiting_at(spec: Any, scope: Any) -> list[Any]:
    return [task for task in scope.tasks.values() if task.task_spec is spec and task._state == TaskState.WAITING]


class TimerDefinition(EventDefinition):  # type: ignore[misc]
    """A timer against the injected clock; its due instant is fixed when the token arrives and kept with the token."""

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = schedule

    def has_fired(self, my_task: Any) -> bool:
        """Due or already fired."""
        if my_task._get_internal_data("event_fired", False):
            return True
        due = due_instant(my_task, DUE, self.schedule)
        return due is not None and due <= my_task.workflow.top_workflow.surroundings.now

    def reset(self, my_task: Any) -> None:
        """The instant belongs to one waiting only."""
        my_task.internal_data.pop(DUE, None)
        super().reset(my_task)


class CycleDefinition(CycleTimerEventDefinition):  # type: ignore[misc]
    """A repeating timer on a non-interrupting boundary: each firing sends one token out and the timer stays.

    When several periods were missed it fires once and goes on with the next period after now. The last firing does not end the wait
    by itself (the library would), the attached activity's end does.
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__(None, None)
        self.schedule = schedule

    def has_fired(self, my_task: Any) -> bool:
        """Never by itself: see `update_task`."""
        return False

    def update_task(self, my_task: Any) -> None:
        """Send a token out when due, then wind the clock on."""
        surroundings = my_task.workflow.top_workflow.surroundings
        due = due_instant(my_task, DUE, self.schedule)
        if due is None or due > surroundings.now:
            return
        left = my_task.internal_data.get(LEFT, self.schedule.repetitions)
        left = None if left is None else left - 1
        my_task.internal_data[LEFT] = left
        more = left is None or left > 0
        my_task.internal_data[DUE] = self.schedule.after(due, surroundings.now, surroundings.calendar).isoformat() if more else ""
        my_task.workflow.top_workflow.arrive(my_task)
        # The token hangs beside the boundary event's split, not below the waiting timer: the library drops what hangs below a timer
        # when the attached activity ends, but a token once sent out goes on.
        fired = Task(my_task.workflow, my_task.task_spec, my_task.parent.parent, state=TaskState.COMPLETED)
        for output in self._targets(my_task):
            child = fired._add_child(output, TaskState.FUTURE)
            child.task_spec._predict(child, mask=TaskState.NOT_FINISHED_MASK)
            child.task_spec._update(child)

    def _targets(self, my_task: Any) -> list[Any]:
        return [spec for spec in my_task.task_spec.outputs if isinstance(spec, BpmnSpecMixin | BoundaryEventSplit)]


def spent(my_task: Any) -> bool:
    """A repeating timer that has fired for the last time: it stays until the attached activity ends, but nothing comes of it."""
    return bool(my_task.internal_data.get(LEFT) == 0)


def due_instant(my_task: Any, key: str, schedule: Schedule) -> datetime | None:
    """The instant at which this waiting token's timer fires; fixed at the first question and kept in the token as ISO 8601 text."""
    kept = my_task.internal_data.get(key)
    if kept is None:
        surroundings = my_task.workflow.top_workflow.surroundings
        due = surroundings.due(host_of(my_task)) if schedule.relative_to_due else None
        try:
            instant = schedule.first(surroundings.now, surroundings.calendar, due, surroundings.variables)
        except TimerInvalid as error:
            # Not kept: the next step asks again, since the variable may have been mended.
            surroundings.unreadable[my_task.task_spec.node.id] = error
            return None
        my_task.internal_data[key] = kept = instant.isoformat() if instant is not None else ""
    return datetime.fromisoformat(kept) if kept else None


def host_of(my_task: Any) -> Node:
    """The activity to which a boundary event is attached (its own node for other events)."""
    node: Node = my_task.task_spec.node
    if node.attached_to is None:
        return node
    host: Node = my_task.workflow.spec.task_specs[spec_name(node.attached_to)].node
    return host


class MessageDefinition(EventDefinition):  # type: ignore[misc]
    """Waits for a named message about this case; delivered by `Tokens.deliver` only."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message


class ErrorDefinition(EventDefinition):  # type: ignore[misc]
    """Catches a business error; `code` None catches all."""

    def __init__(self, code: str | None) -> None:
        super().__init__()
        self.code = code


class Catch(Element, IntermediateCatchEvent):  # type: ignore[misc]
    """An intermediate catch event or receive task."""

    def _update_hook(self, my_task: Any) -> bool | None:
        fresh = not my_task.has_state(TaskState.WAITING)
        fired: bool | None = super()._update_hook(my_task)
        if fresh and not fired:
            my_task.workflow.top_workflow.arrive(my_task)
            my_task.internal_data["arrived"] = 1
        return fired


class Boundary(Element, BoundaryEvent):  # type: ignore[misc]
    """A boundary event."""


class EventGateway(Element, IntermediateCatchEvent):  # type: ignore[misc]
    """An event-based gateway: the first of its events wins.

    The library's own one keeps live event objects in the token and asks the wall clock; here the token keeps each timer's instant and
    the winner's name.
    """

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, EventDefinition(), **kwargs)
        self.alternatives: dict[str, EventDefinition] = {}

    def _update_hook(self, my_task: Any) -> bool | None:
        fresh = not my_task.has_state(TaskState.WAITING)
        now = my_task.workflow.top_workflow.surroundings.now
        if WINNER not in my_task.internal_data:
            due = [(instant, name) for name, instant in self.instants(my_task).items() if instant is not None and instant <= now]
            if due:
                my_task.internal_data[WINNER] = min(due)[1]
        if WINNER in my_task.internal_data:
            return True
        if fresh:
            my_task._set_state(TaskState.WAITING)
            my_task.workflow.top_workflow.arrive(my_task)
            my_task.internal_data["arrived"] = 1
        return None

    def instants(self, my_task: Any) -> dict[str, datetime | None]:
        """When each of the timers fires."""
        timers = {name: d for name, d in self.alternatives.items() if isinstance(d, TimerDefinition)}
        return {name: due_instant(my_task, f"{DUE} {name}", d.schedule) for name, d in timers.items()}

    def _predict_hook(self, my_task: Any) -> None:
        my_task._sync_children(self.outputs, state=TaskState.MAYBE)

    def _run_hook(self, my_task: Any) -> bool:
        winner = my_task.workflow.spec.task_specs[my_task.internal_data[WINNER]]
        my_task._sync_children([winner], TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


def spec_name(node_id: str) -> str:
    """The library's name for a node's spec: prefixed, since the library has specs of its own called Start and End."""
    return f"#{node_id}"
