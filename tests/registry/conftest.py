"""The books on both databases: each test in a transaction that is rolled back, races in a database of their own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

from registry.authorities import load_demonstration
from registry.certificates import Draft, draft_certificate
from registry.identifiers import identifier_serial, make_identifier
from registry.issuing import issue, record_code, record_seal_request, store_file
from registry.machines import register_machine
from registry.numbers import parse_number, reserve_number
from registry.owners import Owner, remember_owner
from registry.regions import load_regions
from registry.tables import metadata
from workflow_runtime.errors import Failure

NOW = datetime(2026, 3, 2, 1, 0, 0, 400_000, tzinfo=UTC)
HOHHOT = "11150100MB0000001L"
OWNER, OTHER_OWNER = "91110000600037341L", "91150100MB0000001C"


def _sqlite(path):
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 60}, pool_size=16)

    @event.listens_for(engine, "connect")
    def connect(raw, _):
        raw.isolation_level = None
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@pytest.fixture(scope="session")
def postgresql(postgresql_server):
    """Gives an engine for a new, empty PostgreSQL database."""
    engines = []

    def database():
        engines.append(_postgresql_database(postgresql_server, f"books{len(engines)}"))
        return engines[-1]

    yield database
    for engine in engines:
        engine.dispose()


def _postgresql_database(uri, name):
    admin = create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return create_engine(uri.replace("/postgres?", f"/{name}?"), pool_size=16)


def _prepared(engine):
    metadata.create_all(engine)
    with engine.begin() as connection:
        load_regions(connection)
        load_demonstration(connection)
        for code, name in ((OWNER, "甲租赁公司"), (OTHER_OWNER, "乙租赁公司")):
            remember_owner(connection, Owner(code, name), NOW)
    return engine


def _new_engine(kind, request, folder):
    return _prepared(_sqlite(folder / "books.db") if kind == "sqlite" else request.getfixturevalue("postgresql")())


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_engine(request, tmp_path_factory):
    engine = _new_engine(request.param, request, tmp_path_factory.mktemp("books"))
    yield engine
    engine.dispose()


@pytest.fixture
def connection(shared_engine):
    """A connection whose transaction is rolled back at the end: regions, demonstration authorities and two owners are there."""
    with shared_engine.connect() as connection:
        yield connection


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A fresh database for work that commits, on each kind of server."""
    engine = _new_engine(request.param, request, tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def race(database):
    """Run functions of a connection at the same moment, each in its own thread and transaction; gives results or exceptions."""

    def run(*functions):
        start = Barrier(len(functions))

        def work(function):
            with database.connect():
                pass  # the network connection is made before the start
            start.wait(timeout=30)
            try:
                with database.begin() as connection:
                    return function(connection)
            except (Failure, DBAPIError) as error:
                return error

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(work, functions))

    return run


@pytest.fixture
def facts():
    """Names that tests share."""
    return SimpleNamespace(now=NOW, authority=HOHHOT, owner=OWNER, other_owner=OTHER_OWNER)


def _machine(connection, serial_no="A-100", owner=OWNER, **changes):
    values = {"manufacturer": "中联重科", "serial_no": serial_no, "category": "T", "owner_code": owner, "facts": {"model": "QTZ80"}}
    return register_machine(connection, **{**values, "region": "150100", "now": NOW, **changes})


FACE = {
    "manufacturer": "中联重科", "owner_name": "甲租赁公司", "category": "塔式起重机", "model": "QTZ80", "serial_no": "A-100",
    "made_on": "2024-05-01", "licence_no": "TS2410A12-2027", "parameters": "最大起重量 8 t", "authority_name": "呼和浩特市住房和城乡建设局",
    "issued_on": "2026-03-02",
}  # fmt: skip


def _new_draft(connection, case="C1", machine=None, **changes):
    machine = machine or _machine(connection)
    number = reserve_number(connection, "蒙AA", "T", case, NOW)
    identifier = make_identifier("11100000000013338W999", HOHHOT, identifier_serial(parse_number(number)), 1)
    face = {**FACE, "number": number, "equipment_no": machine.equipment_no}
    return replace(Draft(case, number, identifier, machine.equipment_no, OWNER, HOHHOT, face), **changes)


def _sealed(connection, identifier, now=NOW, **changes):
    """Code, seal request and a verified file for a draft."""
    record_code(connection, identifier, ecert_id="e" * 32, qr_text="https://national.example/q", now=now)
    request = record_seal_request(connection, identifier, "R1", now).seal_request
    values = {"content": b"OFD", "media_type": "application/ofd", "seal_name": "呼和浩特市住房和城乡建设局", "sealed_at": now}
    return store_file(connection, identifier, **{**values, "seal_request": request, "verified": True, "report": {}, "now": now, **changes})


def _in_force(connection, case="C1", machine=None, **changes):
    draft = draft_certificate(connection, _new_draft(connection, case, machine, **changes), NOW)
    _sealed(connection, draft.identifier)
    return issue(connection, draft.identifier, NOW)


@pytest.fixture
def make():
    """Makers of a machine, a draft, a seal and a certificate in force; each takes the connection first."""
    return SimpleNamespace(machine=_machine, draft=_new_draft, sealed=_sealed, certificate=_in_force)
