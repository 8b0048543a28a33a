"""`crane run`: the whole product on one machine, with its demonstration: stand-ins, database, people, filings, workers, server."""

import errno
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.cli.output import console, errors, print_table, say
from workflow_runtime.errors import Failure, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow_runtime.contents import File
    from workflow_runtime.runtime import Runtime

# What takes long to import is imported where it is needed: `crane --help` must not wait for it.

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
PORTS = 50
"""Ports that are tried, from the wanted one on."""
THREADS = 4
"""Jobs that are done at the same time."""
LOG = "crane.log"


@click.command("run")
@click.option(
    "--state", type=click.Path(file_okay=False, path_type=Path), default=Path("var/run"), show_default=True, help="database and books"
)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="the next free one when it is taken")
def run(state: Path, port: int) -> None:
    """运行 · everything at once, with demonstration data and both stand-ins; Ctrl-C stops it, the next start goes on."""
    from web.cli.paths import read_paths
    from web.demonstration.processes import alone, sandboxes, stop_like_interrupt

    begun, folder = time.monotonic(), state.resolve()
    with alone(folder):
        stop_like_interrupt()
        diagrams = read_paths((ROOT / "bpmn", ROOT / "forms"))
        port = free_port(port)
        _make_once(folder, port, diagrams)
        with sandboxes(folder) as addresses, _working(folder, addresses, port, diagrams) as (runtime, address):
            _tell(runtime, address, folder, time.monotonic() - begun)
            _wait()


def free_port(wanted: int) -> int:
    """The wanted port, or the next one that nobody uses. Raises Failure ADDRESS_UNUSABLE."""
    for port in range(wanted, min(wanted + PORTS, 65536)):
        try:
            socket.create_server((HOST, port)).close()
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            return port
    raise Failure(
        Text(f"端口 {wanted} 及其后的端口均被占用。", f"Port {wanted} and those after it are taken."),
        Text("请用 --port 指定其他端口。", "Name another one with --port."),
        code="ADDRESS_UNUSABLE",
    )


def _make_once(folder: Path, port: int, diagrams: "list[File]") -> None:
    from rich.progress import Progress

    from web.demonstration import installation

    if installation.is_made(folder):
        return
    say("首次启动：正在通过真实流程办理演示备案…… · first start: making the demonstration's filings through the real flow")
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        bar = progress.add_task("演示备案 · filings", total=None)
        installation.make(folder, (HOST, port), diagrams, lambda done, total: progress.update(bar, completed=done, total=total))


@contextmanager
def _working(folder: Path, addresses: dict[str, str], port: int, diagrams: "list[File]") -> "Iterator[tuple[Runtime, str]]":
    """Workers and server in this process; at the end first the server stops, then the workers, then the database is closed."""
    from web.app import open_app
    from web.cli.working import working
    from web.composition import Settings
    from web.demonstration.installation import bring_up_to_date, settings
    from web.logs import to_file
    from web.server import serving

    with to_file(folder / LOG):
        given = Settings.read(settings(folder, addresses, f"http://{HOST}:{port}"))
        bring_up_to_date(given, diagrams)
        runtime, app = open_app(given)
        try:
            with working(runtime, THREADS), serving(app, HOST, port) as address:
                yield runtime, address
        finally:
            runtime.database.close()


def _tell(runtime: "Runtime", address: str, folder: Path, seconds: float) -> None:
    from web.demonstration.installation import accounts
    from web.demonstration.people import PASSWORD

    print_table("演示账号 · accounts", ["登录名 login", "角色 role", "姓名 name", "单位 unit"], accounts(runtime))
    # On a line of its own: a narrow terminal folds the cells of a table, and a folded password cannot be copied.
    say(f"密码都是 · everybody's password   {PASSWORD}", "bold")
    say(f"数据库与日志 · database and log   {folder}")
    say(f"{seconds:.1f} 秒就绪，Ctrl-C 结束 · ready in {seconds:.1f} seconds, Ctrl-C to stop", "dim")
    say(f"\n{address}", "bold green")
    console.file.flush()


def _wait() -> None:
    """Until Ctrl-C, SIGTERM or a closed terminal."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        say("正在停止…… · stopping", to=errors)


COMMANDS = (run,)
