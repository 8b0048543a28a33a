"""The worklist: the cases that a person may see or has to work on, found by what is asked for, and the buttons above the list.

What can be asked for, and which buttons there are, comes from the deployed diagrams and forms.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from workflow_runtime.actors import Actor
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.diagram.model import INBOX, Node, Outcome
from workflow_runtime.errors import Text
from workflow_runtime.queries import PAGE, readable
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.search_fields import Reading, deployed_bundles, has_options, nodes_of, search_fields
from workflow_runtime.store.conditions import Conditions
from workflow_runtime.store.keys import possible_id
from workflow_runtime.store.rows import LaneRow, TaskRow
from workflow_runtime.store.worklist import Behind, Listed, WorklistRows

COUNT_CAP = 200
"""Who finds more narrows the list down: counting on would cost more than the page."""
TODO_CAP = 1000
"""Who has to do them wants to know how many they are."""
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9000, 1, 1)
"""Days beyond are taken as these: every database can hold them."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for; empty conditions do not restrict.

    `todo`: only cases with an open task that this person may work on. `overdue`: such a task is past due; without `todo`, anybody's is.
    `keyword`: part of the case number or of any searchable answer, or exactly one of `keyword_numbers` (case numbers that the keyword
    means to somebody who knows more than the case). `answers`: searchable field → part of its answer; of a question with options, the
    whole. `opened_from` and `opened_to` are inclusive days of Asia/Shanghai.
    """

    todo: bool = False
    overdue: bool = False
    keyword: str = ""
    business: str = ""
    status: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    opened_from: date | None = None
    opened_to: date | None = None
    keyword_numbers: Collection[str] = ()


@dataclass(frozen=True)
class WorklistRow:
    """A case in the list.

    `fields` are its searchable answers, options by their (Chinese) label; `words` the same in both languages. `task` is this person's
    first open task of the case, the earliest due, and `outcomes` are that task's. `waiting` are all open tasks of the case, whoever works
    on them. `due_at` is when his task is due, or else the first of those that wait; `days_left` the working days until then, negative
    when it has passed.
    """

    number: str
    business: str
    title: str
    status: str
    state: str
    opened_at: datetime
    revision: int
    fields: Mapping[str, str]
    task: TaskRow | None
    outcomes: tuple[Outcome, ...]
    words: Mapping[str, Text]
    waiting: tuple[TaskRow, ...]
    due_at: datetime | None
    days_left: int | None


@dataclass(frozen=True)
class Worklist:
    """A page of the list; `next` leads to the following one ("" at the end). `total` counts up to COUNT_CAP; `capped`: there are more."""

    rows: tuple[WorklistRow, ...]
    next: str
    total: int
    capped: bool


@dataclass(frozen=True)
class Button:
    """An outcome with a button above the list; `elements` are the user tasks that it answers."""

    code: str
    label: str
    bulk: bool
    elements: frozenset[str]


def worklist(uow: UnitOfWork, actor: Actor, wanted: Wanted, *, after: str = "", limit: int = PAGE) -> Worklist:
    """A page of cases: with `todo` the earliest due first, else the newest first. A bad cursor gives the first page."""
    conditions, rows = _conditions(uow, actor, wanted), WorklistRows(uow.connection)
    behind = _behind(after, wanted.todo)
    if behind is None:
        found, total = rows.first_page(conditions, limit + 1, COUNT_CAP + 1)
    else:
        found, total = rows.page(conditions, behind, limit + 1), rows.count(conditions, COUNT_CAP + 1)
    following = _cursor(found[limit - 1], wanted.todo) if len(found) > limit > 0 else ""
    return Worklist(tuple(_rows(uow, actor, found[:limit])), following, min(total, COUNT_CAP), total > COUNT_CAP)


def count_cases(uow: UnitOfWork, actor: Actor, wanted: Wanted, most: int) -> int:
    """How many cases the whole list has, counted up to `most`."""
    return WorklistRows(uow.connection).count(_conditions(uow, actor, wanted), most)


def count_todo(uow: UnitOfWork, actor: Actor) -> dict[str, int]:
    """How many cases of each status wait for this person, counted up to TODO_CAP in all; the statuses in the order of the diagrams."""
    counted = WorklistRows(uow.connection).counted(actor.grants, TODO_CAP)
    order = {status: place for place, status in enumerate(statuses(uow))} if counted else {}
    return dict(sorted(counted.items(), key=lambda each: (order.get(each[0], len(order)), each[0])))


def cases_numbered(uow: UnitOfWork, actor: Actor, numbers: Collection[str], outcome: str = "") -> list[WorklistRow]:
    """The cases of these numbers that the actor may see, the newest first; with `outcome`, `task` is his first task that has it."""
    conditions = Conditions(readable(uow, actor), actor.grants, numbers=numbers)
    return _rows(uow, actor, WorklistRows(uow.connection).page(conditions, None, len(numbers)) if numbers else [], outcome)


def _conditions(uow: UnitOfWork, actor: Actor, wanted: Wanted) -> Conditions:
    answers = {name: part for name, part in wanted.answers.items() if part.strip()}
    chosen = {question.name for question in search_fields(uow, wanted.business) if has_options(question)} if answers else frozenset()
    return Conditions(
        parties=frozenset() if wanted.todo else readable(uow, actor),
        grants=actor.grants,
        todo=wanted.todo,
        late=uow.now if wanted.overdue else None,
        keyword=wanted.keyword.strip(),
        keyword_numbers=wanted.keyword_numbers,
        business=wanted.business,
        status=wanted.status,
        answers={name: part for name, part in answers.items() if name not in chosen},
        exact={name: whole for name, whole in answers.items() if name in chosen},
        opened_from=None if wanted.opened_from is None else _midnight(wanted.opened_from),
        opened_before=None if wanted.opened_to is None else _midnight(wanted.opened_to) + timedelta(days=1),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time.min, SHANGHAI).astimezone(UTC)


def _cursor(last: Listed, todo: bool) -> str:
    return f"{last.due.isoformat() if last.due else ''}~{last.task}" if todo else str(last.id)


def _behind(cursor: str, todo: bool) -> Behind | None:
    due, tilde, number = cursor.rpartition("~")
    if bool(tilde) != todo:
        return None
    try:
        behind = Behind(datetime.fromisoformat(due) if due else None, int(number))
    except ValueError:
        return None
    return behind if possible_id(behind.id) and (behind.due is None or behind.due.tzinfo is UTC) else None


def _rows(uow: UnitOfWork, actor: Actor, listed: Sequence[Listed], outcome: str = "") -> list[WorklistRow]:
    ids = [row.id for row in listed]
    answers, tasks = (uow.cases.fields(ids), uow.tasks.open_of(ids)) if ids else ({}, {})
    reading = Reading(uow, actor)
    return [_row(reading, row, answers.get(row.id, {}), tasks.get(row.id, []), outcome) for row in listed]


def _row(reading: "Reading", row: Listed, answers: Mapping[str, str], tasks: Sequence[TaskRow], outcome: str) -> WorklistRow:
    bundle = reading.uow.bundle(row.bundle_id)
    mine = [task for task in tasks if reading.actor.may_work(task.role, task.party)] if row.state == "running" else []
    able = [(task, bundle.node(task.process, task.element).outcomes) for task in mine]
    fitting = [(task, outcomes) for task, outcomes in able if not outcome or outcome in {o.code for o in outcomes}]
    task, outcomes = fitting[0] if fitting else (None, ())
    words = reading.words(bundle, answers)
    due = next((each.due_at for each in (task, *tasks) if each is not None and each.due_at is not None), None)
    return WorklistRow(
        number=row.number,
        business=row.business,
        title=bundle.process.name,
        status=row.status,
        state=row.state,
        opened_at=row.opened_at,
        revision=row.revision,
        fields={name: text.zh for name, text in words.items()},
        task=task,
        outcomes=outcomes,
        words=words,
        waiting=tuple(tasks),
        due_at=due,
        days_left=None if due is None else _days_left(reading.uow, due),
    )


def _days_left(uow: UnitOfWork, due: datetime) -> int:
    calendar = uow.runtime.calendar
    return calendar.between(uow.now, due) if due >= uow.now else -calendar.between(due, uow.now)


def buttons(uow: UnitOfWork, actor: Actor) -> tuple[Button, ...]:
    """The outcomes with a button above the list of the user tasks that the actor's roles work on, in diagram order, each code and label once."""
    working = [node for node in _nodes_deployed(uow) if node.type in INBOX and node.toolbar]
    lanes = uow.library.lanes_named(sorted({node.lane for node in working if node.lane})) if working else {}
    found: dict[tuple[str, str], Button] = {}
    for node in working:
        if node.lane in lanes and _works_in(actor, lanes[node.lane]):
            for outcome in (o for o in node.outcomes if o.code in node.toolbar):
                known = found.get((outcome.code, outcome.label))
                elements = frozenset({node.id}) | (known.elements if known else frozenset())
                bulk = node.properties.get("bulk") == "true" and (known is None or known.bulk)
                found[outcome.code, outcome.label] = Button(outcome.code, outcome.label, bulk, elements)
    return tuple(found.values())


def _works_in(actor: Actor, lane: LaneRow) -> bool:
    """Has the lane's role where such a lane is: at a department of this name, or at a whole party."""
    department = lane.party.partition("/")[2]
    return any(grant.role == lane.role and grant.party.partition("/")[2] == department for grant in actor.grants)


def statuses(uow: UnitOfWork, business: str = "") -> tuple[str, ...]:
    """The status words of the deployed diagrams, in diagram order; of one business, if that is asked for."""
    asked = [bundle for bundle in deployed_bundles(uow) if bundle.business == business] or deployed_bundles(uow)
    nodes = (node for bundle in asked for node in nodes_of(bundle, bundle.business, set()))
    return tuple(dict.fromkeys(node.properties["status"] for node in nodes if node.properties.get("status")))


def businesses(uow: UnitOfWork) -> tuple[tuple[str, str], ...]:
    """(business, title) of everything that was ever deployed as a business: its cases may still be looked for."""
    return tuple((deployed.business, deployed.title) for deployed in uow.library.deployed())


def _nodes_deployed(uow: UnitOfWork) -> Iterator[Node]:
    for bundle in deployed_bundles(uow):
        yield from nodes_of(bundle, bundle.business, set())
