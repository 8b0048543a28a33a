"""A decision table and what it decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from workflow_runtime.decisions.cells import ANYTHING, Cell, Constant
from workflow_runtime.expressions import Expression
from workflow_runtime.expressions.spans import Span, as_span
from workflow_runtime.expressions.tree import Name
from workflow_runtime.expressions.values import as_date, is_number, order, plus

if TYPE_CHECKING:
    from workflow_runtime.handlers import Json

Policy = Literal["UNIQUE", "FIRST", "COLLECT"]
Aggregation = Literal["SUM", "MIN", "MAX", "COUNT"]
Kind = Literal["number", "text", "boolean", "date", "duration"]


def kind_of(constant: Constant) -> Kind | None:
    """The kind of a constant; None for null and for what no cell can hold."""
    if isinstance(constant, bool):
        return "boolean"
    if is_number(constant):
        return "number"
    if isinstance(constant, date):
        return "date"
    if isinstance(constant, Span):
        return "duration"
    return "text" if isinstance(constant, str) else None


@dataclass(frozen=True)
class Input:
    """A column of conditions.

    `kinds` are the kinds of value that its cells speak of, `allowed` the values that the table declares; `whole` admits whole numbers only.
    """

    label: str
    expression: Expression
    kinds: frozenset[Kind]
    allowed: Cell = ANYTHING
    whole: bool = False

    @property
    def name(self) -> str | None:
        """The variable that the column reads, if it is one and nothing else."""
        tree = self.expression.tree
        return ".".join(tree.path) if isinstance(tree, Name) else None

    def read(self, variables: Mapping[str, "Json"]) -> Any:
        """The value that the cells are asked about; see `admitted`."""
        return self.admitted(self.expression.evaluate(variables))

    def admitted(self, value: Any) -> Any:
        """The value, or null where it is of a kind of which the column does not speak or is not among the allowed ones.

        So `not("T")` holds of another text, not of a number; and no value of which the deploy check did not think can match two rules.
        """
        if not self.kinds:
            return value
        kind = kind_of(value)
        if kind == "text" and "text" not in self.kinds:
            value = as_date(value) or as_span(value)
            kind = kind_of(value)
        refused = kind not in self.kinds or (self.whole and kind == "number" and value != int(value)) or not self.allowed.matches(value)
        return None if refused else value


@dataclass(frozen=True)
class Rule:
    """A row: one cell for every input, one expression for every output (None: null), and what the analyst notes beside it."""

    cells: tuple[Cell, ...]
    outputs: tuple[Expression | None, ...]
    note: str = ""

    def matches(self, values: Sequence[Any]) -> bool:
        """Whether every cell takes its value."""
        return all(cell.matches(value) for cell, value in zip(self.cells, values, strict=True))


@dataclass(frozen=True)
class Decision:
    """A decision table.

    `columns` are its inputs with their kinds, `outputs` the names of its outputs and `labels` what people call them, `rules` its rows in order.
    """

    id: str
    name: str
    policy: Policy
    aggregation: Aggregation | None
    columns: tuple[Input, ...]
    outputs: tuple[str, ...]
    rules: tuple[Rule, ...]
    labels: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[Expression, ...]:
        """The input expressions, from left to right."""
        return tuple(column.expression for column in self.columns)

    @property
    def names(self) -> frozenset[str]:
        """The variables that the table reads, in inputs and in outputs."""
        outputs = (output for rule in self.rules for output in rule.outputs if output is not None)
        return frozenset().union(*(expression.names for expression in (*self.inputs, *outputs)))

    def rule(self, variables: Mapping[str, "Json"]) -> tuple[int, ...]:
        """The rules that apply, counted from 1: at most one for UNIQUE and FIRST."""
        values = [column.read(variables) for column in self.columns]
        numbers = []
        for number, rule in enumerate(self.rules, start=1):
            if rule.matches(values):
                numbers.append(number)
                if self.policy != "COLLECT":
                    break
        return tuple(numbers)

    def decide(self, variables: Mapping[str, "Json"]) -> "Json":
        """What the table says; never raises.

        UNIQUE, FIRST: an object of all outputs, each null when no rule applies. COLLECT: a list of such objects, or with an aggregation an
        object with the number under the output's name (of nothing: 0 for COUNT, else null; null as well if a value is not a number).
        """
        return self.said(self.rule(variables), variables)

    def said(self, rules: Sequence[int], variables: Mapping[str, "Json"]) -> "Json":
        """What the table says where these rules apply; never raises."""
        found = [self._row(number, variables) for number in rules]
        if self.aggregation:
            name = self.outputs[0]
            return {name: _AGGREGATIONS[self.aggregation]([row[name] for row in found])}
        if self.policy == "COLLECT":
            return [*found]
        return found[0] if found else dict.fromkeys(self.outputs)

    def _row(self, number: int, variables: Mapping[str, "Json"]) -> dict[str, "Json"]:
        outputs = self.rules[number - 1].outputs
        return {name: None if output is None else output.evaluate(variables) for name, output in zip(self.outputs, outputs, strict=True)}


def _sum(values: "list[Json]") -> "Json":
    total: Any = 0
    for value in values:
        total = plus(total, value)
    return total if values else None


def _extreme(sign: int) -> "Callable[[list[Json]], Json]":
    def extreme(values: "list[Json]") -> "Json":
        if not values or not all(map(is_number, values)):
            return None
        best = values[0]
        for value in values[1:]:
            if (order(value, best) or 0) * sign > 0:
                best = value
        return best

    return extreme


_AGGREGATIONS: "dict[Aggregation, Callable[[list[Json]], Json]]" = {
    "SUM": _sum,
    "MIN": _extreme(-1),
    "MAX": _extreme(1),
    "COUNT": len,
}
