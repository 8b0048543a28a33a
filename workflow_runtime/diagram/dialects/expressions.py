"""Expressions as other engines write them: `${…}`, `#{…}`, `=…`, `return …;`, with their own words for and, or, not, equal.

They are rewritten where the result lies in our grammar, and left as they are where it does not: then the contract says where and why.
"""

import re
from collections.abc import Iterable

from lxml import etree

from workflow_runtime.diagram.dialects.report import Report
from workflow_runtime.diagram.xml import bpmn, text_of
from workflow_runtime.errors import Text
from workflow_runtime.expressions import ExpressionError, compile_expression

LONGEST = 2000
"""Characters of a text that is looked at; longer ones are refused by the grammar anyway."""

_WRAPPED = re.compile(r"[$#]\{(?P<inner>[^{}]*)\}", re.DOTALL)
_RETURNED = re.compile(r"return\s+(?P<inner>[^;{}]+);?", re.DOTALL)
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)
_VARIABLE = re.compile(r"(?:execution|task|kcontext)\.getVariable\(\s*$")
_WORDS = (
    (re.compile(r"&&"), " and "),
    (re.compile(r"\|\|"), " or "),
    (re.compile(r"!(?!=)"), " not "),
    (re.compile(r"={3}"), "=="),
    (re.compile(r"!=="), "!="),
    (re.compile(r"\beq\b"), "=="),
    (re.compile(r"\bne\b"), "!="),
    (re.compile(r"\bgt\b"), ">"),
    (re.compile(r"\bge\b"), ">="),
    (re.compile(r"\blt\b"), "<"),
    (re.compile(r"\ble\b"), "<="),
    (re.compile(r"\bnot\s+empty\s+([\w.]+)"), r"len(\1) != 0"),
    (re.compile(r"\bempty\s+([\w.]+)"), r"len(\1) = 0"),
)
_DURATION = re.compile(r"""=?\s*(?:duration\()?\s*["'](?P<text>R?\d*/?P[\dYMWDTHS.]+)["']\s*\)?""")
_TIMES = ("timeDuration", "timeCycle", "timeDate")

_CONDITION = Text("条件", "a condition")
_TIME = Text("定时", "a timer")


def rewrite_expressions(elements: Iterable[etree._Element], report: Report) -> None:
    """Rewrite conditions and timers in place."""
    for element in elements:
        if element.tag == bpmn("conditionExpression"):
            _rewrite(element, in_grammar(text_of(element)), _CONDITION, report)
        elif element.tag in _TIMER_TAGS:
            _rewrite(element, timer(text_of(element)), _TIME, report)


_TIMER_TAGS = frozenset(bpmn(name) for name in _TIMES)


def _rewrite(element: etree._Element, text: str | None, meaning: Text, report: Report) -> None:
    if text is None or text == text_of(element):
        return
    holder = element.getparent()
    written = text_of(element)
    report.read_as(element if holder is None else holder, f"{written[:2]}…{written[-1:]}", meaning)
    element.text = text


def in_grammar(text: str) -> str | None:
    """A foreign expression in our grammar; None when it is ours already, or cannot be said in it."""
    if len(text) > LONGEST or _compiles(text):
        return None
    match = _WRAPPED.fullmatch(text) or _RETURNED.fullmatch(text)
    rewritten = _words(match["inner"] if match else text).strip()
    return rewritten if rewritten and _compiles(rewritten) else None


def as_expression(text: str) -> str:
    """The value of a foreign parameter as an expression: `${x}` and `=x` are expressions, numbers stay, all else is a literal text."""
    stripped = text.strip()
    if stripped.startswith("="):
        return in_grammar(stripped[1:].strip()) or stripped[1:].strip()
    if _WRAPPED.fullmatch(stripped):
        return in_grammar(stripped) or stripped
    if re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?|true|false|null", stripped):
        return stripped
    quoted = stripped.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def timer(text: str) -> str | None:
    """A foreign timer text in ours; None when there is nothing to rewrite."""
    if len(text) > LONGEST:
        return None
    if (match := _DURATION.fullmatch(text)) is not None and not text.startswith(('"', "'")):
        return match["text"]
    match = _WRAPPED.fullmatch(text)
    if match is None:
        return None
    inner = in_grammar(text)
    return None if inner is None else f"={inner}"


def _words(text: str) -> str:
    """Foreign operators in our words, outside quoted texts."""
    parts = _QUOTED.split(text)
    for index in range(0, len(parts), 2):
        for pattern, ours in _WORDS:
            parts[index] = pattern.sub(ours, parts[index])
    for index in range(1, len(parts), 2):
        if _VARIABLE.search(parts[index - 1]) and parts[index + 1].lstrip().startswith(")"):
            parts[index - 1] = _VARIABLE.sub("", parts[index - 1])
            parts[index] = parts[index][1:-1]
            parts[index + 1] = parts[index + 1].lstrip()[1:]
    return "".join(parts)


def _compiles(text: str) -> bool:
    try:
        compile_expression(text)
    except ExpressionError:
        return False
    return True
