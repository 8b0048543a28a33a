"""Event definitions: what a waiting token waits for, and what becomes of it when that happens."""

from datetime import datetime
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.task import Task

from workflow_runtime.diagram.model import Node
from workflow_runtime.due_days import DueInvalid
from workflow_runtime.engine.surroundings import Surroundings
from workflow_runtime.schedules import Schedule, TimerInvalid

DUE = "due"
LEFT = "left"


class TimerDefinition(EventDefinition):  # type: ignore[misc]
    """A timer against the injected clock; its due instant is fixed when the token arrives and kept with the token."""

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = schedule

    def has_fired(self, my_task: Any) -> bool:
        """Due or already fired."""
        if my_task._get_internal_data("event_fired", False):
            return True
        surroundings: Surroundings = my_task.workflow.top_workflow.surroundings
        return surroundings.due_now(due_instant(my_task, DUE, self.schedule))

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
        if due is None or not surroundings.due_now(due):
            return
        left = my_task.internal_data.get(LEFT, self.schedule.repetitions)
        left = None if left is None else left - 1
        my_task.internal_data[LEFT] = left
        more = left is None or left > 0
        my_task.internal_data[DUE] = self.schedule.after(due, surroundings.now, surroundings.calendar).isoformat() if more else ""
        send_out(my_task)


def send_out(my_task: Any) -> None:
    """Send a token out of a non-interrupting boundary event that goes on waiting.

    The token hangs beside the event's split, not below the waiting event: the library drops what hangs there when the attached activity
    ends, but a token once sent out goes on.
    """
    my_task.workflow.top_workflow.arrive(my_task)
    fired = Task(my_task.workflow, my_task.task_spec, my_task.parent.parent, state=TaskState.COMPLETED)
    for output in my_task.task_spec.outputs:
        if isinstance(output, BpmnSpecMixin | BoundaryEventSplit):
            child = fired._add_child(output, TaskState.FUTURE)
            child.task_spec._predict(child, mask=TaskState.NOT_FINISHED_MASK)
            child.task_spec._update(child)


def spent(my_task: Any) -> bool:
    """A repeating timer that has fired for the last time: it stays until the attached activity ends, but nothing comes of it."""
    return bool(my_task.internal_data.get(LEFT) == 0)


def due_instant(my_task: Any, key: str, schedule: Schedule) -> datetime | None:
    """The instant at which this waiting token's timer fires; fixed at the first question and kept in the token as ISO 8601 text."""
    kept = my_task.internal_data.get(key)
    if kept is None:
        surroundings = my_task.workflow.top_workflow.surroundings
        try:
            due = surroundings.due(host_of(my_task)) if schedule.relative_to_due else None
            instant = schedule.first(surroundings.now, surroundings.calendar, due, surroundings.variables)
        except (TimerInvalid, DueInvalid) as error:
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
    # The split that starts an activity together with its boundary events starts the activity first.
    host: Node = my_task.parent.task_spec.outputs[0].node
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
