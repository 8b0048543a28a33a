"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps in two dialects."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

DIALECTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""For statements that are composed once, for each dialect."""


def insert_or(connection: Connection, table: Table) -> Any:
    """The dialect's INSERT, which has `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return DIALECTS[connection.dialect.name](table)
