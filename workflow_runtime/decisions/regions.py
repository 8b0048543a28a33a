"""The values of a column, cut into regions that no cell of the table can tell apart, and which rules' cells take each.

The constants of a column do the cutting: below, on, between and above numbers, dates and ages, each named text and any other text, true and
false, null. One sample stands for each region. Sets of regions and of rules are whole numbers, a bit each.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby, pairwise
from math import ceil, floor
from typing import Any

from workflow_runtime.decisions.cells import Between, Cell, Constant, Equals
from workflow_runtime.decisions.table import Input, kind_of
from workflow_runtime.expressions.spans import Span

MOST_WORK = 2_000_000
"""What the check of a file may cost, in operations on sets of a thousand rules, before it gives up."""
_ASKED = 10
"""What asking one cell about one sample costs."""


class TooMuch(Exception):
    """The table is too large to be checked."""


class Budget:
    """The work that may still be spent on one file."""

    def __init__(self, left: int = MOST_WORK) -> None:
        self._left = left

    def spend(self, work: int) -> None:
        """Raises TooMuch, and spends nothing, when less is left."""
        if work > self._left:
            raise TooMuch
        self._left -= work


class Column:
    """One input column of the rules. Raises TooMuch.

    `samples` are a value of every region, null last; `rules[n]` the rules that take sample n, `taken[n]` the samples that rule n takes.
    """

    def __init__(self, column: Input, cells: Sequence[Cell], budget: Budget) -> None:
        self._budget = budget
        self.samples = _samples(column, cells)
        self._mixed = "text" in column.kinds and bool(column.kinds & {"date", "duration"})
        known: dict[str, int] = {}
        self.taken = [known[key] if (key := repr(cell)) in known else known.setdefault(key, self._takes(cell)) for cell in cells]
        self.rules = self._turned()
        self._companions: dict[int, int] = {}

    def companions(self, samples: int) -> int:
        """The rules that take at least one of these samples."""
        if samples not in self._companions:
            self._budget.spend(samples.bit_count() + 1)
            found = 0
            for number in bits(samples):
                found |= self.rules[number]
            self._companions[samples] = found
        return self._companions[samples]

    def _takes(self, cell: Cell) -> int:
        whole = (1 << len(self.samples)) - 1
        if not cell.tests:
            return whole
        found = 0
        for test in cell.tests:
            found |= self._asked(test) if self._mixed else self._tested(test)
        return whole >> 1 & ~found if cell.negated else found

    def _asked(self, test: Equals | Between) -> int:
        """Where dates and texts stand in one column, a text may be a date, too."""
        self._budget.spend(len(self.samples) * _ASKED)
        return sum(1 << number for number, sample in enumerate(self.samples) if test.matches(sample))

    def _tested(self, test: Equals | Between) -> int:
        self._budget.spend(1)
        if isinstance(test, Equals):
            number = self._places.get((kind_of(test.constant), test.constant))
            return 0 if number is None else 1 << number
        kind = kind_of(test.low if test.low is not None else test.high)
        first, ordered = self._ordered.get(kind, (0, []))
        low = 0 if test.low is None else (bisect_left if test.with_low else bisect_right)(ordered, test.low)
        high = len(ordered) if test.high is None else (bisect_right if test.with_high else bisect_left)(ordered, test.high)
        return ((1 << high) - (1 << low)) << first if low < high else 0

    @cached_property
    def _places(self) -> dict[tuple[str | None, Constant], int]:
        return {(kind_of(sample), sample): number for number, sample in enumerate(self.samples)}

    @cached_property
    def _ordered(self) -> dict[str | None, tuple[int, list[Any]]]:
        """The samples of each kind in their order, with the place of the first."""
        found: dict[str | None, tuple[int, list[Any]]] = {}
        for kind, numbered in groupby(enumerate(self.samples), key=lambda each: kind_of(each[1])):
            members = list(numbered)
            found[kind] = members[0][0], [sample for _, sample in members]
        return found

    def _turned(self) -> list[int]:
        groups: dict[int, int] = {}
        for rule, samples in enumerate(self.taken):
            groups[samples] = groups.get(samples, 0) | 1 << rule
        self._budget.spend(sum(samples.bit_count() for samples in groups))
        turned = [0] * len(self.samples)
        for samples, rules in groups.items():
            for number in bits(samples):
                turned[number] |= rules
        return turned


def bits(number: int) -> Iterator[int]:
    """The places of the ones of a whole number, from the lowest."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _samples(column: Input, cells: Sequence[Cell]) -> list[Constant]:
    """One value of every region of a column, those of one kind together and in their order, null last."""
    constants = {(type(constant), constant) for cell in (column.allowed, *cells) for constant in cell.constants()}
    known: dict[str | None, list[Any]] = {"text": [], "number": [], "date": [], "duration": [], "boolean": []}
    for _, constant in constants:
        known.setdefault(kind_of(constant), []).append(constant)
    numbers, dates, ages = (sorted(known[kind]) for kind in ("number", "date", "duration"))
    samples: list[Constant] = [*sorted(set(_numbers(numbers, column.whole))), *sorted(set(_dates(dates))), *_ages(ages)]
    if known["boolean"]:
        samples += [True, False]
    if known["text"] or not samples:
        samples += [*sorted(known["text"]), _other_text(known["text"])]
    return [*(sample for sample in samples if column.admitted(sample) is not None), None]


def _numbers(known: list[float], whole: bool) -> Iterator[float]:
    if not known:
        return
    yield floor(known[0]) - 1
    yield from known
    yield from (floor(low) + 1 if whole else (low + high) / 2 for low, high in pairwise(known))
    yield ceil(known[-1]) + 1


def _dates(known: list[date]) -> Iterator[date]:
    day = timedelta(days=1)
    for one in known:
        if one > date.min:
            yield one - day
        yield one
        if one < date.max:
            yield one + day


def _ages(known: list[Span]) -> Iterator[Span]:
    if known and known[0] > Span(0):
        yield Span(0)
    for one in known:
        yield one
        yield Span(one.months, 1)


def _other_text(known: list[str]) -> str:
    other = "…"
    while other in known:
        other += "…"
    return other
