"""What all processes of one installation share, kept in the books."""

import secrets

from sqlalchemy import Connection, select

from registry.tables import installation
from workflow_runtime.store.upsert import insert_or

SECRET = "page-secret"  # noqa: S105 - the entry's name


def page_secret(connection: Connection) -> str:
    """The secret that signs what pages hand out; made at the first call. Processes that start at the same moment get the same one."""
    query = select(installation.c.value).where(installation.c.name == SECRET)
    known = connection.execute(query).scalar_one_or_none()
    if known is not None:
        return str(known)
    made = insert_or(connection, installation).values(name=SECRET, value=secrets.token_hex(32)).on_conflict_do_nothing()
    connection.execute(made)
    return str(connection.execute(query).scalar_one())
