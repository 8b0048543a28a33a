"""`crane coverage`: what the scenarios pass of each diagram, as a table and as pictures."""

import sys
from pathlib import Path
from typing import Any

import click

from web.cli.output import as_json, errors, print_json, print_table, say
from web.cli.workspace import own_processes, read_around, read_scenario_file, scenario_files, stage_of
from web.cli.writing import unwritable
from web.composition import Settings, calendar_of, shipped
from workflow_runtime.contents import Contents, needed_by
from workflow_runtime.diagram.model import Process
from workflow_runtime.drawing.layout import plan_of
from workflow_runtime.drawing.svg import draw
from workflow_runtime.errors import Failure, Text
from workflow_runtime.scenarios.coverage import Coverage, Share, coverage
from workflow_runtime.scenarios.model import Scenario
from workflow_runtime.scenarios.running import Played, play

DEFAULT = Path("bpmn")


@click.command("coverage")
@click.argument("files", nargs=-1, metavar="[FILES]", type=click.Path(path_type=Path))
@click.option("--scenario", "given", multiple=True, type=click.Path(path_type=Path), metavar="S.toml", help="more scenarios")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="a picture (SVG) of each diagram, marked, goes here"
)
@click.option("--at-least", type=click.FloatRange(0, 100), default=0.0, metavar="PERCENT", help="exit status 1 below this")
@as_json
def cover(files: tuple[Path, ...], given: tuple[Path, ...], out: Path | None, at_least: float, json_output: bool) -> None:
    """覆盖 · what the scenarios beside diagrams (default: bpmn/) pass of their elements, gateway branches and boundary events."""
    covered: list[tuple[Coverage, Contents]] = []
    played: list[Played] = []
    for file in files or (DEFAULT,):
        contents, own = _play_around(file, given)
        played += own
        covered += [(coverage(contents.processes[key], own), contents) for key in sorted(own_processes(file, contents))]
    pictures = {each.process.id: _picture(out, each, contents) for each, contents in covered} if out is not None else {}
    if json_output:
        print_json(
            {"processes": [_document(each, pictures) for each, _ in covered], "failed": [p.scenario.name for p in played if not p.passed]}
        )
    else:
        _tell([each for each, _ in covered], pictures)
    failed = [each for each in played if not each.passed]
    for each in failed:
        say(f"✗ 情景未通过 scenario failed：{each.scenario.process} · {each.scenario.name}（crane try）", "red", to=errors)
    low = any(each.least < at_least for each, _ in covered)
    sys.exit(1 if failed or low else 0)


def _play_around(file: Path, given: tuple[Path, ...]) -> tuple[Contents, list[Played]]:
    """A file or a folder with everything around it, and its scenarios, played; without any, everything is untaken."""
    settings = Settings.read()
    lanes, catalogue, rules = shipped(settings)
    contents = read_around(file, rules)
    calendar = calendar_of(settings)
    scenarios: list[Scenario] = [s for path in (*scenario_files(file), *given) for s in read_scenario_file(path)]
    wanted = own_processes(file, contents)
    if not wanted:
        raise Failure(
            Text(f"{file} 中没有流程。", f"There is no process in {file}."),
            Text("请指定 .bpmn 文件或含有它的文件夹。", "Name a .bpmn file, or a folder with one."),
            code="NO_PROCESS",
        )
    scenarios = [s for s in scenarios if s.process not in contents.processes or wanted & _reached(s.process, contents)]
    stages = {key: stage_of(key, contents, catalogue, lanes, calendar) for key in dict.fromkeys(s.process for s in scenarios)}
    return contents, [play(stages[s.process], s) for s in scenarios]


def _reached(process: str, contents: Contents) -> set[str]:
    """The process with all that it calls."""
    return {key for kind, key in needed_by(process, contents) if kind == "bpmn"}


def _picture(out: Path, covered: Coverage, contents: Contents) -> Path | None:
    """The marked drawing of a process, written to the folder; a diagram without a drawing is laid out first. None when it cannot be drawn."""
    plan = plan_of(*contents.files[contents.sources["bpmn", covered.process.id]])
    if plan is None:
        return None
    path = out / f"{covered.process.id}.svg"
    title = f"{covered.process.name}（{covered.process.id}）情景覆盖"
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw(plan, covered.process, title, covered.passes))
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def _tell(covered: list[Coverage], pictures: dict[str, Path | None]) -> None:
    rows = [
        (each.process.id, each.process.name, _share(each.elements), _share(each.branches), _share(each.boundary_events)) for each in covered
    ]
    print_table("情景覆盖 · coverage", ["流程", "名称", "元素 elements", "网关出口 branches", "边界事件 boundary events"], rows)
    for each in covered:
        for kind, share in (("元素 element", each.elements), ("网关出口 branch", each.branches)):
            for missing in share.missing:
                say(f"  ✗ {each.process.id} · {kind}：{_named(each.process, missing)}", "red")
    for process, path in pictures.items():
        say(f"  图 picture：{path}" if path is not None else f"  {process} 没有图形，只列出 has no drawing: listed only", "dim")


def _share(share: Share) -> str:
    return f"{share.percent:g} % ({share.passed}/{share.total})"


def _named(process: Process, part: str) -> str:
    node = process.node(part)
    if node is not None:
        return f"{node.name or part}（{part}）"
    flow = next(f for scope in process.scopes.values() for f in scope.flows if f.id == part)
    return f"{flow.source} → {flow.target} {flow.name}（{part}）"


def _document(covered: Coverage, pictures: dict[str, Path | None]) -> dict[str, Any]:
    shares = {
        "elements": covered.elements,
        "branches": covered.branches,
        "boundary_events": covered.boundary_events,
        "flows": covered.flows,
    }
    path = pictures.get(covered.process.id)
    return {
        "process": covered.process.id,
        "name": covered.process.name,
        **{name: {"total": s.total, "passed": s.passed, "percent": s.percent, "missing": list(s.missing)} for name, s in shares.items()},
        "passes": {"elements": dict(covered.passes.elements), "flows": dict(covered.passes.flows)},
        "picture": str(path) if path is not None else None,
    }


COMMANDS = (cover,)
