"""`crane audit`: verify the hash chains, export checkpoints."""

import sys
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from web.cli.context import installation
from web.cli.output import as_json, console, print_json, print_table, tells_failures
from workflow_runtime import audit as trail


@click.group("audit")
def audit() -> None:
    """审计 · the audit trail."""


@audit.command("verify")
@as_json
@click.option("--checkpoints", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="a file of `crane audit checkpoint`")
@tells_failures
def verify(json_output: bool, checkpoints: Path | None) -> None:
    """Recompute every chain; exit status 1 when one does not hold."""
    known = {name: (seq, head) for name, (seq, head) in orjson.loads(checkpoints.read_bytes()).items()} if checkpoints else None
    with installation() as runtime, runtime.reading() as uow:
        report = trail.verify(uow.audit_rows, known)
    if json_output:
        print_json(asdict(report))
    else:
        console.print(f"{report.streams} 条链，{report.entries} 条记录 · {report.streams} chains, {report.entries} entries")
        if report.breaches:
            print_table("不一致 · breaches", ["链", "序号", "说明"], [(b.stream, b.seq, b.message.zh) for b in report.breaches])
        else:
            console.print("完整 · all chains hold", style="green")
    sys.exit(1 if report.breaches else 0)


@audit.command("checkpoint")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@tells_failures
def checkpoint(file: Path) -> None:
    """Write the heads of all chains to a file that is kept elsewhere: later cuts are found with it."""
    with installation() as runtime, runtime.reading() as uow:
        heads = uow.audit_rows.heads()
    file.write_bytes(orjson.dumps(heads, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    console.print(f"{len(heads)} 条链 · {len(heads)} chains → {file}", highlight=False)


COMMANDS = (audit,)
