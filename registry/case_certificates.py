"""Which certificate belongs to which case: for lists of cases, where people know a filing by its 备案编号."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from registry import tables
from registry.folding import fold_number
from registry.number_keys import identifiers_of
from workflow_runtime.store.keys import possible_key

_ROW = tables.certificate.c
MOST = 200
"""Cases that a part of a number is looked up for; whoever gets more has to type more of it."""
SHORTEST = 3
"""Characters that a part of a number has at least: each certificate has the others."""
LOOKED_AT = 1_000
"""Keys that are looked at; of one series those of the highest numbers."""
LONGEST = 40
"""Characters of a number."""


def numbers_of_cases(connection: Connection, cases: Collection[str]) -> Mapping[str, str]:
    """Case → the number of the certificate that it prepares or issued, for those of these cases that have one."""
    if not cases:
        return {}
    query = select(_ROW.case_no, _ROW.number).where(_ROW.case_no.in_(list(cases)), tables.CERTIFICATE_IS_LIVE)
    return {row.case_no: row.number for row in connection.execute(query)}


def cases_of_number(connection: Connection, part: str) -> Sequence[str]:
    """The cases whose certificate's number begins, goes on after its dash, or ends like this, however typed; the newest first, at most MOST."""
    folded = fold_number(part)
    if not SHORTEST <= len(folded) <= LONGEST or not possible_key(folded):
        return ()
    query = select(_ROW.case_no).where(_ROW.identifier.in_(identifiers_of(folded, LOOKED_AT)), tables.CERTIFICATE_IS_LIVE)
    return list(connection.execute(query.order_by(_ROW.drafted_at.desc(), _ROW.case_no).limit(MOST)).scalars())
