"""迁移 as an administrator uses it, and the same through the interface for programs."""

import io
import re
from itertools import count

import pytest
from kept import browser
from office import ROOT

from registry.tokens import issue_token
from web.app import create_app

FILING = (ROOT / "bpmn" / "new_filing.bpmn").read_text(encoding="utf-8")
FASTER = re.sub(r'name="dueWorkingDays" value="[^"]*"', 'name="dueWorkingDays" value="4"', FILING)
RENAMED = FASTER.replace('"review"', '"first_review"').replace(">review<", ">first_review<").replace(
    'name="formKey" value="first_review"', 'name="formKey" value="review" />\n<spiffworkflow:property name="variableName" value="review"'
)  # fmt: skip
SERIALS, DAYS = count(1), count(30)


@pytest.fixture
def waiting(office):
    """A filing that waits for its review, on a version that nobody gets any more."""
    number = office.file(serial_no=f"TC-{next(SERIALS)}")
    office.until(lambda: "review" in office.waiting(number))
    return number


@pytest.fixture
def analyst(office):
    return browser(office, "admin")


def sent(text):
    return {"files": [(io.BytesIO(text.encode()), "new_filing.bpmn")]}


def test_checking_tells_the_meaning_and_what_would_become_of_running_cases(office, analyst, waiting):
    page = analyst.post("/deployments/check", sent(FASTER))
    told = page.one("//section[@aria-labelledby='meaning']").text_content()
    assert "用户任务“审核”的办理时限（工作日）由" in told
    assert "不能迁移 0 件" in told
    assert "DUE_CHANGED" in told
    assert waiting in told


def test_a_case_is_moved_and_brought_back_on_the_page(office, analyst, waiting):
    old = office.case(waiting).bundle_id
    analyst.post("/deployments", sent(FASTER))
    link = analyst.get("/deployments").all("//section[@aria-labelledby='deployed']//a[contains(@href, '/migrations/new_filing')]")
    assert link
    page = analyst.get("/migrations/new_filing")
    assert "可以迁移" in page.one("//section[@aria-labelledby='forecast']").text_content()
    refused = analyst.post("/migrations/new_filing", {"map": "", "reason": ""})
    assert (refused.status, office.case(waiting).bundle_id) == (422, old)
    assert analyst.post("/migrations/new_filing", {"map": "review", "reason": "x"}).status == 422
    mistaken = analyst.post("/migrations/new_filing/forecast", {"map": "nowhere=review", "reason": "时限缩短"})
    assert (mistaken.status, mistaken.one("//form//*[@name='reason']").text) == (422, "时限缩短")
    unseen = {"map": "", "reason": "x", "to": "0" * 64}
    assert (analyst.post("/migrations/new_filing", unseen).status, office.case(waiting).bundle_id) == (422, old)
    seen = page.one("//form//input[@name='to']").get("value")
    analyst.post("/migrations/new_filing", {"map": "", "reason": "时限缩短", "to": seen})
    assert office.case(waiting).bundle_id != old
    batch = analyst.get("/migrations/new_filing").one("//section[@aria-labelledby='batches']//tbody/tr[1]/th").text_content()
    assert "时限缩短" in analyst.get("/migrations/new_filing").one("//section[@aria-labelledby='batches']").text_content()
    assert analyst.post(f"/batches/{batch}/undoing", {"reason": ""}).status == 422
    analyst.post(f"/batches/{batch}/undoing", {"reason": "弄错"})
    assert office.case(waiting).bundle_id == old
    assert analyst.get("/migrations/nothing").status == 404


@pytest.mark.parametrize(
    ("shown", "back"),
    [
        ("/migrations/new_filing/forecast", "/migrations/new_filing"),
        ("/deployments/check", "/deployments"),
        ("/batches/1/undoing", "/"),
        ("/cases?view=all&q=x", "/cases?view=all&q=x"),
    ],
)
def test_the_language_is_changed_on_a_page_that_answers_a_form(analyst, shown, back):
    """Such an address cannot be asked for: the page above it is."""
    assert analyst.post("/language", {"next": shown, "language": "zh"}, follow=False).headers["Location"] == back


def another():
    """A version that no test has deployed before."""
    return sent(re.sub(r'name="dueWorkingDays" value="[^"]*"', f'name="dueWorkingDays" value="{next(DAYS)}"', FILING))


def test_the_page_leads_back_to_the_diagrams_and_on_to_the_cases(office, analyst, waiting):
    analyst.post("/deployments", another())
    page = analyst.get("/migrations/new_filing")
    assert page.one("//nav//a[@aria-current]").text == "流程"
    assert page.all(f"//section[@aria-labelledby='forecast']//a[@href='/cases/{waiting}']")


def test_an_undoing_that_leaves_a_case_behind_is_told_as_a_warning(office, analyst, waiting):
    analyst.post("/deployments", another())
    analyst.post("/migrations/new_filing", {"map": "", "reason": "时限缩短"})
    office.complete(waiting, "review", outcome="reject", opinion="不清晰")
    batch = analyst.get("/migrations/new_filing").one("//section[@aria-labelledby='batches']//tbody/tr[1]/th").text_content()
    page = analyst.post(f"/batches/{batch}/undoing", {"reason": "弄错"})
    assert "未撤销 1 件" in page.all("//div[@class='alert alert-warning']")[0].text_content()


def test_the_same_through_the_interface(office, analyst, waiting):
    old = office.case(waiting).bundle_id
    with office.runtime.transaction() as uow:
        token = issue_token(uow.connection, "admin", "test", uow.now, 1)[0]
    client, headers = create_app(office.runtime).test_client(), {"Authorization": f"Bearer {token}"}

    def post(path, **given):
        return client.post(f"/api/v1{path}", json=given, headers=headers)

    files = {"files": (io.BytesIO(RENAMED.encode()), "new_filing.bpmn")}
    told = client.post("/api/v1/rehearsals", data=files, headers=headers).json
    assert "element.id" in {each["kind"] for each in told["comparison"]["changes"]}
    [forecast] = [each for each in told["forecasts"] if each["business"] == "new_filing"]
    assert "ELEMENT_GONE" in {group["code"] for group in forecast["staying"]}
    analyst.post("/deployments", sent(RENAMED))
    planned = {"business": "new_filing", "mapping": {"review": "first_review"}, "numbers": [waiting]}
    assert post("/migrations/forecast", **planned).json["movable"] == 1
    assert post("/migrations", **planned).status_code == 422
    done = post("/migrations", **planned, reason="改名").json
    assert (done["moved"], done["finished"], done["stayed"]) == (1, True, [])
    assert office.waiting(waiting) == ["first_review"]
    assert client.get("/api/v1/migrations", headers=headers).json[0]["id"] == done["batch"]
    back = post(f"/migrations/{done['batch']}/undo", reason="弄错").json
    assert (back["undone"], office.case(waiting).bundle_id) == (1, old)
    analyst.post("/deployments", sent(FILING))
