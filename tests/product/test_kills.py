"""The worker is killed with SIGKILL in the middle of a filing; a new one finishes it by itself, with one effect of each kind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from doomed_worker import AheadClock
from office import Office

from web.composition import HISTORIES

ROOT = Path(__file__).parents[2]
MOMENTS = 20
LEASE_OVER = 150.0
"""Seconds after which every lease of a dead worker has expired; everybody's clock moves on by it before the restart."""


@pytest.fixture
def office(new_address, tmp_path):
    with Office(new_address(*HISTORIES), tmp_path, AheadClock(0), CRANE_READ_SECONDS="5") as opened:
        yield opened


def work(office, number, moment=0):
    """Run a worker that dies at this moment (0: never); says whether it did."""
    environment = {**os.environ, **office.environment, "CRANE_TEST_CASE": number, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests" / "doomed_worker.py"), str(moment), str(office.clock.ahead.total_seconds())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode == -9


def restart(office, number):
    office.clock.move(LEASE_OVER)
    assert not work(office, number)


@pytest.mark.parametrize("slot", range(MOMENTS))
def test_a_filing_survives_the_death_of_its_worker(office, slot):
    """Twenty moments spread over the whole path, before the button and after it: nothing lost, nothing doubled, no repair by hand."""
    number = office.file()
    work(office, number)
    office.complete(number, "review", outcome="approve")
    # Some 300 moments lie between approval and the button, some 100 behind it.
    assert work(office, number, moment=3 + slot * 12)
    restart(office, number)
    assert (office.waiting(number), office.incidents(number)) == (["aggregate_button"], [])
    office.complete(number, "aggregate_button", outcome="push")
    if work(office, number, moment=3 + slot * 4):
        restart(office, number)
    assert (office.status(number), office.effects(number)) == ("已归集", (1, 1, 1))
    assert office.incidents(number) == []
