"""Rows of `migration_batch` and `migrated_case`, and the running cases that a migration looks at."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, exists, func, insert, select, update

from workflow_runtime.store.keys import possible_id, possible_key
from workflow_runtime.store.rows import BatchRow, MovedRow
from workflow_runtime.store.tables import cases, jobs, migrated_cases, migration_batches
from workflow_runtime.store.turns import take_turn

UNDER_WAY = ("running", "suspended")
OPEN_JOBS = ("queued", "running", "held", "incident")
AT_ONCE = 500
"""Numbers or ids in one statement."""


class RunningCase(NamedTuple):
    """What a forecast needs of a case."""

    id: int
    number: str
    bundle_id: str
    tokens: bytes
    parties: dict[str, str]


class OpenJob(NamedTuple):
    """What a forecast needs of a job."""

    case_id: int
    token: str
    handler: str
    state: str
    deliveries: int
    attempts: int
    unsure: bool


class Batches:
    """Migrations, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: BatchRow) -> BatchRow:
        """Insert a new batch; the row gets its id."""
        values = {name: value for name, value in asdict(row).items() if name != "id"}
        row.id = self._connection.execute(insert(migration_batches).values(values).returning(migration_batches.c.id)).scalar_one()
        return row

    def get(self, batch_id: int) -> BatchRow | None:
        """The batch, without a lock."""
        if not possible_id(batch_id):
            return None
        found = self._connection.execute(select(migration_batches).where(migration_batches.c.id == batch_id)).mappings().first()
        return None if found is None else BatchRow(**found)

    def unfinished(self, business: str) -> list[BatchRow]:
        """Batches of a business that were begun and not brought to their end; until this transaction ends nobody else begins one."""
        take_turn(self._connection, f"migration\0{business}")
        wanted = (migration_batches.c.business == business, migration_batches.c.finished_at.is_(None))
        statement = select(migration_batches).where(*wanted).order_by(migration_batches.c.id.desc())
        return [BatchRow(**row) for row in self._connection.execute(statement).mappings()]

    def listed(self, limit: int, business: str | None) -> list[tuple[BatchRow, int, int]]:
        """Batches (of a business), the newest first, each with how many cases it has moved and how many of them were brought back."""
        counts = select(
            migrated_cases.c.batch_id, func.count().label("moved"), func.count(migrated_cases.c.undone_at).label("undone")
        ).group_by(migrated_cases.c.batch_id)
        counted = counts.subquery()
        statement = (
            select(migration_batches, func.coalesce(counted.c.moved, 0).label("moved"), func.coalesce(counted.c.undone, 0).label("undone"))
            .outerjoin(counted, counted.c.batch_id == migration_batches.c.id)
            .order_by(migration_batches.c.id.desc())
            .limit(limit)
        )
        if business is not None:
            statement = statement.where(migration_batches.c.business == business)
        rows = [dict(row) for row in self._connection.execute(statement).mappings()]
        return [(BatchRow(**{k: v for k, v in row.items() if k not in ("moved", "undone")}), row["moved"], row["undone"]) for row in rows]

    def advance(self, batch_id: int, cursor: int) -> None:
        """So far the batch has come."""
        self._connection.execute(update(migration_batches).where(migration_batches.c.id == batch_id).values(cursor=cursor))

    def finish(self, batch_id: int, now: datetime) -> None:
        """The batch moves no more cases."""
        open_now = (migration_batches.c.id == batch_id, migration_batches.c.finished_at.is_(None))
        self._connection.execute(update(migration_batches).where(*open_now).values(finished_at=now))

    def candidates(self, batch: BatchRow, limit: int) -> list[int]:
        """The next cases that the batch wants."""
        statement = _wanted(select(cases.c.id), batch)
        return list(self._connection.execute(statement.where(cases.c.id > batch.cursor).order_by(cases.c.id).limit(limit)).scalars())

    def wants(self, batch: BatchRow, case_id: int) -> bool:
        """Whether this case is (still) one of the batch's."""
        return self._connection.execute(_wanted(select(cases.c.id), batch).where(cases.c.id == case_id)).first() is not None

    def left(self, batch: BatchRow) -> int:
        """How many of its cases it has not looked at yet."""
        statement = _wanted(select(func.count()), batch)
        return int(self._connection.execute(statement.where(cases.c.id > batch.cursor)).scalar_one())

    def other_bundles(self, business: str, bundle_id: str, numbers: Sequence[str] | None) -> list[str]:
        """The bundles, other than this one, on which cases are under way."""
        return list(self._connection.execute(_under_way(select(cases.c.bundle_id).distinct(), business, bundle_id, numbers)).scalars())

    def known(self, business: str, numbers: Collection[str]) -> set[str]:
        """Those of the numbers that are cases of the business."""
        wanted = (cases.c.business == business, cases.c.number.in_([number for number in numbers if possible_key(number)]))
        return set(self._connection.execute(select(cases.c.number).where(*wanted)).scalars())

    def running(self, business: str, bundle_id: str, numbers: Sequence[str] | None) -> Iterator[RunningCase]:
        """The cases under way on other bundles than this one."""
        columns = select(cases.c.id, cases.c.number, cases.c.bundle_id, cases.c.tokens, cases.c.parties)
        statement = _under_way(columns, business, bundle_id, numbers).order_by(cases.c.id)
        for row in self._connection.execute(statement):
            yield RunningCase(*row)

    def on_bundle(self, business: str, bundle_id: str) -> int:
        """How many cases are under way on this bundle."""
        wanted = (cases.c.business == business, cases.c.bundle_id == bundle_id, cases.c.state.in_(UNDER_WAY))
        return int(self._connection.execute(select(func.count()).select_from(cases).where(*wanted)).scalar_one())

    def open_jobs(self, business: str) -> dict[int, list[OpenJob]]:
        """The jobs of a business's cases that are not over, by case."""
        columns = (jobs.c.case_id, jobs.c.token, jobs.c.handler, jobs.c.state, jobs.c.deliveries, jobs.c.attempts, jobs.c.unsure)
        statement = select(*columns).join(cases, cases.c.id == jobs.c.case_id)
        statement = statement.where(cases.c.business == business, jobs.c.state.in_(OPEN_JOBS))
        found: dict[int, list[OpenJob]] = {}
        for row in self._connection.execute(statement):
            found.setdefault(row.case_id, []).append(OpenJob(*row))
        return found

    def variables(self, case_ids: Collection[int]) -> Iterator[tuple[int, Any]]:
        """The variables of some cases."""
        wanted = list(case_ids)
        for first in range(0, len(wanted), AT_ONCE):
            statement = select(cases.c.id, cases.c.variables).where(cases.c.id.in_(wanted[first : first + AT_ONCE]))
            for row in self._connection.execute(statement):
                yield row.id, row.variables

    def keep(self, row: MovedRow) -> None:
        """Remember what a case was before."""
        self._connection.execute(insert(migrated_cases), asdict(row))

    def moved(self, batch_id: int) -> list[int]:
        """The cases that a batch has moved and that were not brought back."""
        wanted = (migrated_cases.c.batch_id == batch_id, migrated_cases.c.undone_at.is_(None))
        return list(self._connection.execute(select(migrated_cases.c.case_id).where(*wanted).order_by(migrated_cases.c.case_id)).scalars())

    def before(self, batch_id: int, case_id: int) -> MovedRow | None:
        """What a case was before the batch moved it, unless it was brought back."""
        wanted = (migrated_cases.c.batch_id == batch_id, migrated_cases.c.case_id == case_id, migrated_cases.c.undone_at.is_(None))
        found = self._connection.execute(select(migrated_cases).where(*wanted)).mappings().first()
        return None if found is None else MovedRow(**found)

    def brought_back(self, batch_id: int, case_id: int, now: datetime) -> None:
        """The case is what it was before."""
        wanted = (migrated_cases.c.batch_id == batch_id, migrated_cases.c.case_id == case_id)
        self._connection.execute(update(migrated_cases).where(*wanted).values(undone_at=now))


def _wanted(statement: Select[Any], batch: BatchRow) -> Select[Any]:
    """Cases that were under way on other bundles when the batch began, and that neither it nor a later one has moved.

    What was deployed, started or taken back since has the last word.
    """
    since = select(migration_batches.c.id).where(migration_batches.c.id >= batch.id, migration_batches.c.business == batch.business)
    moved = exists().where(migrated_cases.c.case_id == cases.c.id, migrated_cases.c.batch_id.in_(since))
    wanted = _under_way(statement, batch.business, batch.bundle_id, batch.numbers)
    return wanted.where(cases.c.opened_at <= batch.begun_at, ~moved)


def _under_way(statement: Select[Any], business: str, bundle_id: str, numbers: Sequence[str] | None) -> Select[Any]:
    statement = statement.select_from(cases).where(
        cases.c.business == business, cases.c.bundle_id != bundle_id, cases.c.state.in_(UNDER_WAY)
    )
    if numbers is None:
        return statement
    return statement.where(cases.c.number.in_([number for number in numbers if possible_key(number)]))
