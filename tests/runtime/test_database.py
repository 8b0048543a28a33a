"""A database that cannot be used is told in words, whatever the reason."""

from contextlib import ExitStack

import pytest

from workflow_runtime.store.database import Unavailable


def test_a_busy_pool_of_connections_is_told_in_words(bench):
    """More users at once than connections: nothing was changed, try again later."""
    pool = bench.database.engine.pool
    pool._timeout = 0.01
    with ExitStack() as users:
        for _ in range(pool.size() + pool._max_overflow):
            users.enter_context(bench.runtime.reading())
        with pytest.raises(Unavailable, match="no free connection"), bench.runtime.reading():
            pass
