"""Rows of `user_task`: the inbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, false, insert, or_, select, tuple_, update

from workflow_runtime.actors import Grant
from workflow_runtime.store.keys import LARGEST_ID, possible_id, possible_key
from workflow_runtime.store.rows import CaseRow, TaskRow
from workflow_runtime.store.tables import cases, user_tasks

BY_ID = select(user_tasks).where(user_tasks.c.id == bindparam("wanted"))
OWNER = select(user_tasks.c.case_id).where(user_tasks.c.id == bindparam("wanted")).scalar_subquery()
CASE_LOCKED = select(cases).where(cases.c.id == OWNER).with_for_update(key_share=True)
SAVE = update(user_tasks).where(user_tasks.c.id == bindparam("wanted"))
INSERT = insert(user_tasks)
LISTED = [column for column in user_tasks.c if column.name != "draft"]
"""What a list shows; a draft may be large, and is its writer's."""
FIXED = frozenset({"id", "case_id", "token", "process", "element", "name", "bulk", "created_at"})


def worked_by(grants: Iterable[Grant]) -> ColumnElement[bool]:
    """The task is one that these grants may work on."""
    pairs = [(g.party, g.role) for g in grants]
    # The party once more by itself: by the pairs alone, SQLite would look at the open tasks of everybody.
    return and_(user_tasks.c.party.in_([party for party, _ in pairs]), tuple_(user_tasks.c.party, user_tasks.c.role).in_(pairs))


class UserTasks:
    """The user tasks, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[TaskRow]) -> None:
        """Insert new inbox rows."""
        if rows:
            self._connection.execute(INSERT, [{k: v for k, v in vars(row).items() if k != "id"} for row in rows])

    def locked(self, task_id: int) -> tuple[TaskRow, CaseRow] | None:
        """The task with its case, the case's row locked until the transaction ends: it guards all that hangs on it.

        The case is locked first, as everybody does: whoever locked the task before it would block, and be blocked by, a step of the case.
        The task is read after that, so that what others did while we waited is seen.
        """
        if not possible_id(task_id):
            return None
        case = self._connection.execute(CASE_LOCKED, {"wanted": task_id}).mappings().first()
        task = self.get(task_id)
        return None if case is None or task is None else (task, CaseRow(**case))

    def get(self, task_id: int) -> TaskRow | None:
        """The task, without a lock."""
        if not possible_id(task_id):
            return None
        found = self._connection.execute(BY_ID, {"wanted": task_id}).mappings().first()
        return None if found is None else TaskRow(**found)

    def save(self, row: TaskRow) -> None:
        """Write back; the revision goes up by one."""
        row.revision += 1
        values = {name: value for name, value in vars(row).items() if name not in FIXED}
        self._connection.execute(SAVE, {"wanted": row.id, **values})

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
        statement = select(user_tasks).where(user_tasks.c.case_id == case_id).order_by(user_tasks.c.id)
        if only_open:
            statement = statement.where(user_tasks.c.state == "open")
        return [TaskRow(**row) for row in self._connection.execute(statement).mappings()]

    def open_of(self, case_ids: Iterable[int]) -> dict[int, list[TaskRow]]:
        """The open tasks of some cases, by case, the earliest due first; without their drafts."""
        order = (user_tasks.c.due_at.is_(None), user_tasks.c.due_at, user_tasks.c.id)
        statement = select(*LISTED).where(user_tasks.c.case_id.in_(list(case_ids)), user_tasks.c.state == "open").order_by(*order)
        result: dict[int, list[TaskRow]] = {}
        for row in self._connection.execute(statement).mappings():
            result.setdefault(row["case_id"], []).append(TaskRow(**row))
        return result

    def inbox(
        self, grants: Iterable[Grant], *, case_id: int | None, element: str | None, after: tuple[datetime | None, int] | None, limit: int
    ) -> list[tuple[TaskRow, dict[str, Any]]]:
        """Open tasks that these grants may work on, the earliest due first, with number, business and status of the case."""
        statement = (
            select(user_tasks, cases.c.number, cases.c.business, cases.c.status)
            .join(cases, cases.c.id == user_tasks.c.case_id)
            .where(user_tasks.c.state == "open", cases.c.state == "running", worked_by(grants))
            .order_by(user_tasks.c.due_at.is_(None), user_tasks.c.due_at, user_tasks.c.id)
            .limit(limit)
        )
        if case_id is not None:
            statement = statement.where(user_tasks.c.case_id == case_id)
        if element is not None:
            statement = statement.where(user_tasks.c.element == element if possible_key(element) else false())
        if after is not None:
            statement = statement.where(_behind(*after))
        rows = self._connection.execute(statement).mappings()
        extra = ("number", "business", "status")
        return [(TaskRow(**{k: v for k, v in row.items() if k not in extra}), {k: row[k] for k in extra}) for row in rows]


def _behind(due: datetime | None, task_id: int) -> ColumnElement[bool]:
    """What stands behind this row of the inbox: tasks without a due date come last."""
    undated, task_id = user_tasks.c.due_at.is_(None), min(task_id, LARGEST_ID)
    if due is None:
        return and_(undated, user_tasks.c.id > task_id)
    return or_(user_tasks.c.due_at > due, and_(user_tasks.c.due_at == due, user_tasks.c.id > task_id), undated)
