"""Do the rules of a table overlap, and do they leave gaps?

Asking the cells about one sample of every region (see `regions`) decides the question exactly. Columns are taken as independent of each other.
"""

from collections.abc import Iterator

from workflow_runtime.decisions.cells import Constant
from workflow_runtime.decisions.regions import Budget, Column, TooMuch, bits
from workflow_runtime.decisions.table import Decision

MOST_COLUMNS = 100
"""Inputs of a table that is checked."""
_STEP = 10
"""What a step of the search for gaps costs."""

Example = tuple[Constant, ...]


class Coverage:
    """Which rules of a table can apply to what. Raises TooMuch, as its methods do."""

    def __init__(self, decision: Decision, budget: Budget) -> None:
        if len(decision.columns) > MOST_COLUMNS:
            raise TooMuch
        rules = decision.rules
        self._count = len(rules)
        self._columns = [Column(column, [rule.cells[place] for rule in rules], budget) for place, column in enumerate(decision.columns)]
        self._distinct = [_distinct(column) for column in self._columns]
        self._budget = budget

    def dead(self) -> list[int]:
        """The rules (counted from 0) that nothing can satisfy."""
        return [rule for rule in range(self._count) if not all(column.taken[rule] for column in self._columns)]

    def overlaps(self) -> Iterator[tuple[int, int, Example]]:
        """Every two rules (counted from 0) that can apply together, with an example of inputs."""
        for first in range(self._count):
            others = (1 << self._count) - (2 << first)
            for column in self._columns:
                others &= column.companions(column.taken[first])
            for second in bits(others):
                yield first, second, tuple(self._common(column, first, second) for column in self._columns)

    def gap(self) -> Example | None:
        """An example of inputs, none of them null, to which no rule applies."""
        return self._gap(0, (1 << self._count) - 1, set())

    @staticmethod
    def _common(column: Column, first: int, second: int) -> Constant:
        return min((column.samples[place] for place in bits(column.taken[first] & column.taken[second])), key=_fraction)

    def _gap(self, column: int, active: int, covered: set[tuple[int, int]]) -> Example | None:
        """The rest of a gap from `column` on, where only the `active` rules are left; `covered` remembers where there was none."""
        if column == len(self._columns):
            return None if active else ()
        if (column, active) in covered:
            return None
        for sample, rules in self._distinct[column]:
            self._budget.spend(_STEP)
            rest = self._gap(column + 1, active & rules, covered)
            if rest is not None:
                return (sample, *rest)
        covered.add((column, active))
        return None


def _distinct(column: Column) -> list[tuple[Constant, int]]:
    """A sample for every set of rules that take one, null left out."""
    found: dict[int, Constant] = {}
    for sample, rules in zip(column.samples[:-1], column.rules[:-1], strict=True):
        if rules not in found or _fraction(sample) < _fraction(found[rules]):
            found[rules] = sample
    return [(sample, rules) for rules, sample in found.items()]


def _fraction(sample: Constant) -> bool:
    """Whole numbers make plainer examples."""
    return isinstance(sample, float) and not sample.is_integer()
