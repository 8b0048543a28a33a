"""A worker in a process of its own that stops at a named place and waits to be killed: `worker_process.py ADDRESS FOLDER PLACE NOW`."""

import sys
import time
from datetime import datetime
from pathlib import Path

from workbench import Workbench, handlers

from workflow_runtime.clock import ManualClock
from workflow_runtime.store.database import Database


class KeptOutside:
    """The other system: its effects are lines of a file, so that they outlive every worker."""

    def __init__(self, folder, place=None):
        self.file = Path(folder) / "effects"
        self.inquiries = 0
        self.place = place

    @property
    def effects(self):
        return [tuple(line.split(" ")) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def send(self, key, value):
        stop_at(self.place, "before the effect")
        with self.file.open("a") as file:
            file.write(f"{key} {value}\n")
        stop_at(self.place, "after the effect")
        return {"value": value, "key": key}


def stop_at(chosen, place):
    """Tell the test that the place is reached, and wait for the end."""
    if chosen == place:
        sys.stdout.write("here\n")
        sys.stdout.flush()
        time.sleep(60)


def main(address, folder, place, now):
    outside = KeptOutside(folder, place)
    bench = Workbench(Database(address), ManualClock(datetime.fromisoformat(now)), catalogue=handlers(outside))
    resolve = bench.runtime.resolve_party

    def slowly(*arguments):
        stop_at(place, "taking the answer in")
        return resolve(*arguments)

    bench.runtime.resolve_party = slowly
    bench.one_job("doomed")


if __name__ == "__main__":
    main(*sys.argv[1:])
