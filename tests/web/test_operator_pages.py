"""What the operator looks after: incidents, jobs, and the log of calls to the platforms."""

import json

import pytest
from kept import browser, in_trouble

from web.words import moment
from workflow_runtime import oversight, trail
from workflow_runtime.errors import NotAllowed

KNOWN = {"blocked": False, "findings": []}
TYPED = {"result": "{blocked", "reason": "电话核实"}


def prepare(office):
    office.numbers = [office.file(serial_no=f"T-{n}") for n in range(4)]
    office.troubles = in_trouble(office, *office.numbers)
    office.elsewhere = office.file("hoist", owner=office.other_owner)
    office.work()


@pytest.fixture
def operator(office):
    return browser(office, "operator")


def state_of(office, number):
    return [i.id for i in office.incidents(number)]


def audited(office, number):
    return [entry.action for entry in office.timeline(number)]


def test_the_list_tells_what_happened_and_what_to_do(office, operator):
    row = operator.get("/incidents").one(f"//main//tbody/tr[contains(., '{office.numbers[3]}')]").text_content()
    assert "国家平台繁忙（HTTP 503）" in row
    assert "全国查重" in row
    assert "系统已停止自动重试" in row
    assert "无需操作" not in row
    assert "未处理" in row


def test_an_incident_is_told_with_attempts_arguments_and_the_calls_of_its_step(office, operator):
    page = operator.get(f"/incidents/{office.troubles[3]}")
    facts = page.one("//main//dl[@class='facts']").text_content()
    assert "60 次" in facts
    assert "REMOTE_TRANSIENT" in facts
    [arguments] = page.all("//main//details[summary[contains(., '任务参数')]]")
    assert arguments.get("open") is None
    assert "T-3" in arguments.text_content()
    assert len(page.all("//section[@aria-labelledby='calls']//tbody/tr")) == 60


def test_a_retry_lets_the_job_run_again_once(office, operator):
    number, incident = office.numbers[0], office.troubles[0]
    page = operator.get(f"/incidents/{incident}")
    told = operator.submit(page, f"/incidents/{incident}/retry", reason="平台已恢复")
    assert "已重试" in told.one("//main//div[@role='status']").text_content()
    assert not told.all("//main//form")
    again = operator.submit(page, f"/incidents/{incident}/retry")
    assert again.status == 409
    assert "已处理" in again.one("//main//div[@role='alert']").text_content()
    assert audited(office, number).count("incident.retried") == 1
    office.until(lambda: "review" in office.waiting(number))


def test_a_result_entered_by_hand_lets_the_case_go_on(office, operator):
    number, incident = office.numbers[1], office.troubles[1]
    page = operator.get(f"/incidents/{incident}")
    action = f"/incidents/{incident}/resolve"
    told = operator.submit(page, action, result=json.dumps(KNOWN), reason="电话核实")
    assert told.status == 200
    assert state_of(office, number) == []
    office.until(lambda: "review" in office.waiting(number))
    assert operator.submit(page, action, result=json.dumps(KNOWN), reason="电话核实").status == 409


@pytest.mark.parametrize(("given", "wrong"), [(TYPED, "result"), ({"result": "null", "reason": " "}, "reason")], ids=["result", "reason"])
def test_a_wrong_result_is_marked_and_what_was_typed_is_kept(office, operator, given, wrong):
    incident = office.troubles[3]
    page = operator.submit(operator.get(f"/incidents/{incident}"), f"/incidents/{incident}/resolve", **given)
    assert page.status == 422
    field = page.one(f"//*[@id='resolve-{wrong}']")
    assert field.get("aria-invalid") == "true"
    told = field.get("aria-describedby").split()[0]
    assert page.one(f"//*[@id='{told}']").text_content().strip()
    assert page.one(f"//a[@href='#resolve-{wrong}']") is not None
    assert page.one("//textarea[@id='resolve-result']").text.strip() == given["result"]
    assert page.one("//input[@id='resolve-reason']").get("value").strip() == given["reason"].strip()
    assert page.one("//input[@id='retry-reason']").get("value") == ""
    assert len(state_of(office, office.numbers[3])) == 1


def test_words_carried_through_signing_in_are_shown_and_nothing_is_done(office, operator):
    incident = office.troubles[3]
    page = operator.post(f"/incidents/{incident}/resolve", {"result": "null", "reason": "已核实", "resumed": "1"})
    assert page.one("//input[@id='resolve-reason']").get("value") == "已核实"
    assert len(state_of(office, office.numbers[3])) == 1


def test_an_administrator_sees_incidents_but_settles_none(office):
    admin = browser(office, "admin")
    path = f"/incidents/{office.troubles[2]}"
    assert not admin.get(path).all("//main//form")
    assert admin.post(f"{path}/retry").status == 403
    assert admin.post(f"{path}/resolve", {"result": "null", "reason": "x"}).status == 403


@pytest.mark.parametrize("path", ["/incidents/0", "/incidents/99", f"/incidents/{10**30}", "/incidents/x"])
def test_there_is_no_such_incident(operator, path):
    assert operator.get(path).status == 404
    assert operator.post(f"{path}/retry").status == 404


@pytest.mark.parametrize("path", ["/incidents", "/jobs", "/push-log"])
@pytest.mark.parametrize("place", ["x", "-1", "1e9", str(10**30)])
def test_an_address_with_a_senseless_place_in_the_list_is_answered(operator, path, place):
    assert operator.get(f"{path}?before={place}").status == 200


def test_jobs_are_found_by_state(office, operator):
    page = operator.get("/jobs?state=incident")
    assert {cell.text_content() for cell in page.all("//main//tbody/tr/td[5]//span")} == {"异常"}
    assert page.one("//nav[@class='choices']/a[@aria-current]").text_content().startswith("异常")
    assert operator.get("/jobs?state=nonsense").all("//p[@class='nothing']")
    assert operator.get("/jobs?state=%00").status == 200


def test_a_job_that_waits_says_when_it_is_tried_next(office, operator):
    number = office.file(serial_no="T-waits")
    office.misbehave("national", "http-429", path="check", arg=3600)
    office.work()
    row = operator.get("/jobs?state=queued").one(f"//main//tbody/tr[contains(., '{number}')]")
    with office.runtime.reading() as uow:
        [job] = [j for j in uow.jobs.of_case(uow.cases.by_number(number).id) if j.state == "queued"]
    assert moment(job.run_at) in row.text_content()


def test_the_push_log_of_a_case_holds_request_and_answer_folded(office, operator):
    page = operator.get(f"/push-log?number={office.numbers[3]}")
    rows = page.all("//main//tbody/tr")
    assert len(rows) == 50
    assert "503" in rows[0].text_content()
    assert [d.get("open") for d in rows[0].xpath(".//details")] == [None, None]


def test_what_was_sent_is_readable(office, operator):
    office.file(serial_no="T-readable")
    office.work()
    page = operator.get("/push-log?outcome=accepted")
    assert "内蒙古蒙建机械租赁有限公司" in page.one("//main//tbody").text_content()


def test_the_queries_refuse_others_too(office):
    for query in (oversight.incidents, oversight.jobs, oversight.moving_jobs, oversight.versions, trail.streams):
        with office.runtime.reading() as uow, pytest.raises(NotAllowed):
            query(uow, office.reviewer)
    for query, what in ((oversight.incident, office.troubles[3]), (trail.entries, "user"), (trail.verify, "user")):
        with office.runtime.reading() as uow, pytest.raises(NotAllowed):
            query(uow, office.reviewer, what)


def test_the_push_log_is_searched_by_outcome(operator):
    assert operator.get("/push-log?outcome=unknown").all("//p[@class='nothing']")
    told = operator.get("/push-log?outcome=transient").all("//main//tbody/tr/td[5]//span")
    assert {each.text_content() for each in told} == {"未送达，将重试"}


def test_a_reviewer_finds_the_calls_of_his_own_cases_only(office):
    reviewer = browser(office, "li.150100")
    assert not reviewer.get("/push-log").all("//main//tbody")
    assert reviewer.get(f"/push-log?number={office.numbers[3]}").all("//main//tbody/tr")
    for number in (office.elsewhere, "nobody", "%00"):
        page = reviewer.get(f"/push-log?number={number}")
        assert page.status == 404
        assert not page.all("//main//tbody")


def test_pages_turn(office, operator, monkeypatch):
    monkeypatch.setattr("workflow_runtime.oversight.PAGE", 3)
    first = operator.get("/jobs")
    second = operator.get(first.one("//a[@rel='next']").get("href"))
    shown = [[int(cell.text) for cell in page.all("//main//tbody/tr/td[1]")] for page in (first, second)]
    ids = [*shown[0], *shown[1]]
    assert (len(shown[0]), ids) == (3, sorted(set(ids), reverse=True))
    assert len(ids) > 3


@pytest.mark.parametrize(("path", "most"), [("/incidents", 5), ("/incidents/{}", 9), ("/jobs", 6), ("/push-log", 5)])
def test_a_page_needs_few_statements(office, operator, statements, path, most):
    address = path.format(office.troubles[3])
    operator.get(address)
    with statements(office.runtime) as sent:
        operator.get(address)
    assert len(sent) <= most, sent
