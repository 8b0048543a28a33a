"""Input cells of a decision table, as DMN editors write them.

`-` or nothing (anything), `"T","S"` (one of), `> 630`, `[630..1250)` and `]630..1250[` (intervals), `not("T")`, `true`, `null`. Wherever
a number may stand, a day may (`2026-01-31`, `date("2026-01-31")`, `@"2026-01-31"`), and a duration in years and months for an age (`P10Y`,
`duration("P8Y6M")`, `@"P10Y"`). Cells hold constants only.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from workflow_runtime.errors import Text
from workflow_runtime.expressions import ExpressionError
from workflow_runtime.expressions.parser import Parser
from workflow_runtime.expressions.spans import Span, as_span
from workflow_runtime.expressions.tree import Call, Literal, Name
from workflow_runtime.expressions.values import as_date, equal, is_number, order

Constant = str | int | float | bool | date | Span | None
_QUOTE = Text('文字请加引号，如 "T"；多个值用逗号分隔。', 'Put text in quotation marks, like "T"; separate several values with commas.')
_BOUNDS = Text("请写数字、日期 2026-01-31 或年限 P10Y。", "Write a number, a day 2026-01-31 or a duration P10Y.")
_MONTHS = Text(
    "年限只写年和月，如 P10Y、P8Y6M；天数请用两个日期相减。", "Write years and months, like P10Y or P8Y6M; for days subtract two dates."
)


@dataclass(frozen=True)
class Equals:
    """The value itself; the only test that null can pass, with `-`."""

    constant: Constant

    def matches(self, value: Any) -> bool:
        """Whether the value is the constant."""
        return equal(value, self.constant)

    def constants(self) -> tuple[Constant, ...]:
        """The constants that the test names."""
        return (self.constant,)


@dataclass(frozen=True)
class Between:
    """An interval; a bound of None is open to that side."""

    low: int | float | date | Span | None = None
    high: int | float | date | Span | None = None
    with_low: bool = False
    with_high: bool = False

    def matches(self, value: Any) -> bool:
        """Whether the value lies inside; a value without an order to the bounds does not."""
        return self._passes(self.low, self.with_low, value, 1) and self._passes(self.high, self.with_high, value, -1)

    @staticmethod
    def _passes(bound: Constant, included: bool, value: Any, side: int) -> bool:
        if bound is None:
            return True
        difference = order(value, bound)
        return difference is not None and (difference * side > 0 or (included and difference == 0))

    def constants(self) -> tuple[Constant, ...]:
        """The bounds."""
        return tuple(bound for bound in (self.low, self.high) if bound is not None)


@dataclass(frozen=True)
class Cell:
    """One or several tests, or their negation; without tests anything matches. Null never matches a negation."""

    tests: tuple[Equals | Between, ...] = ()
    negated: bool = False

    def matches(self, value: Any) -> bool:
        """Whether a JSON value (or a date) passes."""
        if not self.tests:
            return True
        if self.negated and value is None:
            return False
        return any(test.matches(value) for test in self.tests) is not self.negated

    def constants(self) -> Iterable[Constant]:
        """Every constant that the cell names."""
        return (constant for test in self.tests for constant in test.constants())


ANYTHING = Cell()


def read_cell(text: str) -> Cell:
    """Read an input cell. Raises ExpressionError."""
    if text.strip() in ("", "-"):
        return ANYTHING
    parser = Parser(text)
    negated = parser.following().text == "(" and parser.takes("not")
    if negated:
        parser.expect("(")
    tests = [_test(parser)]
    while parser.takes(","):
        tests.append(_test(parser))
    if negated:
        parser.expect(")")
    parser.finish()
    return Cell(tuple(tests), negated)


_RELATIONS: dict[str, Callable[[Any], Between]] = {
    "<": lambda bound: Between(high=bound),
    "<=": lambda bound: Between(high=bound, with_high=True),
    ">": lambda bound: Between(low=bound),
    ">=": lambda bound: Between(low=bound, with_low=True),
}


def _test(parser: Parser) -> Equals | Between:
    mark = parser.token.text
    if mark in _RELATIONS:
        parser.take()
        return _RELATIONS[mark](_bound(parser))
    if mark in ("[", "]", "("):
        return _interval(parser)
    parser.takes("=", "==")
    return Equals(_constant(parser))


def _interval(parser: Parser) -> Between:
    with_low = parser.take().text == "["
    low = _bound(parser)
    parser.expect("..")
    high = _bound(parser)
    closing = parser.token
    if not parser.takes("]", ")", "["):
        raise parser.unexpected(Text("区间没有结束", "the interval is not closed"))
    if (difference := order(low, high)) is None or difference > 0:
        raise ExpressionError(closing.position, Text("区间的下限大于上限", "the interval ends before it begins"), _BOUNDS)
    return Between(low, high, with_low, closing.text == "]")


def _bound(parser: Parser) -> Any:
    position = parser.token.position
    bound = _constant(parser)
    if not is_number(bound) and not isinstance(bound, date | Span):
        raise ExpressionError(
            position, Text("只能与数字、日期或年限比大小", "only numbers, days and durations have an order here"), _BOUNDS
        )
    return bound


def _constant(parser: Parser) -> Constant:
    position = parser.token.position
    match parser.operand():
        case Literal(value):
            return value
        case Call("date", (Literal(str(text)),)) if (day := as_date(text)) is not None:
            return day
        case Call("date", (Literal(),)):
            raise ExpressionError(position, Text("没有这个日期", "there is no such date"), _BOUNDS)
        case Call("duration", (Literal(str(text)),)) | Name((text,)) if (span := as_span(text)) is not None:
            if span.days:
                raise ExpressionError(position, Text("年限里不能有天", "a duration holds no days here"), _MONTHS)
            return span
        case _:
            raise ExpressionError(position, Text("此处只能写常量", "only constants may stand here"), _QUOTE)
