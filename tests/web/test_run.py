"""`crane run`: the product with its demonstration, made once, started again quickly, stopped in order."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
import requests
from desk import ROOT, Desk, own_port

from web.cli.paths import read_paths
from web.cli.run import free_port
from web.composition import Settings, open_runtime
from web.demonstration.history import script
from web.demonstration.installation import FolderInTheWay, accounts, make
from web.demonstration.people import PASSWORD
from web.demonstration.processes import alone
from workflow_runtime import audit
from workflow_runtime.clock import SHANGHAI

DIAGRAMS = read_paths((ROOT / "bpmn", ROOT / "forms"))
NOW = datetime(2026, 9, 14, 10, 30, tzinfo=SHANGHAI)


def quiet(done, total):
    pass


class Run:
    """A process of `crane run`."""

    def __init__(self, state, port):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CRANE_")}
        command = [sys.executable, "-m", "web", "run", "--state", str(state), "--port", str(port)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, "COLUMNS": "200", "CRANE_READ_SECONDS": "soon"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell without job control lets what it starts in the background ignore Ctrl-C, and so all that these start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("http://"):
                break
        self.seconds = self._worked()
        self.address = self.said.splitlines()[-1]

    def _worked(self):
        """Seconds for which a processor has worked on it: how long a start takes where nothing else is running."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=120)
        return self.process.returncode, err


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An installation as the first start leaves it."""
    folder = tmp_path_factory.mktemp("made once") / "run"
    make(folder, ("127.0.0.1", own_port()), DIAGRAMS, quiet, now=NOW)
    return folder


@pytest.fixture
def runtime(made):
    opened = open_runtime(Settings.read({"CRANE_DATABASE_URL": f"sqlite:///{made / 'crane.db'}"}))
    yield opened
    opened.database.close()


def test_the_past_holds_filings_in_all_states(runtime):
    """Each filing has come to where its script says, at four authorities and over several weeks; the audit holds."""
    with runtime.reading() as uow:
        rows = [uow.cases.by_number(f"2026{n:07}") for n in range(1, len(script()) + 1)]
        report = audit.verify(uow.audit_rows)
        incidents = uow.jobs.incidents(only_open=True, case_id=None, limit=10)
    assert Counter(row.status for row in rows) == Counter(filing["events"][-1]["reaches"] for filing in script())
    assert len({row.parties["authority"] for row in rows}) >= 4
    assert (max(row.opened_at for row in rows) - min(row.opened_at for row in rows)).days > 30
    assert max(row.opened_at for row in rows) < NOW
    assert (len(incidents), report.breaches) == (1, [])


def test_some_reviews_are_late_and_some_nearly(runtime):
    """Deadlines are counted in working days from the day of filing: at least one is over, one ends within a working day."""
    tomorrow = runtime.calendar.add(NOW, 1)
    with runtime.reading() as uow:
        rows = [uow.cases.by_number(f"2026{n:07}") for n in range(1, len(script()) + 1)]
        due = [task.due_at for row in rows for task in uow.tasks.of_case(row.id, only_open=True) if task.due_at is not None]
    assert any(moment < NOW for moment in due)
    assert any(NOW <= moment <= tomorrow for moment in due)
    assert any(moment > tomorrow for moment in due)


def test_everybody_is_told(runtime):
    told = {login: (roles, unit) for login, roles, _, unit in accounts(runtime)}
    assert told["zhang"] == ("applicant", "内蒙古蒙建机械租赁有限公司")
    assert told["sun.150100"] == ("reviewer", "呼和浩特市住房和城乡建设局质量安全科")
    assert {"operator", "admin", "chen.150000", "li.150100"} <= set(told)


def test_a_second_start_goes_on_quickly_and_stops_in_order(made, tmp_path):
    """Within five seconds; people and filings are there, workers work, the next free port is taken; Ctrl-C ends all of it with status 0."""
    state = tmp_path / "a state" / "run"
    shutil.copytree(made, state)
    with socket.create_server(("127.0.0.1", own_port())) as taken:
        port = taken.getsockname()[1]
        run = Run(state, port)
        assert run.address != f"http://127.0.0.1:{port}"
    assert run.seconds < 5
    assert "zhang" in run.said
    assert f"password   {PASSWORD}\n" in run.said
    assert requests.get(f"{run.address}/readyz", timeout=60).json() == {"status": "ready"}
    assert run.stop() == (0, "正在停止…… · stopping\n")
    assert sorted(path.name for path in state.iterdir()) == ["crane.db", "crane.log", "sandbox", "sandbox.json"]
    assert re.search(r'"route":"/readyz"', (state / "crane.log").read_text())


def test_an_interrupted_first_start_is_done_again(tmp_path, monkeypatch):
    """Whatever an interrupted start has left beside the place, the next one begins anew; before it is whole, nothing is in its place."""
    state = tmp_path / "run"

    def interrupt(done, total):
        assert not state.exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(state, ("127.0.0.1", own_port()), DIAGRAMS, interrupt, now=NOW)
    assert not state.exists()
    left = tmp_path / "run.making"
    assert left.exists()
    monkeypatch.setattr("web.demonstration.history.History.play", lambda self, now, tell: None)
    make(state, ("127.0.0.1", own_port()), DIAGRAMS, quiet, now=NOW)
    assert (state / "crane.db").exists()
    assert not left.exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(FolderInTheWay):
        make(tmp_path, ("127.0.0.1", 1), DIAGRAMS, quiet, now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]
    with pytest.raises(FolderInTheWay):
        make(tmp_path / "diary.txt" / "below", ("127.0.0.1", 1), DIAGRAMS, quiet, now=NOW)


@pytest.mark.parametrize("command", ["run", "demo"])
def test_two_starts_do_not_share_a_folder(tmp_path, command, monkeypatch):
    """Refused in words before anything is made or cleared away; when the first has ended, the folder is free."""
    state = tmp_path / "state"
    monkeypatch.setattr("web.cli.run.PORTS", 0)  # were it let in, it would not go on for ever
    with alone(state):
        said = Desk(tmp_path / "desk").run(command, "--state", state)
    assert (said.status, "FOLDER_IN_USE" in said.err, "--state" in said.err) == (1, True, True)
    assert not state.exists()
    with alone(state):
        pass


def test_a_machine_without_a_free_port_is_told_in_words(monkeypatch):
    from web.cli import run
    from workflow_runtime.errors import Failure

    monkeypatch.setattr(run, "PORTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Failure) as refused:
        free_port(taken.getsockname()[1])
    assert refused.value.code == "ADDRESS_UNUSABLE"
