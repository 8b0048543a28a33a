"""The composition root: the one place that knows which parts the product is made of."""

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from registry.migrations import MIGRATIONS as BOOKS
from registry.parties import resolve_party, standard_lanes
from registry.regions import load_regions
from registry.rules import FORM_RULES
from registry.users import User, user
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.clock import Clock, SystemClock
from workflow_runtime.errors import NotAllowed, Text
from workflow_runtime.handlers import discover
from workflow_runtime.runtime import Dispatcher, NoDispatcher, Runtime
from workflow_runtime.store.database import Database
from workflow_runtime.store.migrations import MIGRATIONS as RUNTIME
from workflow_runtime.store.rows import LaneRow
from workflow_runtime.working_days import WorkingDays

HANDLERS = "tasks"
"""The package of handlers: found by its name, never imported by this one."""

HISTORIES = (RUNTIME, BOOKS)


@dataclass(frozen=True)
class Settings:
    """What an installation says by environment variables.

    CRANE_DATABASE_URL: `sqlite:///…` or `postgresql+psycopg://…`; CRANE_CALENDAR: the operator's own calendar (CSV), optional;
    everything else is read by the handlers' own settings.
    """

    database: str
    calendar: Path | None
    environment: Mapping[str, str]

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """From the process's environment unless another one is given."""
        values = os.environ if environment is None else environment
        calendar = values.get("CRANE_CALENDAR")
        return cls(values.get("CRANE_DATABASE_URL", "sqlite:///var/crane.db"), Path(calendar) if calendar else None, dict(values))


def open_runtime(settings: Settings, *, clock: Clock | None = None, dispatcher: Dispatcher | None = None) -> Runtime:
    """The runtime with the product's books, handlers and calendar. The database need not exist yet."""
    tasks = importlib.import_module(HANDLERS)
    return Runtime(
        database=Database(settings.database),
        catalogue=discover(HANDLERS, tasks.provider(settings.environment)),
        clock=clock or SystemClock(),
        calendar=WorkingDays.from_csv(settings.calendar) if settings.calendar else WorkingDays(),
        rules=FORM_RULES,
        resolve_party=resolve_party,
        dispatcher=dispatcher or NoDispatcher(),
    )


def prepare_database(runtime: Runtime) -> None:
    """Make or upgrade the tables, and enter what comes with the product: regions and the role table of lanes. Harmless when repeated."""
    for history in HISTORIES:
        with runtime.database.transaction() as connection:
            history.upgrade(connection)
    with runtime.transaction() as uow:
        load_regions(uow.connection)
        known = {lane.lane for lane in uow.library.lanes()}
        for lane in standard_lanes():
            if lane.name not in known:
                uow.library.keep_lane(LaneRow(lane.name, lane.role, lane.party))


def actor_of(account: User) -> Actor:
    """A user of the books as an actor of the runtime. Raises NotAllowed for a disabled one."""
    if account.disabled:
        raise NotAllowed(
            Text(f"用户 {account.login} 已停用。", f"The user {account.login} is disabled."),
            Text("请联系管理员。", "Ask the administrator."),
        )
    grants = frozenset(Grant(role, party) for role, party in account.grants)
    return Actor(account.login, account.display_name, account.unit, grants)


def actor_named(runtime: Runtime, login: str) -> Actor:
    """The actor with this login. Raises NotFound, NotAllowed."""
    with runtime.reading() as uow:
        return actor_of(user(uow.connection, login))
