"""What people and workers do in one filing, each as a process may do it; done again, it changes nothing that was done."""

import os
import time

from office import answers_of
from sqlalchemy import bindparam, text

from web.composition import actor_named
from web.demonstration.filing import with_papers
from workflow_runtime import cases, inbox
from workflow_runtime.jobs import reclaim_expired
from workflow_runtime.store.types import Instant
from workflow_runtime.timers import fire_due
from workflow_runtime.worker import drain

PATIENCE = 60.0
STANDING = text(
    "SELECT state, (SELECT count(*) FROM user_task t WHERE t.case_id = c.id AND t.state = 'open')"
    " + (SELECT count(*) FROM incident i WHERE i.case_id = c.id AND i.state = 'open'),"
    " (SELECT count(*) FROM job j WHERE j.case_id = c.id AND (j.state = 'running' OR j.state = 'queued' AND j.run_at <= :now)),"
    " (SELECT count(*) FROM job j WHERE j.case_id = c.id AND j.state = 'queued' AND j.run_at > :now)"
    " FROM workflow_case c WHERE number = :number"
).bindparams(bindparam("now", type_=Instant()))
FILED = text("SELECT c.number FROM workflow_case c JOIN case_field f ON f.case_id = c.id WHERE f.field = 'serial_no' AND f.value = :serial")


def number_of(runtime, serial):
    """The number of the filing of this machine, None when there is none."""
    with runtime.database.engine.connect() as connection:
        return connection.execute(FILED, {"serial": serial}).scalar_one_or_none()


def file(runtime, serial):
    """The owner files, unless he finds his filing there."""
    if number_of(runtime, serial) is None:
        owner = actor_named(runtime, "zhang")
        answers = with_papers(runtime, owner, answers_of("tower_crane", serial_no=serial))
        with runtime.transaction() as uow:
            cases.start(uow, "new_filing", owner, answers)


def complete(runtime, serial, element, login="li.150100", outcome=None, opinion="", legal_ground=None):
    """Somebody completes a task, unless it is gone from his inbox."""
    number = number_of(runtime, serial)
    with runtime.reading() as uow:
        open_now = [t for t in uow.tasks.of_case(uow.cases.by_number(number).id, only_open=True) if t.element == element]
    for task in open_now:
        who = actor_named(runtime, login)
        answers = with_papers(runtime, who, answers_of("tower_crane", serial_no=serial)) if element == "correct" else {}
        with runtime.transaction() as uow:
            inbox.complete(uow, task.id, who, answers, task.revision, outcome=outcome, opinion=opinion)


def work(runtime, serial):
    """A worker works until the filing has ended, or waits for a person or a later attempt."""
    number, deadline = number_of(runtime, serial), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        reclaim_expired(runtime)
        drain(runtime, f"doomed-{os.getpid()}")
        with runtime.database.engine.connect() as connection:
            state, waiting, busy, later = connection.execute(STANDING, {"number": number, "now": runtime.clock.now()}).one()
        if state != "running" or ((waiting or later) and not busy):
            return
        time.sleep(0.01)
    raise TimeoutError(f"{number} stops at nobody")


def work_on_all(runtime, seconds):
    """A worker works on whatever is due, so long as something comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        reclaim_expired(runtime)
        fire_due(runtime)
        if drain(runtime, f"doomed-{os.getpid()}").total() == 0:
            time.sleep(0.005)


BUSY, LATER = ("the platform is busy", {}), ("some minutes later", {})
STORY = (
    ("file", {}),
    ("work", {}),
    ("complete", {"element": "review", "outcome": "reject", "opinion": "出厂编号与铭牌不符"}),
    ("complete", {"element": "correct", "login": "zhang"}),
    ("work", {}),
    ("complete", {"element": "review", "outcome": "approve"}),
    BUSY,
    ("work", {}),
    LATER,
    ("work", {}),
    ("complete", {"element": "aggregate_button", "outcome": "push"}),
    ("work", {}),
)
"""A filing from the owner's answers over a rejection to 已归集. The national platform is busy once: an attempt is made again."""
