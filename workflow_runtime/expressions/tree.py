"""The syntax tree of an expression: small frozen values that a check may walk through.

Chains are flat (`a or b or c` is one `Or`), so that a long text never makes a deep tree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

ComparisonOperator = OneOf["=", "!=", "<", "<=", ">", ">=", "in", "not in"]


@dataclass(frozen=True)
class Literal:
    """A number, text, true, false or null."""

    value: str | int | float | bool | None


@dataclass(frozen=True)
class Name:
    """A dotted name, part by part: `review.outcome` is `("review", "outcome")`."""

    path: tuple[str, ...]


@dataclass(frozen=True)
class ListOf:
    """A list literal, `[a, b]`."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Call:
    """A call of one of the pure functions."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Negative:
    """Unary minus."""

    operand: "Node"


@dataclass(frozen=True)
class Sum:
    """`first`, then every further term with its sign."""

    first: "Node"
    rest: tuple[tuple[OneOf["+", "-"], "Node"], ...]


@dataclass(frozen=True)
class Comparison:
    """Two operands; `==`, `<>` and `is` have already become `=`, `!=` and `=`."""

    operator: ComparisonOperator
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Not:
    """Negation of a truth value."""

    operand: "Node"


@dataclass(frozen=True)
class And:
    """True when every operand holds."""

    operands: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    """True when one operand holds."""

    operands: tuple["Node", ...]


Node = Literal | Name | ListOf | Call | Negative | Sum | Comparison | Not | And | Or


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node, from left to right."""
    match node:
        case ListOf(items):
            return items
        case Call(_, operands) | And(operands) | Or(operands):
            return operands
        case Negative(operand) | Not(operand):
            return (operand,)
        case Sum(first, rest):
            return (first, *(term for _, term in rest))
        case Comparison(_, left, right):
            return (left, right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)
