"""What has changed in a decision table, row by row. A row is told by what its cells say, so that a new column of `-` changes no row."""

from collections.abc import Iterator, Sequence
from datetime import date

from workflow_runtime.changes.change import Change, order_changed, shown, value_changed
from workflow_runtime.decisions import Decision
from workflow_runtime.decisions.cells import Between, Cell, Constant, Equals
from workflow_runtime.errors import Text
from workflow_runtime.expressions import Expression

Row = tuple[str, str]
"""What a row asks and what it answers, as text."""


def compare_decisions(old: Decision, new: Decision) -> Iterator[Change]:
    """Every change of meaning between two versions of a decision table."""
    subject = Text(f"决策表“{new.name}”", f"decision “{new.name}”")
    named = Text(f"决策表 {new.id} ", f"decision {new.id}")
    yield from value_changed("decision.renamed", new.id, named, Text("名称", "name"), old.name, new.name)
    yield from value_changed("decision.policy", new.id, subject, Text("命中策略", "hit policy"), _policy(old), _policy(new))
    yield from _columns(old, new, subject)
    for name in dict.fromkeys((*old.outputs, *new.outputs)):
        if (name in old.outputs) != (name in new.outputs):
            before, after = (name if name in each.outputs else "" for each in (old, new))
            yield from value_changed("decision.output", new.id, subject, Text("结果列", "output"), before, after)
    yield from _rows(old, new, subject)


def _policy(table: Decision) -> str:
    return f"{table.policy} {table.aggregation or ''}".strip()


def _columns(old: Decision, new: Decision, subject: Text) -> Iterator[Change]:
    before = {column.expression.text: column for column in old.columns}
    after = {column.expression.text: column for column in new.columns}
    for text in dict.fromkeys((*before, *after)):
        was, now = before.get(text), after.get(text)
        if was is None or now is None:
            what = Text("条件列", "input")
            yield from value_changed("decision.input", new.id, subject, what, was and text, now and text)
            continue
        column = Text(f"{subject.zh}的条件列 {text} ", f"{subject.en}, input {text}")
        yield from value_changed("decision.input", new.id, column, Text("标题", "label"), was.label, now.label)
        yield from value_changed(
            "decision.input", new.id, column, Text("允许值", "allowed values"), cell_text(was.allowed), cell_text(now.allowed)
        )
        if was.whole != now.whole:
            zh, en = ("改为只认整数", "now takes whole numbers only") if now.whole else ("改为不限整数", "now takes all numbers")
            yield Change("decision.input", new.id, Text(column.zh + zh, f"{column.en} {en}"))


def _rows(old: Decision, new: Decision, subject: Text) -> Iterator[Change]:
    before, after = _told(old), _told(new)
    kept = _common(before, after)
    gone, come = _without(before, kept), _without(after, kept)
    for index in (0, 1):  # first the rows that ask the same, then those that answer the same
        for number, row in list(gone):
            twin = next((each for each in come if each[1][index] == row[index]), None)
            if twin is not None:
                gone.remove((number, row))
                come.remove(twin)
                yield _changed(new.id, subject, twin[0], row, twin[1])
    for number, row in gone:
        text = Text(f"{subject.zh}删除第 {number} 行：{_row(row)}", f"{subject.en}: row {number} removed: {_row(row)}")
        yield Change("decision.row.removed", new.id, text)
    for number, row in come:
        text = Text(f"{subject.zh}新增第 {number} 行：{_row(row)}", f"{subject.en}: row {number} added: {_row(row)}")
        yield Change("decision.row.added", new.id, text)
    if new.policy != "UNIQUE":
        words = [[" → ".join(row) for row in rows if row in kept] for rows in (before, after)]
        yield from order_changed("decision.order", new.id, subject, Text("各行", "rows"), *words)


def _told(table: Decision) -> list[Row]:
    return [(_asks(table, rule.cells), _answers(table, rule.outputs)) for rule in table.rules]


def _asks(table: Decision, cells: Sequence[Cell]) -> str:
    pairs = zip(table.columns, cells, strict=True)
    return " · ".join(sorted(f"{column.expression.text} {cell_text(cell)}" for column, cell in pairs if cell.tests)) or "-"


def _answers(table: Decision, outputs: Sequence[Expression | None]) -> str:
    pairs = zip(table.outputs, outputs, strict=True)
    return " · ".join(sorted(f"{name} = {'null' if output is None else output.text}" for name, output in pairs))


def _common(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    left, kept = list(after), []
    for row in before:
        if row in left:
            left.remove(row)
            kept.append(row)
    return kept


def _without(rows: Sequence[Row], kept: Sequence[Row]) -> list[tuple[int, Row]]:
    left, rest = list(kept), []
    for number, row in enumerate(rows, start=1):
        if row in left:
            left.remove(row)
        else:
            rest.append((number, row))
    return rest


def _changed(element: str, subject: Text, number: int, old: Row, new: Row) -> Change:
    return Change(
        "decision.row.changed",
        element,
        Text(
            f"{subject.zh}第 {number} 行：由“{_row(old)}”改为“{_row(new)}”",
            f"{subject.en}, row {number}: changed from “{_row(old)}” to “{_row(new)}”",
        ),
    )


def _row(row: Row) -> str:
    return shown(f"{row[0]} → {row[1]}")


def cell_text(cell: Cell) -> str:
    """A cell as DMN editors write it."""
    if not cell.tests:
        return "-"
    tests = ", ".join(_test(test) for test in cell.tests)
    return f"not({tests})" if cell.negated else tests


def _test(test: Equals | Between) -> str:
    if isinstance(test, Equals):
        return _constant(test.constant)
    if test.low is None:
        return f"<{'=' if test.with_high else ''} {_constant(test.high)}"
    if test.high is None:
        return f">{'=' if test.with_low else ''} {_constant(test.low)}"
    return f"{'[' if test.with_low else '('}{_constant(test.low)}..{_constant(test.high)}{']' if test.with_high else ')'}"


def _constant(value: Constant) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f'date("{value.isoformat()}")'
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
