"""Turns at what has no row that could be locked. SQLite's writers wait for each other anyway."""

import hashlib

from sqlalchemy import Connection, func, select


def take_turn(connection: Connection, what: str) -> None:
    """Wait until nobody else has the turn at this; it is ours until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_number(what))))


def try_turn(connection: Connection, what: str) -> bool:
    """The like without waiting; False when somebody else has it."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(_number(what)))).scalar_one())


def _number(what: str) -> int:
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
