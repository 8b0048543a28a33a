"""`crane deploy`, `crane lint`, `crane handlers`: what analysts and developers ask of the runtime."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from web.cli.context import acting, actor, installation
from web.cli.output import as_json, console, print_failure, print_json, print_table, tells_failures
from workflow_runtime.bundles import KINDS, File
from workflow_runtime.deployment import deploy as deploy_files
from workflow_runtime.deployment import lint as lint_files
from workflow_runtime.errors import DiagramRefused, Failure, Finding, Text

DEFAULT_FOLDERS = ("bpmn", "forms")

paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


def read_paths(given: tuple[Path, ...]) -> list[File]:
    """The diagram, decision and form files of these files and folders (default: bpmn/ and forms/). Raises Failure NO_FILES."""
    roots = given or tuple(Path(folder) for folder in DEFAULT_FOLDERS)
    found = sorted({path for root in roots for path in ([root] if root.is_file() else root.rglob("*")) if path.suffix in KINDS})
    if not found:
        names = "、".join(str(root) for root in roots)
        raise Failure(
            Text(f"{names} 中没有 .bpmn、.dmn 或 .form 文件。", f"There is no .bpmn, .dmn or .form file in {names}."),
            Text("请给出文件或文件夹。", "Name files or folders."),
            code="NO_FILES",
        )
    return [(path.name, path.read_bytes()) for path in found]


def print_findings(findings: list[Finding]) -> None:
    """Each finding with its place, reason and cure."""
    for finding in findings:
        style = "red" if finding.severity == "error" else "yellow"
        place = f"{finding.file}:{finding.line}" + (f" [{finding.element}]" if finding.element else "")
        console.print(f"{place}  {finding.severity} {finding.code}", style=style, markup=False, highlight=False)
        console.print(f"    {finding.message.zh}\n    {finding.message.en}", markup=False, highlight=False)
        console.print(f"    → {finding.cure.zh}\n    → {finding.cure.en}", style="green", markup=False, highlight=False)


@click.command("lint")
@paths
@as_json
@tells_failures
def lint(paths: tuple[Path, ...], json_output: bool) -> None:
    """检查 · check diagrams, decision tables and forms against the contract; exit status 1 when something would be refused."""
    files = read_paths(paths)
    with installation() as runtime, runtime.reading() as uow:
        findings = lint_files(uow, files)
    if json_output:
        print_json([asdict(f) for f in findings])
    else:
        print_findings(findings)
        console.print(f"{len(files)} 个文件，{len(findings)} 条提示 · {len(files)} files, {len(findings)} findings")
    sys.exit(1 if any(f.severity == "error" for f in findings) else 0)


@click.command("deploy")
@paths
@acting
@as_json
@tells_failures
def deploy(paths: tuple[Path, ...], login: str | None, json_output: bool) -> None:
    """部署 · deploy diagrams, decision tables and forms; a faulty one is refused and what was deployed before goes on."""
    files = read_paths(paths)
    with installation() as runtime:
        try:
            with runtime.transaction() as uow:
                done = deploy_files(uow, actor(runtime, login), files)
        except DiagramRefused as refused:
            if json_output:
                print_json({"refused": [asdict(f) for f in refused.findings]})
            else:
                print_findings(list(refused.findings))
                print_failure(Failure(Text("未部署。", "Not deployed."), refused.remedy, code=refused.code))
            sys.exit(1)
    if json_output:
        print_json({"businesses": [asdict(b) for b in done.businesses], "warnings": [asdict(f) for f in done.warnings]})
        return
    print_findings(list(done.warnings))
    rows = [(b.business, b.title, b.bundle_id[:12], "已更新" if b.changed else "未变") for b in done.businesses]
    print_table("业务 · businesses", ["编号", "名称", "版本", ""], rows)


@click.command("handlers")
@as_json
@tells_failures
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
    rows = [(d["name"], ", ".join(d["parameters"]), ", ".join(d["errors"]), d["runs"], d["about"]) for d in described]
    print_table("服务任务 · handlers", ["名称", "参数", "业务错误", "方式", "说明"], rows)
    console.print("接收 · receivers: " + ", ".join(receivers))


COMMANDS = (lint, deploy, handlers)
