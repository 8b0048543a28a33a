"""统计: how many filings there are, by business and status, by authority, and how many are late."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _

from registry.directory import party_names
from web.access import access, roles
from web.current import actor, runtime
from web.showing.downloads import csv_file
from web.words import word
from workflow_runtime import oversight, queries, worklist

pages = Blueprint("statistics", __name__)

READERS = roles("supervisor", "reviewer", "operator", "administrator", "auditor")


@dataclass(frozen=True)
class Figures:
    """Numbers of cases, with the names of what they are counted by.

    `rows`: (business, status, authority's party, cases); `late`: (business, party, late cases); `order`: the status words as diagrams go.
    """

    rows: Sequence[tuple[str, str, str, int]]
    late: Sequence[tuple[str, str, int]]
    titles: Mapping[str, str]
    names: Mapping[str, str]
    order: Sequence[str]

    @property
    def total(self) -> int:
        """All cases."""
        return sum(count for *_keys, count in self.rows)

    @property
    def overdue(self) -> int:
        """All cases that are late."""
        return sum(count for *_keys, count in self.late)

    def businesses(self) -> list[tuple[str, int, list[tuple[str, int]]]]:
        """(business, cases, [(status, cases)]): the most frequent business first, its statuses as the diagrams go."""
        totals = _counted((business, n) for business, _status, _party, n in self.rows)
        return [(b, n, self._statuses(b)) for b, n in totals]

    def _statuses(self, business: str) -> list[tuple[str, int]]:
        place = {status: n for n, status in enumerate(self.order)}
        counted = _counted((s, n) for b, s, _party, n in self.rows if b == business)
        return sorted(counted, key=lambda pair: place.get(pair[0], len(place)))

    def authorities(self) -> list[tuple[str, int, int]]:
        """(authority's party, cases, late ones), the most cases first."""
        late = dict(_counted((party, n) for _business, party, n in self.late))
        return [(p, n, late.get(p, 0)) for p, n in _counted((party, n) for _b, _s, party, n in self.rows)]


def _counted(pairs: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    counter: Counter[str] = Counter()
    for key, count in pairs:
        counter[key] += count
    return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))


@pages.get("/statistics")
@access(READERS)
def statistics() -> str:
    """The figures of what the person may see."""
    return render_template("statistics/statistics.html", figures=_figures())


@pages.get("/statistics.csv")
@access(READERS)
def download() -> Response:
    """The same figures as a table for spreadsheets."""
    figures = _figures()
    columns = [_("业务"), _("审核状态"), _("发证机关"), _("件数")]
    rows = [(word(figures.titles.get(b, b)), word(s), figures.names.get(p, p), n) for b, s, p, n in figures.rows]
    return csv_file("statistics.csv", columns, rows)


def _figures() -> Figures:
    with runtime().reading() as uow:
        rows = queries.statistics(uow, actor())
        late = oversight.late(uow, actor())
        titles = {deployed.business: deployed.title for deployed in uow.library.deployed()}
        names = party_names(uow.connection, {party for _b, _s, party, _n in rows})
        order = worklist.statuses(uow)
    return Figures(rows, late, titles, names, order)
