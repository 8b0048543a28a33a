"""A desk at the command line: its own folder, its own database, and `crane` run on it."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from click.testing import CliRunner

from web.cli import main
from web.cli.run import free_port
from web.demonstration.filing import PAPERS
from web.demonstration.papers import pdf

ROOT = Path(__file__).parents[1]
FILING = ROOT / "web" / "demonstration" / "tower_crane.json"
HOHHOT = "11150100MB0000001L"
SECRETS = ("crane-demo-secret", "crane-demo-seal-secret")
PORTS = count()
PATIENCE = 60.0
"""Seconds to wait for another process."""


def own_port():
    """A free port that no other process of the tests takes: below those that the system gives out."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return free_port(20_000 + 400 * (process % 30) + next(PORTS) % 300)


def until(condition, seconds=PATIENCE):
    """Poll until the condition gives something true; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.02)
    return result


@dataclass
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Desk:
    """`crane(…)` runs a command in this process and expects it to succeed; `fails` gives what it said when it did not."""

    def __init__(self, folder: Path, address: str | None = None, **environment):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.path = folder, folder / "crane.db"
        self.environment = {"CRANE_DATABASE_URL": address or f"sqlite:///{self.path}", **environment}

    def run(self, *arguments, **environment):
        inherited = {name: None for name in os.environ if name.startswith("CRANE_")}
        result = CliRunner().invoke(
            main, [str(a) for a in arguments], env={**inherited, **self.environment, **environment}, catch_exceptions=False
        )
        assert "Traceback" not in result.output
        return Said(result.exit_code, result.stdout, result.stderr)

    def crane(self, *arguments):
        said = self.run(*arguments)
        assert said.status == 0, said
        return said

    def data(self, *arguments):
        return self.crane(*arguments, "--json").json

    def process(self, *arguments, **options):
        """A `crane` process of its own."""
        environment = {**os.environ, **self.environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(
            [sys.executable, "-m", "web", *map(str, arguments)], env=environment, cwd=self.folder, **{**pipes, **options}
        )

    def papers(self):
        """`--attach` for each paper that a filing needs."""
        arguments = []
        for field, title in PAPERS.items():
            path = self.folder / f"{field}.pdf"
            path.write_bytes(pdf(title))
            arguments += ["--attach", f"{field}={path}"]
        return arguments

    def prepare(self):
        self.crane("db", "upgrade")
        self.crane("user", "demonstration")
        self.crane("deploy", ROOT / "bpmn", ROOT / "forms")

    def file(self):
        """A tower crane is filed; gives the case's number."""
        return self.data("start", "new_filing", "--as", "zhang", "--answers", FILING, *self.papers())["number"]

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def books(self):
        """Every row of the embedded database but the audit's, which also keeps refusals."""
        with closing(sqlite3.connect(self.path)) as connection:
            return [line for line in connection.iterdump() if "audit" not in line]


def settings_of(running, state):
    """The settings with which these stand-ins are reached, without pauses."""
    return {
        "CRANE_NATIONAL_URL": running.national,
        "CRANE_NATIONAL_CLIENT_ID": "crane-demo",
        "CRANE_NATIONAL_CLIENT_SECRET": SECRETS[0],
        "CRANE_NATIONAL_KEY_FILE": str(state / "national-client-key.pem"),
        "CRANE_NATIONAL_PAUSE": "0",
        "CRANE_TRUST": str(state / "pki" / "trust"),
        "CRANE_PROVINCIAL_URL": running.provincial,
        "CRANE_PROVINCIAL_APP_KEY": "crane-demo",
        "CRANE_PROVINCIAL_APP_SECRET": SECRETS[1],
    }


def task_of(desk, login, element):
    """The id of the task of this element in somebody's inbox, once the jobs before it are done."""

    def found():
        desk.crane("worker", "--drain")
        return next((i["task"]["id"] for i in desk.data("tasks", "--as", login) if i["task"]["element"] == element), None)

    return until(found)
