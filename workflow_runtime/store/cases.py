"""Rows of `workflow_case` and what hangs on it by key: parties, searchable fields."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from workflow_runtime.store.among import among
from workflow_runtime.store.conditions import belongs_to
from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.prepared import Prepared
from workflow_runtime.store.rows import CaseRow
from workflow_runtime.store.search import fold_answer
from workflow_runtime.store.tables import case_fields, case_numbers, case_parties, cases
from workflow_runtime.store.upsert import DIALECTS, insert_or

_BY_ID = select(cases).where(cases.c.id == bindparam("wanted"))
_BY_NUMBER = select(cases).where(cases.c.number == bindparam("wanted"))
BY_ID, BY_NUMBER = Prepared(_BY_ID), Prepared(_BY_NUMBER)
BY_ID_LOCKED, BY_NUMBER_LOCKED = Prepared(_BY_ID.with_for_update(key_share=True)), Prepared(_BY_NUMBER.with_for_update(key_share=True))
FIXED = frozenset({"id", "number", "business", "parties", "opened_at", "opened_by"})
CHANGED = [column.name for column in cases.c if column.name not in FIXED]
SAVE = Prepared(update(cases).where(cases.c.id == bindparam("wanted")), CHANGED)
INSERT = Prepared(insert(cases).returning(cases.c.id), [column.name for column in cases.c if column.name != "id"])
INSERT_PARTY = Prepared(insert(case_parties))
NEXT_NUMBER = {
    name: Prepared(
        insert_of(case_numbers)
        .on_conflict_do_update(index_elements=["year"], set_={"last": case_numbers.c.last + 1})
        .returning(case_numbers.c.last)
    )
    for name, insert_of in DIALECTS.items()
}


class Cases:
    """The cases, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_number(self, year: int) -> str:
        """A case number that nobody has: year and a running number of that year."""
        drawn = NEXT_NUMBER[self._connection.dialect.name].first(self._connection, {"year": year, "last": 1})
        assert drawn is not None  # noqa: S101 the row is inserted or counted up
        return f"{year}{drawn['last']:07d}"

    def add(self, row: CaseRow) -> CaseRow:
        """Insert a new case with its parties; the row gets its id."""
        added = INSERT.first(self._connection, vars(row))
        assert added is not None  # noqa: S101 it was inserted just now
        row.id = added["id"]
        for name, party in row.parties.items():
            INSERT_PARTY.run(self._connection, {"case_id": row.id, "name": name, "party": party})
        return row

    def locked(self, case_id: int) -> CaseRow | None:
        """The case, its row locked until the transaction ends.

        The lock lets foreign keys be checked (its id never changes): otherwise a row that refers to the case could wait for it crosswise.
        """
        return self._one(BY_ID_LOCKED, case_id)

    def locked_by_number(self, number: str) -> CaseRow | None:
        """The case of this number, its row locked until the transaction ends."""
        return self._one(BY_NUMBER_LOCKED, number) if possible_key(number) else None

    def by_number(self, number: str) -> CaseRow | None:
        """The case of this number, without a lock."""
        return self._one(BY_NUMBER, number) if possible_key(number) else None

    def by_id(self, case_id: int) -> CaseRow | None:
        """The case, without a lock."""
        return self._one(BY_ID, case_id)

    def of_ids(self, ids: Collection[int]) -> list[CaseRow]:
        """These cases, the newest first."""
        statement = select(cases).where(among(self._connection, cases.c.id, ids)).order_by(cases.c.id.desc())
        return [CaseRow(**row) for row in self._connection.execute(statement).mappings()] if ids else []

    def _one(self, statement: Prepared, wanted: int | str) -> CaseRow | None:
        found = statement.first(self._connection, {"wanted": wanted})
        return None if found is None else CaseRow(**found)

    def save(self, row: CaseRow) -> None:
        """Write back what a step changes; the revision goes up by one."""
        row.revision += 1
        SAVE.run(self._connection, {"wanted": row.id, **vars(row)})

    def due(self, now: datetime, limit: int) -> list[int]:
        """Running cases with a timer that is due, the longest overdue first."""
        statement = select(cases.c.id).where(cases.c.next_due <= now, cases.c.state == "running").order_by(cases.c.next_due).limit(limit)
        return list(self._connection.execute(statement).scalars())

    def keep_fields(self, case_id: int, values: Mapping[str, str]) -> None:
        """Remember the searchable answers."""
        rows = [{"case_id": case_id, "field": name, "value": value, "folded": fold_answer(value)} for name, value in values.items()]
        if not rows:
            return
        statement = insert_or(self._connection, case_fields)
        statement = statement.on_conflict_do_update(
            index_elements=["case_id", "field"], set_={"value": statement.excluded.value, "folded": statement.excluded.folded}
        )
        self._connection.execute(statement, rows)

    def fields(self, case_ids: Iterable[int]) -> dict[int, dict[str, str]]:
        """The searchable answers of some cases."""
        result: dict[int, dict[str, str]] = {}
        columns = (case_fields.c.case_id, case_fields.c.field, case_fields.c.value)
        for case_id, name, value in self._connection.execute(select(*columns).where(case_fields.c.case_id.in_(list(case_ids)))).all():
            result.setdefault(case_id, {})[name] = value
        return result

    def counted(self, parties: Collection[str] | None, party: str) -> list[tuple[str, str, str, int]]:
        """How many cases of these parties (None: all) there are by business, status and the case's party of a name ("" where it has none)."""
        named = and_(case_parties.c.case_id == cases.c.id, case_parties.c.name == party)
        keys = (cases.c.business, cases.c.status, func.coalesce(case_parties.c.party, ""))
        statement = select(*keys, func.count()).select_from(cases.outerjoin(case_parties, named)).group_by(*keys).order_by(*keys)
        if parties is not None:
            statement = statement.where(belongs_to(parties))
        return [(business, status, held, number) for business, status, held, number in self._connection.execute(statement)]
