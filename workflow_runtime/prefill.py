"""With which answers a task's form opens: what was begun, what was said the time before, and what is prefilled from the case."""

from workflow_runtime.handlers import Json
from workflow_runtime.queries import TaskView
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import TaskRow


def opening_answers(uow: UnitOfWork, view: TaskView) -> dict[str, Json]:
    """The draft; without one, the answers of the time before or the form's defaults, with what the form prefills.

    A prefilled answer that somebody has changed stays changed, until what it is prefilled with has been filled in anew.
    """
    if view.task.draft is not None:
        return dict(view.task.draft) if view.form is None else view.form.computed(view.task.draft, view.case.variables)
    if view.form is None:
        return {}
    before = view.case.variables.get(view.variable)
    if not isinstance(before, dict):
        return view.form.prefilled(view.form.defaults(), view.case.variables)
    if not any(question.prefill for question in view.form.fields):
        return before
    bundle = uow.bundle(view.case.bundle_id)
    fresh = {bundle.node(task.process, task.element).variable for task in done_since(uow, view)}
    return view.form.prefilled(before, view.case.variables, only=lambda prefill: any(n.partition(".")[0] in fresh for n in prefill.names))


def done_since(uow: UnitOfWork, view: TaskView) -> list[TaskRow]:
    """The tasks that were completed after this task's step was done last. Tasks are numbered in the order of their coming."""
    done = [task for task in uow.tasks.of_case(view.case.id) if task.state == "completed" and task.id != view.task.id]
    last = max((t.id for t in done if (t.process, t.element) == (view.task.process, view.task.element)), default=0)
    return [task for task in done if task.id > last]
