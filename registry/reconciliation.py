"""What the books have to ask the platforms after a backup was restored, and the numbers that they must not give out again.

The questions themselves are an operation of the handlers (`platforms.reconcile`): none of them changes anything, there or here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from registry import tables
from registry.authorities import authorities
from registry.certificates import Certificate, by_case
from registry.configuration import CATEGORIES
from registry.folding import fold_number
from registry.numbers import keep_taken, parse_number
from registry.parties import party_code
from registry.series import year_of
from workflow_runtime.actors import Actor
from workflow_runtime.guards import ADMINISTRATOR, OPERATOR, ensure_role
from workflow_runtime.operations import run_operation
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.store.tables import cases, jobs

RECONCILE = "platforms.reconcile"
"""The registered operation that asks, by the name under which it is found."""
CHECK = "certificate.check"
"""The handler whose jobs hold what a filing said of its machine."""
STREAM = "number"
Told = Callable[[int, int], None]
"""How many questions have been asked, of how many."""
UNDER_WAY = cases.c.state.in_(("running", "suspended"))


@dataclass(frozen=True)
class Filing:
    """A filing under way whose certificate has no code in the books: what it told the national check, and its draft, if it has one."""

    case: str
    answers: Mapping[str, Any]
    authority: str
    letters: Mapping[str, Any] | None
    draft: Certificate | None


@dataclass(frozen=True)
class Prefix:
    """Numbers of this prefix and year were given out up to serial `last`; `authority` issues under it."""

    prefix: str
    year: int
    last: int
    authority: str
    name: str


def uncoded(connection: Connection) -> Iterator[Filing]:
    """The filings under way without a code, oldest first."""
    query = select(cases.c.number, jobs.c.arguments).join(cases, cases.c.id == jobs.c.case_id)
    asked = {row.number: row.arguments for row in connection.execute(query.where(jobs.c.handler == CHECK, UNDER_WAY).order_by(jobs.c.id))}
    for number, arguments in asked.items():
        draft, authority = by_case(connection, number), str(arguments.get("authority") or "")
        if draft is None or draft.coded_at is None:
            letters = arguments.get("number_letters")
            yield Filing(number, arguments.get("filing") or {}, party_code(authority) or authority, letters, draft)


def unsealed(connection: Connection) -> Sequence[Certificate]:
    """The certificates with a code and without a verified file, oldest first."""
    row = tables.certificate.c
    query = select(row.case_no).where(tables.CERTIFICATE_IS_DRAFT, row.ecert_id.is_not(None), row.verified.is_(False))
    found = [by_case(connection, case) for case in connection.execute(query.order_by(row.drafted_at)).scalars()]
    return [certificate for certificate in found if certificate is not None]


def unpushed(connection: Connection) -> Sequence[tuple[str, str]]:
    """Case and number of the certificates in force without 归集: whether the platform has it is seen when it is sent again, not before."""
    row = tables.certificate.c
    query = select(row.case_no, row.number).where(tables.CERTIFICATE_IS_VALID, row.aggregated_at.is_(None)).order_by(row.drafted_at)
    return [(case, number) for case, number in connection.execute(query)]


def coded_numbers(connection: Connection) -> frozenset[str]:
    """The folded numbers that our certificates with a code have."""
    row = tables.certificate.c
    return frozenset(connection.execute(select(row.folded_number).where(row.ecert_id.is_not(None)).distinct()).scalars())


def prefixes(connection: Connection, now: Any) -> Sequence[Prefix]:
    """Every prefix that an authority has, for each year since the newest number in the books."""
    newest = connection.execute(select(func.max(tables.certificate_number.c.reserved_at))).scalar_one_or_none()
    years = range(year_of(newest or now), year_of(now) + 1)
    row = tables.series.c
    last = {(scope, year): number for scope, year, number in connection.execute(select(row.scope, row.year, row.last))}
    issuing = {a.number_prefix: a for a in authorities(connection) if a.number_prefix}
    return [Prefix(p, year, last.get((p, year), 0), a.code, a.name) for p, a in issuing.items() for year in years]


def letters_in_use(connection: Connection) -> Sequence[str]:
    """The category letters of numbers in the books, and those of the product."""
    known = connection.execute(select(tables.certificate_number.c.category).distinct()).scalars()
    return sorted({*CATEGORIES, *known})


def reconcile(runtime: Runtime, actor: Actor, told: Told) -> Any:
    """Ask the platforms what they have and we lack; gives the operation's report. Nothing changes. Raises NotAllowed."""
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    return run_operation(runtime, RECONCILE, told=told)


def reserve_taken(uow: UnitOfWork, actor: Actor, taken: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Take the numbers that the national platform has, each with the case of its machine or "", out of the series: none is given out again.

    A case without number gets its own back, the others become void. Gives number and state of those that were not in the books. Raises NotAllowed.
    """
    ensure_role(actor, OPERATOR, ADMINISTRATOR)
    kept = []
    for number, case in sorted(taken, key=lambda each: fold_number(each[0])):
        state = keep_taken(uow.connection, str(parse_number(number)), case, uow.now)
        if state is not None:
            uow.audit.record(STREAM, actor, "number.kept", number, {"state": state, "case": case}, "恢复备份后核对 / after a restore")
            kept.append((number, state))
    return kept
