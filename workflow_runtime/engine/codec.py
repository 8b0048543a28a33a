"""The engine state as bytes: token tree only, no specification and no data.

Format 1 (orjson): `{"v": 1, "top": scope, "subs": [[path to the owning task, scope], …]}`, a scope being `[spec key, completed, rows]` and a row
`[spec name, parent's index, state, id or 0, internal data or 0]`. Parents come before children. Only waiting places keep their ids, since only
they are named elsewhere (inbox, jobs); the others get fresh ones on loading.
"""

from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task

from workflow_runtime.engine.compiler import Program
from workflow_runtime.engine.workflow import CaseSubWorkflow, CaseWorkflow
from workflow_runtime.errors import Failure, Text

FORMAT = 1
_NAMED = TaskState.READY | TaskState.STARTED | TaskState.WAITING


class UnreadableState(Failure):
    """The stored state does not fit this program: another format, damaged, or an element that the program does not have."""

    code = "STATE_UNREADABLE"

    def __init__(self, reason: str) -> None:
        super().__init__(
            Text(f"案件的流转状态无法读取（{reason}）。", f"The case's state cannot be read ({reason})."),
            Text("请联系运维核对案件的流程版本。", "Have the operator check the case's bundle."),
        )


def encode(workflow: CaseWorkflow) -> bytes:
    """The state of a pruned workflow."""
    scopes = [[task.hex, _scope(scope)] for task, scope in workflow.subprocesses.items()]
    return orjson.dumps({"v": FORMAT, "top": _scope(workflow), "subs": scopes})


def _scope(scope: Any) -> list[Any]:
    index = {key: number for number, key in enumerate(scope.tasks)}
    rows = [
        [
            task.task_spec.name,
            -1 if task._parent is None else index[task._parent],
            task._state,
            task.id.hex if task._state & _NAMED else 0,
            task.internal_data or 0,
        ]
        for task in scope.tasks.values()
    ]
    return [scope.spec.name, scope.completed, rows]


def decode(state: bytes, program: Program) -> CaseWorkflow:
    """The workflow of a stored state. Raises UnreadableState when it does not fit the program."""
    try:
        document = orjson.loads(state)
        if document["v"] != FORMAT:
            raise UnreadableState(f"format {document['v']}")
        return _decode(document, program)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UnreadableState(f"{type(error).__name__}: {error}") from error


def _decode(document: dict[str, Any], program: Program) -> CaseWorkflow:
    if document["top"][0] != program.main.name:
        raise UnreadableState(f"{document['top'][0]} is not {program.main.name}")
    workflow = CaseWorkflow(program.main, dict(program.specs), deserializing=True)
    _fill(workflow, document["top"], workflow)
    pending = {UUID(hex=key): scope for key, scope in document["subs"]}
    while pending:
        key = next((k for k in pending if _owner(workflow, k) is not None), None)
        if key is None:
            raise UnreadableState("a subprocess without its task")
        _restore(workflow, key, pending.pop(key), program)
    return workflow


def _owner(workflow: CaseWorkflow, key: UUID) -> Any:
    for scope in (workflow, *workflow.subprocesses.values()):
        if key in scope.tasks:
            return scope.tasks[key]
    return None


def _restore(workflow: CaseWorkflow, key: UUID, scope: list[Any], program: Program) -> None:
    owner = _owner(workflow, key)
    subprocess = CaseSubWorkflow(program.specs[scope[0]], parent_task_id=key, top_workflow=workflow, deserializing=True)
    _fill(subprocess, scope, workflow)
    workflow.subprocesses[key] = subprocess
    subprocess.completed_event.connect(owner.task_spec._on_subworkflow_completed, owner)


def _fill(scope: Any, stored: list[Any], top: CaseWorkflow) -> None:
    _, scope.completed, rows = stored
    tasks: list[Any] = []
    for name, parent, state, identity, internal in rows:
        spec = scope.spec.task_specs.get(name)
        if spec is None:
            raise UnreadableState(f"no element {name} in {scope.spec.name}")
        above = None if parent < 0 else tasks[parent]
        task = Task(scope, spec, above, state=state, id=UUID(hex=identity) if identity else None)
        task.internal_data = internal or {}
        tasks.append(task)
        if state == TaskState.WAITING and isinstance(spec, CatchingEvent):
            top.event_manager.add_task(task)
    scope.task_tree = tasks[0]
