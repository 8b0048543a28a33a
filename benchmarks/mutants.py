"""Takes each guard of `tests/guards.py` away in a copy of the product and runs its tests: they must go red.

`python benchmarks/mutants.py [PART OF A NAME]` keeps the verdicts in `results/mutants.json`. Exit status 1 when nobody misses a guard.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "mutants.json"
SECONDS = 400
"""Tests that take longer are red: without some guards something goes round for ever."""
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__", "var", "docs", "results", ".*_cache", ".hypothesis")

sys.path.insert(0, str(ROOT / "tests"))

from guards import GUARDS  # noqa: E402


def red(copy, tests):
    """Whether these tests fail there; what cannot be run at all is not red. Gives the verdict and the last line."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *shlex.split(tests)]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ended = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return True, f"not at its end after {SECONDS} s"
    if ended.returncode not in (0, 1) or " error" in ended.stdout.splitlines()[-1]:
        raise SystemExit(f"{tests}:\n{ended.stdout[-3000:]}{ended.stderr[-1000:]}")
    return ended.returncode == 1, ended.stdout.splitlines()[-1]


def tried(guard, copy):
    """The verdict on one guard; the copy is whole again afterwards."""
    path = copy / guard.file
    whole = path.read_text()
    if whole.count(guard.present) != 1:
        raise SystemExit(f"{guard.file}: not once: {guard.present}")
    path.write_text(whole.replace(guard.present, guard.gone))
    began = time.monotonic()
    try:
        is_red, said = red(copy, guard.tests)
    finally:
        path.write_text(whole)
    return {"red": is_red, "tests": guard.tests, "said": said, "seconds": round(time.monotonic() - began, 1)}


def main():
    """Try them, tell, keep."""
    part, console = " ".join(sys.argv[1:]), Console()
    told = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "product"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        for guard in GUARDS:
            if part in guard.name:
                told[guard.name] = tried(guard, copy)
                console.print("[green]red [/]" if told[guard.name]["red"] else "[red]GREEN[/]", guard.name, highlight=False)
    earlier = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    kept = {guard.name: {**earlier, **told}[guard.name] for guard in GUARDS if guard.name in {**earlier, **told}}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    missed = [name for name, verdict in told.items() if not verdict["red"]]
    console.print(f"{len(told)} guards, {len(told) - len(missed)} red without them")
    raise SystemExit(bool(missed))


if __name__ == "__main__":
    main()
