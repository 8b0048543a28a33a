"""`crane worker`, `crane serve`: the processes."""

import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import click

from web import logs
from web.cli.context import installation
from web.cli.output import as_json, console, print_json, say
from web.composition import Settings, ensure_file_exists
from workflow_runtime.dispatch import Together
from workflow_runtime.errors import Failure, Text
from workflow_runtime.runtime import Runtime
from workflow_runtime.worker import Worker, drain


def stop_signal() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set, from now on."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextmanager
def working(runtime: Runtime, threads: int) -> Iterator[None]:
    """Threads that do this runtime's jobs while the block runs, woken by each use case that leaves some; what is in hand is finished."""
    worker = Worker(runtime, threads=threads)
    runtime.dispatcher = Together(worker, runtime.dispatcher)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def _tell_counts(counts: Counter[str], json_output: bool) -> None:
    attempted, timers = counts.total() - counts["timers"], counts["timers"]
    done, retry, incidents = counts["done"], counts["retry"], counts["incident"]
    if json_output:
        print_json({"attempted": attempted, "done": done, "retry": retry, "incidents": incidents, "timers": timers})
        return
    say(f"执行任务 {attempted} 项：完成 {done}，待重试 {retry}，异常 {incidents}；定时器推进案件 {timers} 次")
    say(f"attempted {attempted} jobs: {done} done, {retry} to be retried, {incidents} incidents; timers moved cases {timers} times")


@click.command("worker")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="jobs that are done at the same time")
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="serve Prometheus what this worker does, on 127.0.0.1")
@click.option("--drain", "only_due", is_flag=True, help="do what is due now and end")
@as_json
def worker(threads: int, metrics_port: int | None, only_due: bool, json_output: bool) -> None:
    """执行服务任务与定时器 · do jobs and timers until told to stop (Ctrl-C or SIGTERM); what is in hand is finished."""
    if only_due:
        with logs.to_stream(sys.stderr, logging.WARNING), installation() as runtime:
            counts = drain(runtime, f"worker-{os.getpid()}")
        _tell_counts(counts, json_output)
        return
    if (broker := Settings.read().broker) is not None:
        _work_by_broker(broker, threads, metrics_port)
        return
    stop = stop_signal()
    with logs.to_stream(sys.stdout), installation() as runtime, _measuring(runtime, metrics_port), working(runtime, threads):
        say(f"{threads} 个线程，Ctrl-C 结束 · {threads} threads, Ctrl-C to stop")
        console.file.flush()
        stop.wait()


@contextmanager
def _measuring(runtime: Runtime, port: int | None) -> Iterator[None]:
    if port is None:
        yield
        return
    from prometheus_client import start_http_server

    from web.metrics import measured

    server, thread = start_http_server(port, addr="127.0.0.1", registry=measured(runtime))
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _work_by_broker(broker: str, threads: int, metrics_port: int | None) -> None:
    from workflow_runtime.celery_delivery import application, work

    app = application(broker)
    with logs.to_stream(sys.stdout), installation() as runtime, _measuring(runtime, metrics_port):
        say(f"{threads} 个线程，由消息代理分发，Ctrl-C 结束 · {threads} threads, fed by the broker, Ctrl-C to stop")
        console.file.flush()
        work(runtime, app, threads)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--with-worker", "threads", type=click.IntRange(0, 64), default=0, show_default=True, help="threads that do jobs, too")
def serve(host: str, port: int, threads: int) -> None:
    """页面与接口 · serve the pages, the interface and the platforms' call-backs; logs go to standard output, a line of JSON each."""
    # The pages take long to import: the other commands must not wait for them.
    from web.app import open_app
    from web.server import serving

    stop = stop_signal()
    ensure_file_exists(Settings.read())
    with logs.to_stream(sys.stdout):
        runtime, app = open_app(Settings.read())
        try:
            with working(runtime, threads) if threads else nullcontext(), serving(app, host, port) as address:
                say(address)
                console.file.flush()
                stop.wait()
        except OSError as error:
            raise _unusable(host, port, error) from error
        finally:
            runtime.database.close()


def _unusable(host: str, port: int, error: OSError) -> Failure:
    reason = error.strerror or str(error)
    return Failure(
        Text(f"无法在 {host}:{port} 监听（{reason}）。", f"Cannot listen on {host}:{port} ({reason})."),
        Text("请换一个端口，或停止占用该端口的程序。", "Choose another port, or stop what uses it."),
        code="ADDRESS_UNUSABLE",
    )


COMMANDS = (worker, serve)
