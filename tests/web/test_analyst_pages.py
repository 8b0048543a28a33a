"""What the analyst does: sees what is deployed and what runs on it, checks files, deploys them."""

import io

import pytest
from kept import browser
from office import ROOT

FILING = ROOT / "bpmn" / "new_filing.bpmn"


def prepare(office):
    office.number = office.file()
    office.work()


@pytest.fixture
def analyst(office):
    return browser(office, "admin")


def files(*named):
    return {"files": [(io.BytesIO(data), name) for name, data in named]}


def versions(page):
    body = page.all("//section[@aria-labelledby='deployed']//tbody/tr")
    return [[cell.text_content().strip() for cell in row.xpath("th|td")] for row in body]


def findings(page):
    return [[cell.text_content().strip() for cell in row.xpath("td")] for row in page.all("//section[@aria-labelledby='found']//tbody/tr")]


def changed(text=b"\n<!-- changed -->"):
    return (FILING.name, FILING.read_bytes() + text)


def faulty():
    return (FILING.name, FILING.read_bytes().replace(b'formKey" value="', b'formKey" value="no_such_', 1))


def test_what_is_deployed_is_told_with_its_running_cases(analyst):
    [row] = [row for row in versions(analyst.get("/deployments")) if row[0].startswith("新申请")]
    assert row[3:] == ["admin", "1", "当前版本"]


def test_checking_tells_every_finding_and_changes_nothing(analyst):
    before = versions(analyst.get("/deployments"))
    page = analyst.post("/deployments/check", files(faulty(), ("notes.txt", b"x")))
    assert page.status == 200
    found = findings(page)
    assert {row[1] for row in found} == {FILING.name, "notes.txt"}
    assert all(row[0] == "错误" and row[4] and row[5] for row in found)
    assert any(row[3].isdigit() for row in found)
    assert versions(page) == before
    clean = analyst.post("/deployments/check", files(changed()))
    assert "检查通过" in clean.one("//h2[@id='found']").text_content()


def test_a_faulty_file_is_not_deployed_and_what_was_deployed_goes_on(analyst):
    before = versions(analyst.get("/deployments"))
    page = analyst.post("/deployments", files(faulty()))
    assert page.status == 422
    assert "未部署" in page.one("//h2[@id='found']").text_content()
    assert findings(page)
    assert versions(page) == before


@pytest.mark.parametrize("path", ["/deployments", "/deployments/check"])
def test_without_a_file_nothing_happens(analyst, path):
    page = analyst.post(path, {"files": (io.BytesIO(b""), "")})
    assert page.status == 422
    assert page.one("//input[@id='f-files']").get("aria-invalid") == "true"


@pytest.mark.parametrize("name", ["../../new.bpmn", "x" * 300 + ".bpmn", "a\0b.bpmn"], ids=["path", "long", "nul"])
def test_a_strange_file_is_told(analyst, name):
    page = analyst.post("/deployments", files((name, b"<not-bpmn/>")))
    assert page.status == 422
    assert findings(page)
    assert ".." not in page.one("//section[@aria-labelledby='found']").text_content()


def test_a_new_version_is_for_new_cases_and_the_old_one_is_shown_while_cases_run_on_it(office, analyst):
    page = analyst.get("/deployments")
    [(_, old, *_rest)] = [row for row in versions(page) if row[0].startswith("新申请")]
    told = analyst.post("/deployments", files(changed()))
    assert "已部署：新申请" in told.text
    states = {row[1]: (row[4], row[5]) for row in versions(told) if row[0].startswith("新申请")}
    assert states.pop(old) == ("1", "旧版本")
    assert list(states.values()) == [("0", "当前版本")]
    assert "没有变化" in analyst.post("/deployments", files(changed())).text
    analyst.post("/deployments", files((FILING.name, FILING.read_bytes())))
    assert [row[1] for row in versions(analyst.get("/deployments")) if row[0].startswith("新申请")] == [old]


def test_files_carried_through_signing_in_deploy_nothing(analyst):
    page = analyst.post("/deployments", {**files(changed(b"<!-- other -->")), "resumed": "1"})
    assert page.status == 200
    assert "已部署：" not in page.text


def test_others_stay_outside(office):
    for login in ("zhang", "li.150100", "operator", "chen.150000"):
        visitor = browser(office, login)
        assert visitor.get("/deployments").status == 403
        assert visitor.post("/deployments", files(changed())).status == 403
        assert visitor.post("/deployments/check", files(changed())).status == 403


def test_the_page_needs_few_statements(office, analyst, statements):
    analyst.get("/deployments")
    with statements(office.runtime) as sent:
        analyst.get("/deployments")
    assert len(sent) <= 6, sent
