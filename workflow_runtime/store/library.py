"""Rows of what is deployed: the newest files, the bundles, and which bundle new cases get; and the role table for lanes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.prepared import Prepared
from workflow_runtime.store.rows import Deployed, LaneRow
from workflow_runtime.store.tables import bundles, deployments, lanes, library
from workflow_runtime.store.upsert import insert_or

LANE = Prepared(select(lanes).where(lanes.c.lane == bindparam("wanted")))
DEPLOYMENT = Prepared(select(deployments).where(deployments.c.business == bindparam("wanted")))


class Library:
    """Deployed files, bundles and lanes, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._deployed: list[Deployed] | None = None
        """Read once in a transaction: a page asks for it again and again."""

    def files(self) -> dict[tuple[str, str], tuple[str, bytes]]:
        """(kind, key) → (file name, content) of everything that is deployed now."""
        rows = self._connection.execute(select(library))
        return {(row.kind, row.key): (row.file, row.content) for row in rows}

    def replace_files(self, files: Mapping[tuple[str, str], tuple[str, bytes]]) -> None:
        """These are deployed now, and no others."""
        rows = [{"kind": kind, "key": key, "file": file, "content": content} for (kind, key), (file, content) in files.items()]
        self._connection.execute(delete(library))
        if rows:
            self._connection.execute(insert(library), rows)

    def keep_bundle(self, bundle_id: str, business: str, content: Any, now: datetime) -> None:
        """Store a bundle; storing the same one again changes nothing."""
        values = {"id": bundle_id, "business": business, "content": content, "created_at": now}
        self._connection.execute(insert_or(self._connection, bundles).values(values).on_conflict_do_nothing())

    def bundle(self, bundle_id: str) -> tuple[str, Any] | None:
        """Business and content of a bundle."""
        row = self._connection.execute(select(bundles.c.business, bundles.c.content).where(bundles.c.id == bundle_id)).first()
        return None if row is None else (row.business, row.content)

    def bundles_like(self, beginning: str, business: str | None = None) -> list[str]:
        """The ids of the bundles (of this business) that begin so; at most two."""
        if not possible_key(beginning) or (business is not None and not possible_key(business)):
            return []
        statement = select(bundles.c.id).where(bundles.c.id.startswith(beginning, autoescape=True)).limit(2)
        if business is not None:
            statement = statement.where(bundles.c.business == business)
        return list(self._connection.execute(statement).scalars())

    def deployed(self) -> list[Deployed]:
        """Every business with the bundle that its new cases get."""
        if self._deployed is None:
            rows = self._connection.execute(select(deployments).order_by(deployments.c.business)).mappings()
            self._deployed = [Deployed(**row) for row in rows]
        return list(self._deployed)

    def deployment(self, business: str) -> Deployed | None:
        """One business's deployment."""
        if not possible_key(business):
            return None
        row = DEPLOYMENT.first(self._connection, {"wanted": business})
        return None if row is None else Deployed(**row)

    def deploy(self, deployed: Deployed) -> None:
        """New cases of this business get this bundle from now on."""
        self._deployed = None
        values = {name: getattr(deployed, name) for name in ("business", "bundle_id", "title", "startable", "deployed_at", "deployed_by")}
        statement = insert_or(self._connection, deployments).values(values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["business"], set_=values))

    def retire(self, business: str) -> None:
        """Nobody can start this business any more; its running cases go on."""
        self._deployed = None
        self._connection.execute(update(deployments).where(deployments.c.business == business).values(startable=False))

    def lanes(self) -> list[LaneRow]:
        """The whole role table."""
        return [LaneRow(**row) for row in self._connection.execute(select(lanes).order_by(lanes.c.lane)).mappings()]

    def lanes_named(self, names: Sequence[str]) -> dict[str, LaneRow]:
        """The entries of some lanes."""
        found = [LANE.first(self._connection, {"wanted": name}) for name in names]
        return {row["lane"]: LaneRow(**row) for row in found if row is not None}

    def keep_lane(self, lane: LaneRow) -> None:
        """Set a lane's role and party."""
        values = {"lane": lane.lane, "role": lane.role, "party": lane.party}
        statement = insert_or(self._connection, lanes).values(values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["lane"], set_=values))
