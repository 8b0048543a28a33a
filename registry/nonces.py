"""Nonces of signed requests that came in: each is good once. Kept in the database, so that it holds for all web processes together."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from registry.tables import seen_nonce
from workflow_runtime.store.upsert import insert_or

LIFE = timedelta(minutes=15)
"""More than twice the largest accepted skew (300 s): by then the timestamp beside the nonce is refused."""


def remember_nonce(connection: Connection, app_key: str, nonce: str, now: datetime) -> bool:
    """Remember a nonce; False when it was seen before."""
    connection.execute(delete(seen_nonce).where(seen_nonce.c.at < now - LIFE))
    entered = insert_or(connection, seen_nonce).values(app_key=app_key, nonce=nonce, at=now).on_conflict_do_nothing()
    return connection.execute(entered.returning(seen_nonce.c.nonce)).first() is not None
