"""Whole filings a second in one process, SQL statements a use case, and bytes kept of a finished filing.

The diagram has five durable completions: start, submit, review, seal, push; both services answer at once. Inbox, jobs and audit are written
as in operation; SQLite runs with synchronous=FULL. `python benchmarks/filings.py [--filings N] [--database URL] [--naive]` prints JSON.
"""

import argparse
import json
import logging
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import event, select

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from diagrams import bpmn, chain, end, exclusive, flow, service, start, user
from workbench import OWNER, REVIEWER, Workbench, form

from workflow_runtime import cases, inbox
from workflow_runtime.clock import SystemClock
from workflow_runtime.jobs import run_jobs
from workflow_runtime.store.database import Database
from workflow_runtime.store.migrations import MIGRATIONS
from workflow_runtime.store.tables import user_tasks

FILES = (
    bpmn(
        start(form="apply", status="草稿"),
        user("submit", "产权单位", form="apply", status="待提交"),
        user("review", "发证机关", form="review", outcomes="approve=审核通过; reject=审核不通过!", dueWorkingDays="7", status="待审核"),
        exclusive("approved", default="approved-submit"),
        service("seal", "outside.keyed", {"value": "apply.model"}, "seal_result", status="待签章"),
        service("push", "outside.keyed", {"value": "apply.model"}, "push_result", status="待归集"),
        end(status="已归集"),
        chain("start", "submit", "review", "approved"),
        flow("approved", "seal", 'review.outcome = "approve"'),
        chain("approved", "submit"),
        chain("seal", "push", "end"),
    ),
    form("apply", "model!", "maker!", "serial!", "owner!", "address", "note"),
    form("review", "remark"),
)
ANSWERS = {
    "model": "QTZ80(TC6012)",
    "maker": "中联重科股份有限公司",
    "serial": "ZL2024-0518",
    "owner": "内蒙古蒙建机械租赁有限公司",
    "address": "呼和浩特市新城区成吉思汗大街 8 号",
    "note": "最大起重量 6 t；最大幅度 60 m；独立高度 45 m；公称起重力矩 800 kN·m" * 8,
}


@contextmanager
def counted(database):
    """Counts SQL statements while the block runs."""
    seen = []
    listener = lambda _c, _cur, statement, *_: seen.append(statement)  # noqa: E731
    event.listen(database.engine, "before_cursor_execute", listener)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", listener)


def file_one(bench, count=None):
    """One filing from start to end: the seconds that its use cases took; `count` gets the statements of each."""
    spent = []

    def use(name, action):
        with counted(bench.database) if count is not None else nullcontext([]) as seen:
            began = time.perf_counter()
            result = action()
            spent.append(time.perf_counter() - began)
        if count is not None:
            count[name] = len(seen)
        return result

    runtime = bench.runtime

    def begin():
        with runtime.transaction() as uow:
            return cases.start(uow, "business", OWNER, ANSWERS, {"authority": "authority:H"})

    case = use("start", begin)
    for element, actor, answers, outcome in (("submit", OWNER, ANSWERS, None), ("review", REVIEWER, {}, "approve")):
        task = waiting(bench, case)

        def finish(task=task, actor=actor, answers=answers, outcome=outcome):
            with runtime.transaction() as uow:
                return inbox.complete(uow, task, actor, answers, 1, outcome=outcome)

        use(f"complete {element}", finish)
    verdicts = use("jobs seal and push", lambda: list(run_jobs(runtime, "bench")))
    if set(verdicts) - {"done"}:  # none: another process was faster
        raise SystemExit(f"{verdicts}")
    return sum(spent)


def waiting(bench, case):
    """The id of the case's open task, asked beside what is measured: people have it from their inbox."""
    found = select(user_tasks.c.id).where(user_tasks.c.case_id == case.id, user_tasks.c.state == "open")
    with bench.database.engine.connect() as connection:
        return connection.execute(found).scalar_one()


def measure(address, filings):
    """Filings a second in this process, SQL statements of each use case, bytes of the file that a filing takes (SQLite)."""
    database = Database(address)
    bench = Workbench(database, SystemClock())
    statements = Counter()
    file_one(bench, statements)
    for _ in range(20):
        file_one(bench)
    path = Path(database.engine.url.database) if database.is_sqlite else None
    before = path.stat().st_size if path else 0
    worked = time.process_time()
    seconds = sum(file_one(bench) for _ in range(filings))
    work = time.process_time() - worked
    database.close()
    result = {"filings per second": filings / seconds, "CPU ms a filing": 1000 * work / filings, "statements": dict(statements)}
    return result | ({"bytes per finished filing, with indexes": (path.stat().st_size - before) / filings} if path else {})


def prepared(address):
    """An empty database gets its tables and the diagram."""
    database = Database(address)
    with database.transaction() as connection:
        MIGRATIONS.upgrade(connection)
    Workbench(database, SystemClock()).deploy(*FILES)
    database.close()
    return address


def together(address, filings, processes):
    """Filings a second of several processes on one database, each with its own share."""
    share = filings // processes
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.starmap(_share, [(address, 1)] * processes)  # everything is imported
        began = time.perf_counter()
        pool.starmap(_share, [(address, share)] * processes, chunksize=1)
        return share * processes / (time.perf_counter() - began)


def _share(address, filings):
    logging.getLogger("spiff").setLevel(logging.WARNING)
    database = Database(address)
    bench = Workbench(database, SystemClock())
    for _ in range(filings):
        file_one(bench)
    database.close()


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filings", type=int, default=500)
    parser.add_argument("--database")
    parser.add_argument("--naive", action="store_true", help="also the naive way, and the ratio, in the same run")
    options = parser.parse_args()
    logging.getLogger("spiff").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        result = measure(prepared(options.database or f"sqlite:///{folder}/bench.db"), options.filings)
        if options.naive:
            from naive import run

            result["naive: filings per second"], result["naive: bytes per filing"] = run(max(20, options.filings // 4))
            result["ratio to naive"] = result["filings per second"] / result["naive: filings per second"]
        print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
