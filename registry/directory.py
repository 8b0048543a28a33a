"""Looking people up: the users page by page, with what they may do; and the parties that a grant can name."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from registry import tables
from registry.authorities import Authority, authorities
from registry.parties import SYSTEM, authority_party, owner_party, party_code
from registry.users import User, fold_login
from workflow_runtime.store.keys import possible_key

PAGE = 50
SYSTEM_NAME = "系统"
OWNERS = "owner:"
_ROW = tables.user_account.c


def people(connection: Connection, *, containing: str = "", after: str = "", limit: int = PAGE) -> Sequence[User]:
    """Users by login, after the login `after`: those whose login, name or unit contains a text. Two statements, however many they are."""
    if not possible_key(containing) or not possible_key(after):
        return []
    query = select(_ROW.login, _ROW.display_name, _ROW.unit, _ROW.disabled).where(_ROW.login > after).order_by(_ROW.login).limit(limit)
    if text := containing.strip():
        found = (_ROW.display_name, _ROW.unit)
        query = query.where(
            _ROW.login.contains(fold_login(text), autoescape=True)
            | found[0].contains(text, autoescape=True)
            | found[1].contains(text.upper(), autoescape=True)
        )
    accounts = list(connection.execute(query))
    grants = _grants(connection, [row.login for row in accounts])
    return [User(row.login, row.display_name, row.unit, row.disabled, frozenset(grants.get(row.login, ()))) for row in accounts]


def holders(connection: Connection, role: str, party: str) -> Sequence[tuple[str, str]]:
    """Login and name of the users, not disabled, who hold this role for this party, by login. One statement."""
    grant = tables.user_grant.c
    query = select(_ROW.login, _ROW.display_name).join_from(tables.user_account, tables.user_grant).order_by(_ROW.login)
    query = query.where(grant.role == role, grant.party == party, _ROW.disabled.is_(False))
    return [(login, name) for login, name in connection.execute(query)]


def _grants(connection: Connection, logins: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    row = tables.user_grant.c
    result: dict[str, list[tuple[str, str]]] = {}
    for login, role, party in connection.execute(select(row.login, row.role, row.party).where(row.login.in_(logins))):
        result.setdefault(login, []).append((role, party))
    return result


def party_names(connection: Connection, parties: Collection[str]) -> dict[str, str]:
    """The names of these parties, as far as the books know them."""
    codes = {party_code(party) for party in parties if party.startswith(OWNERS)} - {None}
    row = tables.owner.c
    owners = connection.execute(select(row.code, row.name).where(row.code.in_(codes))) if codes else ()
    known = {**known_parties(connection), **{owner_party(code): name for code, name in owners}}
    return {party: known[party] for party in parties if party in known}


def known_parties(connection: Connection) -> dict[str, str]:
    """The parties that a grant is chosen from: authorities with their departments, and the system. Owners are too many, and come by code."""
    names = {party: name for body in authorities(connection) for party, name in _of_authority(body)}
    return {SYSTEM: SYSTEM_NAME, **names}


def _of_authority(body: Authority) -> list[tuple[str, str]]:
    departments = [(authority_party(body.code, name), f"{body.name} · {name}") for name in body.departments]
    return [(authority_party(body.code), body.name), *departments]
