"""The rows of a worklist: cases without what only the engine needs, found by many conditions, turned page by page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, func, or_, select, union

from workflow_runtime.actors import Grant
from workflow_runtime.store.cases import fold
from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.tables import case_fields, case_parties, cases, user_tasks
from workflow_runtime.store.user_tasks import worked_by

LONGEST_PART = 200
"""Characters of a text that is searched for: no answer that a person looks for is longer, and databases refuse very long patterns."""


class Listed(NamedTuple):
    """A case as a list shows it; `due` is the earliest due date of the person's tasks (None where the list is not of tasks)."""

    id: int
    number: str
    business: str
    bundle_id: str
    status: str
    state: str
    opened_at: datetime
    revision: int
    due: datetime | None = None


class Behind(NamedTuple):
    """Where the page before ended: the due date (lists of tasks only) and the case's id."""

    due: datetime | None
    id: int


@dataclass(frozen=True)
class Conditions:
    """What a list is restricted to.

    `parties`: whose cases may be read (None: everybody's), besides those with an open task for `grants`. `todo`: only those with such a
    task. `late`: only with an open task that was due before this instant. `keyword` is part of the number or of an answer, or one of
    `keyword_numbers`. `answers`: field → part of its answer; `exact`: field → the whole answer. `numbers`: only these cases.
    """

    parties: Collection[str] | None
    grants: Collection[Grant]
    todo: bool = False
    late: datetime | None = None
    keyword: str = ""
    keyword_numbers: Collection[str] = ()
    business: str = ""
    status: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    exact: Mapping[str, str] = field(default_factory=dict)
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    numbers: Collection[str] | None = None

    @property
    def possible(self) -> bool:
        """Whether a row can fulfil them at all."""
        sought = (self.keyword, self.business, self.status, *self.answers, *self.answers.values(), *self.exact, *self.exact.values())
        return all(possible_key(text) and len(text) <= LONGEST_PART for text in sought) and not (self.todo and not self.grants)


class WorklistRows:
    """The worklists, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, conditions: Conditions, after: Behind | None, limit: int) -> list[Listed]:
        """One page: lists of tasks by the earliest due date (cases without one last), others the newest first."""
        if not conditions.possible:
            return []
        tasks = _first_due(conditions.grants) if conditions.todo else None
        statement = _found(conditions, tasks).limit(limit)
        if tasks is None:
            statement = statement.order_by(cases.c.id.desc())
        else:
            statement = statement.order_by(tasks.c.due.is_(None), tasks.c.due, cases.c.id)
        if after is not None:
            statement = statement.where(cases.c.id < after.id if tasks is None else _behind(tasks, after))
        return [Listed(*row) for row in self._connection.execute(statement)]

    def count(self, conditions: Conditions, most: int) -> int:
        """How many cases there are, counted up to `most`."""
        if not conditions.possible:
            return 0
        found = _found(conditions, _first_due(conditions.grants) if conditions.todo else None)
        return self._connection.execute(select(func.count()).select_from(found.limit(most).subquery())).scalar_one()


def _first_due(grants: Collection[Grant]) -> Subquery:
    """The cases with an open task for these grants, each with the earliest due date of them."""
    mine = select(user_tasks.c.case_id, func.min(user_tasks.c.due_at).label("due")).where(user_tasks.c.state == "open", worked_by(grants))
    return mine.group_by(user_tasks.c.case_id).subquery("mine")


def _found(conditions: Conditions, tasks: Subquery | None) -> Select[Any]:
    columns = [cases.c[name] for name in Listed._fields if name != "due"]
    restrictions = [*_plain(conditions), *_searched(conditions)]
    if tasks is None:
        return select(*columns).where(*_visible(conditions), *_late_for_anybody(conditions), *restrictions)
    late = [] if conditions.late is None else [tasks.c.due < conditions.late]
    statement = select(*columns, tasks.c.due).join(tasks, tasks.c.case_id == cases.c.id)
    return statement.where(cases.c.state == "running", *late, *restrictions)


def _visible(conditions: Conditions) -> Sequence[ColumnElement[bool]]:
    if conditions.parties is None:
        return ()
    by_party = select(case_parties.c.case_id).where(case_parties.c.party.in_(list(conditions.parties)))
    by_task = select(user_tasks.c.case_id).where(user_tasks.c.state == "open", worked_by(conditions.grants))
    return (cases.c.id.in_(union(by_party, by_task)),)


def _late_for_anybody(conditions: Conditions) -> Sequence[ColumnElement[bool]]:
    if conditions.late is None:
        return ()
    late = select(user_tasks.c.case_id).where(user_tasks.c.state == "open", user_tasks.c.due_at < conditions.late)
    return (cases.c.state == "running", cases.c.id.in_(late))


def _plain(conditions: Conditions) -> Sequence[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if conditions.business:
        chosen.append(cases.c.business == conditions.business)
    if conditions.status:
        chosen.append(cases.c.status == conditions.status)
    if conditions.opened_from is not None:
        chosen.append(cases.c.opened_at >= conditions.opened_from)
    if conditions.opened_before is not None:
        chosen.append(cases.c.opened_at < conditions.opened_before)
    if conditions.numbers is not None:
        chosen.append(cases.c.number.in_([number for number in conditions.numbers if possible_key(number)]))
    return chosen


def _searched(conditions: Conditions) -> Sequence[ColumnElement[bool]]:
    keyword, answer = fold(conditions.keyword), case_fields.c
    sought: list[ColumnElement[bool]] = []
    if keyword:
        anywhere = select(answer.case_id).where(answer.folded.contains(keyword, autoescape=True))
        places = [cases.c.number.contains(keyword, autoescape=True), cases.c.id.in_(anywhere)]
        known = list(conditions.keyword_numbers)
        sought.append(or_(*places, cases.c.number.in_(known)) if known else or_(*places))
    for name, part in conditions.answers.items():
        holding = select(answer.case_id).where(answer.field == name, answer.folded.contains(fold(part), autoescape=True))
        sought.append(cases.c.id.in_(holding))
    for name, whole in conditions.exact.items():
        sought.append(cases.c.id.in_(select(answer.case_id).where(answer.field == name, answer.folded == fold(whole))))
    return sought


def _behind(tasks: Subquery, after: Behind) -> ColumnElement[bool]:
    undated = tasks.c.due.is_(None)
    if after.due is None:
        return and_(undated, cases.c.id > after.id)
    return or_(tasks.c.due > after.due, and_(tasks.c.due == after.due, cases.c.id > after.id), undated)
