"""Who works at the command line, and on which installation."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click

from web.composition import Settings, actor_named, ensure_current, ensure_file_exists, open_runtime
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.clock import Clock
from workflow_runtime.runtime import Runtime

acting = click.option(
    "--as", "login", metavar="LOGIN", envvar="CRANE_USER", help="the user who acts; without it, whoever runs this machine"
)
reason = click.option("--reason", default="", help="kept in the audit")


@contextmanager
def installation(*, prepared: bool = True, clock: Clock | None = None) -> Iterator[Runtime]:
    """The installation that the environment describes. Raises DatabaseNotReady, unless it need not be `prepared`."""
    settings = Settings.read()
    if prepared:
        ensure_file_exists(settings)
    runtime = open_runtime(settings, clock=clock)
    try:
        if prepared:
            ensure_current(runtime)
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
