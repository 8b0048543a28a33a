"""A database that cannot be used is told in words, whatever the reason."""

from contextlib import ExitStack

import pytest
from sqlalchemy import text

from workflow_runtime.store.database import Database, Pool, Unavailable
from workflow_runtime.store.migrations import MIGRATIONS


def test_a_busy_pool_of_connections_is_told_in_words(new_address):
    """More users at once than connections: nothing was changed, try again later."""
    database = Database(new_address(MIGRATIONS), Pool(size=1, overflow=1, seconds=0.01))
    with ExitStack() as users:
        for _ in range(2):
            users.enter_context(database.reading())
        with pytest.raises(Unavailable, match="no free connection"), database.reading():
            pass
    with database.reading():
        pass
    database.close()


def test_a_commit_of_the_embedded_database_is_on_the_disk(bench):
    """Writers neither wait for readers (WAL) nor lose what was committed when the power fails (synchronous=FULL)."""
    if not bench.database.is_sqlite:
        pytest.skip("PostgreSQL's own default")
    with bench.database.reading() as connection:
        told = [connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert told == ["wal", 2, 1]
