"""The index by which cases are found: for every case the terms under which it may be looked for, in SQLite's FTS5 or a GIN index.

A term is a short word made of a field and one to three neighbouring characters of its folded text, of a chosen answer, of a party, or of
the day of opening: whatever somebody asks for together is one question to one index, and one character of a name is enough. Terms only
preselect: different texts may share them, so the rows themselves are asked again.

The status is no term: it changes with every step, and an index over texts is expensive to renew.
"""

import calendar
import unicodedata
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from sqlalchemy import Connection, column, insert, select, text

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.store.prepared import Prepared
from workflow_runtime.store.rows import CaseRow
from workflow_runtime.store.tables import case_fields, case_parties, cases, search_fields, user_tasks

LONGEST_FOLDED = 500
"""Characters by which an answer is found."""
NUMBER = "number of the case"
"""As which field the number of a case is looked for; no question can be named so."""
BUSINESS = "business of the case"
"""As which field its business is looked for."""
AT_ONCE = 1000
"""Cases whose terms are written with one statement."""
MOST_CHARACTERS = 30
"""Characters of a text that the index is asked for: the rows are asked about the rest."""
MOST_YEARS = 50
"""A longer time is not looked up: hardly a case would be excluded."""
BLOCK = 13
"""Bits of a case's id within its block. GIN finds in no order: it is asked for some blocks at a time, the newest first, as many as are
likely to hold what a page and a count need; only of what is rare for all at once."""

Clause = tuple[tuple[str, ...], ...]
"""Alternatives, each of them terms that a case must have together."""

KNOWN = Prepared(
    text(
        "SELECT 1 AS kind, field, folded FROM case_field WHERE case_id = :of"
        " UNION ALL SELECT DISTINCT 2, party, '' FROM user_task WHERE case_id = :of"
        " UNION ALL SELECT 3, field, '' FROM search_field"
    ).columns(column("kind"), column("field"), column("folded"))
)
KEEP = {
    "sqlite": Prepared(text("INSERT OR REPLACE INTO case_search (rowid, terms) VALUES (:of, :terms)")),
    "postgresql": Prepared(
        text(
            "INSERT INTO case_search (case_id, terms) VALUES (:of, array_to_tsvector(string_to_array(:terms, ' ')))"
            " ON CONFLICT (case_id) DO UPDATE SET terms = excluded.terms"
        )
    ),
}
KEEP_FIELD = text("INSERT INTO search_field (field) VALUES (:field) ON CONFLICT DO NOTHING")
FIELDS = text("SELECT field FROM search_field ORDER BY field")
FOUND = {
    "sqlite": text("SELECT rowid FROM case_search WHERE case_search MATCH :terms AND rowid < :before ORDER BY rowid DESC LIMIT :most"),
    # The newest id is found here: the function forbids the plan by which that takes no time.
    "postgresql": text(
        "SELECT * FROM case_search_found("
        "CAST(:terms AS tsquery[]), LEAST(:before, (SELECT coalesce(max(case_id), 0) + 1 FROM case_search)), :most)"
    ),
}
AND_OR = {"sqlite": (" AND ", " OR "), "postgresql": (" & ", " | ")}


def fold(value: str) -> str:
    """For searching: width, case and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", value).casefold().split())


def fold_answer(value: str) -> str:
    """What of an answer is looked for."""
    return fold(value)[:LONGEST_FOLDED]


def party_term(party: str) -> str:
    """Cases of this party, and those in which it has, or had, a task."""
    return _term("party", party)


def whole_term(field: str, folded: str) -> str:
    """Cases with exactly this answer."""
    return _term("whole", f"{field}\x1f{folded}")


def part_terms(field: str, folded: str) -> tuple[str, ...]:
    """Terms of every case whose answer contains this text."""
    sought = folded[:MOST_CHARACTERS]
    if len(sought) == 1:
        return (_term(field, sought),)
    triples = list(_triples(sought))
    covered = {place for place, _ in triples} | {place + 1 for place, _ in triples}
    pairs = (piece for place, piece in _pairs(sought) if place not in covered)
    return tuple(_terms(field, _counted([*(piece for _, piece in triples), *pairs])))


def day_terms(first: date | None, last: date | None) -> tuple[str, ...]:
    """One of them is a term of every case that was opened on these days (inclusive); none: the time is too long to be looked up."""
    if first is None or last is None or last.year - first.year > MOST_YEARS:
        return ()
    return tuple(_term("opened", span) for span in _spans(first, last))


def _spans(first: date, last: date) -> Iterator[str]:
    """The days in whole years, whole months and single days."""
    day = first
    while day <= last:
        year_end, month_end = date(day.year, 12, 31), day.replace(day=calendar.monthrange(day.year, day.month)[1])
        if (day.month, day.day) == (1, 1) and year_end <= last:
            span, end = f"{day:%Y}", year_end
        elif day.day == 1 and month_end <= last:
            span, end = f"{day:%Y%m}", month_end
        else:
            span, end = f"{day:%Y%m%d}", day
        yield span
        day = end + timedelta(days=1)


def _term(field: str, sought: str) -> str:
    return next(_terms(field, (sought,)))


def _terms(field: str, pieces: Iterable[str]) -> Iterator[str]:
    begun = zlib.crc32(f"{field}\x1f".encode())
    return (f"{zlib.crc32(piece.encode(), begun):x}" for piece in pieces)


def _pairs(folded: str) -> Iterator[tuple[int, str]]:
    return ((place, one + other) for place, (one, other) in enumerate(pairwise(folded)))


def _triples(folded: str) -> Iterator[tuple[int, str]]:
    """Only of letters and digits: there are few of them, so pairs of them are in every number."""
    for place in range(len(folded) - 2):
        if (piece := folded[place : place + 3]).isascii():
            yield place, piece


def _counted(pieces: Iterable[str]) -> Iterator[str]:
    """A piece that comes again is another one, so that 0000 is not found in 1001."""
    seen: dict[str, int] = {}
    for piece in pieces:
        again = seen[piece] = seen.get(piece, -1) + 1
        yield f"{piece} {again}" if again else piece


@lru_cache(maxsize=10_000)
def _text_terms(field: str, folded: str) -> tuple[str, ...]:
    """All terms of an answer: its characters, its pairs of neighbours, its triples, the whole. Makers and owners come again and again."""
    pieces = (piece for _, piece in (*_pairs(folded), *_triples(folded)))
    return (*_terms(field, {*folded, *_counted(pieces)}), whole_term(field, folded))


def case_terms(number: str, business: str, opened_at: datetime, parties: Iterable[str], answers: Iterable[tuple[str, str]]) -> set[str]:
    """All terms of a case; `answers` are fields with their folded texts."""
    day = opened_at.astimezone(SHANGHAI)
    terms = {_term("opened", f"{day:%Y}"), _term("opened", f"{day:%Y%m}"), _term("opened", f"{day:%Y%m%d}")}
    terms.update(map(party_term, parties))
    terms.add(whole_term(BUSINESS, business))
    for field, folded in ((NUMBER, fold(number)), *answers):
        terms.update(_text_terms(field, folded))
    return terms


class SearchIndex:
    """The index, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name
        self._touched: set[int] = set()

    def touch(self, case_id: int) -> None:
        """Something by which the case is found has changed: it is renewed before this transaction ends."""
        self._touched.add(case_id)

    def renew(self, case: CaseRow) -> None:
        """If it was touched, find the case by what is kept of it now: its parties, those with tasks in it, its searchable answers."""
        if case.id not in self._touched:
            return
        self._touched.remove(case.id)
        parties, answers, fields = set(case.parties.values()), dict[str, str](), set[str]()
        for known in KNOWN.all(self._connection, {"of": case.id}):
            if known["kind"] == 1:
                answers[known["field"]] = known["folded"]
            else:
                (parties if known["kind"] == 2 else fields).add(known["field"])
        self.keep({case.id: case_terms(case.number, case.business, case.opened_at, parties, answers.items())})
        if added := answers.keys() - fields:
            self._connection.execute(KEEP_FIELD, [{"field": field} for field in sorted(added)])

    def keep(self, terms: Mapping[int, Collection[str]]) -> None:
        """Write the terms of some cases, by their ids."""
        for case_id, each in terms.items():
            KEEP[self._dialect].run(self._connection, {"of": case_id, "terms": " ".join([*each, *self._block(case_id)])})

    def _block(self, case_id: int) -> Iterator[str]:
        if self._dialect == "postgresql":
            yield f"b{case_id >> BLOCK}"

    def fields(self) -> Sequence[str]:
        """All fields that cases have answers in, and the number."""
        return [NUMBER, *self._connection.execute(FIELDS).scalars()]

    def found(self, clauses: Sequence[Clause], before: int, most: int) -> list[int]:
        """The ids below `before` of cases that have one of each clause's alternatives, the newest first, `most` at most. Some may not fit."""
        both, either = AND_OR[self._dialect]
        each = [either.join(f"({both.join(terms)})" for terms in clause) for clause in clauses]
        terms = both.join(f"({one})" for one in each) if self._dialect == "sqlite" else each
        found = self._connection.execute(FOUND[self._dialect], {"terms": terms, "before": before, "most": most})
        return list(found.scalars().all())


def renew_all(connection: Connection) -> None:
    """Write the terms of every case, as after a change of what terms are."""
    index, answers, parties = SearchIndex(connection), case_fields.c, case_parties.c
    connection.execute(insert(search_fields).from_select(["field"], select(answers.field).distinct()))
    last = 0
    while True:
        columns = (cases.c.id, cases.c.number, cases.c.business, cases.c.opened_at)
        page = connection.execute(select(*columns).where(cases.c.id > last).order_by(cases.c.id).limit(AT_ONCE)).all()
        if not page:
            return
        told: dict[int, list[tuple[str, str]]] = {}
        for case_id, name, folded in connection.execute(
            select(answers.case_id, answers.field, answers.folded).where(answers.case_id > last, answers.case_id <= page[-1].id)
        ):
            told.setdefault(case_id, []).append((name, folded))
        theirs: dict[int, set[str]] = {}
        for of_case, party in ((parties.case_id, parties.party), (user_tasks.c.case_id, user_tasks.c.party)):
            for case_id, name in connection.execute(select(of_case, party).where(of_case > last, of_case <= page[-1].id)):
                theirs.setdefault(case_id, set()).add(name)
        index.keep(
            {row.id: case_terms(row.number, row.business, row.opened_at, theirs.get(row.id, ()), told.get(row.id, ())) for row in page}
        )
        last = page[-1].id
