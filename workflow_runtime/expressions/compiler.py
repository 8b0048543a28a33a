"""Turns a tree into nested Python closures: what can be decided about the text is decided once, at deploy."""

from collections.abc import Callable, Mapping
from typing import Any

from workflow_runtime.expressions.functions import FUNCTIONS
from workflow_runtime.expressions.tree import And, Call, Comparison, ListOf, Literal, Name, Negative, Node, Not, Or, Sum
from workflow_runtime.expressions.values import contains, equal, minus, negative, order, plus, truth

Evaluator = Callable[[Mapping[str, Any]], Any]

_ORDERED: dict[str, Callable[[int], bool]] = {
    "<": lambda difference: difference < 0,
    "<=": lambda difference: difference <= 0,
    ">": lambda difference: difference > 0,
    ">=": lambda difference: difference >= 0,
}
_ALIKE: dict[str, Callable[[Any, Any], bool]] = {
    "=": equal,
    "!=": lambda a, b: not equal(a, b),
    "in": lambda a, b: contains(b, a),
    "not in": lambda a, b: not contains(b, a),
}
_SIGNS = {"+": plus, "-": minus}


def compiled(node: Node) -> Evaluator:
    """A function from variables to the node's value (a JSON value or a date); it raises at most RecursionError, for bottomless data."""
    match node:
        case Literal(value):
            return lambda _: value
        case Name(path):
            return _look_up(path)
        case Negative(operand):
            inner = compiled(operand)
            return lambda variables: negative(inner(variables))
        case Not(operand):
            inner = compiled(operand)
            return lambda variables: not truth(inner(variables))
        case ListOf() | Call() | And() | Or():
            return _many(node)
        case Sum():
            return _sum(node)
        case Comparison():
            return _comparison(node)


def _look_up(path: tuple[str, ...]) -> Evaluator:
    def look_up(variables: Mapping[str, Any]) -> Any:
        value: Any = variables
        for part in path:
            if not isinstance(value, dict | Mapping):
                return None
            value = value.get(part)
        return value

    return look_up


def _many(node: ListOf | Call | And | Or) -> Evaluator:
    match node:
        case ListOf(items):
            parts = tuple(map(compiled, items))
            return lambda variables: [part(variables) for part in parts]
        case Call(function, arguments):
            call = FUNCTIONS[function].call
            parts = tuple(map(compiled, arguments))
            return lambda variables: call(*[part(variables) for part in parts])
        case And(operands):
            parts = tuple(map(compiled, operands))
            return lambda variables: all(truth(part(variables)) for part in parts)
        case Or(operands):
            parts = tuple(map(compiled, operands))
            return lambda variables: any(truth(part(variables)) for part in parts)


def _sum(node: Sum) -> Evaluator:
    first = compiled(node.first)
    rest = tuple((_SIGNS[sign], compiled(term)) for sign, term in node.rest)

    def total(variables: Mapping[str, Any]) -> Any:
        value = first(variables)
        for add, term in rest:
            value = add(value, term(variables))
        return value

    return total


def _comparison(node: Comparison) -> Evaluator:
    left, right = compiled(node.left), compiled(node.right)
    if node.operator in _ALIKE:
        alike = _ALIKE[node.operator]
        return lambda variables: alike(left(variables), right(variables))
    holds = _ORDERED[node.operator]

    def ordered(variables: Mapping[str, Any]) -> bool:
        difference = order(left(variables), right(variables))
        return difference is not None and holds(difference)

    return ordered
