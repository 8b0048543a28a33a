"""A business that an analyst draws is everywhere in the product once it is deployed, without a line of Python."""

import io

import pytest
from asking import Program
from browsing import Browser
from diagrams import bpmn, chain, end, service, start, user
from office import ROOT, Office, furnished

from web.app import create_app

EXAMPLES = [ROOT / "docs" / "examples" / name for name in ("opinion.form", "opinions.bpmn", "request.form")]
AUTHORITY = "authority:11150100MB0000001L"
NAME, SUBJECT = "征求意见", "塔机附着方案"


@pytest.fixture
def office(new_address, clock, tmp_path):
    with Office(new_address(furnished), tmp_path, clock) as opened:
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


def test_where_no_check_has_looked_nobody_reads_that_nothing_was_found(office):
    """A business that leads to a certificate without a check has the certificate's stages, and no 预审结果."""
    drawn = bpmn(
        start(form="apply"),
        user("look", "发证机关", outcomes="approve=同意"),
        service("prepare", "certificate.prepare", {"filing": "apply", "authority": "case.authority"}, "certificate"),
        end(),
        chain("start", "look", "prepare", "end"),
        id="supplement",
        parties="authority=apply.authority",
    )
    Browser(office.runtime, "admin").post("/deployments", {"files": [(io.BytesIO(drawn), "supplement.bpmn")]})
    page = Browser(office.runtime, "zhang").get(f"/cases/{office.file(business='supplement')}")
    assert page.all("//ol[@class='stepper']")
    assert "预审结果" not in text(page)
    checked = Browser(office.runtime, "zhang").get(f"/cases/{office.file(serial_no='ZL-2')}")
    assert "预审结果" in text(checked)


TONES = {
    "退回（待补正）": "trouble",
    "不予补录": "trouble",
    "已办结": "done",
    "已注销（待上报）": "waiting",
    "已撤回": "over",
    "待复审": "waiting",
}


def test_an_analyst_s_own_status_words_are_coloured_by_what_they_ask_of_people(office):
    app = create_app(office.runtime)
    with app.test_request_context():
        status = app.jinja_env.get_template("parts.html").module.status
        assert [word for word, tone in TONES.items() if f"status-{tone}" not in status(word)] == []
