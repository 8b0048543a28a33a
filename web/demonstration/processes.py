"""The demonstration's other processes: both stand-ins and a worker, none of which outlives it."""

import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson

from workflow_runtime.errors import Failure, Text

START_SECONDS = 30.0
STOP_SECONDS = 20.0
LOOK_AGAIN = 0.02
READY = "sandbox.json"
"""The file in which the stand-ins tell their addresses."""

Process = subprocess.Popen[bytes]


class SandboxesMissing(Failure):
    """The stand-ins for the platforms did not start."""

    code = "SANDBOXES_MISSING"


class FolderInUse(Failure):
    """Another demonstration runs in this folder."""

    code = "FOLDER_IN_USE"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other start uses the folder, which need not be there yet. Raises FolderInUse.

    Two would work on the same jobs with stand-ins of their own, and a first start clears away what another has begun. The lock lies
    beside the folder, which is moved and removed. Where it cannot be had at all, the folder cannot be used either, and that is told then.
    """
    path = folder.with_name(folder.name + ".lock")
    with ExitStack() as held:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fcntl.flock(held.enter_context(path.open("w")), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(
                Text(f"文件夹 {folder} 正由另一个进程使用。", f"Another process is using the folder {folder}."),
                Text(
                    "请先在那个终端按 Ctrl-C 结束，或用 --state 指定另一个文件夹。",
                    "Stop it there with Ctrl-C, or name another with --state.",
                ),
            ) from error
        except OSError:
            pass
        yield


def stop_like_interrupt() -> None:
    """Let SIGTERM and a closed terminal end this process as Ctrl-C does: through every `finally`."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


@contextmanager
def process(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """A Python process that is told to stop at the end, and killed when it does not."""
    # A session of its own: Ctrl-C reaches only the demonstration, which then stops the others in order.
    started = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 our own modules
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def sandboxes(folder: Path) -> Iterator[dict[str, str]]:
    """Both stand-ins in a process of their own; gives their addresses. Raises SandboxesMissing."""
    ready = folder / READY
    ready.write_bytes(b"")  # what an earlier start told there would be taken for theirs
    with process(["-m", "sandbox", "--state", str(folder / "sandbox"), "--seal-delay", "0.5", "--ready", str(ready)]) as started:
        deadline = time.monotonic() + START_SECONDS
        while not (ready.exists() and ready.read_bytes().strip()):
            if started.poll() is not None or time.monotonic() > deadline:
                raise SandboxesMissing(
                    Text("模拟平台未能启动。", "The sandboxes did not start."),
                    Text("请运行 crane sandbox 查看原因。", "Run `crane sandbox` to see why."),
                )
            time.sleep(LOOK_AGAIN)
        yield orjson.loads(ready.read_bytes())


@contextmanager
def worker(environment: Mapping[str, str]) -> Iterator[None]:
    """A worker in a process of its own."""
    with process(["-m", "web", "worker"], environment):
        yield
