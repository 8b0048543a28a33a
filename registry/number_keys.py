"""The keys by which a certificate is found by a part of its number: how the number begins, how it goes on after the dash, and how it ends.

Any other part would have to be looked for in every number there is.
"""

from collections.abc import Iterable

from sqlalchemy import CompoundSelect, Connection, insert, select, union_all

from registry.tables import certificate_key

FORWARD, BACKWARD = ">", "<"
"""Begin a key that is read from the front, and one that is read from the end."""
BEHIND_ALL = "\U0010ffff"
"""Sorts behind whatever goes on."""


def keys_of(folded: str) -> set[str]:
    """The keys of a folded number."""
    return {f"{FORWARD}{folded}", f"{FORWARD}{folded.rpartition('-')[2]}", f"{BACKWARD}{folded[::-1]}"}


def keep_keys(connection: Connection, numbers: Iterable[tuple[str, str]]) -> None:
    """Write the keys of certificates, (identifier, folded number) each."""
    rows = [{"key": key, "identifier": identifier} for identifier, folded in numbers for key in sorted(keys_of(folded))]
    if rows:
        connection.execute(insert(certificate_key), rows)


def identifiers_of(part: str, most: int) -> CompoundSelect[tuple[str]]:
    """Which certificates have a number that begins, goes on or ends with this folded part; for each way those of the highest keys."""
    key = certificate_key.c.key
    ways = [
        select(certificate_key.c.identifier).where(key >= begun, key < begun + BEHIND_ALL).order_by(key.desc()).limit(most).subquery()
        for begun in (f"{FORWARD}{part}", f"{BACKWARD}{part[::-1]}")
    ]
    return union_all(*(select(way.c.identifier) for way in ways))
