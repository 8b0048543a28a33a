"""What a list of cases is restricted to: as terms that the search index is asked for, and as what each row must fulfil."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
from workflow_runtime.store.user_tasks import worked_by

LONGEST_PART = 200
"""Characters of a text that is searched for: no answer that a person looks for is longer, and databases refuse very long patterns."""


@dataclass(frozen=True)
class Conditions:
    """What a list is restricted to.

    `parties`: whose cases may be read (None: everybody's), besides those with an open task for `grants`. `todo`: only those with such a
    task. `late`: only with an open task that was due before this instant. `keyword` is part of the number or of an answer, or one of
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
        return all(possible_key(text) and len(text) <= LONGEST_PART for text in sought) and _theirs(self) != set()


def clauses(conditions: Conditions, fields: Iterable[str]) -> list[Clause]:
    """What a case that fulfils them is found by; `fields` are those that a keyword may stand in. None: the index knows nothing of them."""
    keyword, found = fold(conditions.keyword), list[Clause]()
    if keyword:
        known = [(whole_term(NUMBER, fold(number)),) for number in conditions.keyword_numbers if possible_key(number)]
        found.append((*(part_terms(name, keyword) for name in fields), *known))
    found += [(part_terms(name, folded),) for name, part in conditions.answers.items() if (folded := fold(part))]
    found += [((whole_term(name, fold_answer(whole)),),) for name, whole in conditions.exact.items()]
    if days := _days(conditions):
        found.append(tuple((day,) for day in days))
    if conditions.business:
        found.append(((whole_term(BUSINESS, conditions.business),),))
    if (theirs := _theirs(conditions)) is not None:
        found.append(tuple((party_term(party),) for party in sorted(theirs)))
    return found


def _theirs(conditions: Conditions) -> set[str] | None:
    """The parties one of which a case has, or has a task for; None: it may be anybody's."""
    mine = {grant.party for grant in conditions.grants}
    if conditions.todo:
        return mine
    return None if conditions.parties is None else mine.union(conditions.parties)


def _days(conditions: Conditions) -> Sequence[str]:
    first, before = conditions.opened_from, conditions.opened_before
    return day_terms(
        None if first is None else first.astimezone(SHANGHAI).date(),
        None if before is None else (before - timedelta(microseconds=1)).astimezone(SHANGHAI).date(),
    )


def restrictions(conditions: Conditions) -> list[ColumnElement[bool]]:
    """What the row of a case must fulfil; for lists of tasks without `late`, which is asked of the person's own tasks."""
    chosen = [*_plain(conditions), *_searched(conditions)]
    if conditions.todo or conditions.late is not None:
        chosen.append(Afterwards(cases.c.state) == "running")
    if not conditions.todo and conditions.late is not None:
        chosen.append(_has_task(user_tasks.c.due_at < conditions.late))
    if not conditions.todo and conditions.parties is not None:
        party = case_parties.c.party.in_(sorted(conditions.parties))
        chosen.append(or_(_has(case_parties.c.case_id == cases.c.id, party), _has_task(worked_by(conditions.grants))))
    return chosen


def _has_task(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _has(user_tasks.c.case_id == cases.c.id, user_tasks.c.state == "open", condition)


def _has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # Not EXISTS: of that PostgreSQL may make a join that begins with everybody's rows, instead of looking up those of some cases.
    return select(literal(1)).where(*conditions).limit(1).scalar_subquery().is_not(None)


def _plain(conditions: Conditions) -> Iterable[ColumnElement[bool]]:
    if conditions.business:
        yield Afterwards(cases.c.business) == conditions.business
    if conditions.status:
        yield Afterwards(cases.c.status) == conditions.status
    if conditions.opened_from is not None:
        yield Afterwards(cases.c.opened_at) >= conditions.opened_from
    if conditions.opened_before is not None:
        yield Afterwards(cases.c.opened_at) < conditions.opened_before


def _searched(conditions: Conditions) -> Iterable[ColumnElement[bool]]:
    keyword, answer = fold(conditions.keyword), case_fields.c
    if keyword:
        places = [_answers(answer.folded.contains(keyword, autoescape=True)), cases.c.number.contains(keyword, autoescape=True)]
        if conditions.keyword_numbers:
            places.append(cases.c.number.in_(list(conditions.keyword_numbers)))
        yield or_(*places)
    for name, part in conditions.answers.items():
        yield _answers(and_(answer.field == name, answer.folded.contains(fold(part), autoescape=True)))
    for name, whole in conditions.exact.items():
        yield _answers(and_(answer.field == name, answer.folded == fold_answer(whole)))


def _answers(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _has(case_fields.c.case_id == cases.c.id, condition)
