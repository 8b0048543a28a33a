"""A Pratt parser: tokens to tree.

From loosest to tightest: `or`, `and`, `not`, comparison (never chained), `+ -`, unary `-`.
"""

from typing import cast

from workflow_runtime.errors import Text
from workflow_runtime.expressions.functions import FUNCTIONS
from workflow_runtime.expressions.spans import as_span
from workflow_runtime.expressions.tokens import ExpressionError, Token, tokenize
from workflow_runtime.expressions.tree import And, Call, Comparison, ComparisonOperator, ListOf, Literal, Name, Negative, Node, Not, Or, Sum
from workflow_runtime.expressions.values import as_date

DEEPEST = 50
"""Levels of nesting; deeper text is refused."""

CONSTANTS: dict[str, bool | None] = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
KEYWORDS = frozenset({*CONSTANTS, "or", "and", "not", "in", "is"})
_SPELLINGS = {"==": "=", "<>": "!="}
_OR, _AND, _NOT, _COMPARE, _ADD, _SIGN = range(1, 7)
_BINDING = {"or": _OR, "and": _AND, "+": _ADD, "-": _ADD} | dict.fromkeys(["=", "!=", "<", "<=", ">", ">=", "in", "not in", "is"], _COMPARE)


class Parser:
    """Reads one text; `expression` may be called for parts of it by whoever embeds expressions in a larger grammar."""

    def __init__(self, text: str) -> None:
        self._tokens = tokenize(text)
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The next token, not yet taken."""
        return self._tokens[self._at]

    def following(self) -> Token:
        """The token after the next one."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, taken."""
        token = self.token
        if token.kind != "end":
            self._at += 1
        return token

    def takes(self, *spellings: str) -> bool:
        """Take the next token if it is a mark or keyword spelt so."""
        if self.token.kind in ("mark", "name") and self.token.text in spellings:
            self.take()
            return True
        return False

    def expect(self, mark: str) -> None:
        """Take this mark. Raises ExpressionError when something else stands there."""
        if not self.takes(mark):
            raise self.unexpected(Text(f"此处应为 {mark}", f"{mark} is expected here"))

    def finish(self) -> None:
        """Raises ExpressionError when something is left."""
        if self.token.kind != "end":
            raise self.unexpected()

    def unexpected(self, reason: Text | None = None) -> ExpressionError:
        """The error for the next token."""
        token = self.token
        if reason is None and token.kind == "end":
            reason = Text("表达式不完整", "the expression is not complete")
        return ExpressionError(token.position, reason or Text(f"此处不应出现 {token.text!r}", f"{token.text!r} is not expected here"))

    def expression(self, binding: int = 0) -> Node:
        """The longest expression whose operators bind tighter than `binding`. Raises ExpressionError."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.unexpected(Text(f"嵌套超过 {DEEPEST} 层", f"it is nested deeper than {DEEPEST} levels"))
        left = self._prefix()
        while (operator := self._operator()) and _BINDING[operator] > binding:
            left = self._continued(operator, left)
        self._depth -= 1
        return left

    def operand(self) -> Node:
        """An expression without comparison, `and`, `or`: what may stand beside a comparison. Raises ExpressionError."""
        return self.expression(_COMPARE)

    def _operator(self) -> str | None:
        token = self.token
        if token.kind not in ("mark", "name"):
            return None
        if token.text == "not" and self.following().text == "in":
            return "not in"
        spelling = _SPELLINGS.get(token.text, token.text)
        return spelling if spelling in _BINDING else None

    def _continued(self, operator: str, left: Node) -> Node:
        match operator:
            case "or":
                return Or(self._chain(operator, left))
            case "and":
                return And(self._chain(operator, left))
            case "+" | "-":
                return self._sum(left)
            case "is":
                comparison = self._identity(left)
            case _:
                for _ in operator.split():
                    self.take()
                comparison = Comparison(cast(ComparisonOperator, operator), left, self.operand())
        if _BINDING.get(self._operator() or "") == _COMPARE:
            raise self.unexpected(Text("比较不能连写，请用 and 连接", "comparisons cannot be chained; join them with and"))
        return comparison

    def _chain(self, operator: str, first: Node) -> tuple[Node, ...]:
        operands = [first]
        while self.takes(operator):
            operands.append(self.expression(_BINDING[operator]))
        return tuple(operands)

    def _sum(self, first: Node) -> Sum:
        rest = []
        while self._operator() in ("+", "-"):
            sign = self.take().text
            rest.append((sign, self.expression(_ADD)))
        return Sum(first, tuple(rest))  # type: ignore[arg-type]  # the loop admits no other sign

    def _identity(self, left: Node) -> Comparison:
        self.take()
        operator: ComparisonOperator = "!=" if self.takes("not") else "="
        if not self.takes("null", "None"):
            raise self.unexpected(Text("is 后面只能是 null", "only null may follow is"))
        return Comparison(operator, left, Literal(None))

    def _prefix(self) -> Node:
        token = self.token
        if token.kind in ("number", "text"):
            return Literal(self.take().value)
        if token.kind == "at":
            return self._moment()
        if token.kind == "name":
            return self._word()
        if self.takes("-"):
            return self._negative()
        if self.takes("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if self.takes("["):
            return ListOf(self._items("]"))
        raise self.unexpected()

    def _moment(self) -> Call:
        token = self.take()
        text = token.text.removeprefix("@").strip('"')
        if as_date(text) is not None:
            return Call("date", (Literal(text),))
        if as_span(text) is not None:
            return Call("duration", (Literal(text),))
        raise ExpressionError(
            token.position,
            Text("不是日期或年限", "this is no day and no duration"),
            Text('请写成 2026-01-31、@"2026-01-31" 或 @"P10Y"。', 'Write 2026-01-31, @"2026-01-31" or @"P10Y".'),
        )

    def _negative(self) -> Node:
        operand = self.expression(_SIGN)
        if isinstance(operand, Literal) and isinstance(operand.value, int | float) and not isinstance(operand.value, bool):
            return Literal(-operand.value)
        return Negative(operand)

    def _word(self) -> Node:
        if self.takes("not"):
            return Not(self.expression(_NOT))
        if self.token.text in CONSTANTS:
            return Literal(CONSTANTS[self.take().text])
        path = tuple(self.token.text.split("."))
        if path[0] in KEYWORDS:
            raise self.unexpected()
        if self.following().text == "(":
            return self._call()
        self.take()
        return Name(path)

    def _call(self) -> Call:
        token = self.token
        function = FUNCTIONS.get(token.text)
        if function is None:
            known = " ".join(FUNCTIONS)
            raise self.unexpected(Text(f"没有函数 {token.text}，可用：{known}", f"there is no function {token.text}; there are: {known}"))
        self.take()
        self.expect("(")
        arguments = self._items(")")
        if not function.least <= len(arguments) <= function.most:
            raise ExpressionError(
                token.position, Text(f"{token.text} 的参数个数不对", f"{token.text} does not take {len(arguments)} argument(s)")
            )
        return Call(token.text, arguments)

    def _items(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self.takes(closing):
            if items:
                self.expect(",")
            items.append(self.expression())
        return tuple(items)
