"""Reads decision tables from DMN 1.1-1.5 files; whatever is wrong becomes a finding, all of them at once."""

import re
from collections.abc import Iterator, Sequence
from typing import cast

from lxml import etree

from workflow_runtime.decisions.cells import ANYTHING, Cell, read_cell
from workflow_runtime.decisions.checking import Findings, check
from workflow_runtime.decisions.regions import Budget
from workflow_runtime.decisions.table import Aggregation, Decision, Input, Policy, Rule, kind_of
from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import LONGEST, MOST_TEXT, Expression, ExpressionError, compile_expression
from workflow_runtime.expressions.tree import Literal

MOST_BYTES = 1_000_000
"""Size of a file."""
MOST_COMMAS = 50_000
"""Commas in a file, as each may bring another value to test for; a file of nothing else would take seconds to read."""

_CONSTANT = re.compile(r"""[-\d.]+|"[^"]*"|\w*""")
"""Cells that cost nothing to read."""

LONGEST_NOTE = 500
"""Characters of a note beside a rule."""

_POLICIES = ("UNIQUE", "FIRST", "COLLECT")
_AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
_NULL = compile_expression("null")
_WHOLE = frozenset({"integer", "int", "long", "short"})
_REDRAW = Text("请用 DMN 编辑器改成决策表后重新保存。", "Draw it as a decision table in a DMN editor and save again.")


def read_decisions(file: str, data: bytes) -> tuple[list[Decision], list[Finding]]:
    """The decision tables of a DMN file that are free of errors, and what is wrong or doubtful with the file.

    UNIQUE tables are checked for overlaps (errors) and gaps (warnings). `file` is the name for the findings. Never raises.
    """
    reader = _Reader(file)
    root = reader.parse(data)
    if root is None:
        return [], reader.found.findings
    decisions: dict[str, Decision] = {}
    elements = list(_children(root, "decision"))
    if not elements:
        reader.found.add("DECISION_MISSING", root, Text("文件中没有决策", "the file holds no decision"), _REDRAW)
    for element in elements:
        decision = reader.decision(element)
        if element.get("id") in decisions:
            reader.found.add(
                "DECISION_REPEATED",
                element,
                Text(f"决策 {element.get('id')} 重复", f"the decision {element.get('id')} is there twice"),
                Text("请给每个决策唯一的 id。", "Give every decision an id of its own."),
            )
        elif decision is not None:
            decisions[decision.id] = decision
    return list(decisions.values()), reader.found.findings


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element if etree.QName(child).localname == name)


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next(_children(element, name), None)


def _text(element: etree._Element | None) -> str:
    """What stands in the `text` child of an element."""
    text = None if element is None else _child(element, "text")
    return "" if text is None else "".join(map(str, text.itertext())).strip()


def _note(row: etree._Element) -> str:
    """What people wrote beside a rule: its description, its annotations."""
    description = "".join(map(str, child.itertext())) if (child := _child(row, "description")) is not None else ""
    notes = (description, *map(_text, _children(row, "annotationEntry")))
    return " · ".join(" ".join(note.split()) for note in notes if note.strip())[:LONGEST_NOTE]


class _Reader:
    """Reads one file; what is wrong goes into `found`."""

    def __init__(self, file: str) -> None:
        self.found = Findings(file)
        self._budget = Budget()

    def parse(self, data: bytes) -> etree._Element | None:
        """The root element, if the file is harmless XML and DMN."""
        if len(data) > MOST_BYTES or data.count(b",") > MOST_COMMAS:
            message = Text("文件超过 1 MB 或列出的值过多", "the file is larger than 1 MB or lists too many values")
            self.found.add("DECISION_FILE", None, message, Text("请拆成几个文件。", "Split it into several files."))
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            message = Text(f"不是有效的 XML：{error.msg}", f"this is no valid XML: {error.msg}")
            line = int(error.position[0])
            self.found.add("DECISION_FILE", None, message, _REDRAW, line=line)
            return None
        if root.getroottree().docinfo.internalDTD is not None:
            cure = Text("请删除 DOCTYPE 和实体声明。", "Remove the DOCTYPE and its entities.")
            self.found.add("DECISION_FILE", root, Text("不允许使用 DOCTYPE", "a DOCTYPE is not allowed"), cure)
            return None
        cells = [text.text or "" for text in root.iter("{*}text")]
        if sum(len(cell) for cell in cells if len(cell) <= LONGEST and not _CONSTANT.fullmatch(cell)) > MOST_TEXT:
            message = Text(f"单元格的表达式合计超过 {MOST_TEXT} 个字符", f"its cells hold more than {MOST_TEXT} characters of expressions")
            self.found.add("DECISION_FILE", root, message, Text("请拆成几个文件。", "Split it into several files."))
            return None
        name = etree.QName(root)
        if name.localname != "definitions" or "/DMN/" not in (name.namespace or ""):
            self.found.add("DECISION_FILE", root, Text("不是 DMN 文件", "this is no DMN file"), _REDRAW)
            return None
        return root

    def decision(self, element: etree._Element) -> Decision | None:
        """The decision of an element, None when something is wrong with it."""
        before = self.found.errors
        table = self._table(element)
        if table is None:
            return None
        policy, aggregation = self._policy(table)
        outputs = self._outputs(table)
        if aggregation and len(outputs) != 1:
            self._unsupported(table, Text("多个输出不能汇总", "several outputs cannot be aggregated"))
        rows, rules = self._rules(table, outputs)
        columns = tuple(self._input(column, index, rules) for index, column in enumerate(_children(table, "input")))
        if self.found.errors > before:
            return None
        id_ = element.get("id") or ""
        names = tuple(name for name, _ in outputs)
        labels = tuple(output.get("label") or "" for output in _children(table, "output"))
        decision = Decision(id_, element.get("name") or id_, policy, aggregation, columns, names, tuple(rules), labels)
        check(decision, table, rows, self.found, self._budget)
        return decision if self.found.errors == before else None

    def _table(self, element: etree._Element) -> etree._Element | None:
        if not element.get("id"):
            self.found.add(
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
        self.found.add("DECISION_UNSUPPORTED", element, message, _REDRAW)

    def _policy(self, table: etree._Element) -> tuple[Policy, Aggregation | None]:
        policy, aggregation = table.get("hitPolicy", "UNIQUE"), table.get("aggregation")
        if policy not in _POLICIES:
            self.found.add(
                "DECISION_POLICY",
                table,
                Text(f"不支持命中策略 {policy}", f"the hit policy {policy} is not supported"),
                Text("请改用 UNIQUE、FIRST 或 COLLECT。", "Use UNIQUE, FIRST or COLLECT."),
            )
        if aggregation is not None and (policy != "COLLECT" or aggregation not in _AGGREGATIONS):
            self.found.add(
                "DECISION_POLICY",
                table,
                Text(f"不支持汇总方式 {aggregation}", f"the aggregation {aggregation} is not supported here"),
                Text("只有 COLLECT 可以用 SUM、MIN、MAX、COUNT。", "Only COLLECT has SUM, MIN, MAX and COUNT."),
            )
        return cast(Policy, policy), cast("Aggregation | None", aggregation)

    def _outputs(self, table: etree._Element) -> list[tuple[str, Cell]]:
        outputs: list[tuple[str, Cell]] = []
        seen = set()
        for element in _children(table, "output"):
            name = element.get("name") or ""
            if not name.isidentifier() or name in seen:
                self.found.add(
                    "DECISION_OUTPUT",
                    element,
                    Text(f"输出名 {name!r} 为空、重复或不是变量名", f"the output name {name!r} is empty, repeated or no variable name"),
                    Text("请给每个输出唯一的变量名。", "Give every output a variable name of its own."),
                )
            if _child(element, "defaultOutputEntry") is not None:
                self._unsupported(element, Text("不支持默认输出", "a default output is not supported"))
            seen.add(name)
            outputs.append((name, self._cell(element, _child(element, "outputValues"), Text(f"输出 {name}", f"output {name}"))))
        if not outputs:
            self.found.add("DECISION_OUTPUT", table, Text("决策表没有输出", "the table has no output"), _REDRAW)
        return outputs

    def _rules(self, table: etree._Element, outputs: Sequence[tuple[str, Cell]]) -> tuple[list[etree._Element], list[Rule]]:
        rows = list(_children(table, "rule"))
        if not rows:
            self.found.add("DECISION_EMPTY", table, Text("决策表没有规则", "the table has no rule"), _REDRAW)
        inputs = sum(1 for _ in _children(table, "input"))
        return rows, [self._rule(Text(f"规则 {n}", f"rule {n}"), row, inputs, outputs) for n, row in enumerate(rows, start=1)]

    def _rule(self, where: Text, row: etree._Element, inputs: int, outputs: Sequence[tuple[str, Cell]]) -> Rule:
        entries, results = list(_children(row, "inputEntry")), list(_children(row, "outputEntry"))
        if len(entries) != inputs or len(results) != len(outputs):
            message = Text(f"{where.zh}的单元格数与列数不符", f"{where.en} has not one cell for every column")
            self.found.add("DECISION_SHAPE", row, message, _REDRAW)
            return Rule((ANYTHING,) * inputs, (None,) * len(outputs))
        cells = tuple(self._cell(entry, entry, where) for entry in entries)
        given = tuple(self._output(entry, where, *output) for entry, output in zip(results, outputs, strict=True))
        return Rule(cells, given, _note(row))

    def _cell(self, element: etree._Element, source: etree._Element | None, where: Text) -> Cell:
        try:
            return read_cell(_text(source))
        except ExpressionError as error:
            self._cell_error(element, where, error)
            return ANYTHING

    def _cell_error(self, element: etree._Element, where: Text, error: ExpressionError) -> None:
        message = Text(f"{where.zh}：{error.message.zh}", f"{where.en}: {error.message.en}")
        self.found.add("DECISION_CELL", element, message, error.remedy)

    def _output(self, element: etree._Element, where: Text, name: str, allowed: Cell) -> Expression | None:
        text = _text(element)
        if text in ("", "-"):
            return None
        expression = self._expression(element, text, where)
        if expression is not None and isinstance(expression.tree, Literal) and not allowed.matches(expression.tree.value):
            message = Text(f"{where.zh}：{text} 不在输出 {name} 的允许值中", f"{where.en}: {text} is not among the values of output {name}")
            self.found.add("DECISION_CELL", element, message, Text("请改单元格或允许值。", "Change the cell or the allowed values."))
        return expression

    def _expression(self, element: etree._Element, text: str, where: Text) -> Expression | None:
        try:
            return compile_expression(text)
        except ExpressionError as error:
            self._cell_error(element, where, error)
            return None

    def _input(self, element: etree._Element, index: int, rules: Sequence[Rule]) -> Input:
        source = _child(element, "inputExpression")
        label = element.get("label") or _text(source)
        where = Text(f"输入 {label}", f"input {label}")
        expression = self._expression(element, _text(source), where) or _NULL
        allowed = self._cell(element, _child(element, "inputValues"), where)
        cells = [allowed, *(rule.cells[index] for rule in rules)]
        kinds = frozenset(kind for cell in cells for constant in cell.constants() if (kind := kind_of(constant)))
        type_name = "" if source is None else source.get("typeRef", "").rpartition(":")[2]
        return Input(label, expression, kinds, allowed, type_name in _WHOLE)
