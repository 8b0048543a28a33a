"""Fresh databases for tests: copies of templates that were filled once. PostgreSQL's, which take long to make, are used again after cleaning."""

import shutil
from contextlib import contextmanager

import psycopg
from sqlalchemy import make_url

from workflow_runtime.store.database import Database

SHAPE = """
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
  SELECT c.relname || '.' || a.attname || ':' || a.atttypid || a.attnotnull AS line
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
  UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
) AS lines
"""
TABLES = "SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
COUNTERS = "SELECT quote_ident(sequencename), coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences"
LEAVE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Template:
    """What a filled PostgreSQL database holds, so that a used copy can be brought back to it."""

    def __init__(self, connection):
        self.shape = connection.execute(SHAPE).fetchone()
        self.rows = {}
        for (table,) in connection.execute(TABLES).fetchall():
            with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                self.rows[table] = b"".join(bytes(part) for part in copy)
        self.counters = connection.execute(COUNTERS).fetchall()
        self.free = []

    def restore(self, connection):
        """Says whether it could: a test may have changed more than rows."""
        connection.execute(LEAVE)
        if connection.execute(SHAPE).fetchone() != self.shape:
            return False
        connection.execute("SET session_replication_role = replica")  # rows go and come in any order
        connection.execute(";".join(f"DELETE FROM {table}" for table in self.rows))
        for table, rows in self.rows.items():
            if rows:
                with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)
        connection.execute(";".join(f"SELECT setval('{name}', {last}, {called})" for name, last, called in self.counters))
        return True


class Databases:
    """Gives addresses. What fills a database: histories of migrations, or functions of its address (`office.furnished`)."""

    def __init__(self, folder):
        self.folder = folder
        self.made = 0
        self.templates = {}
        self.lent = {}

    def sqlite(self, *filling):
        self.made += 1
        if filling not in self.templates:
            template = self.folder / f"template{self.made}.db"
            _fill(f"sqlite:///{template}", filling)
            self.templates[filling] = template
        path = self.folder / f"test{self.made}.db"
        if filling:
            shutil.copy(self.templates[filling], path)
        return f"sqlite:///{path}"

    def postgresql(self, server, *filling):
        """A database that is this test's until it is given back; an empty one is always new."""
        template = self.templates.get((server, *filling))
        if template is not None and template.free:
            return template.free.pop()
        self.made += 1
        name = f"test_{self.made}"
        address = server.replace("/postgres?", f"/{name}?")
        with _connected(server) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        _fill(address, filling)
        if filling and template is None:
            with _connected(address) as connection:
                template = self.templates[server, *filling] = Template(connection)
        self.lent[address] = template
        return address

    def give_back(self, server, address):
        """Nobody needs it any more."""
        template = self.lent[address]
        if template is not None:
            with _connected(address) as connection:
                clean = template.restore(connection)
            if clean:
                template.free.append(address)
                return
        with _connected(server) as admin:
            admin.execute(f"DROP DATABASE {make_url(address).database} WITH (FORCE)")


@contextmanager
def _connected(address):
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def _fill(address, filling):
    database = Database(address)
    for step in filling:
        if callable(step):
            step(address)
        else:
            with database.transaction() as connection:
                step.upgrade(connection)
    database.close()
