"""Administrative regions (GB/T 2260) with the letters of the certificate number."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from registry import data, tables
from workflow_runtime.errors import NotFound, Text
from workflow_runtime.store.upsert import insert_or


@dataclass(frozen=True)
class Region:
    """One region: six-digit code, name, code of the region above it, number letter (empty: set per authority)."""

    code: str
    name: str
    parent: str | None
    letter: str


def load_regions(connection: Connection) -> int:
    """Bring the region table up to the table that comes with the product; returns its size. Running it again changes nothing."""
    statement = insert_or(connection, tables.region)
    renewed = {name: statement.excluded[name] for name in ("name", "parent", "letter")}
    rows = [{**row, "parent": row["parent"] or None} for row in data.rows("regions")]
    connection.execute(statement.on_conflict_do_update(index_elements=[tables.region.c.code], set_=renewed), rows)
    return len(rows)


def _region(row: Row[tuple[str, str, str | None, str]]) -> Region:
    return Region(row.code, row.name, row.parent, row.letter)


def region(connection: Connection, code: str) -> Region:
    """The region with this code. Raises NotFound."""
    row = connection.execute(select(tables.region).where(tables.region.c.code == code)).one_or_none()
    if row is None:
        raise NotFound(
            Text(f"没有行政区划代码 {code}", f"There is no region {code}"),
            Text("请核对六位行政区划代码（GB/T 2260）。", "Check the six-digit region code (GB/T 2260)."),
            code="REGION_UNKNOWN",
        )
    return _region(row)


def regions(connection: Connection, parent: str | None = None) -> Sequence[Region]:
    """All regions, or those directly below `parent`, by code."""
    query = select(tables.region).order_by(tables.region.c.code)
    if parent is not None:
        query = query.where(tables.region.c.parent == parent)
    return [_region(row) for row in connection.execute(query)]
