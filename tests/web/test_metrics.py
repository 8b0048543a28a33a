"""/metrics: what waits, what was done, how the platforms answer; for who has the token, and nothing about anybody."""

import re
import socket
from contextlib import closing
from datetime import timedelta

import pytest
import requests
from desk import until

from web.app import create_app
from web.cli.working import _measuring, working

TOKEN = "a token of the monitoring"


@pytest.fixture
def office(offices, database_kind, kept_address):
    return offices(database_kind, kept_address)


def scraped(app, token=TOKEN):
    return app.test_client().get("/metrics", headers={"Authorization": f"Bearer {token}"})


def values(text):
    """Each sample by its name and labels."""
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if not line.startswith("#")}


def test_what_waits_and_what_was_done_is_told(office):
    app = create_app(office.runtime, metrics_token=TOKEN)
    office.to_the_button(office.file(serial_no="M-1"))
    number = office.file(serial_no="M-2")
    office.until(lambda: office.waiting(number) == ["review"])
    office.clock.advance(timedelta(hours=3))
    told = values(scraped(app).get_data(as_text=True))
    assert told['crane_tasks_waiting{element="review",process="new_filing"}'] == 1
    assert told['crane_tasks_waiting_oldest_seconds{element="review",process="new_filing"}'] >= 3 * 3600
    assert told["crane_incidents_open"] == 0
    assert told['crane_job_deliveries_total{handler="certificate.assign_code",verdict="done"}'] == 1
    assert told['crane_job_seconds_count{handler="certificate.assign_code"}'] == 1
    assert told['crane_platform_calls_recent{operation="fm",outcome="accepted",platform="national"}'] == 1


def test_nothing_of_a_person_a_case_or_an_authority_is_in_it(office):
    text = scraped(create_app(office.runtime, metrics_token=TOKEN)).get_data(as_text=True)
    assert not re.search(r"20260000\d+|1115|zhang|li\.|内蒙古|138000", text)


@pytest.mark.parametrize("given", ["", "another", "Ünknown"])
def test_without_the_token_there_is_no_such_page(office, given):
    with_token, without = create_app(office.runtime, metrics_token=TOKEN), create_app(office.runtime)
    assert scraped(with_token, given.encode().decode("latin-1")).status_code == 404
    assert scraped(without).status_code == 404


def test_a_worker_tells_its_own(office):
    """On its own port, while it works."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    with _measuring(office.runtime, port), working(office.runtime, 1):
        office.file(serial_no="M-3")
        told = lambda: values(requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text)  # noqa: E731
        until(lambda: told().get('crane_job_deliveries_total{handler="certificate.check",verdict="done"}', 0) >= 1)
