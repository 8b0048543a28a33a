"""Do the rules of a table overlap, and do they leave gaps?

The constants of a column cut its values into regions: below, on, between and above numbers and dates, each named text and any other text,
true and false, null. One sample stands for each region, so that asking the cells about the samples decides the question exactly. Columns
are taken as independent of each other.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations, pairwise
from math import ceil, floor
from typing import Any, NamedTuple

from workflow_runtime.decisions.cells import Constant
from workflow_runtime.decisions.table import Decision, Input, Rule, kind_of

MOST_WORK = 300_000
"""Questions that are put to the cells of a file, and steps of the search for gaps, before the check gives up."""
MOST_COLUMNS = 100
"""Inputs of a table that is checked."""
_PAIRS = 10
"""Comparisons of two rules that cost as much as one question."""

Example = tuple[Constant, ...]


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


class Region(NamedTuple):
    """A sample of a column's values and the rules (a bit each) whose cells take it."""

    sample: Constant
    rules: int


class Coverage:
    """The regions of a table's columns. Raises TooMuch."""

    def __init__(self, decision: Decision, budget: Budget) -> None:
        rules = decision.rules
        samples = [_samples(column, rules, index) for index, column in enumerate(decision.columns)]
        if len(samples) > MOST_COLUMNS:
            raise TooMuch
        budget.spend(sum(len(column) * _tests(rules, index) for index, column in enumerate(samples)))
        budget.spend(len(rules) ** 2 * len(samples) // _PAIRS)
        self._count = len(rules)
        self._columns = [[_region(sample, rules, index) for sample in column] for index, column in enumerate(samples)]
        self._taken = [[_taken(column, rule) for column in self._columns] for rule in range(self._count)]
        self._budget = budget

    def dead(self) -> list[int]:
        """The rules (counted from 0) that nothing can satisfy."""
        return [rule for rule, columns in enumerate(self._taken) if not all(columns)]

    def overlaps(self) -> Iterator[tuple[int, int, Example]]:
        """Every two rules (counted from 0) that can apply together, with an example of inputs."""
        for (first, ones), (second, others) in combinations(enumerate(self._taken), 2):
            common = [one & other for one, other in zip(ones, others, strict=True)]
            if all(common):
                yield first, second, tuple(regions[_lowest(bits)].sample for regions, bits in zip(self._columns, common, strict=True))

    def gap(self) -> Example | None:
        """An example of inputs, none of them null, to which no rule applies. Raises TooMuch."""
        return self._gap(0, (1 << self._count) - 1, set())

    def _gap(self, column: int, active: int, covered: set[tuple[int, int]]) -> Example | None:
        """The rest of a gap from `column` on, where only the `active` rules are left; `covered` remembers where there was none."""
        if column == len(self._columns):
            return None if active else ()
        if (column, active) in covered:
            return None
        for region in self._columns[column]:
            self._budget.spend(1)
            if region.sample is not None:
                rest = self._gap(column + 1, active & region.rules, covered)
                if rest is not None:
                    return (region.sample, *rest)
        covered.add((column, active))
        return None


def _tests(rules: Sequence[Rule], column: int) -> int:
    return sum(len(rule.cells[column].tests) or 1 for rule in rules)


def _taken(regions: Sequence[Region], rule: int) -> int:
    """The regions (a bit each) that a rule's cell takes."""
    return sum(1 << number for number, region in enumerate(regions) if region.rules >> rule & 1)


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _region(sample: Constant, rules: Sequence[Rule], column: int) -> Region:
    taken = 0
    for number, rule in enumerate(rules):
        if rule.cells[column].matches(sample):
            taken |= 1 << number
    return Region(sample, taken)


def _samples(column: Input, rules: Sequence[Rule], index: int) -> list[Constant]:
    """One value of every region of a column, null last."""
    constants = {
        (type(constant), constant) for cell in (column.allowed, *(rule.cells[index] for rule in rules)) for constant in cell.constants()
    }
    known: dict[str | None, list[Any]] = {"text": [], "number": [], "date": [], "boolean": []}
    for _, constant in constants:
        known.setdefault(kind_of(constant), []).append(constant)
    samples: list[Constant] = [*_numbers(sorted(known["number"]), column.whole), *_dates(sorted(known["date"]))]
    if known["boolean"]:
        samples += [True, False]
    if known["text"] or not samples:
        samples += [*sorted(known["text"]), _other_text(known["text"])]
    return [*(sample for sample in samples if column.admitted(sample) is not None), None]


def _numbers(known: list[float], whole: bool) -> Iterator[Constant]:
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


def _other_text(known: list[str]) -> str:
    other = "…"
    while other in known:
        other += "…"
    return other
