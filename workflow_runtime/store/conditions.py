"""What a list of cases is restricted to: as terms that the search index is asked for, and as what each row must fulfil."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, literal, or_, select

from workflow_runtime.actors import Grant
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.store.among import Afterwards
from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.search import (
    BUSINESS,
    NUMBER,
    Clause,
    day_terms,
    fold,
    fold_answer,
    part_terms,
    party_term,
    whole_term,
)
from workflow_runtime.store.tables import case_fields, case_parties, cases, user_tasks

LONGEST_PART = 200
"""Characters of a text that is searched for: no answer that a person looks for is longer, and databases refuse very long patterns."""


@dataclass(frozen=True)
class Conditions:
    """What a list is restricted to.

    `parties`: whose cases may be read, those in which one of them has, or had, a task among them (None: everybody's). `todo`: instead,
    those with an open task for `grants`. `late`: only with an open task that was due before this instant. `keyword` is part of the number or of an answer, or one of
    `keyword_numbers`. `answers`: field → part of its answer; `exact`: field → the whole answer. `numbers`: only these cases.
    """

    parties: Collection[str] | None
    grants: Collection[Grant]
    todo: bool = False
    late: datetime | None = None
    keyword: str = ""
    keyword_numbers: Collection[str] = ()
    business: str = ""
    status: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    exact: Mapping[str, str] = field(default_factory=dict)
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    numbers: Collection[str] | None = None

    @property
    def possible(self) -> bool:
        """Whether a row can fulfil them at all."""
        sought = (self.keyword, self.business, self.status, *self.answers, *self.answers.values(), *self.exact, *self.exact.values())
        return all(possible_key(text) and len(text) <= LONGEST_PART for text in sought) and self.theirs != frozenset()

    @property
    def theirs(self) -> frozenset[str] | None:
        """The parties one of which a case has, or has or had a task for; None: it may be anybody's."""
        if self.todo:
            return frozenset(grant.party for grant in self.grants)
        return None if self.parties is None else frozenset(self.parties)


class Asked(NamedTuple):
    """One of the conditions: what the index is asked for (None: it knows nothing of this), and what the row of a case must fulfil.

    `settled`: a case with these terms fulfils it, unless different words share a term, which is as good as never: it is counted unseen.
    """

    clause: Clause | None
    restriction: ColumnElement[bool]
    settled: bool = False


def asked(conditions: Conditions, fields: Iterable[str]) -> list[Asked]:
    """The conditions, for lists of tasks without `late`, which is asked of the person's own tasks; a keyword may stand in `fields`."""
    return [*_searched(conditions, fields), *_plain(conditions), *_standing(conditions)]


def _searched(conditions: Conditions, fields: Iterable[str]) -> Iterator[Asked]:
    keyword, answer = fold(conditions.keyword), case_fields.c
    if keyword:
        numbers = [number for number in conditions.keyword_numbers if possible_key(number)]
        clause = (*(part_terms(name, keyword) for name in fields), *((whole_term(NUMBER, fold(number)),) for number in numbers))
        places = [_answers(answer.folded.contains(keyword, autoescape=True)), cases.c.number.contains(keyword, autoescape=True)]
        yield Asked(clause, or_(*places, cases.c.number.in_(numbers)) if numbers else or_(*places), _is_one_term(clause))
    for name, part in conditions.answers.items():
        clause = (part_terms(name, fold(part)),) if fold(part) else ()
        yield Asked(
            clause or None, _answers(and_(answer.field == name, answer.folded.contains(fold(part), autoescape=True))), _is_one_term(clause)
        )
    for name, whole in conditions.exact.items():
        folded = fold_answer(whole)
        yield Asked(((whole_term(name, folded),),), _answers(and_(answer.field == name, answer.folded == folded)), settled=True)


def _is_one_term(clause: Clause) -> bool:
    """Each alternative is a single term: what is longer is put together of several, which may stand apart."""
    return bool(clause) and all(len(terms) == 1 for terms in clause)


def _plain(conditions: Conditions) -> Iterator[Asked]:
    if conditions.business:
        yield Asked(((whole_term(BUSINESS, conditions.business),),), Afterwards(cases.c.business) == conditions.business, settled=True)
    if conditions.status:
        yield Asked(None, cases.c.status == conditions.status)
    first, before = conditions.opened_from, conditions.opened_before
    opened = Afterwards(cases.c.opened_at)
    within = [*([] if first is None else [opened >= first]), *([] if before is None else [opened < before])]
    if within:
        days = day_terms(
            None if first is None else first.astimezone(SHANGHAI).date(),
            None if before is None else (before - timedelta(microseconds=1)).astimezone(SHANGHAI).date(),
        )
        whole = all(each is not None and each.astimezone(SHANGHAI).time() == time.min for each in (first, before))
        yield Asked(tuple((day,) for day in days) or None, and_(*within), bool(days) and whole)


def _standing(conditions: Conditions) -> Iterator[Asked]:
    """Whose it is, and whether it waits."""
    is_running = Afterwards(cases.c.state) == "running"
    if conditions.theirs is not None:
        theirs = sorted(conditions.theirs)
        clause = tuple((party_term(party),) for party in theirs)
        # The tasks of a list of tasks are asked themselves.
        yield Asked(clause, is_running) if conditions.todo else Asked(clause, belongs_to(theirs), settled=True)
    if not conditions.todo and conditions.late is not None:
        late = _has(user_tasks.c.case_id == cases.c.id, user_tasks.c.state == "open", user_tasks.c.due_at < conditions.late)
        yield Asked(None, and_(is_running, late))


def belongs_to(parties: Collection[str]) -> ColumnElement[bool]:
    """The case is of one of these parties, or one of them has or had a task in it."""
    theirs = sorted(parties)
    of_case = _has(case_parties.c.case_id == cases.c.id, case_parties.c.party.in_(theirs))
    return or_(of_case, _has(user_tasks.c.case_id == cases.c.id, user_tasks.c.party.in_(theirs)))


def _answers(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _has(case_fields.c.case_id == cases.c.id, condition)


def _has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # Not EXISTS: of that PostgreSQL may make a join that begins with everybody's rows, instead of looking up those of some cases.
    return select(literal(1)).where(*conditions).correlate(cases).limit(1).scalar_subquery().is_not(None)
