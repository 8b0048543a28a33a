"""PostgreSQL's NOTIFY and LISTEN: a commit of one process wakes the workers of others at once. SQLite has no such thing."""

import logging
from collections.abc import Callable, Sequence
from threading import Event

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from workflow_runtime.store.database import Database

log = logging.getLogger(__name__)

CHANNEL = "crane_jobs"
RECONNECT_SECONDS = 2.0
LOOK_SECONDS = 1.0
"""How often a listener looks whether it is to stop."""


class Notifier:
    """A dispatcher that notifies who listens. After the commit, in a transaction of its own: within it, NOTIFY would let commits queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliver(self, jobs: Sequence[int]) -> None:
        """See `Dispatcher.deliver`."""
        try:
            with self._database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"NOTIFY {CHANNEL}")
        except (OperationalError, PoolTimeout) as error:
            log.warning("not notified: %s", error)


def listen(database: Database, wake: Callable[[], None], stopping: Event) -> None:
    """Call `wake` at each notification until `stopping`; a lost connection is made anew, with a wake-up for what was missed."""
    import psycopg  # only here: an embedded database needs none of it

    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    while not stopping.is_set():
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                wake()
                while not stopping.is_set():
                    for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                        wake()
        except psycopg.OperationalError as error:
            log.warning("listening for jobs was interrupted: %s", error)
            stopping.wait(RECONNECT_SECONDS)
