"""Use cases on a user task: claim, release, delegate, unassign, save a draft, complete, complete many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow_runtime.actors import Actor
from workflow_runtime.answers import Loaded, load_answers
from workflow_runtime.diagram.model import Node, Outcome
from workflow_runtime.errors import Failure, FieldError, Invalid, Text, WrongState
from workflow_runtime.forms import Form
from workflow_runtime.guards import (
    ADMINISTRATOR,
    ensure_open,
    ensure_role,
    ensure_seen,
    ensure_unclaimed_by_others,
    kept_words,
    not_found,
    read_words,
    reason_given,
    task_locked,
)
from workflow_runtime.handlers import Json
from workflow_runtime.refusals import ActorRefused
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.stepping import Step
from workflow_runtime.store.rows import CaseRow, TaskRow

EARLIER = "_earlier"
"""The case variable with what answers said before they were given anew. No form or element can be named so."""

EDITS = "_edits"
"""Beside a draft's own answers: those of other forms that may be edited here, by the variable of their answers."""

DECIDED = ("outcome", "opinion")
"""What stands beside the answers of a completed task under its variable."""


@dataclass(frozen=True)
class Completion:
    """One task of several that are completed together: its id and the revision that the person saw."""

    task_id: int
    seen: int


@dataclass(frozen=True)
class Completed:
    """What became of one of several: the case, or why not."""

    task_id: int
    case: CaseRow | None
    failure: Failure | None


def claim(uow: UnitOfWork, task_id: int, actor: Actor, seen: int) -> TaskRow:
    """Take a task for oneself. Raises NotFound, Conflict (who has it, since when), WrongState."""
    task, case = task_locked(uow, task_id, actor)
    ensure_open(task, case)
    ensure_unclaimed_by_others(task, actor)
    ensure_seen(task, seen)
    return _assign(uow, task, case, actor, actor.id, actor.name, "task.claimed")


def release(uow: UnitOfWork, task_id: int, actor: Actor, seen: int) -> TaskRow:
    """Give a claimed task back to everyone. Raises NotFound, Conflict, WrongState."""
    task, case = task_locked(uow, task_id, actor)
    ensure_open(task, case)
    ensure_unclaimed_by_others(task, actor)
    ensure_seen(task, seen)
    return _assign(uow, task, case, actor, None, None, "task.released")


def delegate(uow: UnitOfWork, task_id: int, actor: Actor, to: Actor, seen: int, reason: str = "") -> TaskRow:
    """Hand a task to a colleague who may work on it as well. Raises NotFound, NotAllowed, Conflict, Invalid (reason), WrongState."""
    task, case = task_locked(uow, task_id, actor)
    ensure_open(task, case)
    ensure_unclaimed_by_others(task, actor)
    ensure_seen(task, seen)
    if not to.may_work(task.role, task.party):
        raise ActorRefused(
            Text("所选人员不能办理该任务。", "The person chosen may not work on this task."),
            Text("请选择同一机构、同一角色的人员。", "Choose somebody of the same unit and role."),
            actor=actor,
            subject=f"task {task_id} to {to.id}",
        )
    return _assign(uow, task, case, actor, to.id, to.name, "task.delegated", reason_given(reason))


def unassign(uow: UnitOfWork, task_id: int, actor: Actor, reason: str, seen: int) -> TaskRow:
    """An administrator frees a task that somebody claimed who has left. Raises NotAllowed, NotFound, Conflict, Invalid (reason), WrongState."""
    ensure_role(actor, ADMINISTRATOR)
    found = uow.tasks.locked(task_id)
    if found is None:
        raise not_found(Text(f"任务 {task_id} ", f"Task {task_id}"))
    task, case = found
    ensure_open(task, case)
    ensure_seen(task, seen)
    if task.claimed_by is None:
        raise WrongState(
            Text(f"任务“{task.name}”没有人签收。", f"Nobody has claimed the task “{task.name}”."),
            Text("无需释放。", "There is nothing to free."),
        )
    return _assign(uow, task, case, actor, None, None, "task.unassigned", reason_given(reason, needed=True))


def _assign(
    uow: UnitOfWork, task: TaskRow, case: CaseRow, actor: Actor, login: str | None, name: str | None, action: str, reason: str = ""
) -> TaskRow:
    task.claimed_by, task.claimed_name, task.claimed_at = login, name, uow.now if login else None
    uow.tasks.save(task)
    uow.audit.record_case(case, actor, action, task.element, {"task": task.id, "to": name} if login else {"task": task.id}, reason)
    uow.cases.save(case)
    return task


def save_draft(
    uow: UnitOfWork,
    task_id: int,
    actor: Actor,
    answers: Mapping[str, Any],
    seen: int,
    *,
    outcome: str = "",
    opinion: str = "",
    edits: Mapping[str, Mapping[str, Any]] | None = None,
) -> TaskRow:
    """Keep unfinished answers, unchecked and bounded, with the button, the opinion and the edits of other forms if they are given.

    Whoever keeps a draft works on the task, so it becomes his: nobody finds another one's words in his form unless they were put back or
    handed over, and who comes later is told who has it. The draft itself is not audited: it is not yet anybody's word. Raises NotFound,
    Conflict, WrongState.
    """
    task, case = task_locked(uow, task_id, actor)
    ensure_open(task, case)
    ensure_unclaimed_by_others(task, actor)
    bundle = uow.bundle(case.bundle_id)
    node = bundle.node(task.process, task.element)
    edited = {key: bundle.answered_form(key) for key in edits or {} if node.form_modes.get(key) == "edit"}
    form = bundle.form(node.form)
    words = {"outcome": outcome, "opinion": opinion}
    draft = {
        **(form.draft(answers) if form is not None else {}),
        **{name: kept_words(text) for name, text in words.items() if text},
        **({EDITS: {key: f.draft((edits or {})[key]) for key, f in edited.items() if f is not None}} if edited else {}),
    }
    ensure_seen(task, seen)
    task.draft = draft
    if task.claimed_by is None:
        return _assign(uow, task, case, actor, actor.id, actor.name, "task.claimed")
    uow.tasks.save(task)
    return task


def complete(
    uow: UnitOfWork,
    task_id: int,
    actor: Actor,
    answers: Mapping[str, Any],
    seen: int,
    *,
    outcome: str | None = None,
    opinion: str = "",
    edits: Mapping[str, Mapping[str, Any]] | None = None,
) -> CaseRow:
    """Complete a user task: its form's answers, the button pressed, the opinion; `edits` are answers of other forms that may be edited here.

    Raises NotFound, Conflict (someone else was faster; carries who and when), Invalid (field errors), WrongState.
    """
    task, case = task_locked(uow, task_id, actor)
    ensure_open(task, case)
    ensure_unclaimed_by_others(task, actor)
    ensure_seen(task, seen)
    step = Step.opened(uow, case)
    node = step.bundle.node(task.process, task.element)
    chosen = _chosen(node, outcome)
    opinion, errors = read_words("opinion", "审核意见", opinion)
    if chosen.opinion_required and not opinion:
        required = Text(f"选择“{chosen.label}”时必须填写意见。", f"“{chosen.label}” needs an opinion.")
        errors.append(FieldError("opinion", "审核意见", required))
    _Answering(step, node, actor, {"outcome": chosen.code, "opinion": opinion}, errors).take(answers, edits or {})
    task.state, task.outcome = "completed", chosen.code
    task.completed_by, task.completed_name, task.completed_at, task.draft = actor.id, actor.name, uow.now, None
    uow.tasks.save(task)
    step.settled.add(task.token)
    step.spend(node, task.created_at)
    step.tokens.complete(task.token)
    details = {"task": task.id, "name": task.name, "outcome": chosen.code, "label": chosen.label}
    return step.save(actor, "task.completed", task.element, details, opinion)


def _chosen(node: Node, outcome: str | None) -> Outcome:
    known = {o.code: o for o in node.outcomes}
    if outcome is None and len(known) == 1:
        outcome = next(iter(known))
    chosen = known.get(outcome or "")
    if chosen is None:
        choices = "、".join(f"{o.code}（{o.label}）" for o in known.values())
        raise Invalid([FieldError("outcome", "办理结果", Text(f"请选择：{choices}", f"Choose one of: {', '.join(known)}"))])
    return chosen


class _Answering:
    """The answers of one completion: everything wrong with any of them is told at once (一次性告知), and only then is anything kept."""

    def __init__(self, step: Step, node: Node, actor: Actor, given: dict[str, Json], errors: list[FieldError]) -> None:
        self.step, self.node, self.actor, self.given, self.errors = step, node, actor, given, errors

    def take(self, answers: Mapping[str, Any], edits: Mapping[str, Mapping[str, Any]]) -> None:
        """Check and keep the task's own answers and those of the forms edited here. Raises Invalid, WrongState."""
        variables = self.step.variables
        own = self._load(self.step.bundle.form(self.node.form), answers, {**variables, **self.given})
        edited = {key: self._load_edit(key, given) for key, given in edits.items()}
        if own is None or self.errors:
            raise Invalid(self.errors)
        own.keep(self.step.uow, self.step.case.id)
        _keep_earlier(variables, self.node.variable, own.values)
        variables[self.node.variable] = {**own.values, **self.given}
        for key, loaded in edited.items():
            if loaded is not None:
                loaded.keep(self.step.uow, self.step.case.id)
                _keep_earlier(variables, key, loaded.values)
                variables[key] = {**_decided(variables.get(key)), **loaded.values}

    def _load(self, form: Form | None, answers: Mapping[str, Any], variables: Mapping[str, Json]) -> Loaded | None:
        try:
            return load_answers(self.step.uow, form, answers, self.actor, case_id=self.step.case.id, variables=variables)
        except Invalid as invalid:
            self.errors += invalid.fields
            return None

    def _load_edit(self, key: str, answers: Mapping[str, Any]) -> Loaded | None:
        if self.node.form_modes.get(key) == "edit":
            return self._load(self.step.bundle.answered_form(key), answers, self.step.variables)
        self.errors.append(FieldError(key, key, Text("此处不能修改该表单。", "This form cannot be edited here.")))
        return None


def _decided(value: Json) -> dict[str, Json]:
    """The outcome and opinion with which a form was sent off: editing its answers later does not change them."""
    return {name: value[name] for name in DECIDED if name in value} if isinstance(value, dict) else {}


def _keep_earlier(variables: dict[str, Json], key: str, values: Mapping[str, Json]) -> None:
    """Remember what answers said before they were given anew: of the last time only, and only what differs."""
    before = variables.get(key)
    if not isinstance(before, dict):
        return
    said = {name: value for name, value in before.items() if name not in DECIDED}
    changed = {name: said.get(name) for name in (*said, *values) if said.get(name) != values.get(name)}
    kept = variables.get(EARLIER)
    others = {name: value for name, value in kept.items() if name != key} if isinstance(kept, dict) else {}
    if changed:
        variables[EARLIER] = {**others, key: changed}
    elif others:
        variables[EARLIER] = others
    else:
        variables.pop(EARLIER, None)


def earlier_answers(variables: Mapping[str, Json], key: str) -> dict[str, Json] | None:
    """What the form kept under this variable said the time before; None when it was given once, or the same again."""
    kept, now = variables.get(EARLIER), variables.get(key)
    changed = kept.get(key) if isinstance(kept, dict) else None
    if not isinstance(changed, dict) or not isinstance(now, dict):
        return None
    return {name: value for name, value in {**now, **changed}.items() if value is not None and name not in DECIDED}


def complete_many(
    runtime: Runtime,
    completions: Sequence[Completion],
    actor: Actor,
    answers: Mapping[str, Any],
    *,
    outcome: str | None = None,
    opinion: str = "",
) -> list[Completed]:
    """Complete several tasks whose diagram allows it (`bulk`), each in a transaction of its own: one that fails does not hold up the rest."""
    return [_complete_one(runtime, each, actor, answers, outcome, opinion) for each in completions]


def _complete_one(
    runtime: Runtime, each: Completion, actor: Actor, answers: Mapping[str, Any], outcome: str | None, opinion: str
) -> Completed:
    try:
        with runtime.transaction() as uow:
            task, _ = task_locked(uow, each.task_id, actor)
            if not task.bulk:
                raise WrongState(
                    Text(f"任务“{task.name}”不能批量办理。", f"The task “{task.name}” cannot be done for several rows at once."),
                    Text("请逐条办理。", "Do it one by one."),
                )
            return Completed(each.task_id, complete(uow, each.task_id, actor, answers, each.seen, outcome=outcome, opinion=opinion), None)
    except Failure as failure:
        return Completed(each.task_id, None, failure)
