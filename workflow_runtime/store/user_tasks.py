"""Rows of `user_task`: the inbox."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    exists,
    insert,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
    update,
)

from workflow_runtime.actors import Grant
from workflow_runtime.store.among import Afterwards, among
from workflow_runtime.store.keys import LARGEST_ID, possible_id, possible_key
from workflow_runtime.store.prepared import Prepared
from workflow_runtime.store.rows import CaseRow, TaskRow
from workflow_runtime.store.tables import cases, user_tasks
from workflow_runtime.store.types import Instant

BY_ID = Prepared(select(user_tasks).where(user_tasks.c.id == bindparam("wanted")))
OWNER = select(user_tasks.c.case_id).where(user_tasks.c.id == bindparam("wanted")).scalar_subquery()
CASE_LOCKED = Prepared(select(cases).where(cases.c.id == OWNER).with_for_update(key_share=True))
_OF_CASE = select(user_tasks).where(user_tasks.c.case_id == bindparam("of_case")).order_by(user_tasks.c.id)
OF_CASE, OPEN_OF_CASE = Prepared(_OF_CASE), Prepared(_OF_CASE.where(user_tasks.c.state == "open"))
SAVE_ALL = update(user_tasks).where(user_tasks.c.id == bindparam("wanted"))
INSERT = Prepared(insert(user_tasks), [column.name for column in user_tasks.c if column.name != "id"])
LISTED = [column for column in user_tasks.c if column.name != "draft"]
"""What a list shows; a draft may be large, and is its writer's."""
IS_OPEN = user_tasks.c.state == literal_column("'open'")
"""Said in the statement itself: for a parameter, the index of open tasks is not used."""
FIXED = frozenset({"id", "case_id", "token", "process", "element", "name", "bulk", "created_at"})
SAVE = Prepared(SAVE_ALL, [column.name for column in user_tasks.c if column.name not in FIXED])


def worked_by(grants: Iterable[Grant]) -> ColumnElement[bool]:
    """The task is one that these grants may work on."""
    pairs = [(g.party, g.role) for g in grants]
    return tuple_(Afterwards(user_tasks.c.party), Afterwards(user_tasks.c.role)).in_(pairs)


class OpenTask(NamedTuple):
    """An open task in the order in which tasks are due."""

    due: datetime | None
    id: int
    case_id: int

    def order(self) -> tuple[bool, datetime, int]:
        """The earliest due first, those without a due date last, otherwise as they came up."""
        return self.due is None, self.due or datetime.max.replace(tzinfo=UTC), self.id


class UserTasks:
    """The user tasks, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[TaskRow]) -> None:
        """Insert new inbox rows."""
        for row in rows:
            INSERT.run(self._connection, vars(row))

    def locked(self, task_id: int) -> tuple[TaskRow, CaseRow] | None:
        """The task with its case, the case's row locked until the transaction ends: it guards all that hangs on it.

        The case is locked first, as everybody does: whoever locked the task before it would block, and be blocked by, a step of the case.
        The task is read after that, so that what others did while we waited is seen.
        """
        if not possible_id(task_id):
            return None
        case = CASE_LOCKED.first(self._connection, {"wanted": task_id})
        task = self.get(task_id)
        return None if case is None or task is None else (task, CaseRow(**case))

    def get(self, task_id: int) -> TaskRow | None:
        """The task, without a lock."""
        if not possible_id(task_id):
            return None
        found = BY_ID.first(self._connection, {"wanted": task_id})
        return None if found is None else TaskRow(**found)

    def save(self, row: TaskRow) -> None:
        """Write back; the revision goes up by one."""
        row.revision += 1
        SAVE.run(self._connection, {"wanted": row.id, **vars(row)})

    def renew(self, row: TaskRow, *, seen: bool) -> None:
        """Write back all of it: what its diagram says has changed. Unless nobody `seen` it would notice, the revision goes up by one."""
        row.revision += seen
        values = {name: value for name, value in vars(row).items() if name not in ("id", "case_id", "token")}
        self._connection.execute(SAVE_ALL, {"wanted": row.id, **values})

    def cancel(self, case_id: int, tokens: Iterable[str]) -> None:
        """The tokens of these tasks are gone."""
        gone = list(tokens)
        if gone:
            self._connection.execute(
                update(user_tasks)
                .where(user_tasks.c.case_id == case_id, user_tasks.c.token.in_(gone), user_tasks.c.state == "open")
                .values(state="cancelled", revision=user_tasks.c.revision + 1)
            )

    def of_case(self, case_id: int, *, only_open: bool = False) -> list[TaskRow]:
        """A case's tasks in the order in which they came up."""
        found = (OPEN_OF_CASE if only_open else OF_CASE).all(self._connection, {"of_case": case_id})
        return [TaskRow(**row) for row in found]

    def open_of(self, case_ids: Iterable[int]) -> dict[int, list[TaskRow]]:
        """The open tasks of some cases, by case, the earliest due first; without their drafts."""
        order = (user_tasks.c.due_at.is_(None), user_tasks.c.due_at, user_tasks.c.id)
        statement = select(*LISTED).where(user_tasks.c.case_id.in_(list(case_ids)), user_tasks.c.state == "open").order_by(*order)
        result: dict[int, list[TaskRow]] = {}
        for row in self._connection.execute(statement).mappings():
            result.setdefault(row["case_id"], []).append(TaskRow(**row))
        return result

    def inbox(
        self, grants: Collection[Grant], *, case_id: int | None, element: str | None, after: tuple[datetime | None, int] | None, limit: int
    ) -> list[tuple[TaskRow, dict[str, Any]]]:
        """Open tasks that these grants may work on, the earliest due first, with number, business and status of the case."""
        if element is not None and not possible_key(element):
            return []
        chosen: list[ColumnElement[bool]] = [exists().where(cases.c.id == user_tasks.c.case_id, cases.c.state == "running")]
        chosen += [] if case_id is None else [user_tasks.c.case_id == case_id]
        chosen += [] if element is None else [user_tasks.c.element == element]
        ids = [task.id for task in self.open_in_order(grants, after, limit, None, chosen)]
        statement = select(user_tasks, cases.c.number, cases.c.business, cases.c.status).join(cases, cases.c.id == user_tasks.c.case_id)
        rows = self._connection.execute(statement.where(among(self._connection, user_tasks.c.id, ids))).mappings() if ids else ()
        extra = ("number", "business", "status")
        found = {row["id"]: row for row in rows}
        return [(TaskRow(**{k: v for k, v in found[i].items() if k not in extra}), {k: found[i][k] for k in extra}) for i in ids]

    def open_in_order(
        self,
        grants: Collection[Grant],
        after: tuple[datetime | None, int] | None,
        limit: int,
        late: datetime | None = None,
        chosen: Sequence[ColumnElement[bool]] = (),
    ) -> list[OpenTask]:
        """Open tasks for these grants behind a place (due date, id), the earliest due first and those without a due date last.

        `late`: only what was due before this instant. Each grant's tasks are read in the order of the index, no further than needed.
        """
        task = user_tasks.c
        parts = []
        for grant in sorted(grants, key=str):
            own = select(task.due_at, task.id, task.case_id).where(IS_OPEN, task.party == grant.party, task.role == grant.role, *chosen)
            if after is None or after[0] is not None:
                dated = own.where(task.due_at.is_not(None) if late is None else task.due_at < late)
                if after is not None:
                    dated = dated.where(tuple_(task.due_at, task.id) > tuple_(literal(after[0], Instant), min(after[1], LARGEST_ID)))
                parts.append(dated.order_by(task.due_at, task.id).limit(limit))
            if late is None:
                undated = own.where(task.due_at.is_(None))
                if after is not None and after[0] is None:
                    undated = undated.where(task.id > min(after[1], LARGEST_ID))
                parts.append(undated.order_by(task.id).limit(limit))
        if not parts:
            return []
        read = union_all(*(select(part.subquery()) for part in parts)).subquery()
        statement = select(read).order_by(read.c.due_at.is_(None), read.c.due_at, read.c.id).limit(limit)
        return [OpenTask(*row) for row in self._connection.execute(statement).all()]
