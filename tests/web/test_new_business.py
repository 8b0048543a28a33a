"""A business that an analyst draws is everywhere in the product once it is deployed, without a line of Python."""

import io

import pytest
from asking import Program
from browsing import Browser
from office import ROOT, Office

from web.app import create_app
from web.composition import HISTORIES

EXAMPLES = sorted((ROOT / "docs" / "examples").iterdir())
AUTHORITY = "authority:11150100MB0000001L"
NAME, SUBJECT = "征求意见", "塔机附着方案"


@pytest.fixture
def office(new_address, clock, tmp_path):
    with Office(new_address(*HISTORIES), tmp_path, clock) as opened:
        yield opened


def text(page, xpath="//main"):
    return " ".join(page.one(xpath).text_content().split())


def rows(page):
    return [" ".join(row.text_content().split()) for row in page.all("//main//table/tbody/tr")]


def test_a_deployed_business_is_started_worked_and_found_everywhere(office):
    """docs/examples: deployed by the page, filed by an owner, decided in the departments' lists, searched, counted, told to programs."""
    app = create_app(office.runtime)
    admin, owner, safety, licensing, overseer = (
        Browser(office.runtime, login, app) for login in ("admin", "zhang", "sun.150100", "qian.150100", "chen.150000")
    )
    files = [(io.BytesIO(path.read_bytes()), path.name) for path in EXAMPLES]
    deployed = admin.post("/deployments", {"files": files})
    assert NAME in text(deployed)
    assert NAME in text(owner.get("/start"))
    answers = {"answers.subject": SUBJECT, "answers.authority": AUTHORITY}
    started = owner.submit(owner.get("/start/opinions"), button=("action", "submit"), **answers)
    number = started.address.rpartition("/")[2]
    assert SUBJECT in text(started)
    assert started.all("//ol[@class='stepper']") == []
    assert "预审结果" not in text(started)
    waiting = safety.get("/cases?view=todo")
    assert [SUBJECT in row for row in rows(waiting)] == [True]
    assert "规格型号" not in text(waiting, "//thead")
    for browser, element in ((safety, "safety"), (licensing, "licensing")):
        [task] = [each for each in office.tasks(number) if each.element == element]
        page = browser.get(f"/tasks/{task.id}")
        assert browser.submit(page, f"/tasks/{task.id}", outcome="agree").status == 200
    assert office.status(number) == "公示中"
    assert any(number in row for row in rows(overseer.get(f"/cases?view=all&q={SUBJECT}")))
    assert NAME in text(overseer.get("/statistics"))
    program = Program(office.runtime, "zhang", app=app)
    assert NAME in [each["title"] for each in program.get("/businesses").json]
    assert program.get(f"/cases/{number}").json["status"] == "公示中"
