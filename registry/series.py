"""Running numbers: one row per scope, category and year, counted up by one statement."""

from datetime import datetime

from sqlalchemy import Connection

from registry.tables import series
from registry.upsert import insert
from workflow_runtime.clock import SHANGHAI


def year_of(now: datetime) -> int:
    """The calendar year in Shanghai: numbers begin anew at midnight there, not in UTC."""
    return now.astimezone(SHANGHAI).year


def advance(connection: Connection, scope: str, category: str, year: int) -> int:
    """The next number of the series, from 1.

    The row stays locked until the transaction ends, so no two transactions draw the same number and a rolled-back one leaves no hole.
    """
    first = insert(connection, series).values(scope=scope, category=category, year=year, last=1)
    keys = [series.c.scope, series.c.category, series.c.year]
    upsert = first.on_conflict_do_update(index_elements=keys, set_={"last": series.c.last + 1})
    return int(connection.execute(upsert.returning(series.c.last)).scalar_one())
