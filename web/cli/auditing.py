"""`crane audit`: verify the hash chains, export checkpoints."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import orjson
from rich.progress import Progress, TaskID
from sqlalchemy import Connection

from web.cli.answers import read_document
from web.cli.context import installation
from web.cli.output import as_json, errors, print_json, print_table, say
from workflow_runtime import audit as trail
from workflow_runtime.errors import Failure, Text
from workflow_runtime.store.audit import AuditRows, StoredEntry

Heads = dict[str, tuple[int, str]]
UNREADABLE = "CHECKPOINTS_UNREADABLE"


class WatchedRows(AuditRows):
    """The audit's rows; each stream that is read moves a progress bar on."""

    def __init__(self, connection: Connection, progress: Progress) -> None:
        super().__init__(connection)
        self._progress = progress
        self._bar: TaskID = progress.add_task("核验 · verifying", total=len(self.heads()))

    def entries(self, stream: str) -> Iterator[StoredEntry]:
        """See `AuditRows.entries`."""
        self._progress.advance(self._bar)
        return super().entries(stream)


@click.group("audit")
def audit() -> None:
    """审计 · the audit trail."""


@audit.command("verify")
@as_json
@click.option("--checkpoints", type=click.Path(path_type=Path), help="a file of `crane audit checkpoint`")
def verify(json_output: bool, checkpoints: Path | None) -> None:
    """Recompute every chain; exit status 1 when one does not hold."""
    known = None if checkpoints is None else read_heads(checkpoints)
    bar = Progress(console=errors, transient=True, disable=not errors.is_terminal)
    with installation() as runtime, runtime.reading() as uow, bar as progress:
        report = trail.verify(WatchedRows(uow.connection, progress), known)
    if json_output:
        breaches = [{"stream": b.stream, "seq": b.seq, "message": b.message._asdict()} for b in report.breaches]
        print_json({"streams": report.streams, "entries": report.entries, "breaches": breaches})
    else:
        _show(report)
    sys.exit(1 if report.breaches else 0)


def read_heads(path: Path) -> Heads:
    """The heads in a checkpoint file. Raises Failure CHECKPOINTS_UNREADABLE."""
    heads: Heads = {}
    for stream, head in read_document(path, UNREADABLE).items():
        if not (isinstance(head, list) and len(head) == 2 and isinstance(head[0], int) and isinstance(head[1], str)):
            raise Failure(
                Text(f"文件 {path} 不是检查点文件（{stream}）。", f"The file {path} is no checkpoint file ({stream})."),
                Text("请使用 crane audit checkpoint 生成的文件。", "Give a file that `crane audit checkpoint` wrote."),
                code=UNREADABLE,
            )
        heads[stream] = (head[0], head[1])
    return heads


def _show(report: trail.AuditReport) -> None:
    say(f"{report.streams} 条链，{report.entries} 条记录 · {report.streams} chains, {report.entries} entries")
    if report.breaches:
        rows = [(b.stream, b.seq, b.message.zh, b.message.en) for b in report.breaches]
        print_table("不一致 · breaches", ["链", "序号", "说明", ""], rows)
    else:
        say("完整 · all chains hold", "green")


@audit.command("checkpoint")
@click.argument("file", type=click.Path(path_type=Path))
def checkpoint(file: Path) -> None:
    """Write the heads of all chains to a file that is kept elsewhere: later cuts are found with it."""
    with installation() as runtime, runtime.reading() as uow:
        heads = uow.audit_rows.heads()
    try:
        file.write_bytes(orjson.dumps(heads, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Failure(
            Text(f"无法写入 {file}（{reason}）。", f"{file} cannot be written ({reason})."),
            Text("请检查文件夹和权限。", "Check the folder and its permissions."),
            code="FILE_UNWRITABLE",
        ) from error
    say(f"{len(heads)} 条链 · {len(heads)} chains → {file}")


COMMANDS = (audit,)
