"""Tells what the check of a table's rules found."""

from collections.abc import Sequence
from itertools import islice
from typing import cast

from lxml import etree

from workflow_runtime.decisions.cells import Constant
from workflow_runtime.decisions.coverage import Coverage, Example
from workflow_runtime.decisions.regions import Budget, TooMuch
from workflow_runtime.decisions.table import Decision
from workflow_runtime.errors import Finding, Text

MOST_OVERLAPS = 20
"""Overlaps that are named for one table."""
MOST_FINDINGS = 1000
"""Findings that are kept of one file; nobody reads more."""


class Findings:
    """Collects what is wrong with one file."""

    def __init__(self, file: str) -> None:
        self.findings: list[Finding] = []
        self.errors = 0
        self._file = file

    def add(self, code: str, element: etree._Element | None, message: Text, cure: Text, *, severity: str = "error", line: int = 0) -> None:
        """Note a finding at an element, or at a line (0: the whole file)."""
        self.errors += severity == "error"
        if len(self.findings) == MOST_FINDINGS:
            return
        place = ""
        if element is not None:
            place, line = element.get("id") or "", cast(int, element.sourceline or 0)
        self.findings.append(Finding(code, self._file, place, line, message, cure, severity))


def check(decision: Decision, table: etree._Element, rows: Sequence[etree._Element], found: Findings, budget: Budget) -> None:
    """Look for rules that can never apply and, in a UNIQUE table, for overlaps (errors) and a gap (a warning).

    `table` and `rows` are the elements of the decision and its rules. A check that would exceed the budget ends with a warning.
    """
    try:
        coverage = Coverage(decision, budget)
        for rule in coverage.dead():
            message = Text(f"规则 {rule + 1} 永远不会命中", f"rule {rule + 1} can never apply")
            cure = Text("请检查区间和允许的输入值。", "Check its intervals and the allowed input values.")
            found.add("DECISION_DEAD_RULE", rows[rule], message, cure)
        if decision.policy == "UNIQUE":
            _tell_overlaps(decision, coverage, rows, found)
            _tell_gap(decision, coverage, table, found)
    except TooMuch:
        if decision.policy == "UNIQUE":
            message = Text("决策表过大，未检查完重叠和空缺", "the table is too large: the check for overlaps and gaps was not finished")
            found.add("DECISION_UNCHECKED", table, message, Text("请拆成几个决策表。", "Split it into several tables."), severity="warning")


def _tell_overlaps(decision: Decision, coverage: Coverage, rows: Sequence[etree._Element], found: Findings) -> None:
    cure = Text(
        "UNIQUE 表每个输入只能命中一条规则：请收窄条件，或改用 FIRST。", "In a UNIQUE table one rule may apply: narrow them, or use FIRST."
    )
    for first, second, example in islice(coverage.overlaps(), MOST_OVERLAPS):
        zh, en = _shown(decision, example)
        message = Text(
            f"规则 {first + 1} 与规则 {second + 1} 重叠，例如 {zh}", f"rules {first + 1} and {second + 1} overlap, for example {en}"
        )
        found.add("DECISION_OVERLAP", rows[second], message, cure)


def _tell_gap(decision: Decision, coverage: Coverage, table: etree._Element, found: Findings) -> None:
    gap = coverage.gap()
    if gap is not None:
        zh, en = _shown(decision, gap)
        message = Text(f"没有规则覆盖，例如 {zh}", f"no rule applies, for example, to {en}")
        cure = Text("请补一条规则；否则结果为 null。", "Add a rule; else the result is null.")
        found.add("DECISION_GAP", table, message, cure, severity="warning")


def _shown(decision: Decision, example: Example) -> Text:
    """The example, column by column; columns in which anything goes are left out."""
    told = [(column, value) for column, value in zip(decision.columns, example, strict=True) if column.kinds or value is None]
    if not told:
        return Text("任意输入", "any input")
    zh = "，".join(f"{column.label} = {_shown_value(value)}" for column, value in told)
    en = ", ".join(f"{column.label} = {_shown_value(value)}" for column, value in told)
    return Text(zh, en)


def _shown_value(value: Constant) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)
