"""One office per module of tests and per database: for tests that read, or leave only traces of their own."""

from contextlib import ExitStack, contextmanager

import requests
from browsing import Browser
from office import Office, furnished
from spare import app_of
from workbench import MONDAY

from workflow_runtime.clock import ManualClock

TRIES = 70
"""Longer than any back-off of a handler."""


@contextmanager
def kept_offices(folders, prepare):
    """A function that gives the office of a kind of database, opened and prepared when it is first asked for."""
    with ExitStack() as stack:
        made = {}

        def office_of(kind, kept_address):
            if kind not in made:
                made[kind] = stack.enter_context(Office(kept_address(furnished), folders.mktemp("office"), ManualClock(MONDAY)))
                made[kind].app = app_of(made[kind].runtime)
                prepare(made[kind])
            return made[kind]

        yield office_of


def browser(office, login):
    """Somebody's browser; all browsers of an office share its application."""
    return Browser(office.runtime, login, office.app)


def in_trouble(office, *numbers):
    """The national platform is down until these cases have an incident."""
    office.misbehave("national", "http-503", probability=1)
    for _ in range(TRIES):
        office.pass_time(hours=2)
        if all(office.incidents(number) for number in numbers):
            break
    requests.delete(f"{office.platforms.national}/control/misbehave", timeout=60).raise_for_status()
    return [office.incidents(number)[0].id for number in numbers]
