"""Queries: the inbox, cases, a case with its timeline, incidents, jobs, statistics. They lock nothing and change nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from workflow_runtime import decided
from workflow_runtime.actors import Actor
from workflow_runtime.audit import entries_of
from workflow_runtime.bundles import Bundle
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.confidence import withheld
from workflow_runtime.diagram.model import Outcome
from workflow_runtime.errors import Text
from workflow_runtime.forms import Form
from workflow_runtime.guards import ADMINISTRATOR, OPERATOR, ensure_role, not_found
from workflow_runtime.handlers import Json
from workflow_runtime.occasions import occasion
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.audit import CASE_PREFIX
from workflow_runtime.store.conditions import Conditions
from workflow_runtime.store.keys import LARGEST_ID
from workflow_runtime.store.rows import CaseRow, Deployed, IncidentRow, JobRow, TaskRow
from workflow_runtime.store.worklist import Behind, WorklistRows

PAGE = 50
AUTHORITY = "authority"
"""The name under which a case knows the party that decides it."""
SEES_ALL = (OPERATOR, ADMINISTRATOR, "auditor")


@dataclass(frozen=True)
class InboxItem:
    """A row of the inbox: the task, its case, and the searchable answers for the list's columns."""

    task: TaskRow
    number: str
    business: str
    status: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class TaskView:
    """A user task with what is needed to work on it."""

    task: TaskRow
    case: CaseRow
    form: Form | None
    variable: str
    outcomes: tuple[Outcome, ...]
    toolbar: tuple[str, ...]
    form_modes: Mapping[str, str]


@dataclass(frozen=True)
class CaseView:
    """A case as it is shown: the row, its tasks, its jobs, its open incidents, and the diagram's places where tokens wait."""

    case: CaseRow
    title: str
    tasks: tuple[TaskRow, ...]
    jobs: tuple[JobRow, ...]
    incidents: tuple[IncidentRow, ...]


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a case's timeline; `said` is what handlers said to people on the way, reasons and refusals, `decided` what tables decided."""

    at: datetime
    who: str
    party: str
    action: str
    element: str
    name: str
    label: str
    opinion: str
    status: str
    details: Mapping[str, Any]
    said: tuple[Text, ...] = ()
    decided: tuple[Text, ...] = ()


class Counted(NamedTuple):
    """A number of the statistics; `authority` is the party that the cases know by this name, "" where they know none."""

    business: str
    status: str
    authority: str
    number: int


def inbox(
    uow: UnitOfWork,
    actor: Actor,
    *,
    number: str | None = None,
    element: str | None = None,
    after: tuple[datetime | None, int] | None = None,
    limit: int = PAGE,
) -> list[InboxItem]:
    """The open tasks that the actor may work on, the earliest due first; `after` is (due date or None, id) of the last row of the page before."""
    if not actor.grants:
        return []
    case = uow.cases.by_number(number) if number is not None else None
    if number is not None and case is None:
        return []
    rows = uow.tasks.inbox(actor.grants, case_id=case.id if case else None, element=element, after=after, limit=limit)
    fields = uow.cases.fields({task.case_id for task, _ in rows})
    return [InboxItem(task, extra["number"], extra["business"], extra["status"], fields.get(task.case_id, {})) for task, extra in rows]


def calendar_notes(uow: UnitOfWork, items: Iterable[InboxItem]) -> list[Text]:
    """What must be said of these due dates: years whose holidays are not known yet, so that deadlines may move."""
    return due_notes(uow, (item.task.due_at for item in items))


def due_notes(uow: UnitOfWork, dates: Iterable[datetime | None]) -> list[Text]:
    """The same of due dates by themselves."""
    years = {date.astimezone(SHANGHAI).year for date in dates if date is not None}
    notes = (uow.runtime.calendar.note(year) for year in sorted(years))
    return [note for note in notes if note is not None]


def task(uow: UnitOfWork, actor: Actor, task_id: int) -> TaskView:
    """A user task to work on. Raises NotFound, also for tasks of other parties."""
    row = uow.tasks.get(task_id)
    case_row = uow.cases.by_id(row.case_id) if row is not None else None
    if row is None or case_row is None or not actor.may_work(row.role, row.party):
        raise not_found(Text(f"任务 {task_id} ", f"Task {task_id}"))
    bundle = uow.bundle(case_row.bundle_id)
    node = bundle.node(row.process, row.element)
    return TaskView(row, case_row, bundle.form(node.form), node.variable, node.outcomes, node.toolbar, node.form_modes)


def cases(
    uow: UnitOfWork,
    actor: Actor,
    *,
    status: str | None = None,
    business: str | None = None,
    containing: str | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> list[CaseRow]:
    """The cases that the actor may see, the newest first; `containing` is part of the number or an answer, `after` the last row's id."""
    wanted = Conditions(readable(uow, actor), (), keyword=containing or "", business=business or "", status=status or "")
    found = WorklistRows(uow.connection).page(wanted, None if after is None else Behind(None, min(after, LARGEST_ID)), limit)
    return uow.cases.of_ids([row.id for row in found])


def readable(uow: UnitOfWork, actor: Actor) -> frozenset[str] | None:
    """The parties whose cases the actor may read: his own, those he acts for, those he oversees; None: everybody's.

    Belonging to a party is not enough: somebody whose roles were all taken away reads nothing any more.
    """
    if any(actor.has_role(role) for role in SEES_ALL):
        return None
    if not actor.grants:
        return frozenset()
    overseen = uow.runtime.oversees(uow.connection, actor)
    return frozenset({actor.party, *(grant.party for grant in actor.grants), *overseen} - {""})


def may_see(uow: UnitOfWork, actor: Actor, row: CaseRow) -> bool:
    """The case is one of a party whose cases he may read, that party has or had a task in it, or he has a role that sees all."""
    parties = readable(uow, actor)
    return (
        parties is None
        or not parties.isdisjoint(row.parties.values())
        or not parties.isdisjoint(task.party for task in uow.tasks.of_case(row.id))
    )


def visible_case(uow: UnitOfWork, actor: Actor, number: str) -> CaseRow:
    """The case, if the actor may see it. Raises NotFound."""
    row = uow.cases.by_number(number)
    if row is not None and may_see(uow, actor, row):
        return row
    raise not_found(Text(f"案件 {number} ", f"Case {number}"))


def case(uow: UnitOfWork, actor: Actor, number: str) -> CaseView:
    """A case with its tasks, jobs and open incidents. Raises NotFound."""
    row = visible_case(uow, actor, number)
    found = uow.jobs.incidents(only_open=True, case_id=row.id, limit=PAGE)
    title = uow.bundle(row.bundle_id).process.name
    return CaseView(row, title, tuple(uow.tasks.of_case(row.id)), tuple(uow.jobs.of_case(row.id)), tuple(i for i, _ in found))


def timeline(uow: UnitOfWork, actor: Actor, number: str) -> list[TimelineEntry]:
    """What happened in a case, oldest first, as the audit tells it. Raises NotFound."""
    row = visible_case(uow, actor, number)
    bundle = uow.bundle(row.bundle_id)
    names = _names(bundle)
    return [
        TimelineEntry(
            at=entry.at,
            who=entry.actor_name,
            party=entry.party,
            action=entry.action,
            element=entry.subject,
            name=names.get(occasion(bundle, entry.action, entry.details) or entry.subject, entry.subject),
            label=str(entry.details.get("label", "")),
            opinion=entry.reason,
            status=str(entry.details.get("status", "")),
            details=entry.details,
            said=tuple(_said(actor, row, entry.action, entry.details)),
            decided=tuple(decided.told(bundle, entry.details)),
        )
        for entry in entries_of(uow.audit_rows, CASE_PREFIX + number)
    ]


def _said(actor: Actor, row: CaseRow, action: str, details: Mapping[str, Any]) -> Iterator[Text]:
    refused = details.get("error") if action == "job.refused" else None
    for told in (*details.get("said", ()), *([refused.get("message")] if isinstance(refused, dict) else [])):
        if isinstance(told, dict) and told.get("zh") and not withheld(actor, row, told):
            yield Text(str(told["zh"]), str(told.get("en") or told["zh"]))


def _names(bundle: Bundle) -> dict[str, str]:
    return {node.id: node.name for process in bundle.contents.processes.values() for node in process.nodes if node.name}


def incidents(uow: UnitOfWork, actor: Actor, *, only_open: bool = True, limit: int = PAGE) -> list[tuple[IncidentRow, str]]:
    """Incidents with their case numbers, newest first. Raises NotAllowed."""
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    return uow.jobs.incidents(only_open=only_open, case_id=None, limit=limit)


def jobs(uow: UnitOfWork, actor: Actor, *, state: str | None = None, limit: int = PAGE) -> list[tuple[JobRow, str]]:
    """Jobs with their case numbers, newest first. Raises NotAllowed."""
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    return uow.jobs.listed(state, limit)


def businesses(uow: UnitOfWork) -> list[Deployed]:
    """What an owner can start."""
    return [d for d in uow.library.deployed() if d.startable]


def statistics(uow: UnitOfWork, actor: Actor) -> list[Counted]:
    """How many of the cases that the actor may see there are, by business, status and authority."""
    return [Counted(*row) for row in uow.cases.counted(readable(uow, actor), AUTHORITY)]


def variables(uow: UnitOfWork, actor: Actor, number: str) -> dict[str, Json]:
    """A case's variables. Raises NotFound."""
    return visible_case(uow, actor, number).variables
