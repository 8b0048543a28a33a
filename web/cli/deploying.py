"""`crane deploy`, `crane lint`, `crane handlers`: what analysts and developers ask of the runtime."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from web.cli.context import acting, actor, installation, installation_or_fresh
from web.cli.output import as_json, print_findings, print_json, print_table, say
from web.failures import finding_document
from workflow_runtime.bundles import KINDS, File
from workflow_runtime.deployment import deploy as deploy_files
from workflow_runtime.deployment import lint as lint_files
from workflow_runtime.errors import Failure, Text

DEFAULT_FOLDERS = ("bpmn", "forms")

paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


def read_paths(given: tuple[Path, ...]) -> list[File]:
    """The diagram, decision and form files of these files and folders (default: bpmn/ and forms/).

    Raises Failure NO_FILES, FILE_UNREADABLE (missing, unreadable, or named although it is of no such kind).
    """
    roots = given or tuple(Path(folder) for folder in DEFAULT_FOLDERS if Path(folder).exists())
    found = sorted({path for root in roots for path in _files(root)})
    if not found:
        names = "、".join(str(root) for root in roots or DEFAULT_FOLDERS)
        raise Failure(
            Text(f"{names} 中没有 .bpmn、.dmn 或 .form 文件。", f"There is no .bpmn, .dmn or .form file in {names}."),
            Text("请给出文件或文件夹。", "Name files or folders."),
            code="NO_FILES",
        )
    try:
        return [(path.name, path.read_bytes()) for path in found]
    except OSError as error:
        raise _unreadable(str(error.filename), error.strerror or type(error).__name__) from error


def _files(root: Path) -> list[Path]:
    if root.is_dir():
        return [path for path in root.rglob("*") if path.suffix in KINDS and path.is_file()]
    if not root.exists():
        raise _unreadable(str(root), "不存在 does not exist")
    if root.suffix not in KINDS:
        raise _unreadable(str(root), "应为 .bpmn、.dmn 或 .form 文件 expected .bpmn, .dmn or .form")
    return [root]


def _unreadable(name: str, reason: str) -> Failure:
    return Failure(
        Text(f"文件 {name} 无法读取（{reason}）。", f"The file {name} cannot be read ({reason})."),
        Text("请检查文件路径。", "Check the path."),
        code="FILE_UNREADABLE",
    )


@click.command("lint")
@paths
@as_json
def lint(paths: tuple[Path, ...], json_output: bool) -> None:
    """检查 · check diagrams, decision tables and forms against the contract; exit status 1 when something would be refused."""
    files = read_paths(paths)
    with installation_or_fresh() as runtime, runtime.reading() as uow:
        findings = lint_files(uow, files)
    if json_output:
        print_json([finding_document(f) for f in findings])
    else:
        print_findings(findings)
        say(f"{len(files)} 个文件，{len(findings)} 条提示 · {len(files)} files, {len(findings)} findings")
    sys.exit(1 if any(f.severity == "error" for f in findings) else 0)


@click.command("deploy")
@paths
@acting
@as_json
def deploy(paths: tuple[Path, ...], login: str | None, json_output: bool) -> None:
    """部署 · deploy diagrams, decision tables and forms; a faulty one is refused and what was deployed before goes on."""
    files = read_paths(paths)
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            done = deploy_files(uow, who, files)
    if json_output:
        print_json({"businesses": [asdict(b) for b in done.businesses], "warnings": [finding_document(f) for f in done.warnings]})
        return
    print_findings(done.warnings)
    rows = [(b.business, b.title, b.bundle_id[:12], "已更新" if b.changed else "未变") for b in done.businesses]
    print_table("业务 · businesses", ["编号", "名称", "版本", ""], rows)


@click.command("handlers")
@as_json
def handlers(json_output: bool) -> None:
    """服务任务 · the handlers that diagrams may name, with parameters, errors and how a second attempt is safe."""
    with installation(prepared=False) as runtime:
        found = sorted(runtime.catalogue.handlers.values(), key=lambda h: h.name)
        receivers = sorted(runtime.catalogue.receivers)
    described = [
        {
            "name": h.name,
            "parameters": [f"{p.name}{'' if p.required else '?'}" for p in h.parameters],
            "errors": list(h.errors),
            "runs": "in the step" if h.local else f"as a job, replay: {h.replay}",
            "about": (h.function.__doc__ or "").strip().split("\n")[0],
        }
        for h in found
    ]
    if json_output:
        print_json({"handlers": described, "receivers": receivers})
        return
    for each in described:
        say(f"{each['name']}({', '.join(each['parameters'])})", style="bold")
        say(f"  {each['about']}")
        say(f"  {each['runs']}" + (f" · 业务错误 errors: {', '.join(each['errors'])}" if each["errors"] else ""), style="dim")
    say("接收 · receivers: " + ", ".join(receivers))


COMMANDS = (lint, deploy, handlers)
