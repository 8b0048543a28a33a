"""Opening the database: SQLite (WAL, synchronous=FULL) by default, PostgreSQL by address."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from workflow_runtime.errors import Failure, Text
from workflow_runtime.store.prepared import Prepared

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_SECONDS = 60.0
"""How long a SQLite writer waits for its turn before it gives up."""


class Unavailable(Failure):
    """The database cannot be used now: locked for too long, disk full, read-only, connection lost. Nothing was changed.

    Its code is DATABASE_UNAVAILABLE, or DATABASE_FULL or DATABASE_READ_ONLY where that is known.
    """

    code = "DATABASE_UNAVAILABLE"


class CommitUnknown(Unavailable):
    """The connection was lost while a commit was under way: it may have taken effect. Ask before doing the same again."""

    code = "DATABASE_OUTCOME_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            Text(
                "提交时与数据库的连接中断，本次操作是否生效尚不确定。",
                "The connection to the database was lost during the commit: whether it took effect is not known.",
            ),
            Text("请先刷新页面查看结果；未生效时再操作一次。", "Reload and look first; do it again only if it had no effect."),
        )


@dataclass(frozen=True)
class Pool:
    """Connections that one process keeps (`size`), may add when it is busy (`overflow`), and for how long somebody waits for a free one."""

    size: int = 10
    overflow: int = 20
    seconds: float = 30.0


_AGAIN = Text(
    "请稍后重试；若持续出现请联系运维检查磁盘与数据库服务。",
    "Try again later; if it goes on, have the disk and the database service checked.",
)
_FULL = (
    "DATABASE_FULL",
    Text("数据库所在磁盘已满，本次操作未生效。", "The database's disk is full; nothing was changed."),
    Text(
        "请联系运维清理或扩充磁盘；有空间后自动恢复，无需重启。",
        "Have the operator make room; then it goes on by itself, without a restart.",
    ),
)
_READ_ONLY = (
    "DATABASE_READ_ONLY",
    Text("数据库处于只读状态，本次操作未生效。", "The database is read-only; nothing was changed."),
    Text(
        "请联系运维检查数据库文件及其目录的写权限，或是否连到了备用库。",
        "Have the operator check that file and folder may be written, or whether this is a standby server.",
    ),
)
_NO_CONNECTION = Text(
    "数据库连接数已用尽，本次操作未生效。", "All connections to the database are in use, there is no free connection; nothing was changed."
)
_AWAY = Text("数据库暂时不可用，本次操作未生效。", "The database cannot be used now; nothing was changed.")
_KNOWN = {"SQLITE_FULL": _FULL, "53100": _FULL, "SQLITE_READONLY": _READ_ONLY, "25006": _READ_ONLY}
"""What is known of an outage by SQLite's error name or PostgreSQL's SQLSTATE: code, sentence, remedy."""

BEGIN = {words: Prepared(text(words)) for words in ("BEGIN", "BEGIN IMMEDIATE")}
SQLITE_OUTAGES = frozenset({"BUSY", "LOCKED", "READONLY", "IOERR", "CORRUPT", "FULL", "CANTOPEN", "NOTADB", "PROTOCOL"})


def is_outage(error: BaseException) -> bool:
    """The database itself is in trouble, whatever was asked of it; SQLite reports mistakes in a statement under the same class."""
    if isinstance(error, PoolTimeout):
        return True
    if isinstance(error, DBAPIError) and (error.connection_invalidated or getattr(error.orig, "sqlstate", None) == "25006"):
        return True
    if not isinstance(error, OperationalError):
        return False
    name = getattr(error.orig, "sqlite_errorname", None)
    return name is None or name.removeprefix("SQLITE_").split("_")[0] in SQLITE_OUTAGES


def unavailable(error: DBAPIError | PoolTimeout) -> Unavailable:
    """The plain sentence for a database that cannot be used."""
    cause = getattr(error, "orig", None)
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    known = next((told for begins, told in _KNOWN.items() if name.startswith(begins)), None)
    if known is not None:
        code, message, remedy = known
        failure = Unavailable(message, remedy, code=code)
    else:
        failure = Unavailable(_NO_CONNECTION if isinstance(error, PoolTimeout) else _AWAY, _AGAIN)
    failure.reason = str(cause or error).strip()
    return failure


class Migrations:
    """One package's Alembic history: the folder of its versions and the table in which its present version is kept.

    Alembic is imported where it is used: most commands never need it, and it takes longer to load than they to run.
    """

    def __init__(self, versions: Path, version_table: str, metadata: Any) -> None:
        self.versions = versions
        self.version_table = version_table
        self.metadata = metadata

    def config(self, connection: Connection | None = None) -> "Config":
        """Alembic's configuration for this history."""
        from alembic.config import Config

        config = Config()
        # Alembic reads these through a %-interpolating parser; paths may hold blanks.
        config.set_main_option("path_separator", "newline")
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.set_main_option("version_locations", str(self.versions).replace("%", "%%"))
        config.attributes.update(connection=connection, version_table=self.version_table, metadata=self.metadata)
        return config

    def upgrade(self, connection: Connection) -> None:
        """Bring the tables to the newest version."""
        from alembic import command

        command.upgrade(self.config(connection), "head")

    def downgrade(self, connection: Connection) -> None:
        """Take all tables of this history away."""
        from alembic import command

        command.downgrade(self.config(connection), "base")

    def check(self, connection: Connection) -> None:
        """Raises alembic.util.AutogenerateDiffsDetected when the tables differ from the metadata."""
        from alembic import command

        command.check(self.config(connection))

    def is_current(self, connection: Connection) -> bool:
        """The database has the newest version."""
        from alembic.runtime.migration import MigrationContext
        from alembic.script import ScriptDirectory

        context = MigrationContext.configure(connection, opts={"version_table": self.version_table})
        return context.get_current_revision() == ScriptDirectory.from_config(self.config()).get_current_head()


class Database:
    """An address and its pool of connections.

    `address` is an SQLAlchemy URL: `sqlite:///path/to/file.db` or `postgresql+psycopg://…`.
    """

    def __init__(self, address: str, pool: Pool | None = None) -> None:
        pool = pool or Pool()
        self._writing = Lock()
        url = make_url(address)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        kept: dict[str, Any] = {"pool_size": pool.size, "max_overflow": pool.overflow, "pool_timeout": pool.seconds}
        if self.is_sqlite:
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(url, poolclass=QueuePool, connect_args={"check_same_thread": False}, **kept)
            _prepare_sqlite(self.engine)
        else:
            self.engine = create_engine(url, pool_pre_ping=True, **kept)
            _prepare_postgresql(self.engine)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A writing transaction: commits when the block ends well, otherwise rolls back. Raises Unavailable, CommitUnknown."""
        with self._connection("BEGIN IMMEDIATE") as connection, self._turn():
            begun = connection.begin()
            try:
                yield connection
            except BaseException:
                self._roll_back(begun)
                raise
            try:
                begun.commit()
            except DBAPIError as error:
                # SQLite's file is here: a commit that fails there has had no effect.
                if error.connection_invalidated and not self.is_sqlite:
                    raise CommitUnknown from error
                self._roll_back(begun)
                raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer at a time. Those of this process queue up here: in SQLite's own queue they would sleep for ever longer."""
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise Unavailable(_AWAY, _AGAIN)
        try:
            yield
        finally:
            self._writing.release()

    @staticmethod
    def _roll_back(begun: RootTransaction) -> None:
        """Whatever the database still does of it; on a connection that is gone nothing is left to roll back."""
        with suppress(DBAPIError):
            begun.rollback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A reading transaction: one consistent view, never blocks writers."""
        with self._connection("BEGIN") as opened:
            # PostgreSQL's default would let every statement see another state.
            connection = opened if self.is_sqlite else opened.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def _connection(self, begin: str) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                connection.info["begin"] = begin
                yield connection
        except (DBAPIError, PoolTimeout) as error:
            if is_outage(error):
                raise unavailable(error) from error
            raise

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        # A plan that is kept for any values takes a thousand ids for ten, and the defaults are those of turning disks: they would read
        # all open tasks rather than look up a thousand. Compiling a plan takes longer than any list.
        connection.execute("SET plan_cache_mode = force_custom_plan; SET random_page_cost = 1.1; SET jit = off")
        connection.commit()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        # The driver would open transactions on its own, and only before the first write: too late for a lock.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        BEGIN[connection.info.get("begin", "BEGIN")].run(connection, {})
