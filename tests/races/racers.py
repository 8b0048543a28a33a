"""Reviewers who press the button at the same instant: threads of this process, of several, or behind HTTP."""

import multiprocessing
import threading

from workbench import REVIEWER, Workbench

from workflow_runtime import inbox
from workflow_runtime.actors import Actor
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import Conflict
from workflow_runtime.store.database import Database, Pool

REVIEWERS = 64


def reviewer(number):
    return Actor(f"r{number}", f"审核员{number}", REVIEWER.party, REVIEWER.grants)


def told(runtime, task_id, revision, who):
    """What came of it: the winner's name, or whom the loser is told of."""
    try:
        with runtime.transaction() as uow:
            inbox.complete(uow, task_id, who, {}, revision)
    except Conflict as conflict:
        return "conflict", conflict.who
    return "won", who.name


def at_once(acts, ready):
    """Each act in a thread of its own, when all threads of all processes are `ready`."""
    outcomes = [None] * len(acts)

    def run(place, act):
        ready.wait(60)
        outcomes[place] = act()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def rounds_of(runtime, tasks, reviewers, ready):
    """All rounds one after the other; the outcomes of each."""
    return [at_once([lambda who=who, task=task: told(runtime, *task, who) for who in reviewers], ready) for task in tasks]


def share(address, now, tasks, numbers, ready, outcomes):
    """A process of its own, with some of the reviewers."""
    database = Database(address, Pool(size=len(numbers)))
    bench = Workbench(database, ManualClock(now))
    outcomes.put(rounds_of(bench.runtime, tasks, [reviewer(number) for number in numbers], ready))
    database.close()


def in_processes(address, now, tasks, processes):
    """The outcomes of each round; every process has its share of the reviewers."""
    spawn = multiprocessing.get_context("spawn")
    ready, outcomes, each = spawn.Barrier(REVIEWERS), spawn.Queue(), REVIEWERS // processes
    running = [
        spawn.Process(target=share, args=(address, now, tasks, range(n * each, (n + 1) * each), ready, outcomes)) for n in range(processes)
    ]
    for process in running:
        process.start()
    found = [outcomes.get(timeout=600) for _ in running]
    for process in running:
        process.join()
    return [[outcome for part in parts for outcome in part] for parts in zip(*found, strict=True)]
