"""A user task as its page shows it, and what a person posts of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Request

from web.addresses import HOME, here
from web.html_forms import FormOnPage, Wrong, answers_from, form_on_page, take_files, wrong_answers
from workflow_runtime.actors import Actor
from workflow_runtime.answered import Obstacle, Remark, obstacles, remarks
from workflow_runtime.bundles import Bundle
from workflow_runtime.diagram.model import Outcome
from workflow_runtime.errors import Failure, FieldError, Text
from workflow_runtime.forms import Difference, Form, Group
from workflow_runtime.inbox import EDITS, earlier_answers
from workflow_runtime.prefill import done_since, opening_answers
from workflow_runtime.queries import TaskView
from workflow_runtime.runtime import UnitOfWork

OTHERS = {"outcome": "outcome", "opinion": "opinion"}
"""Inputs of the page itself that can be wrong, with their elements' ids."""

LONGEST_REVISION = 10
"""Digits."""


@dataclass(frozen=True)
class Typed:
    """What the page holds of a person's work: the task's own answers, edits of other forms, the button, the opinion, the revision seen."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    edits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outcome: str = ""
    opinion: str = ""
    seen: int = 0
    next: str = ""


@dataclass(frozen=True)
class Beside:
    """Another form that is shown beside the task's own: to read, with what has changed since it was given the time before, or to edit.

    `decided` is the label of the button with which its answers were sent off, "" where there was no choice.
    """

    title: Text
    page: FormOnPage
    editable: bool
    differences: Sequence[Difference]
    decided: str = ""

    @property
    def tells(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.decided) or bool(self.page.answers and self.page.shows_anything)


@dataclass(frozen=True)
class TaskPage:
    """What the templates of `tasks/` work with."""

    view: TaskView
    title: str
    own: FormOnPage | None
    beside: Sequence[Beside]
    typed: Typed
    opinions: Sequence[tuple[Text, str, str]]
    remarks: Sequence[Remark]
    obstacles: Sequence[Obstacle]
    wrong: Sequence[Wrong] = ()
    failure: Failure | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still be worked on."""
        return self.view.task.state == "open" and self.view.case.state == "running"

    def taken(self, actor: Actor) -> bool:
        """Whether somebody else has claimed it."""
        return self.view.task.claimed_by not in (None, actor.id)

    @property
    def to_fill_in(self) -> list[FormOnPage]:
        """The forms with inputs: the task's own and those that may be edited here."""
        return [page for page in (self.own, *(b.page for b in self.beside if b.editable)) if page is not None]

    @property
    def conditional(self) -> bool:
        """Whether anything to fill in can be hidden."""
        return any(page.conditional for page in self.to_fill_in)

    def hidden_keys(self) -> list[str]:
        """The blocks that are hidden now."""
        return [key for page in self.to_fill_in for key in page.hidden_keys()]

    @property
    def offered(self) -> list[Outcome]:
        """What the dialog of a button lets choose: what the button says, and, where that needs an opinion, those like it without a button.

        So 审核不通过 leads to 不予备案 as well, and nobody comes to it by 审核通过.
        """
        outcomes, toolbar = self.view.outcomes, self.view.toolbar
        chosen = [o for o in outcomes if o.code == self.typed.outcome]
        if not chosen:
            return list(outcomes)
        alike = [o for o in outcomes if o.opinion_required]
        return alike if chosen[0].opinion_required and any(o.code not in toolbar for o in alike) else chosen

    @property
    def asks_opinion(self) -> bool:
        """Whether there is something to have an opinion on: a choice, or an outcome that needs one."""
        return len(self.view.outcomes) > 1 or any(o.opinion_required for o in self.view.outcomes)

    @property
    def is_big(self) -> bool:
        """Whether the task's own form has parts: then it has a place of its own; otherwise it stands with the decision."""
        return self.own is not None and any(isinstance(b, Group) for b in self.own.form.blocks)

    @property
    def is_long(self) -> bool:
        """Whether the page is one long form to be filled in, without a choice at its end."""
        return self.is_big and len(self.view.outcomes) == 1

    @property
    def opinion_wrong(self) -> list[Text]:
        """What is wrong with the opinion."""
        return [w.message for w in self.wrong if w.anchor == "opinion"]

    @property
    def outcome_wrong(self) -> list[Text]:
        """What is wrong with the choice of an outcome."""
        return [w.message for w in self.wrong if w.anchor == "outcome"]


def bundle_forms(uow: UnitOfWork, view: TaskView) -> dict[str, Form]:
    """The forms that are shown beside the task's own, by the variable of their answers."""
    bundle = uow.bundle(view.case.bundle_id)
    found = {key: bundle.answered_form(key) for key in view.form_modes}
    return {key: form for key, form in found.items() if form is not None}


def typed_from(uow: UnitOfWork, view: TaskView, request: Request) -> Typed:
    """What was posted."""
    posted = request.form
    edits = {
        key: answers_from(form, posted, f"edits.{key}")
        for key, form in bundle_forms(uow, view).items()
        if view.form_modes[key] == "edit" and f"edits.{key}" in posted
    }
    answers = answers_from(view.form, posted) if view.form is not None else {}
    seen = posted.get("seen", "")
    revision = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < LONGEST_REVISION else 0
    return Typed(answers, edits, posted.get("outcome", ""), posted.get("opinion", ""), revision, _back(posted.get("next")))


def _back(address: str | None) -> str:
    return "" if here(address) == HOME else here(address)


def with_files(typed: Typed, view: TaskView, forms: Mapping[str, Form], request: Request) -> tuple[Typed, list[FieldError]]:
    """What was posted with the files that came with it, stored; and what is wrong with the others."""
    answers, refused = dict(typed.answers), []
    if view.form is not None:
        refused += take_files(view.form, request.files, answers)
    edits = {key: dict(given) for key, given in typed.edits.items()}
    for key, given in edits.items():
        refused += take_files(forms[key], request.files, given, f"edits.{key}")
    return replace(typed, answers=answers, edits=edits), refused


def begun(uow: UnitOfWork, view: TaskView, outcome: str = "", back: str | None = None) -> Typed:
    """What the page holds at first."""
    kept = view.task.draft or {}
    chosen = outcome if outcome in {o.code for o in view.outcomes} else str(kept.get("outcome", ""))
    edits = kept.get(EDITS)
    opinion = str(kept.get("opinion", ""))
    return Typed(opening_answers(uow, view), edits if isinstance(edits, dict) else {}, chosen, opinion, view.task.revision, _back(back))


def task_page(
    uow: UnitOfWork,
    actor: Actor,
    view: TaskView,
    typed: Typed,
    *,
    errors: Sequence[FieldError] = (),
    failure: Failure | None = None,
) -> TaskPage:
    """Everything that the page shows."""
    bundle = uow.bundle(view.case.bundle_id)
    given = {"outcome": typed.outcome, "opinion": typed.opinion}
    own = None
    if view.form is not None:
        answers = view.form.computed(typed.answers, view.case.variables)
        own = form_on_page(uow, actor, view.form, answers, errors=errors, given=given, outcomes=view.outcomes)
    known = {q.name for q in own.form.fields} if own is not None else set()
    others = [e for e in errors if e.field not in known]
    beside = [_beside(uow, actor, view, key, form, typed, others) for key, form in bundle_forms(uow, view).items()]
    pages = [page for page in (own, *(b.page for b in beside)) if page is not None]
    return TaskPage(
        view,
        bundle.process.name,
        own,
        [b for b in beside if b.editable or b.tells],
        typed,
        _opinions(uow, view),
        remarks(uow, actor, view.case),
        obstacles(actor, view.case, (view.task,)),
        wrong_answers(errors, pages, OTHERS),
        failure,
    )


def _beside(uow: UnitOfWork, actor: Actor, view: TaskView, key: str, form: Form, typed: Typed, errors: Sequence[FieldError]) -> Beside:
    editable = view.form_modes[key] == "edit"
    value = view.case.variables.get(key)
    now = value if isinstance(value, dict) else {}
    answers = typed.edits.get(key, now) if editable else now
    given = {name: now.get(name) for name in ("outcome", "opinion")}
    page = form_on_page(uow, actor, form, answers, prefix=f"edits.{key}", errors=errors if editable else (), given=given)
    earlier = earlier_answers(view.case.variables, key)
    changed = form.differences(earlier, now, page.options) if earlier is not None else []
    bundle = uow.bundle(view.case.bundle_id)
    return Beside(bundle.answered_title(key), page, editable, changed, _decided(bundle, key, now))


def _decided(bundle: Bundle, variable: str, value: Mapping[str, Any]) -> str:
    """The label of the button that was pressed with these answers, where there were several to choose from."""
    labels = bundle.outcome_labels(variable)
    return labels.get(str(value.get("outcome", "")), "") if len(labels) > 1 else ""


def _opinions(uow: UnitOfWork, view: TaskView) -> list[tuple[Text, str, str]]:
    """(task, button, opinion) of those who sent an opinion since this task's step was done last: with the forms beside this one, and
    with the task whose completion led here.

    What it was given to hear before has been answered: when the case comes back for another reason, the old words would mislead.
    """
    found = {}
    spoken = any(isinstance(value, dict) and value.get("opinion") for value in view.case.variables.values())
    for task in done_since(uow, view) if spoken else ():
        node = uow.bundle(view.case.bundle_id).node(task.process, task.element)
        value = view.case.variables.get(node.variable)
        opinion = str(value.get("opinion") or "") if isinstance(value, dict) else ""
        if opinion and (node.variable in view.form_modes or task.completed_at == view.task.created_at):
            labels = {o.code: o.label for o in node.outcomes}
            found[node.variable] = (Text(node.name, node.name), labels.get(task.outcome or "", ""), opinion)
    return list(found.values())
