"""The rows of a worklist: cases without what only the engine needs, found by many conditions, turned page by page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, exists, func, or_, select, union

from workflow_runtime.actors import Grant
from workflow_runtime.store.cases import fold
from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.tables import case_fields, case_parties, cases, user_tasks
from workflow_runtime.store.user_tasks import worked_by

MANY = 2000
"""Cases of a person's parties from which on it is quicker to look, case by case, whether one is theirs than to collect theirs first."""
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
        self._many: dict[frozenset[str], bool] = {}

    def page(self, conditions: Conditions, after: Behind | None, limit: int) -> list[Listed]:
        """One page: lists of tasks by the earliest due date (cases without one last), others the newest first."""
        if not conditions.possible:
            return []
        columns = [cases.c[name] for name in Listed._fields if name != "due"]
        return [Listed(*row) for row in self._connection.execute(self._ordered(conditions, after, columns).limit(limit))]

    def first_page(self, conditions: Conditions, limit: int, most: int) -> tuple[list[Listed], int]:
        """The first page, and how many cases there are, counted up to `most`: searched for once."""
        if not conditions.possible:
            return [], 0
        found = self._connection.execute(self._ordered(conditions, None, [cases.c.id]).limit(max(limit, most))).all()
        due = {row.id: row[1] if conditions.todo else None for row in found[:limit]}
        columns = [cases.c[name] for name in Listed._fields if name != "due"]
        wide = self._connection.execute(select(*columns).where(cases.c.id.in_(list(due)))).all() if due else []
        rows = {row.id: Listed(*row)._replace(due=due[row.id]) for row in wide}
        return [rows[case_id] for case_id in due], len(found)

    def _ordered(self, conditions: Conditions, after: Behind | None, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
        """These columns, and the due date in lists of tasks, of the cases behind a place in the list."""
        tasks = _first_due(conditions.grants) if conditions.todo else None
        statement = self._found(conditions, tasks, columns if tasks is None else [*columns, tasks.c.due])
        if tasks is None:
            statement = statement.order_by(cases.c.id.desc())
        else:
            statement = statement.order_by(tasks.c.due.is_(None), tasks.c.due, cases.c.id)
        if after is not None:
            statement = statement.where(cases.c.id < after.id if tasks is None else _behind(tasks, after))
        return statement

    def count(self, conditions: Conditions, most: int) -> int:
        """How many cases there are, counted up to `most`."""
        if not conditions.possible:
            return 0
        found = self._found(conditions, _first_due(conditions.grants) if conditions.todo else None, [cases.c.id])
        return self._connection.execute(select(func.count()).select_from(found.limit(most).subquery())).scalar_one()

    def counted(self, conditions: Conditions, most: int) -> dict[str, int]:
        """How many cases there are of each status, counted up to `most` in all."""
        if not conditions.possible:
            return {}
        tasks = _first_due(conditions.grants) if conditions.todo else None
        found = self._found(conditions, tasks, [cases.c.status]).limit(most).subquery()
        rows = self._connection.execute(select(found.c.status, func.count().label("number")).group_by(found.c.status))
        return {row.status: row.number for row in rows}

    def _found(self, conditions: Conditions, tasks: Subquery | None, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
        restrictions = [*_plain(conditions), *_searched(conditions)]
        if tasks is None:
            return select(*columns).where(*self._visible(conditions), *_late_for_anybody(conditions), *restrictions)
        late = [] if conditions.late is None else [tasks.c.due < conditions.late]
        statement = select(*columns).join(tasks, tasks.c.case_id == cases.c.id)
        return statement.where(cases.c.state == "running", *late, *restrictions)

    def _visible(self, conditions: Conditions) -> Sequence[ColumnElement[bool]]:
        if conditions.parties is None:
            return ()
        theirs = case_parties.c.party.in_(sorted(conditions.parties))
        by_task = _open_for(conditions.grants)
        if conditions.numbers is not None or self._have_many(frozenset(conditions.parties)):
            return (or_(exists().where(case_parties.c.case_id == cases.c.id, theirs), cases.c.id.in_(by_task)),)
        return (cases.c.id.in_(union(select(case_parties.c.case_id).where(theirs), by_task)),)

    def _have_many(self, parties: frozenset[str]) -> bool:
        """Whether these parties have many cases: counted no further than that, and once."""
        if parties not in self._many:
            beyond = select(case_parties.c.case_id).where(case_parties.c.party.in_(sorted(parties))).offset(MANY).limit(1)
            self._many[parties] = self._connection.execute(beyond).first() is not None
        return self._many[parties]


def _open_for(grants: Collection[Grant]) -> Select[Any]:
    """The ids of the cases with an open task for these grants."""
    return select(user_tasks.c.case_id).where(user_tasks.c.state == "open", worked_by(grants))


def _first_due(grants: Collection[Grant]) -> Subquery:
    """The cases with an open task for these grants, each with the earliest due date of them."""
    mine = select(user_tasks.c.case_id, func.min(user_tasks.c.due_at).label("due")).where(user_tasks.c.state == "open", worked_by(grants))
    return mine.group_by(user_tasks.c.case_id).subquery("mine")


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
    # By ids from the index: a case's own row is wide.
    opened = cases.alias().c
    days = [opened.opened_at >= conditions.opened_from] if conditions.opened_from is not None else []
    days += [opened.opened_at < conditions.opened_before] if conditions.opened_before is not None else []
    if days:
        chosen.append(cases.c.id.in_(select(opened.id).where(*days)))
    if conditions.numbers is not None:
        chosen.append(cases.c.number.in_([number for number in conditions.numbers if possible_key(number)]))
    return chosen


def _searched(conditions: Conditions) -> Sequence[ColumnElement[bool]]:
    keyword, answer = fold(conditions.keyword), case_fields.c
    # In a list of tasks only the answers of their cases are read, not everybody's.
    mine = [answer.case_id.in_(_open_for(conditions.grants))] if conditions.todo else []
    sought: list[ColumnElement[bool]] = []
    if keyword:
        # Ids from narrow rows and indexes alone: a case's own row is wide.
        places = [
            select(answer.case_id).where(*mine, answer.folded.contains(keyword, autoescape=True)),
            select(cases.c.id).where(cases.c.number.contains(keyword, autoescape=True)),
        ]
        if conditions.keyword_numbers:
            places.append(select(cases.c.id).where(cases.c.number.in_(list(conditions.keyword_numbers))))
        sought.append(cases.c.id.in_(union(*places)))
    for name, part in conditions.answers.items():
        holding = select(answer.case_id).where(*mine, answer.field == name, answer.folded.contains(fold(part), autoescape=True))
        sought.append(cases.c.id.in_(holding))
    for name, whole in conditions.exact.items():
        sought.append(cases.c.id.in_(select(answer.case_id).where(*mine, answer.field == name, answer.folded == fold(whole))))
    return sought


def _behind(tasks: Subquery, after: Behind) -> ColumnElement[bool]:
    undated = tasks.c.due.is_(None)
    if after.due is None:
        return and_(undated, cases.c.id > after.id)
    return or_(tasks.c.due > after.due, and_(tasks.c.due == after.due, cases.c.id > after.id), undated)
