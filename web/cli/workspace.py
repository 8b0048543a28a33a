"""The files of an analyst: a diagram with what lies around it, and the scenarios beside it."""

from collections.abc import Mapping
from pathlib import Path

from web.cli.paths import read_paths
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.contents import KINDS, Contents, File, needed_by, read_files
from workflow_runtime.diagram.contract import Parts, check
from workflow_runtime.errors import DiagramRefused, Failure, Text
from workflow_runtime.forms import FormRules
from workflow_runtime.scenarios.model import Scenario
from workflow_runtime.scenarios.reading import read_scenarios
from workflow_runtime.scenarios.stage import Stage
from workflow_runtime.working_days import WorkingDays

SCENARIOS = "scenarios"
"""The folder of scenario files beside diagrams."""

AROUND = (Path("bpmn"), Path("forms"))
"""Where called processes, tables and forms are looked for that are not beside the diagram."""


def read_around(file: Path, rules: FormRules) -> Contents:
    """A diagram with what lies around it: beside it, in a `forms` folder next to its own, and in bpmn/ and forms/ here. What is nearer wins.

    Raises Failure NO_FILES, FILE_UNREADABLE.
    """
    own = read_paths((file,)) if file.is_dir() else _nearby(file)
    far = [path for path in AROUND if path.is_dir()]
    kept = read_files(read_paths(tuple(far)) if far else [], rules)
    near = read_files(own, rules)
    hidden = {source for key, source in kept.sources.items() if key in near.sources}
    rest = [content for key, content in kept.files.items() if key not in hidden]
    return read_files([*own, *rest], rules)


def _nearby(file: Path) -> list[File]:
    read_paths((file,))
    folder = file.resolve().parent
    beside = [path for path in folder.iterdir() if path.suffix in KINDS and path.is_file() and path.name != file.name]
    forms = folder.parent / "forms"
    return read_paths((file, *beside, *([forms] if folder.name == "bpmn" and forms.is_dir() else [])))


def stage_of(key: str, contents: Contents, catalogue: Catalogue, known: Mapping[str, str], calendar: WorkingDays) -> Stage:
    """What scenarios of this process are played on; a lane that is not `known` is taken as it is. Raises ScenarioInvalid (no such process), DiagramRefused."""
    lanes = {lane.name: known.get(lane.name, "owner") for process in contents.processes.values() for lane in process.lanes}
    parts = Parts(contents.processes, contents.forms, contents.decisions, catalogue.handlers, lanes, frozenset(catalogue.receivers))
    stage = Stage(key, parts, calendar)
    needed = {contents.files[contents.sources[each]][0] for each in needed_by(stage.process.id, contents)}
    findings = [f for f in (*contents.findings, *check(parts)) if f.severity == "error" and f.file in needed]
    if findings:
        raise DiagramRefused(findings)
    return stage


def own_processes(file: Path, contents: Contents) -> set[str]:
    """The processes that the file, or the files of the folder, define."""
    names = {path.name for path in file.rglob("*.bpmn")} if file.is_dir() else {file.name}
    return {process.id for process in contents.processes.values() if process.file in names}


def scenario_files(file: Path) -> list[Path]:
    """Every scenario file of the folder."""
    folder = file if file.is_dir() else file.parent
    return sorted(path for path in folder.rglob("*.toml") if path.parent.name == SCENARIOS)


def read_scenario_file(path: Path) -> list[Scenario]:
    """The scenarios of a file. Raises ScenarioInvalid, Failure FILE_UNREADABLE."""
    try:
        return read_scenarios(path.name, path.read_bytes())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Failure(
            Text(f"文件 {path} 无法读取（{reason}）。", f"The file {path} cannot be read ({reason})."),
            Text("请检查文件路径。", "Check the path."),
            code="FILE_UNREADABLE",
        ) from error
