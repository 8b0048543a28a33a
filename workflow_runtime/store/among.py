"""`id IN (…)` for thousands of ids: they are sent as one parameter, so the statement stays the same and is composed and planned once."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY


def among(connection: Connection, column: ColumnElement[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """The column's value is one of these."""
    if connection.dialect.name == "postgresql":
        return column == any_(cast(literal(list(ids), ARRAY(BigInteger)), ARRAY(BigInteger)))
    values = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(values.c.value))
