"""The library's workflow object, with the parts that walk the whole tree after every task made flat."""

from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.specs.Join import Join

from workflow_runtime.diagram.model import Node
from workflow_runtime.engine.surroundings import Refused, Surroundings


class NoScripts:
    """Stands where the library's script engine would be: whatever reaches it is a mistake."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"script engine asked for {name}: nothing in a diagram is executed as a script")


NO_SCRIPTS = NoScripts()


def _update_joins(workflow: Any) -> None:
    for task in list(workflow.tasks.values()):
        if task._state == TaskState.WAITING and isinstance(task.task_spec, Join):
            task.task_spec._update(task)


class CaseSubWorkflow(BpmnSubWorkflow):  # type: ignore[misc]
    """An embedded subprocess or called process of a case."""

    def update_waiting_tasks(self) -> None:
        """Flat, and joins only: the library walks the tree, and would fire timers in the tree's order instead of in that of their times."""
        _update_joins(self)


class CaseWorkflow(BpmnWorkflow):  # type: ignore[misc]
    """The tokens of one case."""

    def __init__(self, spec: Any, subprocess_specs: dict[str, Any], **kwargs: Any) -> None:
        self.surroundings: Surroundings
        self.thrown: list[tuple[Any, Refused]] = []
        self.path: list[Node] = []
        super().__init__(spec, subprocess_specs, script_engine=NO_SCRIPTS, **kwargs)

    def update_waiting_tasks(self) -> None:
        """Flat, and joins only: the library walks the tree, and would fire timers in the tree's order instead of in that of their times."""
        _update_joins(self)

    def create_subprocess(self, my_task: Any, spec_name: str) -> CaseSubWorkflow:
        """As the library does, with our class."""
        subprocess = CaseSubWorkflow(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        self.subprocesses[my_task.id] = subprocess
        return subprocess

    def arrive(self, my_task: Any) -> None:
        """A token has come to an element of the diagram (once per visit: a wait that ends is not a second arrival)."""
        if my_task.internal_data.pop("arrived", None):
            return
        node: Node = my_task.task_spec.node
        self.path.append(node)
        if self.surroundings.seen is not None:
            self.surroundings.seen(_source(my_task), node)


def _source(task: Any) -> Node | None:
    """The element of the diagram from which a token has come; the library's own specs between two elements are passed over."""
    above = task.parent
    while above is not None and not hasattr(above.task_spec, "node"):
        above = above.parent
    node: Node | None = None if above is None else above.task_spec.node
    return node
