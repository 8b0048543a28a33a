"""A backup of an office's database, and its restore, on either database, while the office stays open."""

import sqlite3
from contextlib import closing

import psycopg
from databases import Template
from sqlalchemy import make_url


class Backup:
    """Everything that the database holds now. `restore` brings it back."""

    def __init__(self, address, folder):
        self.address, self.file = address, folder / "backup.db"
        if self._is_sqlite:
            self._copy(make_url(address).database, self.file)
        else:
            with self._connected() as connection:
                self.template = Template(connection)

    def restore(self):
        if self._is_sqlite:
            self._copy(self.file, make_url(self.address).database)
        else:
            with self._connected() as connection:
                assert self.template.restore(connection)

    @property
    def _is_sqlite(self):
        return self.address.startswith("sqlite")

    def _connected(self):
        return psycopg.connect(self.address.replace("+psycopg", ""), autocommit=True)

    @staticmethod
    def _copy(source, target):
        with closing(sqlite3.connect(source)) as held, closing(sqlite3.connect(target)) as into:
            held.backup(into)
