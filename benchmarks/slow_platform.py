"""Jobs a second against a platform that takes 200 ms for each answer, with 1 to 64 slots of one worker.

`python benchmarks/slow_platform.py [--database URL]` prints JSON: slots → jobs a second and the share of what so many slots can do at most.
"""

import argparse
import json
import logging
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from diagrams import bpmn, chain, end, service, start
from workbench import Outside, Workbench, form

from workflow_runtime.clock import SystemClock
from workflow_runtime.store.database import Database, Pool
from workflow_runtime.store.migrations import MIGRATIONS
from workflow_runtime.worker import Worker

LATENCY = 0.2
SLOTS = (1, 2, 4, 8, 16, 32, 64)
SECONDS = 12
"""For so long each number of slots has work: what a worker takes once, to begin, weighs little, as in one that runs for days."""
DIAGRAM = bpmn(start(form="apply"), service("send", "outside.keyed", {"value": '"x"'}), end(), chain("start", "send", "end"))


class Slow(Outside):
    """Answers after a while."""

    def send(self, key, value):
        time.sleep(LATENCY)
        return super().send(key, value)


def measure(address, slots):
    """Jobs a second, and the share of `slots` / LATENCY."""
    database = Database(address, Pool(size=slots + 8))
    with database.transaction() as connection:
        MIGRATIONS.upgrade(connection)
    bench = Workbench(database, SystemClock(), outside=Slow())
    bench.deploy(DIAGRAM, form("apply", "model"))
    wanted = int(SECONDS * slots / LATENCY)
    for _ in range(wanted):
        bench.start()
    worker = Worker(bench.runtime, threads=slots)
    began = time.perf_counter()
    worker.start()
    while len(bench.outside.effects) < wanted - slots:
        threading.Event().wait(0.01)
    done, seconds = len(bench.outside.effects), time.perf_counter() - began
    worker.stop()
    database.close()
    return {"jobs per second": round(done / seconds, 1), "of what is possible": round(done / seconds / (slots / LATENCY), 3)}


def every(address=None):
    """Slots → what `measure` finds."""
    result = {}
    for slots in SLOTS:
        with tempfile.TemporaryDirectory() as folder:
            result[slots] = measure(address or f"sqlite:///{folder}/bench.db", slots)
    return result


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database")
    logging.getLogger("spiff").setLevel(logging.WARNING)
    print(json.dumps(every(parser.parse_args().database), indent=1))


if __name__ == "__main__":
    main()
