"""Expressions of diagrams, forms and decision tables: parsed once, evaluated without ever failing.

Grammar: `or`, `and`, `not`, `= == != <> < <= > >=`, `in`, `not in`, `is null`, `+ -`, brackets, numbers, "text", 'text', days (2026-01-31 or
@"2026-01-31"), durations (@"P10Y"), true/false/null (or True/False/None), `[a, b]`, dotted names (look-ups in mappings, Chinese allowed), and
the functions `len min max lower date duration years_between age add_years exists`. `not x = y` means `not (x = y)`. Comparisons are not chained.

Meaning: a name not yet written is null. With null or values of different kinds, ordering and `in` are false (so `not in` is true) and `+ -`
give null. `and`, `or`, `not` give true or false; null, false, 0 and everything empty count as false. True is not 1. `"a" in "abc"` looks for
a part of the text. Dates are ISO 8601 text in variables; `date(x)` makes them comparable and countable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from workflow_runtime.expressions.compiler import Evaluator, compiled
from workflow_runtime.expressions.parser import Parser
from workflow_runtime.expressions.spans import Span
from workflow_runtime.expressions.tokens import LONGEST, ExpressionError
from workflow_runtime.expressions.tree import Name, Node, walk
from workflow_runtime.expressions.values import truth

if TYPE_CHECKING:
    from workflow_runtime.handlers import Json

__all__ = ["LONGEST", "MOST_TEXT", "Expression", "ExpressionError", "compile_expression"]


MOST_TEXT = 50_000
"""Characters of expressions that one file may hold: far more than anybody writes, few enough to be compiled within a second on a slow machine."""


@dataclass(frozen=True)
class Expression:
    """A compiled expression: its text, its tree (for checks), the dotted names that it reads."""

    text: str
    tree: Node = field(repr=False, compare=False)
    names: frozenset[str] = field(repr=False, compare=False)
    _evaluator: Evaluator = field(repr=False, compare=False)

    def evaluate(self, variables: Mapping[str, "Json"]) -> "Json":
        """The value as JSON (a date or an age as ISO 8601 text). Never raises; null where it makes no sense.

        A list or mapping may be the very object that the variables hold: do not change it.
        """
        try:
            return _as_json(self._evaluator(variables))
        except RecursionError:
            return None

    def holds(self, variables: Mapping[str, "Json"]) -> bool:
        """Whether the value counts as true. Never raises."""
        return truth(self.evaluate(variables))


def compile_expression(text: str) -> Expression:
    """Parse and compile; the same text gives the same object. A leading `=` (how editors mark expressions) is skipped.

    Raises ExpressionError (EXPRESSION_INVALID) for text outside the grammar, longer than 2000 characters or nested deeper than 50 levels.
    """
    return _compile(text)


@lru_cache(maxsize=4096)
def _compile(text: str) -> Expression:
    parser = Parser(text)
    tree = parser.expression()
    parser.finish()
    names = frozenset(".".join(node.path) for node in walk(tree) if isinstance(node, Name))
    return Expression(text, tree, names, compiled(tree))


def _as_json(value: Any) -> "Json":
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Span):
        return str(value)
    return cast("Json", value)
