"""SpiffWorkflow task specs for the elements of the diagram contract.

Each replaces one habit of the library that the product cannot live with; the reason stands beside it.
"""

from datetime import datetime
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent, SubWorkflowTask
from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway as LibraryExclusiveGateway
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.operators import Operator as LibraryCondition

from workflow_runtime.decisions import Decision
from workflow_runtime.diagram.model import Node
from workflow_runtime.engine.events import DUE, TimerDefinition, due_instant
from workflow_runtime.engine.surroundings import Ran, Refused
from workflow_runtime.expressions import Expression

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
        surroundings = my_task.workflow.top_workflow.surroundings
        rules = self.decision.rule(surroundings.variables)
        surroundings.decided[self.node.id] = rules
        surroundings.variables[self.node.variable] = self.decision.said(rules, surroundings.variables)
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
        surroundings = my_task.workflow.top_workflow.surroundings
        if WINNER not in my_task.internal_data:
            due = [(instant, name) for name, instant in self.instants(my_task).items() if surroundings.due_now(instant)]
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
