"""Forgets finished history, so that a case with a thousand rejections costs what one with one rejection costs.

Kept are the live tokens with their parents, since boundary events find their activity through the common parent. The timeline of a case
comes from the audit, never from here.
"""

from typing import Any

from SpiffWorkflow import TaskState


def prune(workflow: Any) -> None:
    """Drop finished tasks and finished subprocesses that no live token needs, in place."""
    live = _live_scopes(workflow)
    workflow.subprocesses = {task: scope for task, scope in workflow.subprocesses.items() if scope in live}
    for scope in live:
        _contract(scope)


def _live_scopes(workflow: Any) -> list[Any]:
    live = [workflow]
    for scope in live:
        for task in scope.tasks.values():
            inner = workflow.subprocesses.get(task.id)
            if inner is not None and not task.has_state(TaskState.FINISHED_MASK):
                live.append(inner)
    return live


def _contract(scope: Any) -> None:
    tasks = scope.tasks
    kept = {scope.task_tree.id}
    for task in tasks.values():
        if not task._state & TaskState.FINISHED_MASK:
            kept.add(task.id)
            if task._parent is not None:
                kept.add(task._parent)
    if len(kept) == len(tasks):
        return
    _hang(scope, kept)


def _hang(scope: Any, kept: set[Any]) -> None:
    """Keep these tasks only; each hangs below its nearest kept ancestor, in the order of creation."""
    tasks = scope.tasks
    for task in tasks.values():
        if task.id in kept:
            while task._parent is not None and task._parent not in kept:
                task._parent = tasks[task._parent]._parent
    scope.tasks = {key: task for key, task in tasks.items() if key in kept}
    for task in scope.tasks.values():
        task._children = []
    for task in scope.tasks.values():
        if task._parent is not None:
            scope.tasks[task._parent]._children.append(task.id)
    scope.last_task = None
