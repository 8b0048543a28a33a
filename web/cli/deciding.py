"""`crane decide`: asks a decision table, or tries it against its test cases."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from web.cli.output import as_json, print_json, print_table, say, visible
from web.cli.paths import read_paths
from workflow_runtime.decisions import Decision, read_decisions
from workflow_runtime.decisions.cases import CasesInvalid, Outcome, column_of, nested, read_cases, run_cases, typed
from workflow_runtime.errors import DiagramRefused, Failure, Text

CASES = "cases"
"""The folder of test cases beside decision tables: a CSV file named as the decision."""


@click.command("decide")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("values", metavar="[NAME=VALUE]...", nargs=-1)
@click.option("--cases", "given", type=click.Path(path_type=Path), metavar="FILE.csv", help="instead of cases/DECISION.csv beside FILE")
@click.option("--decision", "wanted", metavar="ID", help="of several decisions this one")
@as_json
def decide(file: Path, values: tuple[str, ...], given: Path | None, wanted: str | None, json_output: bool) -> None:
    """决策表 · ask the table for these values, or run its test cases (of all tables, when FILE is a folder).

    Exit status 1 when a case is decided otherwise than it expects.
    """
    decisions = _decisions(file, wanted)
    if values:
        _ask(_only(decisions), values, json_output)
        return
    folder = file if file.is_dir() else file.parent
    if given is not None:
        tried = [(_only(decisions), given)]
    else:
        tried = [(d, path) for d in decisions if (path := folder / CASES / f"{d.id}.csv").exists()]
    _ensure_some(tried, folder)
    outcomes = [(decision, run_cases(decision, read_cases(decision, path.name, _bytes(path)))) for decision, path in tried]
    if json_output:
        print_json([_document(decision, outcome) for decision, outcome in outcomes])
    else:
        for decision, outcome in outcomes:
            _tell(decision, outcome)
    sys.exit(0 if all(outcome.passed for _, outcome in outcomes) else 1)


def _decisions(file: Path, wanted: str | None) -> list[Decision]:
    """Raises DiagramRefused for a faulty file, Failure FILE_UNREADABLE, DECISION_UNKNOWN."""
    read = [read_decisions(name, data) for name, data in read_paths((file,)) if name.endswith(".dmn")]
    errors = [finding for _, findings in read for finding in findings if finding.severity == "error"]
    if errors:
        raise DiagramRefused(errors)
    found = [decision for decisions, _ in read for decision in decisions if wanted in (None, decision.id)]
    if not found:
        raise Failure(
            Text(f"{file} 中没有决策表 {wanted or ''}", f"There is no decision {wanted or ''} in {file}"),
            Text("请给出 .dmn 文件或其所在文件夹。", "Name a .dmn file, or a folder of them."),
            code="DECISION_UNKNOWN",
        )
    return found


def _only(decisions: Sequence[Decision]) -> Decision:
    if len(decisions) > 1:
        names = "、".join(decision.id for decision in decisions)
        raise Failure(
            Text(f"其中有几张决策表：{names}", f"There are several decisions: {names}"),
            Text("请用 --decision 指定一张。", "Choose one with --decision."),
            code="DECISION_AMBIGUOUS",
        )
    return decisions[0]


def _ensure_some(tried: Sequence[object], folder: Path) -> None:
    if not tried:
        raise Failure(
            Text(f"{folder / CASES} 中没有这些决策表的测试用例", f"There are no cases of these decisions in {folder / CASES}"),
            Text(
                "请写 名称=值，或把 决策表编号.csv 放入该文件夹，或用 --cases 指定。",
                "Give NAME=VALUE, put DECISION.csv into that folder, or name a file with --cases.",
            ),
            code="NO_CASES",
        )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Failure(
            Text(f"文件 {path} 无法读取（{reason}）。", f"The file {path} cannot be read ({reason})."),
            Text("请检查文件路径。", "Check the path."),
            code="FILE_UNREADABLE",
        ) from error


def _ask(decision: Decision, values: Sequence[str], json_output: bool) -> None:
    variables = nested(dict(_value(decision, each) for each in values))
    rules, said = decision.rule(variables), decision.decide(variables)
    if json_output:
        print_json({"decision": decision.id, "rules": list(rules), "result": said})
        return
    say(f"{decision.name}（{decision.id}） · {decision.policy} {decision.aggregation or ''}".rstrip(), "bold")
    for column in decision.columns:
        say(f"  {column.label} = {_shown(column.expression.evaluate(variables))}")
    for number in rules:
        say(f"  规则 rule {number} {decision.rules[number - 1].note}".rstrip(), "green")
    if not rules:
        say("  没有命中的规则 · no rule applies", "yellow")
    for row in said if isinstance(said, list) else [said]:
        say("  → " + "，".join(f"{name} = {_shown(value)}" for name, value in row.items()) if isinstance(row, dict) else f"  → {row}")


def _value(decision: Decision, text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    kind, of = column_of(decision, decision.id, name.strip())
    if not equals or kind != "variable":
        raise CasesInvalid(
            Text(f"“{text}”不是 输入=值", f"'{text}' is not INPUT=VALUE"),
            Text("例如 apply.category=T。", "For example apply.category=T."),
        )
    return of, typed(value)


def _tell(decision: Decision, outcome: Outcome) -> None:
    say(f"{decision.name}（{decision.id}）", "bold")
    if outcome.differences:
        rows = [(d.line, d.output, _shown(d.expected), _shown(d.got)) for d in outcome.differences]
        print_table("与期望不符 · differences", ["行 line", "输出 output", "期望 expected", "实际 got"], rows)
    for number in outcome.unhit:
        note = decision.rules[number - 1].note
        say(f"  没有用例命中规则 {number} · no case reaches rule {number}{f'（{note}）' if note else ''}", "yellow")
    wrong = len({difference.line for difference in outcome.differences})
    hit = len(decision.rules) - len(outcome.unhit)
    zh = f"  {outcome.cases} 个用例，{wrong} 个不符；命中规则 {hit}/{len(decision.rules)}"
    say(f"{zh} · {outcome.cases} cases, {wrong} differ; {hit} of {len(decision.rules)} rules", "red" if wrong else "green")


def _document(decision: Decision, outcome: Outcome) -> dict[str, Any]:
    return {
        "decision": decision.id,
        "passed": outcome.passed,
        "cases": outcome.cases,
        "differences": [vars(difference) for difference in outcome.differences],
        "rules": len(decision.rules),
        "unhit": list(outcome.unhit),
    }


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return "; ".join(map(_shown, value)) or "（无 none）"
    return visible(value)


COMMANDS = (decide,)
