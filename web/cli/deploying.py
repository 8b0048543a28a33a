"""`crane deploy`: what new cases run on."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from web.cli.comparing import print_comparison
from web.cli.context import acting, actor, installation
from web.cli.migrating import mapped, print_forecast
from web.cli.output import as_json, print_findings, print_json, print_table, say
from web.cli.paths import paths, read_paths
from web.failure_documents import finding_document
from web.migrations import rehearsal_document
from workflow_runtime.deployment import deploy as deploy_files
from workflow_runtime.migration.mapping import read_map
from workflow_runtime.migration.rehearsal import Rehearsal, rehearse


@click.command("deploy")
@paths
@click.option("--dry-run", "rehearsed", is_flag=True, help="change nothing: tell findings, changes of meaning, and the migration forecast")
@mapped
@acting
@as_json
def deploy(paths: tuple[Path, ...], rehearsed: bool, pairs: tuple[str, ...], login: str | None, json_output: bool) -> None:
    """部署 · deploy diagrams, decision tables and forms; a faulty one is refused and what was deployed before goes on."""
    files = read_paths(paths)
    with installation() as runtime:
        who = actor(runtime, login)
        if rehearsed:
            with runtime.reading() as uow:
                would = rehearse(uow, who, files, read_map(pairs))
            print_rehearsal(would, json_output=json_output)
            sys.exit(1 if would.refused else 0)
        with runtime.transaction() as uow:
            done = deploy_files(uow, who, files)
    if json_output:
        print_json({"businesses": [asdict(b) for b in done.businesses], "warnings": [finding_document(f) for f in done.warnings]})
        return
    print_findings(done.warnings)
    rows = [(b.business, b.title, b.bundle_id[:12], "已部署 deployed" if b.changed else "未变 unchanged") for b in done.businesses]
    print_table("业务 · businesses", ["编号", "名称", "版本", ""], rows)


def print_rehearsal(would: Rehearsal, *, json_output: bool) -> None:
    """What a deployment would do."""
    if json_output:
        print_json(rehearsal_document(would))
        return
    print_findings(would.findings)
    print_comparison(would.comparison)
    for told in would.forecasts:
        print_forecast(told)
    for business in would.retired:
        say(f"部署后不能再新建：{business} · nobody could start {business} any more", "yellow")
    said = "不能部署 · it would be refused" if would.refused else "可以部署；没有作任何改动 · it can be deployed; nothing was changed"
    say(said, "red" if would.refused else "green")


COMMANDS = (deploy,)
