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
from web.cli.output import as_json, console, print_json, say
from web.server import serving
from workflow_runtime.errors import Failure, Text
from workflow_runtime.worker import Worker, drain


def stop_signal() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set, from now on."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@click.command("worker")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="jobs that are done at the same time")
@click.option("--drain", "only_due", is_flag=True, help="do what is due now and end")
@as_json
def worker(threads: int, only_due: bool, json_output: bool) -> None:
    """执行服务任务与定时器 · do jobs and timers until told to stop (Ctrl-C or SIGTERM); what is in hand is finished."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if only_due:
        with installation() as runtime:
            done = drain(runtime, f"worker-{os.getpid()}")
        if json_output:
            print_json({"done": done})
        else:
            say(f"完成 {done} 项 · {done} done")
        return
    stop = stop_signal()
    with installation() as runtime:
        working = Worker(runtime, threads=threads)
        working.start()
        say(f"{threads} 个线程，Ctrl-C 结束 · {threads} threads, Ctrl-C to stop")
        console.file.flush()
        stop.wait()
        working.stop()


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
def serve(host: str, port: int) -> None:
    """接收平台回调 · receive the platforms' call-backs."""
    stop = stop_signal()
    with installation() as runtime:
        try:
            with serving(create_app(runtime), host, port) as address:
                say(address)
                console.file.flush()
                stop.wait()
        except OSError as error:
            reason = error.strerror or str(error)
            raise Failure(
                Text(f"无法在 {host}:{port} 监听（{reason}）。", f"Cannot listen on {host}:{port} ({reason})."),
                Text("请换一个端口，或停止占用该端口的程序。", "Choose another port, or stop what uses it."),
                code="ADDRESS_UNUSABLE",
            ) from error


@click.command("sandbox", context_settings={"ignore_unknown_options": True})
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), default=Path("var/sandbox"), show_default=True)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def sandbox(state: Path, options: tuple[str, ...]) -> None:
    """模拟平台 · run the stand-ins for the national and the provincial platform, as a process of its own."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "sandbox", "--state", str(state), *options]
    process = subprocess.Popen(command)  # noqa: S603 our own module
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.terminate())
    sys.exit(process.wait())


COMMANDS = (worker, serve, sandbox)
