"""`crane lint`: what an analyst asks before deploying."""

import sys
from pathlib import Path

import click

from web.cli.output import as_json, errors, print_findings, print_json, say
from web.cli.paths import found_paths, paths, read_paths
from web.failure_documents import finding_document
from workflow_runtime.contents import File
from workflow_runtime.errors import Finding


@click.command("lint")
@paths
@as_json
@click.option("--sarif", "sarif_output", is_flag=True, help="SARIF 2.1.0, for code review and editors")
def lint(paths: tuple[Path, ...], json_output: bool, sarif_output: bool) -> None:
    """检查 · check diagrams, decision tables and forms against the contract; exit status 1 when something would be refused."""
    files = read_paths(paths)
    findings = _findings(files)
    if sarif_output:
        from web.cli.sarif import sarif

        print_json(sarif(findings, {path.name: path.as_posix() for path in found_paths(paths)}))
    elif json_output:
        print_json([finding_document(f) for f in findings])
    else:
        print_findings(findings)
        say(f"{len(files)} 个文件，{len(findings)} 条提示 · {len(files)} files, {len(findings)} findings")
    sys.exit(1 if any(f.severity == "error" for f in findings) else 0)


def _findings(files: list[File]) -> list[Finding]:
    """Checked over what is deployed; where there is no database, alone with what comes with the product, and that is said."""
    from web.composition import DatabaseNotReady, Settings, ensure_file_exists, shipped  # they load the whole product: files are read first
    from workflow_runtime.checking import linted

    settings = Settings.read()
    try:
        ensure_file_exists(settings)
    except DatabaseNotReady:
        say("没有数据库：只用随产品提供的泳道检查所给文件。", "yellow", to=errors)
        say("No database: the given files are checked alone, with the lanes that come with the product.", "yellow", to=errors)
        lanes, catalogue, rules = shipped(settings)
        return linted(files, [], lanes, catalogue, rules)
    from web.cli.context import installation
    from workflow_runtime.deployment import lint as lint_files

    with installation() as runtime, runtime.reading() as uow:
        return lint_files(uow, files)


COMMANDS = (lint,)
