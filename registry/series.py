"""Running numbers: one row per scope, category and year, counted up by one statement."""

from datetime import datetime

from sqlalchemy import Connection, case

from registry.tables import series
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.store.upsert import insert_or


def year_of(now: datetime) -> int:
    """The calendar year in Shanghai: numbers begin anew at midnight there, not in UTC."""
    return now.astimezone(SHANGHAI).year


def advance(connection: Connection, scope: str, category: str, year: int, *, at_least: int = 1) -> int:
    """The next number of the series, from 1, or `at_least` when that is more.

    The row stays locked until the transaction ends, so no two transactions draw the same number and a rolled-back one leaves no hole.
    """
    first = insert_or(connection, series).values(scope=scope, category=category, year=year, last=at_least)
    keys = [series.c.scope, series.c.category, series.c.year]
    following = case((series.c.last + 1 < at_least, at_least), else_=series.c.last + 1)
    upsert = first.on_conflict_do_update(index_elements=keys, set_={"last": following})
    return int(connection.execute(upsert.returning(series.c.last)).scalar_one())
