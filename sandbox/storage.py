"""A platform's own books: one SQLite file that survives a killed process (not a power cut: nothing waits for the disk).

Whatever a platform received is kept in the append-only table `received`, written in the same transaction as its effect.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

RECEIVED = """
CREATE TABLE IF NOT EXISTS received (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
    request TEXT NOT NULL, status INTEGER, answer TEXT, effect INTEGER NOT NULL, fault TEXT
);
CREATE TRIGGER IF NOT EXISTS received_is_kept BEFORE DELETE ON received BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS received_is_fixed BEFORE UPDATE ON received BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""


class Storage:
    """One connection, used by one thread at a time; transactions of one thread may nest and commit as one."""

    def __init__(self, file: Path, schema: str) -> None:
        """Open or create the file with the platform's tables (`schema`, idempotent statements)."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(f"PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; BEGIN; {RECEIVED} {schema} COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens, or nothing."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        """The rows of a query, as dictionaries."""
        with self._lock:
            return [dict(row) for row in self._connection.execute(statement, parameters)]

    def row(self, statement: str, *parameters: object) -> dict[str, Any] | None:
        """The first row of a query."""
        return next(iter(self.rows(statement, *parameters)), None)

    def run(self, statement: str, *parameters: object) -> int:
        """Execute one statement in a transaction; returns the number of changed rows."""
        with self.transaction() as connection:
            return connection.execute(statement, parameters).rowcount

    def record(
        self,
        now: datetime,
        kind: str,
        path: str,
        request: object,
        *,
        status: int | None,
        answer: object,
        effect: bool,
        fault: str | None = None,
    ) -> None:
        """Append what was received and answered; `status` None = not answered by the platform's business code."""
        self.run(
            "INSERT INTO received (time, kind, path, request, status, answer, effect, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(now.isoformat(), kind, path, dumps(request), status, dumps(answer), int(effect), fault),
        )

    def received(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Everything received, oldest first, or only one kind of it."""
        rows = self.rows("SELECT * FROM received WHERE ?1 IS NULL OR kind = ?1 ORDER BY number", kind)
        return [
            {**row, "request": json.loads(row["request"]), "answer": json.loads(row["answer"]), "effect": bool(row["effect"])}
            for row in rows
        ]

    def close(self) -> None:
        """Close the file; further use raises sqlite3.ProgrammingError."""
        with self._lock:
            self._connection.close()


def dumps(value: object) -> str:
    """JSON text in one canonical form: sorted keys, so that equal values give equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
