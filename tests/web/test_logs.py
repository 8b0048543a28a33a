"""The logs: a line of JSON for each request and each job, and not one personal datum in them."""

import io
import json
import logging
import os
import subprocess
import sys

import pytest
import requests
from browsing import Browser
from desk import ROOT, own_port, until
from office import Office, answers_of, furnished

from registry.migrations import MIGRATIONS as BOOKS
from web import logs
from web.app import create_app
from web.composition import Settings, open_runtime, prepare_database
from web.demonstration.people import enter_people
from workflow_runtime.store.migrations import MIGRATIONS as RUNTIME

log = logging.getLogger("web.tested")


@pytest.fixture
def written():
    """What is logged while the test runs, a dictionary for each line."""
    stream = io.StringIO()
    with logs.to_stream(stream):
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def office(addresses, tmp_path, clock):
    with Office(addresses.sqlite(furnished), tmp_path, clock) as opened:
        yield opened


def of(lines, event):
    return [line for line in lines if line["event"] == event]


def test_a_whole_filing_leaves_no_personal_datum(office, written):
    """From the application to 归集 with every page of it looked at: names, phones, answers, opinions and queries stay out of the log."""
    opinion = "联系人电话有误，请更正后重新提交"
    number = office.file()
    office.until(lambda: "review" in office.waiting(number))
    office.complete(number, "review", outcome="reject", opinion=opinion)
    office.complete(number, "correct", office.owner, outcome="resubmit", **office.variables(number)["apply"])
    office.to_the_button(number)
    office.push(number)
    for login in ("zhang", "li.150100"):
        browser = Browser(office.runtime, login)
        for path in ("/", f"/cases/{number}", "/cases?q=13800000001&owner=内蒙古蒙建", f"/verify/{office.certificate(number).number}"):
            browser.get(path)
        browser.post("/sign-in", {"login": "zhang", "password": "not this password"})
    lines = written()
    assert {line["handler"] for line in of(lines, "job")} >= {"certificate.check", "certificate.seal", "certificate.aggregate"}
    assert all(line["case"] == number and line["outcome"] == "done" and line["ms"] >= 0 for line in of(lines, "job"))
    text = json.dumps(lines, ensure_ascii=False)
    answers = answers_of("tower_crane")
    private = [
        value for name, value in answers.items() if isinstance(value, str) and len(value) > 1 and name not in ("category", "purpose")
    ]
    for word in (*private, opinion, "李慧敏", "张建国", "not this password", "13800000001", office.certificate(number).number):
        assert word not in text, word


@pytest.fixture
def browser(addresses, clock):
    runtime = open_runtime(Settings.read({"CRANE_DATABASE_URL": addresses.sqlite(RUNTIME, BOOKS)}), clock=clock)
    app = create_app(runtime)

    def fail():
        log.warning("on the way")
        raise KeyError("李慧敏 13800000001")

    app.add_url_rule("/broken/<path:rest>", "broken", fail_by(fail))
    yield Browser(runtime, app=app)
    runtime.database.close()


def fail_by(fail):
    from web.access import PUBLIC, access

    return access(PUBLIC)(lambda rest: fail())


def test_a_request_is_one_line(browser, written):
    """Method, pattern of the address, status, time and number, which the answer bears too."""
    page = browser.get("/sign-in?next=secret")
    [line] = of(written(), "request")
    assert {name: line[name] for name in ("method", "route", "status", "level")} == {
        "method": "GET",
        "route": "/sign-in",
        "status": 200,
        "level": "info",
    }
    assert line["ms"] >= 0
    assert line["request"] == page.headers["X-Request-ID"]
    assert "login" not in line


def test_the_person_is_named_by_login_and_the_case_by_number(browser, written):
    from office import ADMINISTRATOR

    prepare_database(browser.runtime)
    with browser.runtime.transaction() as uow:
        enter_people(uow, ADMINISTRATOR)
    browser.sign_in("zhang").get("/cases/20260000001")
    [line] = of(written(), "request")
    assert (line["login"], line["case"], "20260000001" in line["route"]) == ("zhang", "20260000001", False)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abcdef-0123456789", True), ("short", False), ("x" * 65, False), ("<script>alert(1)</script>", False)],
    ids=["good", "short", "long", "markup"],
)
def test_the_number_of_a_server_before_ours_is_kept(browser, given, kept):
    page = browser.get("/healthz", headers={"X-Request-ID": given})
    assert (page.headers["X-Request-ID"] == given) is kept
    assert page.headers["X-Request-ID"]


def test_a_defect_is_told_by_its_place_and_the_same_number(browser, written):
    """The page, the header and every line have the number; the exception's text stays out, its place is there."""
    page = browser.get("/broken/张建国")
    number = page.headers["X-Request-ID"]
    assert (page.status, number in page.text) == (500, True)
    lines = written()
    assert {line["request"] for line in lines} == {number}
    [defect] = [line for line in lines if line["level"] == "error"]
    assert defect["error"] == "KeyError"
    assert any("test_logs.py" in place and place.endswith(" fail") for place in defect["places"])
    assert "张建国" not in json.dumps(lines, ensure_ascii=False)
    assert "李慧敏" not in json.dumps(lines, ensure_ascii=False)


def test_logging_ends_as_it_began():
    before = logging.getLogger().handlers[:], logging.getLogger("web").level
    with logs.to_stream(io.StringIO()):
        assert logging.getLogger("web").level == logging.INFO
    assert (logging.getLogger().handlers, logging.getLogger("web").level) == before


def test_gunicorn_serves_the_pages(addresses, tmp_path):
    """Two processes with the same secret; a line of the log for each request on standard output."""
    address = addresses.sqlite(RUNTIME, BOOKS)
    place = f"127.0.0.1:{own_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRANE_")}
    command = [sys.executable, "-m", "gunicorn", "web.wsgi:app()", "--bind", place, "--workers", "2", "--log-level", "warning"]
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env={**environment, "CRANE_DATABASE_URL": address}, stdout=out)
    try:
        until(lambda: answers(f"http://{place}/readyz"))
        page = requests.get(f"http://{place}/sign-in", timeout=60)
    finally:
        process.terminate()
        process.wait(60)
    assert page.status_code == 200
    lines = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert page.headers["X-Request-ID"] in {line["request"] for line in lines}


def answers(address):
    try:
        return requests.get(address, timeout=60).ok
    except requests.RequestException:
        return False
