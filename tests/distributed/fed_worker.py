"""A worker that a broker feeds, in a process of its own: `fed_worker.py DATABASE BROKER FOLDER`. Its effects are lines of a file."""

import sys
from pathlib import Path

from workbench import Workbench, handlers

from workflow_runtime.celery_delivery import application, work
from workflow_runtime.clock import SystemClock
from workflow_runtime.store.database import Database


class KeptEffects:
    def __init__(self, folder):
        self.file = Path(folder) / "effects"
        self.inquiries = 0

    @property
    def effects(self):
        return [tuple(line.split(" ")) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def send(self, key, value):
        with self.file.open("a") as file:
            file.write(f"{key} {value}\n")
        return {"value": value, "key": key}


if __name__ == "__main__":
    address, broker, folder = sys.argv[1:]
    bench = Workbench(Database(address), SystemClock(), catalogue=handlers(KeptEffects(folder)))
    work(bench.runtime, application(broker), 4)
