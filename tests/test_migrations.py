"""The migrations make exactly the tables that the code expects, on both databases, and can be taken back."""

import pytest
from sqlalchemy import inspect

from registry.migrations import MIGRATIONS as BOOKS
from workflow_runtime.store.database import Database
from workflow_runtime.store.migrations import MIGRATIONS as RUNTIME

HISTORIES = {"runtime": RUNTIME, "books": BOOKS}


@pytest.fixture
def empty(new_address):
    database = Database(new_address())
    yield database
    database.close()


@pytest.mark.parametrize("name", HISTORIES)
def test_upgrade_check_downgrade(empty, name):
    history = HISTORIES[name]
    with empty.transaction() as connection:
        assert not history.is_current(connection)
        history.upgrade(connection)
    with empty.transaction() as connection:
        assert history.is_current(connection)
        history.check(connection)
        history.upgrade(connection)
    with empty.transaction() as connection:
        history.downgrade(connection)
        assert set(inspect(connection).get_table_names()) <= {history.version_table}


def test_the_two_histories_live_in_one_database(empty):
    with empty.transaction() as connection:
        for history in HISTORIES.values():
            history.upgrade(connection)
    with empty.transaction() as connection:
        for history in HISTORIES.values():
            history.check(connection)
