"""What an administrative act changed, for the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, text


@dataclass(frozen=True)
class Change:
    """One change of the books: `act` (dotted, such as `authority.updated`), whose entry, and the values that differ.

    `before` and `after` hold only what differs; a new entry has an empty `before`.
    """

    act: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def difference(act: str, subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change | None:
    """The change between two states of an entry; None when nothing differs."""
    differing = [key for key in after if key not in before or before[key] != after[key]]
    if not differing:
        return None
    return Change(act, subject, {k: before[k] for k in differing if k in before}, {k: after[k] for k in differing})


def alone(connection: Connection, book: Table) -> None:
    """Until this transaction ends nobody else changes the book: what is read of it now is what the change is compared with.

    Readers are not held up. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {book.name} IN SHARE ROW EXCLUSIVE MODE"))
