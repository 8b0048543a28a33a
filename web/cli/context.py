"""Who works at the command line, and on which installation."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click

from web.composition import HISTORIES, Settings, actor_named, open_runtime
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.clock import Clock
from workflow_runtime.errors import Failure, Text
from workflow_runtime.runtime import Runtime

acting = click.option(
    "--as", "login", metavar="LOGIN", envvar="CRANE_USER", help="the user who acts; without it, whoever runs this machine"
)


class DatabaseNotReady(Failure):
    """The tables are missing or old."""

    code = "DATABASE_NOT_READY"


@contextmanager
def installation(*, prepared: bool = True, clock: Clock | None = None) -> Iterator[Runtime]:
    """The installation that the environment describes. Raises DatabaseNotReady."""
    runtime = open_runtime(Settings.read(), clock=clock)
    try:
        if prepared:
            with runtime.database.reading() as connection:
                ready = all(history.is_current(connection) for history in HISTORIES)
            if not ready:
                raise DatabaseNotReady(
                    Text("数据库尚未建立或版本过旧。", "The database has no tables yet, or old ones."),
                    Text("请先运行 crane db upgrade。", "Run `crane db upgrade` first."),
                )
        yield runtime
    finally:
        runtime.database.close()


def actor(runtime: Runtime, login: str | None) -> Actor:
    """The user of this login, or whoever runs this machine: he has the database's address anyway, and the audit names him."""
    if login is not None:
        return actor_named(runtime, login)
    name = getpass.getuser()
    return Actor(
        f"console:{name}", name, "system", frozenset(Grant(r, "system") for r in ("administrator", "analyst", "auditor", "operator"))
    )
