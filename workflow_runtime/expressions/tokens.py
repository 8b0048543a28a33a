"""Cuts the text of an expression into tokens."""

import re
from typing import NamedTuple

from workflow_runtime.errors import Failure, Text

LONGEST = 2000
"""Characters of an expression; longer text is refused unread."""
LARGEST = 2**63 - 1
"""The largest whole number that every store of JSON here keeps exactly."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<mark>\.\.|==|<>|!=|<=|>=|[=<>+\-()\[\],])
    |(?P<at>@"[^"]*"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]))
    |(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
    |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t"}
_FULL_WIDTH = frozenset("＝＜＞（）［］【】，．＋－“”‘’＂＇！；：、。")
_REMEDY = Text(
    '请改用比较（= != < <= > >=）、and、or、not、in、加减、括号、文字 "…" 和带点的变量名。',
    'Use comparisons (= != < <= > >=), and, or, not, in, + and -, brackets, text "…" and dotted names.',
)


class ExpressionError(Failure):
    """The text is outside the expression grammar; the sentence names the position (1-based character)."""

    code = "EXPRESSION_INVALID"

    def __init__(self, position: int, reason: Text, remedy: Text = _REMEDY) -> None:
        super().__init__(
            Text(f"表达式第 {position} 个字符处有误：{reason.zh}", f"The expression is wrong at character {position}: {reason.en}"), remedy
        )
        self.position = position


class Token(NamedTuple):
    """One token: `kind` is mark, number, name, text, at (a day or a duration) or end; `position` counts characters from 1."""

    kind: str
    text: str
    position: int

    @property
    def value(self) -> str | int | float:
        """What a number or text token stands for. Raises ExpressionError for a number out of range."""
        if self.kind == "text":
            return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), self.text[1:-1])
        number = float(self.text) if "." in self.text else int(self.text)
        if number > LARGEST:
            raise ExpressionError(self.position, Text("数字过大", "the number is too large"))
        return number


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, closed by one of kind end. Raises ExpressionError.

    A leading `=`, with which editors mark an expression, is not part of it.
    """
    if len(text) > LONGEST:
        raise ExpressionError(LONGEST + 1, Text(f"超过 {LONGEST} 个字符", f"it is longer than {LONGEST} characters"))
    position = _start(text)
    tokens = []
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        if match.lastgroup != "space":
            tokens.append(Token(str(match.lastgroup), match[0], position + 1))
        position = match.end()
    return [*tokens, Token("end", "", len(text) + 1)]


def _start(text: str) -> int:
    blank = len(text) - len(text.lstrip())
    return blank + 1 if text.startswith("=", blank) else blank


def _unreadable(text: str, position: int) -> ExpressionError:
    character = text[position]
    if character in "\"'":
        return ExpressionError(position + 1, Text("引号没有成对", "the quotation mark is never closed"))
    reason = Text(f"不能使用字符 {character!r}", f"the character {character!r} has no meaning here")
    if character in _FULL_WIDTH:
        return ExpressionError(position + 1, reason, Text("请改用半角（英文）标点。", "Use the half-width (ASCII) mark instead."))
    return ExpressionError(position + 1, reason)
