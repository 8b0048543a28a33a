"""`id IN (…)` for thousands of ids: they are sent as one parameter, so the statement stays the same and is composed and planned once."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


class Afterwards(ColumnElement[Any]):
    """A column that is asked of rows found by another one."""

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - as SQLAlchemy has it

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type


@compiles(Afterwards)
def _as_it_is(element: Afterwards, compiler: SQLCompiler, **told: Any) -> str:
    return compiler.process(element.column, **told)


@compiles(Afterwards, "sqlite")
def _without_its_index(element: Afterwards, compiler: SQLCompiler, **told: Any) -> str:
    # Without statistics SQLite would rather go through all rows of a state than look up a thousand by their ids.
    return f"+{compiler.process(element.column, **told)}"


def among(connection: Connection, column: ColumnElement[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """The column's value is one of these."""
    if connection.dialect.name == "postgresql":
        # Not `= ANY (…)`: for many values that is taken for cheap in the table itself, though an index may know the answer.
        return column.in_(select(func.unnest(cast(literal(list(ids), ARRAY(BigInteger)), ARRAY(BigInteger)))))
    values = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(values.c.value))
