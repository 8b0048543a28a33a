"""The rows of a worklist: cases without what only the engine needs, found by many conditions, turned page by page.

Whatever is asked for, no more rows are looked at than a page and a count need: candidates come in the order of the list, from the index
that knows most about what is asked for, and are asked one by one for the rest.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from workflow_runtime.actors import Grant
from workflow_runtime.store.among import Afterwards, among
from workflow_runtime.store.conditions import Conditions, asked
from workflow_runtime.store.keys import LARGEST_ID, possible_key
from workflow_runtime.store.search import SearchIndex
from workflow_runtime.store.tables import cases, user_tasks
from workflow_runtime.store.user_tasks import IS_OPEN, OpenTask, UserTasks, worked_by

FEW = 2000
"""Cases that are asked one by one rather than looked for by anything else."""
TRIED = 256
"""Candidates by which a further source is judged."""
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
        return self._listed(self._found(conditions, after, limit, limit))

    def first_page(self, conditions: Conditions, limit: int, most: int) -> tuple[list[Listed], int]:
        """The first page, and how many cases there are, counted up to `most`: searched for once."""
        found = self._found(conditions, None, max(limit, most), limit)
        return self._listed(found[:limit]), len(found)

    def count(self, conditions: Conditions, most: int) -> int:
        """How many cases there are, counted up to `most`."""
        return len(self._found(conditions, None, most, 0))

    def counted(self, grants: Collection[Grant], most: int) -> Counter[str]:
        """How many cases of each status have an open task for these grants, counted up to `most` in all."""
        found, seen, after, size = Counter[str](), set[int](), None, most
        while found.total() < most:
            tasks = self._tasks.open_in_order(grants, after, size)
            ids = among(self._connection, cases.c.id, {task.case_id for task in tasks} - seen)
            statement = select(cases.c.status, func.count()).where(ids, Afterwards(cases.c.state) == "running").group_by(cases.c.status)
            found.update({row[0]: row[1] for row in self._connection.execute(statement)})
            if len(tasks) < size:
                break
            seen.update(task.case_id for task in tasks)
            after, size = Behind(tasks[-1].due, tasks[-1].id), min(2 * size, AT_ONCE)
        return found

    def _listed(self, found: Sequence[OpenTask]) -> list[Listed]:
        columns = [cases.c[name] for name in Listed._fields if name not in ("due", "task")]
        ids = among(self._connection, cases.c.id, [each.case_id for each in found])
        rows = {row.id: row for row in self._connection.execute(select(*columns).where(ids))} if found else {}
        return [Listed(**rows[each.case_id]._mapping, due=each.due, task=each.id) for each in found]

    def _found(self, conditions: Conditions, after: Behind | None, limit: int, shown: int) -> list[OpenTask]:
        """The places of the list behind one of them, outside lists of tasks without a task; the first `shown` are asked for everything."""
        if not conditions.possible or limit <= 0:
            return []
        if conditions.todo:
            return self._waiting(conditions, after, limit)
        before = LARGEST_ID if after is None else after.id
        return [OpenTask(None, 0, case_id) for case_id in self._cases(conditions, before, limit, shown)[:limit]]

    def _cases(self, conditions: Conditions, before: int, limit: int, shown: int) -> list[int]:
        few = self._few(conditions)
        if few is not None:
            return self._fitting(self._all_of(conditions), [case_id for case_id in few if case_id < before])
        found = self._looked_for([self._candidates(conditions), self._of_status(conditions)], before, limit)
        if self._fitting(self._all_of(conditions), found[:shown]) == found[:shown]:
            return found
        # Different words share a term: nothing is taken as settled by it.
        everything = self._candidates(conditions)._replace(rest=self._all_of(conditions))
        return self._looked_for([everything, self._of_status(conditions)], before, limit)

    def _looked_for(self, sources: Iterable["Source | None"], before: int, limit: int) -> list[int]:
        """From where most candidates turn out to fit: of one authority's cases few may be under review, of all those under review many its."""
        best: _Tried | None = None
        for source in (source for source in sources if source is not None):
            # Most fit as a rule: a few more save asking again for the few that do not.
            size = TRIED if best is not None else limit + limit // 8 if source.rest else limit
            candidates = source.ids(before, size)
            tried = _Tried(source, size, candidates, self._fitting(source.rest, candidates))
            best = tried if best is None else max(best, tried, key=_Tried.share)
            if len(best.candidates) < best.size or MANY * best.share() >= 1:
                break
        return [] if best is None else self._gone_on(best, limit)

    def _gone_on(self, tried: "_Tried", limit: int) -> list[int]:
        source, size, candidates, found = tried
        asked_for = size
        while len(found) < limit and len(candidates) == size:
            # As many as are likely to hold what is missing, if they go on as they have begun.
            likely = (limit - len(found)) * asked_for // max(1, len(found)) + TRIED
            before, size = candidates[-1], min(likely, 32 * size, AT_ONCE)
            candidates = source.ids(before, size)
            found = found + self._fitting(source.rest, candidates)
            asked_for += size
        return found

    def _fitting(self, rest: Sequence[ColumnElement[bool]], ids: Collection[int]) -> list[int]:
        """Those that fulfil the rest of the conditions, the newest first."""
        if not ids or not rest:
            return sorted(ids, reverse=True)
        statement = select(cases.c.id).where(among(self._connection, cases.c.id, ids), *rest)
        return sorted(self._connection.execute(statement).scalars().all(), reverse=True)

    def _all_of(self, conditions: Conditions) -> list[ColumnElement[bool]]:
        return [each.restriction for each in asked(conditions, ())]

    def _few(self, conditions: Conditions) -> list[int] | None:
        """All cases that come into question, where one condition says that they are few."""
        if conditions.numbers is not None:
            numbers = [number for number in conditions.numbers if possible_key(number)]
            return self._ids(select(cases.c.id).where(cases.c.number.in_(numbers)))
        for source in (self._late(conditions), self._of_status(conditions)):
            found = source.ids(LARGEST_ID, FEW + 1) if source is not None else None
            if found is not None and len(found) <= FEW:
                return found
        return None

    def _candidates(self, conditions: Conditions) -> "Source":
        """Where cases come from, the newest first, that are asked for the rest: from the index, if it knows of anything that is asked."""
        known = asked(conditions, self._index.fields() if conditions.keyword else ())
        if clauses := [each.clause for each in known if each.clause]:
            rest = [each.restriction for each in known if not each.settled]
            return Source(lambda before, most: self._index.found(clauses, before, most), rest)
        return self._late(conditions) or self._of_status(conditions) or Source(self._all, [])

    def _all(self, before: int, most: int) -> list[int]:
        statement = select(cases.c.id).where(cases.c.id < before).order_by(cases.c.id.desc()).limit(most)
        return self._ids(statement)

    def _ids(self, statement: Select[Any]) -> list[int]:
        return list(self._connection.execute(statement).scalars().all())  # all at once: row by row takes as long as finding them

    def _of_status(self, conditions: Conditions) -> "Source | None":
        if not conditions.status:
            return None
        statement = select(cases.c.id).where(cases.c.status == conditions.status).order_by(cases.c.id.desc())
        return Source(
            lambda before, most: self._ids(statement.where(cases.c.id < before).limit(most)),
            self._all_of(conditions),
        )

    def _late(self, conditions: Conditions) -> "Source | None":
        if conditions.late is None or conditions.todo:
            return None
        task = user_tasks.c
        late = select(task.case_id).distinct().where(IS_OPEN, task.due_at < conditions.late).order_by(task.case_id.desc())
        return Source(
            lambda before, most: self._ids(late.where(task.case_id < before).limit(most)),
            self._all_of(conditions),
        )

    def _waiting(self, conditions: Conditions, after: Behind | None, limit: int) -> list[OpenTask]:
        """The first task of each case: those of few cases at once, otherwise one after the other as they are due."""
        few = self._few_waiting(conditions)
        if few is not None:
            first = self._first(few, conditions.grants)
            fitting = set(self._fitting(self._all_of(conditions), first.keys()))
            ordered = sorted((task for case_id, task in first.items() if case_id in fitting), key=OpenTask.order)
            return [task for task in ordered if _is_behind(task, after) and _is_late(task, conditions.late)][:limit]
        found: list[OpenTask] = []
        seen, size, is_first_page = set[int](), limit, after is None
        while True:
            tasks = self._tasks.open_in_order(conditions.grants, after, size, conditions.late)
            first = {task.case_id: task for task in reversed(tasks)}
            # From the beginning on, what comes first of a case is its first; on later pages that may have been before.
            first = first if is_first_page else self._first(first.keys(), conditions.grants)
            fitting = set(self._fitting(self._all_of(conditions), first.keys())) - seen
            found += [task for task in tasks if task.case_id in fitting and first[task.case_id] == task]
            if len(found) >= limit or len(tasks) < size:
                return found[:limit]
            seen |= fitting
            after, size = Behind(tasks[-1].due, tasks[-1].id), min(2 * size, AT_ONCE)

    def _few_waiting(self, conditions: Conditions) -> list[int] | None:
        few = self._few(conditions)
        if few is None and (conditions.keyword or conditions.answers or conditions.exact or conditions.opened_from):
            found = self._candidates(conditions).ids(LARGEST_ID, FEW + 1)
            return found if len(found) <= FEW else None
        return few

    def _first(self, ids: Collection[int], grants: Collection[Grant]) -> dict[int, OpenTask]:
        """The person's first open task of each of these cases that has one."""
        task = user_tasks.c
        mine = select(task.due_at, task.id, task.case_id).where(
            among(self._connection, task.case_id, ids), task.state == "open", worked_by(grants)
        )
        found: dict[int, OpenTask] = {}
        for each in (OpenTask(*row) for row in self._connection.execute(mine).all()) if ids else ():
            known = found.get(each.case_id)
            if known is None or each.order() < known.order():
                found[each.case_id] = each
        return found


class Source(NamedTuple):
    """Where candidates come from: `ids` are (before, most) → those below `before`, the newest first; `rest` is what they must be asked."""

    ids: Callable[[int, int], list[int]]
    rest: Sequence[ColumnElement[bool]]


class _Tried(NamedTuple):
    """What a source has given: of `size` candidates that it was asked for, those that there are, and those that fit."""

    source: Source
    size: int
    candidates: list[int]
    fitting: list[int]

    def share(self) -> float:
        """How many of the candidates fit."""
        return len(self.fitting) / self.size


def _is_behind(task: OpenTask, after: Behind | None) -> bool:
    return after is None or task.order() > OpenTask(after.due, after.id, 0).order()


def _is_late(task: OpenTask, late: datetime | None) -> bool:
    return late is None or (task.due is not None and task.due < late)
