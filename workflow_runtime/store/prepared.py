"""Statements that every step of a case runs: compiled once for each kind of database, then run by the driver itself.

SQLAlchemy composes them and knows their types; its way through compilation cache, execution context and result object takes several times
as long as the database needs for a row found by its key. Listeners to executions are told as SQLAlchemy tells them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any] | None


class _Compiled:
    """The text for one dialect, the order and the conversion of its values, the names and the conversion of its columns."""

    def __init__(self, statement: Any, dialect: Dialect, names: Iterable[str] | None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=None if names is None else list(names))
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 every statement but DDL compiles to it
        self.text = str(compiled)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self._said = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
        self._names = tuple(compiled.positiontup or binds)
        self._by_name = compiled.positiontup is None
        converts = [(place, binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for place, name in enumerate(self._names)]
        self._converts = [(place, convert) for place, convert in converts if convert is not None]
        self._types = [(column.key, column.type.dialect_impl(dialect)) for column in getattr(statement, "exported_columns", ())]
        self._columns: list[tuple[str, Convert]] = []
        self._dialect = dialect

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """As the driver wants them. Raises KeyError for a value that is missing."""
        given = {**self._said, **values}
        ready = [given[name] for name in self._names]
        for place, convert in self._converts:
            ready[place] = convert(ready[place])
        return dict(zip(self._names, ready, strict=True)) if self._by_name else ready

    def row(self, found: Iterable[Any], described: Iterable[Any]) -> dict[str, Any]:
        """What the driver found, by column. Conversions depend on the driver's types, which it describes with the first answer."""
        if not self._columns:
            self._columns = [
                (name, kind.result_processor(self._dialect, told[1])) for (name, kind), told in zip(self._types, described, strict=True)
            ]
        return {name: value if convert is None else convert(value) for (name, convert), value in zip(self._columns, found, strict=True)}


class Prepared:
    """A statement with its parameters; `names` are the columns of an INSERT, or those that an UPDATE sets, where it names none itself."""

    def __init__(self, statement: Any, names: Iterable[str] | None = None) -> None:
        self._statement, self._names = statement, None if names is None else tuple(names)
        self._compiled: dict[str, _Compiled] = {}

    def first(self, connection: Connection, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row by its columns, None when there is none. Raises what SQLAlchemy raises for the driver's errors, here and below."""
        compiled, cursor = self._run(connection, values)
        found, described = cursor.fetchone(), cursor.description
        cursor.close()
        return None if found is None else compiled.row(found, described)

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All rows."""
        compiled, cursor = self._run(connection, values)
        found, described = cursor.fetchall(), cursor.description
        cursor.close()
        return [compiled.row(each, described) for each in found]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Nothing comes back."""
        self._run(connection, values)[1].close()

    def _run(self, connection: Connection, values: Mapping[str, Any]) -> tuple[_Compiled, Any]:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect, self._names)
        parameters = compiled.parameters(values)
        driver: Any = dialect.loaded_dbapi
        cursor: Any = connection.connection.cursor()
        listeners: Any = connection.dispatch
        for listener in listeners.before_cursor_execute:
            listener(connection, cursor, compiled.text, parameters, None, False)
        try:
            cursor.execute(compiled.text, parameters)
        except driver.Error as error:
            raise DBAPIError.instance(compiled.text, parameters, error, driver.Error, dialect=dialect) from error
        for listener in listeners.after_cursor_execute:
            listener(connection, cursor, compiled.text, parameters, None, False)
        return compiled, cursor
