"""Processes that die, or stand still, at a chosen moment: before or after a statement, a commit, a request.

Run as a program, this is a fork server: everything is imported and every diagram read once, and each process is forked from it in some
milliseconds. It takes a JSON object a line: `deeds` are processes that run side by side, each a deed of `deeds.py` with its arguments and with
`fatal` (the number of the moment), `path` (a request to it is fatal) or `frozen`: before or after which of its requests, counted together, it
stops until it is told to go on (in the midst of a transaction it would hold up everybody, which no lease can help). It answers with one object a process: how it ended, and the moments that it passed.
"""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import deeds
import requests
from sqlalchemy import event

from web.composition import Settings, open_runtime

PATIENCE = 60.0
ROOT = Path(__file__).parents[2]
KILLED, FROZEN = -signal.SIGKILL, "frozen"


class AheadClock:
    """The machine's clock, moved ahead."""

    def __init__(self, seconds):
        self.ahead = timedelta(seconds=seconds)

    def move(self, seconds):
        self.ahead += timedelta(seconds=seconds)

    def now(self):
        return datetime.now(UTC) + self.ahead


class Moments:
    """Counts the moments, and does not survive the chosen one."""

    def __init__(self, fatal=0, frozen=0, path=None):
        self.fatal, self.frozen, self.path = fatal, frozen, path
        self.passed = self.requests = 0

    def __call__(self, *_arguments, **_named):
        self.passed += 1
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def sending(self, url):
        if self.path is not None and self.path in url:
            os.kill(os.getpid(), signal.SIGKILL)
        self.at_a_request()

    def at_a_request(self):
        self()
        self.requests += 1
        if self.requests == self.frozen:
            os.kill(os.getpid(), signal.SIGSTOP)


def watch(engine, moment):
    for name in ("before_cursor_execute", "after_cursor_execute", "commit", "rollback"):
        event.listen(engine, name, moment)
    send = requests.Session.send

    def watched(session, request, **more):
        moment.sending(request.url)
        answer = send(session, request, **more)
        moment.at_a_request()
        return answer

    requests.Session.send = watched


@cache
def opened(*environment):
    """The runtime of an installation with its diagrams read, and no connection that a fork would share."""
    runtime = open_runtime(Settings.read(dict(environment)), clock=AheadClock(0))
    with runtime.reading() as uow:
        for row in uow.library.deployed():
            uow.bundle(row.bundle_id)
    runtime.database.close()
    return runtime


class Doomed:
    """A forked process that does one deed."""

    def __init__(self, runtime, deed, arguments, **fate):
        reading, writing = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(reading)
            self._do(runtime, deed, arguments, Moments(**fate), writing)
        os.close(writing)
        self.told = reading

    def _do(self, runtime, deed, arguments, moment, writing):
        watch(runtime.database.engine, moment)
        status = 0
        try:
            getattr(deeds, deed)(runtime, **arguments)
        except BaseException as error:  # noqa: BLE001  nothing of it may reach the server that was forked
            print(f"{deed}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            status = 1
        os.write(writing, json.dumps({"passed": moment.passed, "ahead": runtime.clock.ahead.total_seconds()}).encode())
        os._exit(status)

    def end(self):
        """How it ended, or that it stands still."""
        _, status = os.waitpid(self.process, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return {"status": FROZEN}
        with os.fdopen(self.told) as told:
            return {"status": os.waitstatus_to_exitcode(status), **json.loads(told.read() or "{}")}

    def go_on(self):
        os.kill(self.process, signal.SIGCONT)
        return self.end()


def serve():
    frozen = []
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("go_on"):
            ended = [each.go_on() for each in frozen]
            frozen = []
        else:
            runtime = opened(*order["environment"].items())
            runtime.clock.ahead = timedelta(seconds=order["ahead"])
            running = [Doomed(runtime, **deed) for deed in order["deeds"]]
            ended = [each.end() for each in running]
            frozen = [each for each, end in zip(running, ended, strict=True) if end["status"] == FROZEN] or frozen
        print(json.dumps(ended), flush=True)


class Doom:
    """The fork server, from outside. Use as a context manager."""

    def __enter__(self):
        path = os.pathsep.join((str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "chaos")))
        self.server = subprocess.Popen(
            [sys.executable, __file__],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *failure):
        self.server.stdin.close()
        self.server.wait(PATIENCE)
        self.server.stdout.close()

    def _ordered(self, **order):
        print(json.dumps(order), file=self.server.stdin, flush=True)
        return json.loads(self.server.stdout.readline())

    def does(self, office, *deeds):
        """Processes side by side on this installation; how each ended. Its clock is then as far ahead as theirs."""
        ended = self._ordered(environment=office.environment, ahead=office.clock.ahead.total_seconds(), deeds=deeds)
        assert all(each["status"] in (0, KILLED, FROZEN) for each in ended), ended
        office.clock.ahead = max([office.clock.ahead, *(timedelta(seconds=each["ahead"]) for each in ended if "ahead" in each)])
        return ended

    def goes_on(self):
        """What stood still goes on; how it ended."""
        return self._ordered(go_on=True)


def deed(name, fatal=0, frozen=0, path=None, **arguments):
    """An order for one process."""
    return {"deed": name, "arguments": arguments, "fatal": fatal, "frozen": frozen, "path": path}


if __name__ == "__main__":
    serve()
