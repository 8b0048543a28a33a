"""A worker that kills itself (SIGKILL) at the N-th of the moments that matter: before and after each database statement, commit, and request.

`python doomed_worker.py MOMENT SHIFT`: MOMENT 0 never dies and prints how many moments there were; SHIFT is how many seconds the clock
is ahead, so that a restarted worker finds the dead one's lease expired. Works until the case of CRANE_TEST_CASE stops at a person or has ended.
"""

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta

import requests
from sqlalchemy import event

from web.composition import Settings, open_runtime
from workflow_runtime.jobs import reclaim_expired
from workflow_runtime.worker import drain

PATIENCE = 20.0


class AheadClock:
    def __init__(self, seconds):
        self.ahead = timedelta(seconds=seconds)

    def move(self, seconds):
        self.ahead += timedelta(seconds=seconds)

    def now(self):
        return datetime.now(UTC) + self.ahead


class Moments:
    """Counts the moments, and does not survive the chosen one."""

    def __init__(self, fatal):
        self.fatal = fatal
        self.passed = 0

    def __call__(self, *_arguments, **_named):
        self.passed += 1
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(engine, moment):
    for name in ("before_cursor_execute", "after_cursor_execute", "commit", "rollback"):
        event.listen(engine, name, moment)
    send = requests.Session.send

    def watched(session, request, **more):
        moment()
        answer = send(session, request, **more)
        moment()
        return answer

    requests.Session.send = watched


def main():
    fatal, ahead = int(sys.argv[1]), float(sys.argv[2])
    number = os.environ["CRANE_TEST_CASE"]
    runtime = open_runtime(Settings.read(), clock=AheadClock(ahead))
    moment = Moments(fatal)
    watch(runtime.database.engine, moment)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        reclaim_expired(runtime)
        drain(runtime, f"doomed-{os.getpid()}")
        engine = runtime.database.engine
        with engine.connect() as connection:
            state, waiting, busy = (
                connection.exec_driver_sql(
                    "SELECT state, (SELECT count(*) FROM user_task t WHERE t.case_id = c.id AND t.state = 'open'),"
                    " (SELECT count(*) FROM job j WHERE j.case_id = c.id AND j.state IN ('queued', 'running'))"
                    f" FROM workflow_case c WHERE number = '{number}'"
                )
                .one()
                ._tuple()
            )
        if state != "running" or (waiting and not busy):
            print(moment.passed)
            return 0
        time.sleep(0.01)
    return 3


if __name__ == "__main__":
    sys.exit(main())
