"""Rows of the audit as an auditor turns their pages, newest first."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from workflow_runtime.store.audit import CASE_PREFIX, GENESIS, AuditRows, StoredEntry
from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.tables import audit_entries, audit_streams, cases

LARGEST_SEQ = 2**31 - 1


class Streams(AuditRows):
    """Which streams there are."""

    def common(self) -> list[tuple[str, int]]:
        """The streams that are not cases, with how many entries each should have."""
        statement = select(audit_streams.c.stream, audit_streams.c.seq).order_by(audit_streams.c.stream)
        return [(row[0], row[1]) for row in self._connection.execute(statement)]


class OnePage(AuditRows):
    """One page of each stream, newest first: entries older than the sequence number `before`."""

    def __init__(self, connection: Connection, before: int | None, limit: int) -> None:
        super().__init__(connection)
        self._before, self._limit = before, limit

    def entries(self, stream: str) -> Iterator[StoredEntry]:
        """See `AuditRows.entries`."""
        if not possible_key(stream):
            return
        statement = select(audit_entries).where(audit_entries.c.stream == stream).order_by(audit_entries.c.seq.desc()).limit(self._limit)
        if self._before is not None:
            statement = statement.where(audit_entries.c.seq < min(self._before, LARGEST_SEQ))
        for row in self._connection.execute(statement):
            yield StoredEntry(row.seq, row.at, row.actor, row.entry, row.hash.hex())


class OneStream(AuditRows):
    """Only one stream of the audit, as if there were no others: to verify it alone."""

    def __init__(self, connection: Connection, stream: str) -> None:
        super().__init__(connection)
        self._stream = stream

    def streams(self) -> set[str]:
        """See `AuditRows.streams`."""
        return {self._stream}

    def heads(self) -> dict[str, tuple[int, str]]:
        """See `AuditRows.heads`."""
        if self._stream.startswith(CASE_PREFIX):
            number = self._stream.removeprefix(CASE_PREFIX)
            statement = select(cases.c.audit_seq, cases.c.audit_head).where(cases.c.number == number)
        else:
            statement = select(audit_streams.c.seq, audit_streams.c.head).where(audit_streams.c.stream == self._stream)
        row = self._connection.execute(statement).first()
        return {self._stream: (0, GENESIS) if row is None else (row[0], row[1])}

    def entries(self, stream: str) -> Iterator[StoredEntry]:
        """See `AuditRows.entries`."""
        return super().entries(stream) if stream == self._stream else iter(())
