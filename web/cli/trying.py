"""`crane try`: scenarios that an analyst has written, played on the real engine without a database."""

import sys
from difflib import ndiff
from pathlib import Path
from typing import Any

import click

from web.cli.output import as_json, print_json, say, visible
from web.cli.workspace import own_processes, read_around, read_scenario_file, scenario_files, stage_of
from web.composition import Settings, calendar_of, shipped
from web.failure_documents import failure_document
from workflow_runtime.errors import Failure, Text
from workflow_runtime.handlers import Json
from workflow_runtime.scenarios.model import Scenario
from workflow_runtime.scenarios.problems import Difference
from workflow_runtime.scenarios.running import Played, play
from workflow_runtime.scenarios.trace import Arrival, Entry


@click.command("try")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path), default=Path("bpmn"))
@click.option("--scenario", "given", multiple=True, type=click.Path(path_type=Path), metavar="S.toml", help="instead of FILE's scenarios/")
@click.option("--only", metavar="NAME", help="scenarios whose name contains this")
@click.option("--brief", is_flag=True, help="a line for each scenario that passed, instead of its path")
@as_json
def try_scenarios(file: Path, given: tuple[Path, ...], only: str | None, brief: bool, json_output: bool) -> None:
    """试运行 · play scenarios of a diagram (or of a folder of diagrams) on the real engine; exit status 1 when one goes otherwise."""
    scenarios = [s for path in given or scenario_files(file) for s in read_scenario_file(path)]
    scenarios = [s for s in scenarios if only is None or only in s.name]
    settings = Settings.read()
    lanes, catalogue, rules = shipped(settings)
    contents = read_around(file, rules)
    if not given:
        own = own_processes(file, contents)
        # One of a process that is nowhere is kept, to be told: it is mistyped.
        scenarios = [s for s in scenarios if s.process in own or s.process not in contents.processes]
    _ensure_some(scenarios)
    calendar = calendar_of(settings)
    stages = {key: stage_of(key, contents, catalogue, lanes, calendar) for key in dict.fromkeys(s.process for s in scenarios)}
    played = [play(stages[scenario.process], scenario) for scenario in scenarios]
    if json_output:
        print_json({"scenarios": [_document(each) for each in played], "passed": all(each.passed for each in played)})
    else:
        told: set[Text] = set()
        for each in played:
            _tell(each, told, brief=brief)
        failed = sum(not each.passed for each in played)
        say(f"{len(played)} 个情景，{failed} 个未通过 · {len(played)} scenarios, {failed} failed", "red" if failed else "green")
    sys.exit(0 if all(each.passed for each in played) else 1)


def _ensure_some(scenarios: list[Scenario]) -> None:
    if not scenarios:
        raise Failure(
            Text("没有可运行的情景。", "There is no scenario to play."),
            Text(
                "请用 --scenario 指定情景文件，或放在流程图旁的 scenarios/ 中。",
                "Name a file with --scenario, or put it in scenarios/ beside the diagram.",
            ),
            code="NO_SCENARIO",
        )


def _tell(played: Played, told: set[Text], *, brief: bool) -> None:
    """What a scenario has shown; what was told of an earlier one is not told again."""
    say(f"{played.scenario.process} · {played.scenario.name}", "bold")
    for entry in [] if brief and played.passed else played.trace.entries:
        _tell_entry(entry)
    if played.failure is not None:
        where = "开始 start" if not played.stopped_at else f"第 {played.stopped_at} 步 step"
        say(f"  ✗ {where} · {played.failure.code}", "bold red")
        again = played.failure.message in told
        told.add(played.failure.message)
        for sentence in ("同前 · as before",) if again else (*played.failure.message, *played.failure.remedy):
            say(f"    {sentence}", "red")
    for difference in played.differences:
        _tell_difference(difference)
    if played.passed:
        standing = "已办结 ended" if played.ended else f"停在 waits at {', '.join(played.waits)}"
        say(f"  ✓ {len(played.trace.nodes)} 个元素 elements · {standing}", "green")


def _tell_entry(entry: Entry) -> None:
    if not isinstance(entry, Arrival):
        say(f"  ▸ {entry.what.zh} · {entry.what.en}", "cyan")
        return
    node = entry.node
    lane = f" [{node.lane}]" if node.lane else ""
    status = f"  状态 status：{node.properties['status']}" if node.properties.get("status") else ""
    if entry.decision is not None:
        say(f"      {_way(entry)}", "dim")
    say(f"    {node.name or node.id}（{node.id}）{lane}{status}")


def _way(entry: Arrival) -> str:
    decision = entry.decision
    if decision is None:
        return ""
    reason = decision.condition if decision.condition is not None else "默认 default"
    read = "，".join(f"{name} = {shown(value)}" for name, value in decision.read.items())
    return f"→ {decision.flow.name or decision.flow.id}：{reason}" + (f"  （{read}）" if read else "")


def _tell_difference(difference: Difference) -> None:
    say(f"  ✗ {difference.what.zh} · {difference.what.en}", "bold red")
    if isinstance(difference.expected, list) and isinstance(difference.got, list):
        say("      （- 期望 expected，+ 实际 got）", "dim")
        for line in ndiff([str(item) for item in difference.expected], [str(item) for item in difference.got]):
            if not line.startswith("?"):
                say(f"      {line}", {"-": "red", "+": "yellow"}.get(line[0], ""))
        return
    say(f"      期望 expected：{shown(difference.expected)}", "red")
    say(f"      实际 got：     {shown(difference.got)}", "yellow")


def shown(value: Json) -> str:
    """A value as a diagram would write it."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"“{value}”" if isinstance(value, str) else visible(value)


def _document(played: Played) -> dict[str, Any]:
    return {
        "process": played.scenario.process,
        "name": played.scenario.name,
        "passed": played.passed,
        "ended": played.ended,
        "waits": played.waits,
        "statuses": played.statuses,
        "trace": [_entry_document(entry) for entry in played.trace.entries],
        "stopped_at": played.stopped_at,
        "failure": failure_document(played.failure) if played.failure is not None else None,
        "differences": [{"what": d.what._asdict(), "expected": d.expected, "got": d.got} for d in played.differences],
    }


def _entry_document(entry: Entry) -> dict[str, Any]:
    if not isinstance(entry, Arrival):
        return {"done": entry.what._asdict()}
    node, decision = entry.node, entry.decision
    told: dict[str, Any] = {
        "element": node.id,
        "name": node.name,
        "type": node.type,
        "process": node.process,
        "lane": node.lane,
        "status": node.properties.get("status"),
    }
    if decision is not None:
        told["decision"] = {
            "flow": decision.flow.id,
            "name": decision.flow.name,
            "condition": decision.condition,
            "read": dict(decision.read),
        }
    return told


COMMANDS = (try_scenarios,)
