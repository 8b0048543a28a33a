"""Desks whose folder has a blank in its name: prepared once in a session by the commands themselves, copied for each test."""

import shutil
from contextlib import contextmanager

import pytest
from desk import Desk
from kept import kept_offices
from sqlalchemy import event

STAGES = ("prepared", "troubled", "reviewing")


@pytest.fixture(scope="session")
def stages(tmp_path_factory):
    """Databases after `prepare`; with a case whose first job has an incident; with a review that waits."""
    desk = Desk(tmp_path_factory.mktemp("a desk"))
    kept = {}

    def keep(stage):
        kept[stage] = desk.folder / f"{stage}.db"
        shutil.copy(desk.path, kept[stage])

    desk.prepare()
    keep("prepared")
    desk.file()
    desk.crane("worker", "--drain")
    keep("troubled")
    [found] = desk.data("incidents")
    known = desk.write("known.json", '{"blocked": false, "findings": []}')
    desk.crane("resolve", found["incident"]["id"], "--answers", known, "--reason", "电话核实")
    keep("reviewing")
    return kept


@pytest.fixture
def at(stages, tmp_path):
    """A function that gives a desk at a stage."""

    def at_stage(stage):
        desk = Desk(tmp_path / "a desk")
        shutil.copy(stages[stage], desk.path)
        return desk

    return at_stage


@pytest.fixture
def empty(tmp_path):
    """A desk without a database."""
    return Desk(tmp_path / "a desk")


@contextmanager
def counted(runtime):
    """The SQL statements that a runtime's database gets while the block runs, transactions' own (BEGIN) among them."""
    sent = []

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    engine = runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def statements():
    """A function: `with statements(runtime) as sent: …` fills `sent` with the SQL statements."""
    return counted


@pytest.fixture(scope="module")
def offices(request, tmp_path_factory):
    """The kept offices of a module of tests, prepared by the module's own `prepare(office)` if it has one."""
    with kept_offices(tmp_path_factory, getattr(request.module, "prepare", lambda _: None)) as office_of:
        yield office_of


@pytest.fixture
def office(offices, database_kind, kept_address):
    """The module's office on the present kind of database."""
    return offices(database_kind, kept_address)
