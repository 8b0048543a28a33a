"""Scenario files: TOML that an analyst writes. Whatever stands above the scenarios holds for each of them, unless it says otherwise."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Text
from workflow_runtime.handlers import Json
from workflow_runtime.scenarios.model import Check, Complete, Expected, Message, Refusal, Result, Scenario, Step, Wait
from workflow_runtime.scenarios.problems import ScenarioInvalid
from workflow_runtime.scenarios.table import Table

LARGEST = 1_000_000
"""Bytes of a scenario file."""

BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
"""Where the clock of a scenario stands unless it says otherwise: a Monday morning with four weeks of plain working days ahead."""


def read_scenarios(name: str, content: bytes) -> list[Scenario]:
    """The scenarios of a file, in its order; `name` is told in failures. Raises ScenarioInvalid."""
    table = Table(_document(name, content), name)
    base = _Base(table)
    told = table.items("scenario")
    table.finish()
    if not told:
        raise ScenarioInvalid(
            Text(f"{name} 中没有 [[scenario]]。", f"There is no [[scenario]] in {name}."), Text("请写至少一个情景。", "Write at least one.")
        )
    found = [base.scenario(each, number) for number, each in enumerate(told, 1)]
    _ensure_different(name, [scenario.name for scenario in found])
    return found


def _document(name: str, content: bytes) -> dict[str, object]:
    try:
        if len(content) > LARGEST:
            raise ValueError(f"> {LARGEST} bytes")
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ScenarioInvalid(
            Text(f"{name} 不是有效的 TOML：{error}", f"{name} is no valid TOML: {error}"),
            Text("请按所指的行修改；文件应为 UTF-8。", "Mend the line that is named; the file must be UTF-8."),
        ) from error


def _ensure_different(file: str, names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ScenarioInvalid(
            Text(f"{file}：情景名称“{twice}”重复。", f"{file}: two scenarios are named “{twice}”."),
            Text("请给每个情景不同的名称。", "Give each a name of its own."),
        )


class _Base:
    """What stands above the scenarios."""

    def __init__(self, table: Table) -> None:
        self.file = table.where
        self.process = table.text("process")
        self.now = table.instant("now") or BEGINNING
        self.whole = table.flag("whole", False)
        self.case, self.given, self.start = (table.values(key) for key in ("case", "given", "start"))
        self.results = table.values("results")
        self.held = frozenset(table.texts("held") or ())

    def scenario(self, table: Table, number: int) -> Scenario:
        name = table.text("name", f"{number}")
        table.where = f"{self.file} · {name}"
        scenario = Scenario(
            process=self.process,
            name=name,
            now=table.instant("now") or self.now,
            case={**self.case, **table.values("case")},
            given={**self.given, **table.values("given")},
            start={**self.start, **table.values("start")},
            results={**self.results, **table.values("results")},
            held=self.held | frozenset(table.texts("held") or ()),
            whole=table.flag("whole", self.whole),
            steps=tuple(_step(each) for each in table.items("steps")),
            expected=_expected(table),
        )
        table.finish()
        return scenario


def _step(table: Table) -> Step:
    kind = next((key for key in STEPS if table.has(key)), None)
    if kind is None:
        known = "、".join(STEPS)
        raise ScenarioInvalid(
            Text(f"{table.where}：看不出发生了什么。", f"{table.where}: it does not say what happens."),
            Text(f"请写其中之一：{known}。", f"Write one of {', '.join(STEPS)}."),
        )
    step = STEPS[kind](table)
    table.finish()
    return step


def _complete(table: Table) -> Step:
    outcome, opinion = table.optional_text("outcome"), table.text("opinion", "")
    return Complete(table.text("complete"), outcome, opinion, table.values("answers"), table.tables("edits"))


def _refusal(table: Table) -> Step:
    return Refusal(table.text("error"), table.text("code"), table.text("message", ""), table.flag("incident", False))


def _message(table: Table) -> Step:
    return Message(table.text("message"), table.values("payload"), table.flag("early", False))


def _check(table: Table) -> Step:
    inner = Table(table.values("check"), f"{table.where} · check")
    expected = _expected(inner)
    inner.finish()
    return Check(expected)


STEPS: Mapping[str, Callable[[Table], Step]] = {
    "complete": _complete,
    "result": lambda table: Result(table.text("result"), table.json("value") if table.has("value") else {}),
    "error": _refusal,
    "message": _message,
    "wait": lambda table: Wait(table.text("wait")),
    "check": _check,
}
"""The kinds of steps, by the key that names them."""


def _expected(table: Table) -> Expected:
    shown = table.one_or_more("status")
    return Expected(
        status=shown if isinstance(shown, str) else None,
        statuses=shown if isinstance(shown, tuple) else None,
        path=table.texts("path"),
        ends=_ends(table),
        waits=table.texts("waits"),
        accepts=table.texts("accepts"),
        variables=table.values("variables"),
        calls=table.tables("calls"),
    )


def _ends(table: Table) -> str | bool | None:
    value: Json = table.json("ends")
    if value is None or isinstance(value, bool | str):
        return value
    raise ScenarioInvalid(
        Text(
            f"{table.where}：“ends”应为结束事件的编号、true 或 false。", f"{table.where}: “ends” must be an end event's id, true or false."
        ),
        Text("请修改情景文件。", "Mend the scenario file."),
    )
