"""What has been said in a case, as facts under the forms' own labels: answers, files, findings, and what stands in the way now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import Bundle
from workflow_runtime.confidence import withheld
from workflow_runtime.errors import Text
from workflow_runtime.forms import Field, Form, FormContext, Option, shown
from workflow_runtime.forms.nested import value_at
from workflow_runtime.notices import is_notice
from workflow_runtime.queries import may_see, visible_case
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import CaseRow, TaskRow

PHONE = "phone"
"""The format of answers that are personal: only those who work on a case read them."""

WITHHELD = Text("（不显示）", "(not shown)")


@dataclass(frozen=True)
class Fact:
    """An answer in words, under the label of its question; `searchable` ones are those by which a case is known."""

    label: Text
    value: Text
    searchable: bool


@dataclass(frozen=True)
class Paper:
    """An attached file under the label of its question."""

    label: Text
    id: str
    name: str
    size: int


@dataclass(frozen=True)
class Answered:
    """A form that has been answered: its facts in reading order, and the files."""

    variable: str
    title: Text
    facts: tuple[Fact, ...]
    papers: tuple[Paper, ...]


@dataclass(frozen=True)
class Remark:
    """A finding about the case's answers: `severity` is `block` or `warn`, `label` that of the question it is about, if any.

    `case` is the number of another case that it is about; "" for who may not see that one.
    """

    code: str
    severity: str
    label: Text | None
    message: Text
    remedy: Text
    case: str = ""


@dataclass(frozen=True)
class Obstacle:
    """What a person has to deal with in an open task: where, when, what, and what to do about it.

    Either an error, or (`notice`) a reason for which a diagram gave him the case.
    """

    code: str
    step: str
    at: datetime
    message: Text
    remedy: Text
    attempts: int
    notice: bool = False


def answered(uow: UnitOfWork, actor: Actor, number: str) -> tuple[Answered, ...]:
    """The forms that have been answered so far, in the order of the diagram. Telephone numbers are told to those who work on the case.

    Raises NotFound.
    """
    row = visible_case(uow, actor, number)
    bundle, works = uow.bundle(row.bundle_id), works_on(actor, row)
    context = FormContext(uow.connection, uow.now, row.parties.get("owner"), row.variables)
    found = ((variable, form, row.variables.get(variable)) for variable, form in _forms(bundle))
    return tuple(
        _answered(bundle, variable, form, values, context, works) for variable, form, values in found if isinstance(values, Mapping)
    )


def works_on(actor: Actor, row: CaseRow) -> bool:
    """The actor belongs to one of the case's parties, or has a role there or at one of its departments."""
    parties = {actor.party, *(grant.party for grant in actor.grants)} if actor.grants else set()
    return any(mine == party or mine.startswith(f"{party}/") for mine in parties for party in row.parties.values())


def remarks(uow: UnitOfWork, actor: Actor, row: CaseRow) -> tuple[Remark, ...]:
    """What checks have found: of every variable that holds `findings`, the blocking ones first."""
    bundle = uow.bundle(row.bundle_id)
    labels = {field.name: field.label for _, form in _forms(bundle) for field in form.fields}
    told = (item for items in _findings(row) for item in items if _is_told(item))
    found = [_remark(item, labels, case_told(uow, actor, item)) for item in told]
    return tuple(sorted(found, key=lambda remark: remark.severity != "block"))


def has_been_checked(row: CaseRow) -> bool:
    """A check has looked at the case's answers, whether or not it has found anything."""
    return any(True for _ in _findings(row))


def _findings(row: CaseRow) -> Iterator[list[Any]]:
    for value in row.variables.values():
        if isinstance(value, Mapping) and isinstance(value.get("findings"), list):
            yield value["findings"]


def case_told(uow: UnitOfWork, actor: Actor, finding: Mapping[str, Any]) -> str:
    """The number of the other case that a finding is about, if the actor may see that case; otherwise ""."""
    number = str(finding.get("case") or "")
    other = uow.cases.by_number(number) if number else None
    return number if other is not None and may_see(uow, actor, other) else ""


def obstacles(actor: Actor, row: CaseRow, tasks: tuple[TaskRow, ...]) -> tuple[Obstacle, ...]:
    """The errors and notices for which tasks are open now: each comes at the same instant as the task that it leads to.

    What is confidential is left out for the party that has filed the case.
    """
    begun = {task.created_at for task in tasks if task.state == "open"}
    spoken = (v for v in row.variables.values() if _is_told(v) and "step" in v and "at" in v and not withheld(actor, row, v))
    found = map(_obstacle, spoken)
    return tuple(obstacle for obstacle in found if obstacle.at in begun)


def _forms(bundle: Bundle) -> Iterator[tuple[str, Form]]:
    """Each variable that people fill in, once, with its form; the business's own first."""
    for variable, node in bundle.filled_in.items():
        if (form := bundle.form(node.form)) is not None:
            yield variable, form


def _answered(bundle: Bundle, variable: str, form: Form, values: Mapping[str, Any], context: FormContext, works: bool) -> Answered:
    told = [field for field in form.fields if value_at(values, field.path) not in (None, "", [])]
    papers = [paper for field in told if field.kind == "file" for paper in _papers(field, value_at(values, field.path))]
    facts = [Fact(field.label, _words(form, field, values, context, works), field.searchable) for field in told if field.kind != "file"]
    return Answered(variable, bundle.answered_title(variable), tuple(facts), tuple(papers))


def _words(form: Form, field: Field, values: Mapping[str, Any], context: FormContext, works: bool) -> Text:
    if field.format == PHONE and not works:
        return WITHHELD
    options: tuple[Option, ...] = form.options(field, context) if field.option_source else ()
    return shown(field, value_at(values, field.path), options)


def _papers(field: Field, value: Any) -> Iterator[Paper]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping) and "id" in item:
            yield Paper(field.label, str(item["id"]), str(item.get("name", item["id"])), int(item.get("size", 0)))


def _is_told(value: Any) -> bool:
    return isinstance(value, Mapping) and "code" in value and isinstance(value.get("message"), Mapping)


def _text(value: Any) -> Text:
    words = value if isinstance(value, Mapping) else {}
    zh = str(words.get("zh", ""))
    return Text(zh, str(words.get("en", zh)))


def _remark(item: Mapping[str, Any], labels: Mapping[str, Text], case: str) -> Remark:
    field, severity = str(item.get("field", "")), str(item.get("severity", "warn"))
    return Remark(str(item["code"]), severity, labels.get(field), _text(item["message"]), _text(item.get("remedy")), case)


def _obstacle(value: Mapping[str, Any]) -> Obstacle:
    at = datetime.fromisoformat(str(value["at"]))
    words = _text(value["message"]), _text(value.get("remedy"))
    return Obstacle(str(value["code"]), str(value["step"]), at, *words, int(value.get("attempts", 0)), is_notice(value))
