"""Reads decision tables from DMN 1.2-1.4 files; whatever is wrong becomes a finding, all of them at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from workflow_runtime.decisions.cells import ANYTHING, Cell, Constant, read_cell
from workflow_runtime.decisions.coverage import Coverage, Example, TooMuch
from workflow_runtime.decisions.table import Aggregation, Decision, Input, Policy, Rule, kind_of
from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import Expression, ExpressionError, compile_expression
from workflow_runtime.expressions.tree import Literal

MOST_BYTES = 1_000_000
"""Size of a file."""
MOST_OVERLAPS = 20
"""Overlaps that are named for one table."""

_POLICIES = ("UNIQUE", "FIRST", "COLLECT")
_AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
_WHOLE = frozenset({"integer", "int", "long", "short"})
_REDRAW = Text("请用 DMN 编辑器改成决策表后重新保存。", "Draw it as a decision table in a DMN editor and save again.")


def read_decisions(file: str, data: bytes) -> tuple[list[Decision], list[Finding]]:
    """The decision tables of a DMN file that are free of errors, and what is wrong or doubtful with the file.

    UNIQUE tables are checked for overlaps (errors) and gaps (warnings). `file` is the name for the findings. Never raises.
    """
    reader = _Reader(file)
    root = reader.parse(data)
    if root is None:
        return [], reader.findings
    decisions: dict[str, Decision] = {}
    elements = list(_children(root, "decision"))
    if not elements:
        reader.error("DECISION_MISSING", root, Text("文件中没有决策", "the file holds no decision"), _REDRAW)
    for element in elements:
        decision = reader.decision(element)
        if element.get("id") in decisions:
            reader.error(
                "DECISION_REPEATED",
                element,
                Text(f"决策 {element.get('id')} 重复", f"the decision {element.get('id')} is there twice"),
                Text("请给每个决策唯一的 id。", "Give every decision an id of its own."),
            )
        elif decision is not None:
            decisions[decision.id] = decision
    return list(decisions.values()), reader.findings


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element if etree.QName(child).localname == name)


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next(_children(element, name), None)


def _text(element: etree._Element | None) -> str:
    """What stands in the `text` child of an element."""
    text = None if element is None else _child(element, "text")
    return "" if text is None else "".join(map(str, text.itertext())).strip()


@dataclass
class _Reader:
    """Collects the findings of one file."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def error(self, code: str, element: etree._Element | None, message: Text, cure: Text, severity: str = "error") -> None:
        """Note a finding at an element (None: at the file)."""
        place, line = ("", 0) if element is None else (element.get("id") or "", cast(int, element.sourceline or 0))
        self.findings.append(Finding(code, self.file, place, line, message, cure, severity))

    @property
    def errors(self) -> int:
        """How many errors have been noted."""
        return sum(finding.severity == "error" for finding in self.findings)

    def parse(self, data: bytes) -> etree._Element | None:
        """The root element, if the file is harmless XML and DMN."""
        if len(data) > MOST_BYTES:
            self.error("DECISION_FILE", None, Text("文件超过 1 MB", "the file is larger than 1 MB"), _REDRAW)
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            message = Text(f"不是有效的 XML：{error.msg}", f"this is no valid XML: {error.msg}")
            line = int(error.position[0])
            self.findings.append(Finding("DECISION_FILE", self.file, "", line, message, _REDRAW))
            return None
        if root.getroottree().docinfo.internalDTD is not None:
            cure = Text("请删除 DOCTYPE 和实体声明。", "Remove the DOCTYPE and its entities.")
            self.error("DECISION_FILE", root, Text("不允许使用 DOCTYPE", "a DOCTYPE is not allowed"), cure)
            return None
        name = etree.QName(root)
        if name.localname != "definitions" or "/DMN/" not in (name.namespace or ""):
            self.error("DECISION_FILE", root, Text("不是 DMN 文件", "this is no DMN file"), _REDRAW)
            return None
        return root

    def decision(self, element: etree._Element) -> Decision | None:
        """The decision of an element, None when something is wrong with it."""
        before = self.errors
        table = self._table(element)
        if table is None:
            return None
        policy, aggregation = self._policy(table)
        outputs = self._outputs(table)
        rows = list(_children(table, "rule"))
        if not rows:
            self.error("DECISION_EMPTY", table, Text("决策表没有规则", "the table has no rule"), _REDRAW)
        columns = list(_children(table, "input"))
        rules = [self._rule(number, row, columns, outputs) for number, row in enumerate(rows, start=1)]
        inputs = tuple(self._input(column, index, rules) for index, column in enumerate(columns))
        if aggregation and len(outputs) != 1:
            self._unsupported(table, Text("多个输出不能汇总", "several outputs cannot be aggregated"))
        if self.errors > before:
            return None
        names = tuple(name for name, _ in outputs)
        sound = tuple(rule for rule in rules if rule is not None)
        id_ = element.get("id") or ""
        decision = Decision(id_, element.get("name") or id_, policy, aggregation, tuple(i for i in inputs if i is not None), names, sound)
        self._check(decision, table, rows)
        return decision if self.errors == before else None

    def _table(self, element: etree._Element) -> etree._Element | None:
        if not element.get("id"):
            self.error(
                "DECISION_ID", element, Text("决策没有 id", "the decision has no id"), Text("请填写 id。", "Give the decision an id.")
            )
        for requirement in _children(element, "informationRequirement"):
            if _child(requirement, "requiredDecision") is not None:
                self._unsupported(requirement, Text("决策不能依赖另一决策", "a decision cannot require another one"))
        table = _child(element, "decisionTable")
        if table is None:
            self._unsupported(element, Text("决策不是决策表", "the decision is no decision table"))
        return table

    def _unsupported(self, element: etree._Element, message: Text) -> None:
        self.error("DECISION_UNSUPPORTED", element, message, _REDRAW)

    def _policy(self, table: etree._Element) -> tuple[Policy, Aggregation | None]:
        policy, aggregation = table.get("hitPolicy", "UNIQUE"), table.get("aggregation")
        if policy not in _POLICIES:
            self.error(
                "DECISION_POLICY",
                table,
                Text(f"不支持命中策略 {policy}", f"the hit policy {policy} is not supported"),
                Text("请改用 UNIQUE、FIRST 或 COLLECT。", "Use UNIQUE, FIRST or COLLECT."),
            )
        if aggregation is not None and (policy != "COLLECT" or aggregation not in _AGGREGATIONS):
            self.error(
                "DECISION_POLICY",
                table,
                Text(f"不支持汇总方式 {aggregation}", f"the aggregation {aggregation} is not supported here"),
                Text("只有 COLLECT 可以用 SUM、MIN、MAX、COUNT。", "Only COLLECT has SUM, MIN, MAX and COUNT."),
            )
        return cast(Policy, policy), cast("Aggregation | None", aggregation)

    def _outputs(self, table: etree._Element) -> list[tuple[str, Cell]]:
        outputs: list[tuple[str, Cell]] = []
        for element in _children(table, "output"):
            name = element.get("name") or ""
            if not name.isidentifier() or name in dict(outputs):
                self.error(
                    "DECISION_OUTPUT",
                    element,
                    Text(f"输出名 {name!r} 为空、重复或不是变量名", f"the output name {name!r} is empty, repeated or no variable name"),
                    Text("请给每个输出唯一的变量名。", "Give every output a variable name of its own."),
                )
            if _child(element, "defaultOutputEntry") is not None:
                self._unsupported(element, Text("不支持默认输出", "a default output is not supported"))
            outputs.append((name, self._cell(element, _child(element, "outputValues"), Text(f"输出 {name}", f"output {name}"))))
        if not outputs:
            self.error("DECISION_OUTPUT", table, Text("决策表没有输出", "the table has no output"), _REDRAW)
        return outputs

    def _rule(
        self, number: int, row: etree._Element, columns: Sequence[etree._Element], outputs: Sequence[tuple[str, Cell]]
    ) -> Rule | None:
        entries, results = list(_children(row, "inputEntry")), list(_children(row, "outputEntry"))
        if len(entries) != len(columns) or len(results) != len(outputs):
            message = Text(f"规则 {number} 的单元格数与列数不符", f"rule {number} has not one cell for every column")
            self.error("DECISION_SHAPE", row, message, _REDRAW)
            return None
        where = Text(f"规则 {number}", f"rule {number}")
        cells = tuple(self._cell(entry, entry, where) for entry in entries)
        return Rule(cells, tuple(self._output(entry, where, *output) for entry, output in zip(results, outputs, strict=True)))

    def _cell(self, element: etree._Element, source: etree._Element | None, where: Text) -> Cell:
        try:
            return read_cell(_text(source))
        except ExpressionError as error:
            self._cell_error(element, where, error)
            return ANYTHING

    def _cell_error(self, element: etree._Element, where: Text, error: ExpressionError) -> None:
        message = Text(f"{where.zh}：{error.message.zh}", f"{where.en}: {error.message.en}")
        self.error("DECISION_CELL", element, message, error.remedy)

    def _output(self, element: etree._Element, where: Text, name: str, allowed: Cell) -> Expression | None:
        text = _text(element)
        if text in ("", "-"):
            return None
        expression = self._expression(element, text, where)
        if expression is not None and isinstance(expression.tree, Literal) and not allowed.matches(expression.tree.value):
            message = Text(f"{where.zh}：{text} 不在输出 {name} 的允许值中", f"{where.en}: {text} is not among the values of output {name}")
            self.error("DECISION_CELL", element, message, Text("请改单元格或允许值。", "Change the cell or the allowed values."))
        return expression

    def _expression(self, element: etree._Element, text: str, where: Text) -> Expression | None:
        try:
            return compile_expression(text)
        except ExpressionError as error:
            self._cell_error(element, where, error)
            return None

    def _input(self, element: etree._Element, index: int, rules: Sequence[Rule | None]) -> Input | None:
        source = _child(element, "inputExpression")
        label = element.get("label") or _text(source)
        where = Text(f"输入 {label}", f"input {label}")
        expression = self._expression(element, _text(source), where)
        allowed = self._cell(element, _child(element, "inputValues"), where)
        cells = [allowed, *(rule.cells[index] for rule in rules if rule is not None)]
        kinds = frozenset(kind for cell in cells for constant in cell.constants() if (kind := kind_of(constant)))
        type_name = "" if source is None else source.get("typeRef", "").rpartition(":")[2]
        return None if expression is None else Input(label, expression, kinds, allowed, type_name in _WHOLE)

    def _check(self, decision: Decision, table: etree._Element, rows: Sequence[etree._Element]) -> None:
        try:
            coverage = Coverage(decision)
            for rule in coverage.dead():
                message = Text(f"规则 {rule + 1} 永远不会命中", f"rule {rule + 1} can never apply")
                cure = Text("请检查区间和允许的输入值。", "Check its intervals and the allowed input values.")
                self.error("DECISION_DEAD_RULE", rows[rule], message, cure)
            if decision.policy == "UNIQUE":
                self._check_unique(decision, coverage, table, rows)
        except TooMuch:
            if decision.policy != "UNIQUE":
                return
            message = Text("决策表过大，未检查重叠和空缺", "the table is too large: overlaps and gaps were not checked")
            cure = Text("请拆成几个决策表。", "Split it into several tables.")
            self.error("DECISION_UNCHECKED", table, message, cure, "warning")

    def _check_unique(self, decision: Decision, coverage: Coverage, table: etree._Element, rows: Sequence[etree._Element]) -> None:
        for count, (first, second, example) in enumerate(coverage.overlaps(), start=1):
            if count > MOST_OVERLAPS:
                break
            zh, en = _shown(decision, example)
            message = Text(
                f"规则 {first + 1} 与规则 {second + 1} 重叠，例如 {zh}", f"rules {first + 1} and {second + 1} overlap, for example {en}"
            )
            cure = Text(
                "UNIQUE 表每个输入只能命中一条规则：请收窄条件，或改用 FIRST。",
                "In a UNIQUE table one rule may apply: narrow them, or use FIRST.",
            )
            self.error("DECISION_OVERLAP", rows[second], message, cure)
        gap = coverage.gap()
        if gap is not None:
            zh, en = _shown(decision, gap)
            message = Text(f"没有规则覆盖，例如 {zh}", f"no rule applies, for example, to {en}")
            cure = Text("请补一条规则；否则结果为 null。", "Add a rule; else the result is null.")
            self.error("DECISION_GAP", table, message, cure, "warning")


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
