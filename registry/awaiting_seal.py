"""Certificates that wait for their seal (签章): they have the national platform's code, and the seal network's answer is awaited."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from registry import tables
from registry.parties import authority_party, party_code
from workflow_runtime.actors import Actor

_ROW = tables.certificate.c
MOST = 200
"""Rows of the list; the longest waiting come first, so nobody is forgotten."""
TROUBLE = ("refused", "transient", "unknown")
"""Outcomes of a call that a person should know of while he waits."""


@dataclass(frozen=True)
class Awaiting:
    """A certificate that waits.

    `since`: when it was coded, or, once the network knows of it, when the seal was asked for (`asked_at`). `seal_name`: a seal has come
    that did not pass the check; "" otherwise. `trouble` is how the last call to the network ended when it did not end well (an outcome of
    the push log, else ""), `trouble_at` when.
    """

    case: str
    number: str
    owner: str
    since: datetime
    asked_at: datetime | None
    seal_name: str
    trouble: str = ""
    trouble_at: datetime | None = None


def authorities_of(actor: Actor, role: str) -> frozenset[str]:
    """The credit codes of the authorities for which, or for whose departments, the actor holds the role."""
    codes = {(grant.party.partition("/")[0], party_code(grant.party)) for grant in actor.grants if grant.role == role}
    return frozenset(code for party, code in codes if code and party == authority_party(code))


def awaiting_seal(connection: Connection, authority_codes: Collection[str], platform: str) -> Sequence[Awaiting]:
    """The certificates of these authorities that have a code and no seal that passed the check, the longest waiting first, at most MOST.

    `platform` is the seal network's name in the push log.
    """
    if not authority_codes:
        return ()
    since = func.coalesce(_ROW.seal_requested_at, _ROW.coded_at).label("since")
    waiting = (tables.CERTIFICATE_IS_DRAFT, _ROW.coded_at.is_not(None), _ROW.verified.is_(False))
    query = select(_ROW.case_no, _ROW.number, _ROW.face, since, _ROW.seal_requested_at, _ROW.seal_name)
    query = query.where(_ROW.authority_code.in_(list(authority_codes)), *waiting).order_by(since, _ROW.identifier).limit(MOST)
    rows = connection.execute(query).mappings().all()
    troubles = _troubles(connection, [row["case_no"] for row in rows], platform)
    return [_awaiting(row, *troubles.get(row["case_no"], ("", None))) for row in rows]


def _awaiting(row: RowMapping, trouble: str, trouble_at: datetime | None) -> Awaiting:
    return Awaiting(
        case=row["case_no"],
        number=row["number"],
        owner=row["face"]["owner_name"],
        since=row["since"],
        asked_at=row["seal_requested_at"],
        seal_name=row["seal_name"] or "",
        trouble=trouble,
        trouble_at=trouble_at,
    )


def _troubles(connection: Connection, cases: Sequence[str], platform: str) -> dict[str, tuple[str, datetime]]:
    """How the last call of each case to the platform ended, and when, where it did not end well."""
    if not cases:
        return {}
    row = tables.exchange.c
    last = select(func.max(row.id)).where(row.case_no.in_(list(cases)), row.platform == platform).group_by(row.case_no)
    query = select(row.case_no, row.outcome, row.opened_at).where(row.id.in_(last), row.outcome.in_(TROUBLE))
    return {case: (outcome, at) for case, outcome, at in connection.execute(query)}
