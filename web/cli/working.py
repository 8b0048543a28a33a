"""`crane worker`, `crane serve`, `crane sandbox`: the processes."""

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click

from web.app import create_app
from web.cli.context import installation
from web.cli.output import as_json, console, print_json, tells_failures
from web.server import serving
from workflow_runtime.worker import Worker, drain


@click.command("worker")
@click.option("--threads", default=4, show_default=True, help="jobs that are done at the same time")
@click.option("--drain", "only_due", is_flag=True, help="do what is due now and end")
@as_json
@tells_failures
def worker(threads: int, only_due: bool, json_output: bool) -> None:
    """执行服务任务与定时器 · do jobs and timers until told to stop (Ctrl-C or SIGTERM)."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with installation() as runtime:
        if only_due:
            done = drain(runtime, f"worker-{os.getpid()}")
            if json_output:
                print_json({"done": done})
            else:
                console.print(f"完成 {done} 项 · {done} done")
            return
        working = Worker(runtime, threads=threads)
        working.start()
        console.print(f"{threads} 个线程，Ctrl-C 结束 · {threads} threads, Ctrl-C to stop")
        wait_for_signal()
        working.stop()


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@tells_failures
def serve(host: str, port: int) -> None:
    """接收平台回调 · receive the platforms' call-backs."""
    with installation() as runtime, serving(create_app(runtime), host, port) as address:
        console.print(address, highlight=False)
        wait_for_signal()


def wait_for_signal() -> None:
    """Until SIGTERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


@click.command("sandbox", context_settings={"ignore_unknown_options": True})
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), default=Path("var/sandbox"), show_default=True)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def sandbox(state: Path, options: tuple[str, ...]) -> None:
    """模拟平台 · run the stand-ins for the national and the provincial platform (a process of their own)."""
    sys.exit(subprocess.run([sys.executable, "-m", "sandbox", "--state", str(state), *options], check=False).returncode)  # noqa: S603 our own module


COMMANDS = (worker, serve, sandbox)
