"""Rows of `audit_entry`: append-only, one hash chain per stream."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from workflow_runtime.store.prepared import Prepared
from workflow_runtime.store.tables import audit_entries, audit_streams, cases
from workflow_runtime.store.upsert import insert_or

GENESIS = "0" * 64
CASE_PREFIX = "case:"
APPEND = Prepared(insert(audit_entries))


class StoredEntry(NamedTuple):
    """An entry as it is stored; `at` and `actor` repeat, for searching, what the hashed bytes of `entry` say."""

    seq: int
    at: datetime
    actor: str
    entry: bytes
    hash: str


def chained(previous: str, entry: bytes) -> str:
    """The hash of an entry: SHA-256 over the previous hash and the entry's exact bytes."""
    return hashlib.sha256(bytes.fromhex(previous) + entry).hexdigest()


class AuditRows:
    """The audit, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, stream: str, seq: int, at: datetime, actor: str, entry: bytes, digest: str) -> None:
        """Write one entry."""
        values = {"stream": stream, "seq": seq, "at": at, "actor": actor, "entry": entry, "hash": bytes.fromhex(digest)}
        APPEND.run(self._connection, values)

    def locked_head(self, stream: str) -> tuple[int, str]:
        """The head of a stream that is not a case, its row locked; made when it does not exist."""
        empty = {"stream": stream, "seq": 0, "head": GENESIS}
        self._connection.execute(insert_or(self._connection, audit_streams).values(empty).on_conflict_do_nothing())
        statement = select(audit_streams.c.seq, audit_streams.c.head).where(audit_streams.c.stream == stream).with_for_update()
        row = self._connection.execute(statement).one()
        return row.seq, row.head

    def move_head(self, stream: str, seq: int, head: str) -> None:
        """The stream is longer by one entry."""
        self._connection.execute(update(audit_streams).where(audit_streams.c.stream == stream).values(seq=seq, head=head))

    def entries(self, stream: str) -> Iterator[StoredEntry]:
        """A whole stream, oldest first."""
        statement = select(audit_entries).where(audit_entries.c.stream == stream).order_by(audit_entries.c.seq)
        for row in self._connection.execute(statement):
            yield StoredEntry(row.seq, row.at, row.actor, row.entry, row.hash.hex())

    def streams(self) -> set[str]:
        """The names of all streams that have entries."""
        return set(self._connection.execute(select(audit_entries.c.stream).distinct()).scalars())

    def heads(self) -> dict[str, tuple[int, str]]:
        """Where each stream should end: sequence number and hash."""
        result = {row.stream: (row.seq, row.head) for row in self._connection.execute(select(audit_streams))}
        for row in self._connection.execute(select(cases.c.number, cases.c.audit_seq, cases.c.audit_head)):
            result[CASE_PREFIX + row.number] = (row.audit_seq, row.audit_head)
        return result
