"""The rows of a worklist: cases without what only the engine needs, found by many conditions, turned page by page.

Whatever is asked for, no more rows are looked at than a page and a count need: candidates come in the order of the list, from the index
that knows most about what is asked for, and are asked one by one for the rest.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from workflow_runtime.actors import Grant
from workflow_runtime.store.among import among
from workflow_runtime.store.conditions import Conditions, clauses, restrictions
from workflow_runtime.store.keys import LARGEST_ID, possible_key
from workflow_runtime.store.search import SearchIndex
from workflow_runtime.store.tables import cases, user_tasks
from workflow_runtime.store.user_tasks import IS_OPEN, OpenTask, UserTasks, worked_by

FEW = 2000
"""Cases that are asked one by one rather than looked for by anything else."""
MANY = 4
"""One candidate of so many that fits is enough to look no further for a better source."""
AT_ONCE = 16_000
"""Candidates that are asked with one statement, at most."""


class Listed(NamedTuple):
    """A case as a list shows it; in lists of tasks with the person's first task, the earliest due, and when it is due."""

    id: int
    number: str
    business: str
    bundle_id: str
    status: str
    state: str
    opened_at: datetime
    revision: int
    due: datetime | None = None
    task: int = 0


class Behind(NamedTuple):
    """Where the page before ended: the due date and the id of the task in lists of tasks, otherwise the id of the case."""

    due: datetime | None
    id: int


class WorklistRows:
    """The worklists, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._index = SearchIndex(connection)
        self._tasks = UserTasks(connection)

    def page(self, conditions: Conditions, after: Behind | None, limit: int) -> list[Listed]:
        """One page: lists of tasks by the earliest due date (tasks without one last), others the newest first."""
        return self._listed(self._found(conditions, after, limit))

    def first_page(self, conditions: Conditions, limit: int, most: int) -> tuple[list[Listed], int]:
        """The first page, and how many cases there are, counted up to `most`: searched for once."""
        found = self._found(conditions, None, max(limit, most))
        return self._listed(found[:limit]), len(found)

    def count(self, conditions: Conditions, most: int) -> int:
        """How many cases there are, counted up to `most`."""
        return len(self._found(conditions, None, most))

    def counted(self, conditions: Conditions, most: int) -> dict[str, int]:
        """How many cases there are of each status, counted up to `most` in all."""
        ids = [found.case_id for found in self._found(conditions, None, most)]
        statement = select(cases.c.status, func.count()).where(among(self._connection, cases.c.id, ids)).group_by(cases.c.status)
        return {row[0]: row[1] for row in self._connection.execute(statement)} if ids else {}

    def _listed(self, found: Sequence[OpenTask]) -> list[Listed]:
        columns = [cases.c[name] for name in Listed._fields if name not in ("due", "task")]
        ids = among(self._connection, cases.c.id, [each.case_id for each in found])
        rows = {row.id: row for row in self._connection.execute(select(*columns).where(ids))} if found else {}
        return [Listed(**rows[each.case_id]._mapping, due=each.due, task=each.id) for each in found]

    def _found(self, conditions: Conditions, after: Behind | None, limit: int) -> list[OpenTask]:
        """The places of the list behind one of them; outside lists of tasks without a task."""
        if not conditions.possible or limit <= 0:
            return []
        return self._waiting(conditions, after, limit) if conditions.todo else self._cases(conditions, after, limit)

    def _cases(self, conditions: Conditions, after: Behind | None, limit: int) -> list[OpenTask]:
        before = LARGEST_ID if after is None else after.id
        few = self._few(conditions)
        if few is not None:
            found = self._fitting(conditions, [case_id for case_id in few if case_id < before])
        else:
            found = self._looked_for(conditions, before, limit)
        return [OpenTask(None, 0, case_id) for case_id in found[:limit]]

    def _looked_for(self, conditions: Conditions, before: int, limit: int) -> list[int]:
        """From where most candidates have turned out to fit: of one authority's cases few may be under review, of all those under review many its."""
        best: tuple[list[int], list[int], Source] | None = None
        for source in (self._candidates(conditions), self._of_status(conditions)):
            asked = source(before, limit) if source is not None else []
            fitting = self._fitting(conditions, asked)
            if source is not None and (best is None or len(fitting) > len(best[0])):
                best = fitting, asked, source
            if best is not None and (len(best[1]) < limit or MANY * len(best[0]) >= limit):
                break
        if best is None:
            return []
        (found, asked, source), size = best, limit
        while len(found) < limit and len(asked) == size:
            before, size = asked[-1], min(2 * size, AT_ONCE)
            asked = source(before, size)
            found += self._fitting(conditions, asked)
        return found

    def _fitting(self, conditions: Conditions, ids: Collection[int]) -> list[int]:
        """Those that fulfil the conditions, the newest first."""
        if not ids:
            return []
        statement = select(cases.c.id).where(among(self._connection, cases.c.id, ids), *restrictions(conditions))
        return sorted(self._connection.execute(statement).scalars(), reverse=True)

    def _few(self, conditions: Conditions) -> list[int] | None:
        """All cases that come into question, where one condition says that they are few."""
        if conditions.numbers is not None:
            numbers = [number for number in conditions.numbers if possible_key(number)]
            return list(self._connection.execute(select(cases.c.id).where(cases.c.number.in_(numbers))).scalars())
        for source in (self._late(conditions), self._of_status(conditions)):
            found = source(LARGEST_ID, FEW + 1) if source is not None else None
            if found is not None and len(found) <= FEW:
                return found
        return None

    def _candidates(self, conditions: Conditions) -> "Source":
        """Where cases come from, the newest first, that are asked for the rest: from the index, if it knows of anything that is asked."""
        asked = clauses(conditions, self._index.fields() if conditions.keyword else ())
        if asked:
            return lambda before, most: self._index.found(asked, before, most)
        return self._late(conditions) or self._of_status(conditions) or self._all

    def _all(self, before: int, most: int) -> list[int]:
        statement = select(cases.c.id).where(cases.c.id < before).order_by(cases.c.id.desc()).limit(most)
        return list(self._connection.execute(statement).scalars())

    def _of_status(self, conditions: Conditions) -> "Source | None":
        if not conditions.status:
            return None
        statement = select(cases.c.id).where(cases.c.status == conditions.status).order_by(cases.c.id.desc())
        return lambda before, most: list(self._connection.execute(statement.where(cases.c.id < before).limit(most)).scalars())

    def _late(self, conditions: Conditions) -> "Source | None":
        if conditions.late is None or conditions.todo:
            return None
        task = user_tasks.c
        late = select(task.case_id).distinct().where(IS_OPEN, task.due_at < conditions.late).order_by(task.case_id.desc())
        return lambda before, most: list(self._connection.execute(late.where(task.case_id < before).limit(most)).scalars())

    def _waiting(self, conditions: Conditions, after: Behind | None, limit: int) -> list[OpenTask]:
        """The first task of each case: those of few cases at once, otherwise one after the other as they are due."""
        few = self._few_waiting(conditions)
        if few is not None:
            tasks = self._first(few, conditions.grants)
            fitting = set(self._fitting(conditions, tasks.keys()))
            ordered = sorted((task for case_id, task in tasks.items() if case_id in fitting), key=OpenTask.order)
            return [task for task in ordered if _is_behind(task, after) and _is_late(task, conditions.late)][:limit]
        found: list[OpenTask] = []
        size = limit
        while True:
            asked = self._tasks.open_in_order(conditions.grants, after, size, conditions.late)
            ids = {task.case_id for task in asked}
            first, fitting = self._first(ids, conditions.grants), set(self._fitting(conditions, ids))
            found += [task for task in asked if task.case_id in fitting and first[task.case_id] == task]
            if len(found) >= limit or len(asked) < size:
                return found[:limit]
            after, size = Behind(asked[-1].due, asked[-1].id), min(2 * size, AT_ONCE)

    def _few_waiting(self, conditions: Conditions) -> list[int] | None:
        few = self._few(conditions)
        if few is None and (conditions.keyword or conditions.answers or conditions.exact or conditions.opened_from):
            found = self._candidates(conditions)(LARGEST_ID, FEW + 1)
            return found if len(found) <= FEW else None
        return few

    def _first(self, ids: Collection[int], grants: Collection[Grant]) -> dict[int, OpenTask]:
        """The person's first open task of each of these cases that has one."""
        task = user_tasks.c
        mine = select(task.due_at, task.id, task.case_id).where(
            among(self._connection, task.case_id, ids), task.state == "open", worked_by(grants)
        )
        found: dict[int, OpenTask] = {}
        for each in (OpenTask(*row) for row in self._connection.execute(mine)) if ids else ():
            known = found.get(each.case_id)
            if known is None or each.order() < known.order():
                found[each.case_id] = each
        return found


Source = Callable[[int, int], list[int]]
"""(before, most) → ids of cases below `before`, the newest first."""


def _is_behind(task: OpenTask, after: Behind | None) -> bool:
    return after is None or task.order() > OpenTask(after.due, after.id, 0).order()


def _is_late(task: OpenTask, late: datetime | None) -> bool:
    return late is None or (task.due is not None and task.due < late)
