"""The composition root: the one place that knows which parts the product is made of."""

import importlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from registry.migrations import MIGRATIONS as BOOKS
from registry.parties import overseen, resolve_party, standard_lanes
from registry.regions import load_regions
from registry.rules import FORM_RULES
from registry.users import User, user
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.catalogue import Catalogue, discover
from workflow_runtime.clock import Clock, SystemClock
from workflow_runtime.dispatch import Dispatcher, Polling
from workflow_runtime.errors import Failure, NotAllowed, NotFound, Text
from workflow_runtime.forms import FormRules
from workflow_runtime.runtime import Runtime
from workflow_runtime.store.database import Database, Pool
from workflow_runtime.store.migrations import MIGRATIONS as RUNTIME
from workflow_runtime.store.notify import Notifier
from workflow_runtime.store.rows import LaneRow
from workflow_runtime.working_days import WorkingDays

HANDLERS = "tasks"
"""The package of handlers: found by its name, never imported by this one."""

HISTORIES = (RUNTIME, BOOKS)

POOL_NUMBER = re.compile(r"[0-9]{1,4}(\.0)?")

SHORTEST_SECRET = 32
"""Characters of the secret that signs what pages hand out."""


class DatabaseNotReady(Failure):
    """The tables are missing or old."""

    code = "DATABASE_NOT_READY"

    def __init__(self) -> None:
        super().__init__(
            Text("数据库尚未建立或版本过旧。", "The database has no tables yet, or old ones."),
            Text("请先运行 crane db upgrade。", "Run `crane db upgrade` first."),
        )


@dataclass(frozen=True)
class Settings:
    """What an installation says by environment variables.

    CRANE_DATABASE_URL: `sqlite:///…` or `postgresql+psycopg://…`; CRANE_CALENDAR: the operator's own calendar (CSV), optional;
    CRANE_PUBLIC_URL: where people reach the pages (with https, cookies go over https alone); CRANE_SECRET_KEY_FILE: a file with the secret
    that signs what pages hand out, otherwise one is kept in the database; CRANE_PROXIES: how many reverse proxies of our own stand in
    front; CRANE_BROKER_URL: `redis://…` or `amqp://…`, by which Celery brings jobs to workers, optional; everything else is read by the
    handlers' own settings. CRANE_POOL_SIZE, CRANE_POOL_OVERFLOW, CRANE_POOL_SECONDS: see `Pool`.
    """

    database: str = field(repr=False)  # its address may hold a password
    calendar: Path | None
    environment: Mapping[str, str] = field(repr=False)  # it holds secrets

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """From the process's environment unless another one is given."""
        values = os.environ if environment is None else environment
        calendar = values.get("CRANE_CALENDAR")
        return cls(values.get("CRANE_DATABASE_URL") or "sqlite:///var/crane.db", Path(calendar) if calendar else None, dict(values))

    @property
    def broker(self) -> str | None:
        """The address of the broker for Celery; None: workers find their jobs in the database."""
        return self.environment.get("CRANE_BROKER_URL") or None

    @property
    def secure(self) -> bool:
        """The pages are reached by https."""
        return self.environment.get("CRANE_PUBLIC_URL", "").lower().startswith("https://")

    @property
    def proxies(self) -> int:
        """How many reverse proxies write the visitor's address into X-Forwarded-For; 0: nobody does, and what stands there is not believed.

        Raises Failure PROXIES.
        """
        text = self.environment.get("CRANE_PROXIES") or "0"
        if len(text) > 1 or text not in "0123456789":
            raise Failure(
                Text("CRANE_PROXIES 应为 0–9 的整数。", "CRANE_PROXIES must be a number from 0 to 9."),
                Text("填写本系统前面反向代理的层数。", "Say how many reverse proxies stand in front."),
                code="PROXIES",
            )
        return int(text)

    @property
    def pool(self) -> Pool:
        """The connections of each process. Raises Failure POOL."""
        kept = Pool()
        given = {name: self.environment.get(f"CRANE_POOL_{name.upper()}") or str(value) for name, value in vars(kept).items()}
        wrong = [
            name for name, text in given.items() if not POOL_NUMBER.fullmatch(text) or (name != "overflow" and int(text.split(".")[0]) == 0)
        ]
        if wrong:
            names = ", ".join(f"CRANE_POOL_{name.upper()}" for name in wrong)
            raise Failure(
                Text(f"{names} 不是可用的数。", f"{names}: no usable number."),
                Text(
                    "SIZE 与 SECONDS 应为 1–9999 的整数，OVERFLOW 应为 0–9999 的整数。", "SIZE and SECONDS: 1 to 9999; OVERFLOW: 0 to 9999."
                ),
                code="POOL",
            )
        return Pool(int(given["size"]), int(given["overflow"]), float(given["seconds"]))

    def secret_of_file(self) -> str | None:
        """What the file CRANE_SECRET_KEY_FILE holds; None when none is named. Raises Failure SECRET_KEY_FILE."""
        name = self.environment.get("CRANE_SECRET_KEY_FILE")
        if not name:
            return None
        try:
            secret = Path(name).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise _no_secret(type(error).__name__) from None
        if len(secret) < SHORTEST_SECRET:
            raise _no_secret(f"{len(secret)} < {SHORTEST_SECRET}")
        return secret


def _no_secret(reason: str) -> Failure:
    return Failure(
        Text(
            f"CRANE_SECRET_KEY_FILE 指定的密钥文件无法使用（{reason}）。", f"The file of CRANE_SECRET_KEY_FILE cannot be used ({reason})."
        ),
        Text(
            f"文件应可读，内容为至少 {SHORTEST_SECRET} 个随机字符。",
            f"It must be readable and hold at least {SHORTEST_SECRET} random characters.",
        ),
        code="SECRET_KEY_FILE",
    )


def open_runtime(settings: Settings, *, clock: Clock | None = None, dispatcher: Dispatcher | None = None) -> Runtime:
    """The runtime with the product's books, handlers and calendar. The database need not exist yet.

    Raises Failure DATABASE_ADDRESS, BROKER_ADDRESS, and for other settings that cannot be read.
    """
    tasks = importlib.import_module(HANDLERS)
    database = _database(settings.database, settings.pool)
    return Runtime(
        database=database,
        catalogue=discover(HANDLERS, tasks.provider(settings.environment)),
        clock=clock or SystemClock(),
        calendar=calendar_of(settings),
        rules=FORM_RULES,
        resolve_party=resolve_party,
        oversees=overseen,
        dispatcher=dispatcher or _dispatcher(settings, database),
    )


def _dispatcher(settings: Settings, database: Database) -> Dispatcher:
    if settings.broker is not None:
        from workflow_runtime.celery_delivery import CeleryDispatcher, application  # only where it is used: Celery is large

        return CeleryDispatcher(application(settings.broker))
    return Polling() if database.is_sqlite else Notifier(database)


def calendar_of(settings: Settings) -> WorkingDays:
    """The calendar of working days. Raises CalendarInvalid."""
    return WorkingDays.from_csv(settings.calendar) if settings.calendar else WorkingDays()


def shipped(settings: Settings) -> tuple[Mapping[str, str], Catalogue, FormRules]:
    """What diagrams may count on before anything is deployed: lanes with their parties, handlers and receivers, rules of forms."""
    tasks = importlib.import_module(HANDLERS)
    lanes = {lane.name: lane.party for lane in standard_lanes()}
    return lanes, discover(HANDLERS, tasks.provider(settings.environment)), FORM_RULES


def _database(address: str, pool: Pool) -> Database:
    try:
        return Database(address, pool)
    except (ArgumentError, ImportError, ValueError, OSError) as error:
        # The address may hold a password: only the reason is told.
        reason = str(error) if isinstance(error, OSError) else type(error).__name__
        raise Failure(
            Text(
                f"CRANE_DATABASE_URL 指定的数据库无法使用（{reason}）。", f"The database of CRANE_DATABASE_URL cannot be used ({reason})."
            ),
            Text("应为 sqlite:///路径 或 postgresql+psycopg://…。", "Give it as sqlite:///path or postgresql+psycopg://…."),
            code="DATABASE_ADDRESS",
        ) from None


def ensure_file_exists(settings: Settings) -> None:
    """An embedded database that is not there is told, not made: the address may be mistyped. Raises DatabaseNotReady."""
    try:
        url = make_url(settings.database)
    except (ArgumentError, ValueError):
        return  # told when it is opened
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise DatabaseNotReady


def ensure_current(runtime: Runtime) -> None:
    """The tables are those of this version. Raises DatabaseNotReady, Failure DATABASE_UNREADABLE for what is no database."""
    try:
        with runtime.database.reading() as connection:
            if not all(history.is_current(connection) for history in HISTORIES):
                raise DatabaseNotReady
    except DatabaseError as error:
        raise _unreadable(error) from error


def _unreadable(error: DatabaseError) -> Failure:
    return Failure(
        Text(f"数据库无法读取（{error.orig}）。", f"The database cannot be read ({error.orig})."),
        Text("请检查 CRANE_DATABASE_URL 是否指向正确的数据库。", "Check that CRANE_DATABASE_URL names the right database."),
        code="DATABASE_UNREADABLE",
    )


def prepare_database(runtime: Runtime) -> None:
    """Make or upgrade the tables, and enter what comes with the product: regions and the role table of lanes. Harmless when repeated.

    Raises Failure DATABASE_UNREADABLE, DATABASE_NEWER (made by a later version of the product).
    """
    from alembic.util import CommandError  # only here: loading it takes longer than most commands run

    for history in HISTORIES:
        try:
            with runtime.database.transaction() as connection:
                history.upgrade(connection)
        except DatabaseError as error:
            raise _unreadable(error) from error
        except CommandError as error:
            raise Failure(
                Text("数据库由更新的版本建立，本版本不能使用。", "A later version made this database; this one cannot use it."),
                Text("请升级程序后再试。", "Upgrade the product first."),
                code="DATABASE_NEWER",
            ) from error
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


def colleague_named(runtime: Runtime, login: str) -> Actor:
    """The actor with this login, to hand something to; one without any grant for an unknown or disabled login.

    So whoever hands over is told the same of everybody who may not take it, and learns no logins.
    """
    try:
        return actor_named(runtime, login)
    except (NotAllowed, NotFound):
        return Actor("?", "?", "")


def actor_named(runtime: Runtime, login: str) -> Actor:
    """The actor with this login. Raises NotFound, NotAllowed."""
    with runtime.reading() as uow:
        return actor_of(user(uow.connection, login))
