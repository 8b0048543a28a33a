"""Working on a task in a browser: its page, the dialog, 签收, 放回, 转办, drafts, completion, conflicts."""

import io

import pytest
from kept import browser
from lxml import html
from office import answers_of

from registry import users
from web.composition import actor_named
from web.demonstration.papers import pdf
from workflow_runtime import cases


def prepare(office):
    """A colleague for the reviewer, and an administrator."""
    with office.runtime.transaction() as uow:
        for login, name, unit, role in (
            ("zhao.150100", "赵敏", office.reviewer.party, "reviewer"),
            ("boss", "管理员", "system", "administrator"),
        ):
            users.add_user(uow.connection, login, name, unit, uow.now)
            users.grant(uow.connection, login, role, unit, uow.now)


@pytest.fixture
def li(office):
    return browser(office, "li.150100")


@pytest.fixture
def zhao(office):
    return browser(office, "zhao.150100")


@pytest.fixture
def zhang(office):
    return browser(office, "zhang")


def reviewing(office, serial):
    """A case whose review waits, and the address of its page."""
    number = office.file(serial_no=serial)
    office.until(lambda: "review" in office.waiting(number))
    return number, address_of(office, number)


def address_of(office, number):
    return f"/tasks/{office.tasks(number)[0].id}"


def correcting(office, serial):
    number, _ = reviewing(office, serial)
    office.complete(number, "review", outcome="reject", opinion="规格型号与合格证不一致。")
    return number, address_of(office, number)


def errors(page):
    return [" ".join(item.text_content().split()) for item in page.all("//*[@role='alert']//li")]


def labels(page):
    return [" ".join(b.text_content().split()) for b in page.all("//div[@class='task-buttons']/*")]


def test_an_opinion_that_has_been_answered_is_not_shown_again(office, zhang):
    """The corrected form does not pass the pre-check: it comes back for that, not for what the reviewer said before."""
    number, path = correcting(office, "P-60")
    assert "规格型号与合格证不一致。" in zhang.get(path).one("//main").text_content()
    given = {name: value for name, value in office.variables(number)["apply"].items() if name not in ("outcome", "opinion")}
    office.complete(number, "correct", office.owner, **{**given, "made_on": "2027-01-01"})
    office.until(lambda: "correct" in office.waiting(number))
    page = zhang.get(address_of(office, number))
    assert "一次性告知" in page.text
    assert "规格型号与合格证不一致。" not in page.one("//main").text_content()


def test_the_page_shows_the_application_and_the_buttons_of_the_diagram(office, li):
    number, path = reviewing(office, "P-1")
    page = li.get(path)
    assert page.one("//h1").text_content() == "审核"
    assert number in page.text
    assert "2026-03-11 18:00" in page.text
    assert [" ".join(x.text_content().split()) for x in page.all("//fieldset[@id='outcome']//label")] == [
        "审核通过",
        "审核不通过 （须填写审核意见）",
        "不予备案 （须填写审核意见）",
    ]
    assert labels(page) == ["确定", "保存草稿", "签收", "转办", "返回"]
    facts = {e.text_content(): e.getnext().text_content() for e in page.all("//dl[@class='facts']//dt")}
    assert (facts["设备类别"], facts["公称起重力矩"]) == ("塔式起重机", "800 kN·m")
    assert "呼和浩特市" in facts["属地发证机关"]
    assert "传动型式" not in facts
    assert page.one("//label[@for='opinion']").text_content() == "审核意见"


def test_an_outcome_may_be_chosen_beforehand_and_the_way_back_is_kept(office, li):
    _, path = reviewing(office, "P-2")
    page = li.get(f"{path}?outcome=reject&next=/cases?q=x")
    assert page.one("//input[@name='outcome'][@checked]").get("value") == "reject"
    assert page.one("//a[text()='返回']").get("href") == "/cases?q=x"
    assert li.get(f"{path}?outcome=bless&next=//evil.example/").one("//a[text()='返回']").get("href").startswith("/cases/")
    assert (
        li.get(path, headers={"Referer": "http://localhost/cases?page=2"}).one("//main//input[@name='next']").get("value")
        == "/cases?page=2"
    )
    assert li.get(path, headers={"Referer": "http://evil.example/cases"}).one("//main//input[@name='next']").get("value") == ""


def test_approving_completes_the_task_once_and_a_second_click_says_so(office, li):
    number, path = reviewing(office, "P-3")
    page = li.get(path)
    done = li.submit(page, path, outcome="approve")
    assert done.address == f"/cases/{number}"
    assert f"案件 {number} 已办理：审核通过。审核状态：审核通过（待赋码）。" in done.text
    again = li.submit(page, path, outcome="approve")
    assert (again.status, again.address) == (200, path)
    assert "您已办理该任务" in again.text
    assert [e.action for e in office.timeline(number)].count("task.completed") == 1


def test_everything_wrong_is_told_at_once_with_conditions_on_the_outcome(office, li):
    """The legal ground is asked for a refusal only; what was typed stays."""
    number, path = reviewing(office, "P-4")
    page = li.get(path)
    assert "仅当 办理结果 为 不予备案 时填写" in page.text
    assert "form-hidden" in page.one("//*[@data-block='answers-legal_ground']").get("class")
    page = li.submit(page, path, outcome="refuse")
    assert page.status == 422
    assert errors(page) == ["审核意见：选择“不予备案”时必须填写意见。", "不予备案依据：请选择"]
    assert page.one("//textarea[@name='opinion']").get("aria-describedby") == "opinion-error"
    assert page.one("//select[@name='answers.legal_ground']").get("aria-invalid") == "true"
    done = li.submit(page, path, opinion="超过使用年限", **{"answers.legal_ground": "over_age"})
    assert done.address == f"/cases/{number}"
    office.work()
    assert office.status(number) == "不予备案"


def test_without_an_outcome_nothing_happens(office, li):
    _, path = reviewing(office, "P-5")
    page = li.post(path, {"seen": "1", "opinion": "写了一半"})
    assert page.status == 422
    assert page.one("//fieldset[@id='outcome']").get("aria-invalid") == "true"
    assert page.one("//textarea[@name='opinion']").text.strip() == "写了一半"


def test_the_owner_sees_what_to_correct_and_corrects_it(office, zhang, li):
    number, path = correcting(office, "P-6")
    page = zhang.get(path)
    assert "规格型号与合格证不一致。" in page.text
    assert page.one("//input[@name='answers.serial_no']").get("value") == "P-6"
    assert labels(page)[0] == "重新提交"
    assert not page.all("//textarea[@name='opinion']")
    page = zhang.submit(page, path, **{"answers.model": "", "answers.other": (io.BytesIO(b"no"), "说明.pdf")})
    assert page.status == 422
    assert len(errors(page)) == 2
    done = zhang.submit(page, path, **{"answers.model": "QTZ100"})
    assert done.address == f"/cases/{number}"
    office.until(lambda: "review" in office.waiting(number))
    page = li.get(address_of(office, number))
    assert [cell.text_content() for cell in page.all("//table[@class='task-differences']//tbody//*[self::th or self::td]")] == [
        "规格型号",
        answers_of("tower_crane")["model"],
        "QTZ100",
    ]


def test_findings_are_told_all_at_once(office, zhang):
    """The platform's and the books' findings stand above the form, with their remedies."""
    number = office.file(serial_no="P-7", made_on="2027-01-01", contact_phone="13800000009")
    office.until(lambda: office.waiting(number))
    assert office.waiting(number) == ["correct"]
    page = zhang.get(address_of(office, number))
    notice = page.one("//section[@aria-label='一次性告知']")
    assert "须补正" in notice.text_content()
    assert "出厂日期" in notice.text_content()


def test_claiming_keeps_what_is_typed_and_others_see_who_has_it(office, li, zhao):
    _, path = reviewing(office, "P-8")
    page = li.post(f"{path}/claim", {"seen": "1", "outcome_shown": "1", "opinion": "先看看", "outcome": "reject"})
    assert "已签收" in page.text
    assert page.one("//textarea[@name='opinion']").text.strip() == "先看看"
    assert page.one("//input[@name='outcome'][@checked]").get("value") == "reject"
    assert labels(page) == ["确定", "保存草稿", "放回", "转办", "返回"]
    other = zhao.get(path)
    assert "李慧敏 已于 2026-03-02 09:00 签收该任务" in other.text
    assert labels(other) == ["返回"]
    assert "已放回" in li.post(f"{path}/release", {"seen": page.one("//input[@name='seen']").get("value")}).text
    assert "确定" in labels(zhao.get(path))


def test_a_draft_of_a_task_keeps_the_opinion_too(office, zhang):
    _, path = correcting(office, "P-9")
    page = zhang.get(path)
    seen = page.one("//input[@name='seen']").get("value")
    page = zhang.post(f"{path}/draft", {"seen": seen, "answers.model": "草稿型号", "answers.other": ""})
    assert "草稿已保存" in page.text
    assert zhang.get(path).one("//input[@name='answers.model']").get("value") == "草稿型号"
    sent = {"csrf_token": zhang.token(), "seen": str(int(seen) + 1), "answers.model": "再存"}
    kept = zhang.client.post(f"{path}/draft", data=sent, headers={"Accept": "application/json"})
    assert kept.json == {"seen": int(seen) + 2, "said": "已自动保存 2026-03-02 09:00"}
    slow = zhang.client.post(f"{path}/draft", data=sent, headers={"Accept": "application/json"})
    assert (slow.status_code, slow.json["code"]) == (409, "CONFLICT")


def test_the_slower_of_two_is_told_who_and_when_and_keeps_every_word(office, li, zhao):
    """While the task is there he may send again; when it is gone he can still read what he typed."""
    number, path = reviewing(office, "P-10")
    mine = li.get(path)
    zhao.post(f"{path}/claim", {"seen": "1"})
    slower = li.submit(mine, path, outcome="reject", opinion="型号不符")
    assert slower.status == 409
    assert "赵敏 2026-03-02 09:00:00 已签收该任务" in slower.text
    assert slower.one("//textarea[@name='opinion']").text.strip() == "型号不符"
    assert slower.one("//input[@name='seen']").get("value") == "2"
    zhao.submit(zhao.get(path), path, outcome="approve")
    late = li.submit(mine, path, outcome="reject", opinion="型号不符")
    assert late.status == 409
    assert "赵敏 2026-03-02 09:00:00 已办理该任务" in late.text
    assert "型号不符" in late.one("//section[@aria-labelledby='typed']").text_content()
    assert not late.all("//textarea")
    assert "该任务已办理" in li.get(path).text
    assert [e.who for e in office.timeline(number) if e.action == "task.completed"] == ["赵敏"]


def test_a_task_whose_case_is_suspended_waits(office, li):
    number, path = reviewing(office, "P-11")
    page = li.get(path)
    with office.runtime.transaction() as uow:
        cases.suspend(uow, number, actor_named(office.runtime, "operator"), "核查")
    told = li.submit(page, path, outcome="reject", opinion="写好的意见")
    assert (told.status, "案件已中止" in told.text, "写好的意见" in told.text) == (409, True, True)


def test_a_task_is_handed_to_a_colleague(office, li):
    _, path = reviewing(office, "P-12")
    page = li.get(f"{path}/delegate")
    assert [i.get("value") for i in page.all("//input[@name='to']")] == ["zhao.150100"]
    refused = [li.post(f"{path}/delegate", {"seen": "1", "to": to}) for to in ("zhang", "nobody", "")]
    assert {page.status for page in refused} == {403}
    assert len({page.one("//*[@role='alert']").text_content() for page in refused}) == 1, "logins and names are not to be learned here"
    assert li.post(f"{path}/delegate", {"seen": "7", "to": "zhao.150100"}).status == 409
    again = li.post(f"{path}/delegate", {"seen": "1", "to": "zhao.150100", "reason": "出差", "resumed": "1"})
    assert again.one("//textarea[@name='reason']").text.strip() == "出差"
    done = li.submit(page, f"{path}/delegate", reason="出差")
    assert "已转办给 赵敏" in done.text
    assert labels(done) == ["返回"]


def test_an_administrator_frees_a_task(office, li):
    number, path = reviewing(office, "P-13")
    li.post(f"{path}/claim", {"seen": "1"})
    assert li.post(f"{path}/unassign", {"seen": "2", "reason": "离职"}).status == 403
    boss = browser(office, "boss")
    boss.post(f"{path}/unassign", {"seen": "2", "reason": "离职", "resumed": "1"})
    assert office.tasks(number)[0].claimed_by == "li.150100"
    page = boss.post(f"{path}/unassign", {"seen": "2", "reason": "离职"})
    assert page.address == f"/cases/{number}"
    assert office.tasks(number)[0].claimed_by is None


def test_others_do_not_learn_that_a_task_exists(office):
    _, path = reviewing(office, "P-14")
    wang = browser(office, "wang")
    for way in ("", "/dialog", "/delegate"):
        assert wang.get(f"{path}{way}").status == 404
    for way in ("", "/claim", "/release", "/draft", "/delegate", "/hidden"):
        assert wang.post(f"{path}{way}", {"seen": "1", "outcome": "approve", "to": "wang"}).status == 404
    assert wang.get("/tasks/999999999999999999999").status == 404


def test_words_from_before_signing_in_again_are_shown_and_nothing_is_done(office, li):
    number, path = reviewing(office, "P-15")
    page = li.post(path, {"outcome": "approve", "opinion": "同意", "seen": "77", "resumed": "1"})
    assert (page.status, page.one("//textarea[@name='opinion']").text.strip()) == (200, "同意")
    assert page.one("//input[@name='seen']").get("value") == "1"
    for way in ("claim", "release", "draft"):
        assert "同意" in li.post(f"{path}/{way}", {"opinion": "同意", "seen": "1", "resumed": "1"}).one("//textarea[@name='opinion']").text
    assert office.waiting(number) == ["review"]
    assert (office.tasks(number)[0].claimed_by, office.tasks(number)[0].draft) == (None, None)


def fragment(text):
    return html.fragment_fromstring(text)


def test_the_dialog_asks_for_outcome_and_opinion_and_sends_the_page_on(office, li):
    """Errors come back into the dialog; when it is done the whole page goes to where it came from."""
    number, path = reviewing(office, "P-16")
    asked = {"Referer": "http://localhost/cases?status=x"}
    text = li.client.get(f"{path}/dialog?outcome=reject", headers=asked).get_data(as_text=True)
    assert "<html" not in text
    dialog = fragment(text)
    inputs = [(i.get("type"), i.get("value"), i.get("checked")) for i in dialog.xpath(".//input[@name='outcome']")]
    assert inputs == [("radio", "reject", "checked"), ("radio", "refuse", None)], (
        "what needs an opinion and has no button of its own is chosen here"
    )
    approving = fragment(li.client.get(f"{path}/dialog?outcome=approve", headers=asked).get_data(as_text=True))
    assert [(i.get("type"), i.get("value")) for i in approving.xpath(".//input[@name='outcome']")] == [("hidden", "approve")]
    assert "P-16" in dialog.xpath("string(.//*[@class='task-about'])")
    undecided = fragment(li.client.get(f"{path}/dialog").get_data(as_text=True))
    assert undecided.xpath(".//input[@name='outcome']/@value") == ["approve", "reject", "refuse"]
    assert dialog.xpath(".//*[@name='answers.legal_ground']")
    assert not dialog.xpath(".//*[@name='answers.model']")
    sent = {"csrf_token": li.token(), "seen": "1", "outcome": "reject", "next": "/cases?status=x"}
    refused = li.client.post(path, data=sent, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "必须填写意见" in fragment(refused.get_data(as_text=True)).xpath("string(.//*[@role='alert'])")
    done = li.client.post(path, data={**sent, "opinion": "型号不符"}, headers={"HX-Request": "true"})
    assert (done.status_code, done.headers["HX-Redirect"]) == (200, "/cases?status=x")
    assert office.status(number) == "审核不通过（待补正）"


def test_what_is_hidden_depends_on_the_chosen_outcome(office, li):
    _, path = reviewing(office, "P-17")

    def hidden(outcome):
        return li.client.post(f"{path}/hidden", data={"csrf_token": li.token(), "outcome": outcome}).json["hidden"]

    assert (hidden("approve"), hidden("refuse")) == (["answers-legal_ground"], [])


def test_a_file_comes_with_a_correction(office, zhang):
    number, path = correcting(office, "P-18")
    zhang.submit(zhang.get(path), path, **{"answers.other": (io.BytesIO(pdf("extra")), "补充.pdf")})
    assert office.variables(number)["apply"]["other"][0]["name"] == "补充.pdf"


def test_the_cost_of_the_pages(office, li, statements):
    _, path = reviewing(office, "P-19")
    li.get(path)
    for way, most in ((path, 12), (f"{path}/dialog", 10)):
        with statements(office.runtime) as sent:
            li.get(way)
        assert len(sent) <= most, sent
    page = li.get(path)
    with statements(office.runtime) as sent:
        li.client.post(path, data={**dict(page.form(path).form_values()), "outcome": "reject", "opinion": "不符"})
    assert len(sent) <= 35, sent


def test_everything_speaks_english(office, li):
    _, path = reviewing(office, "P-20")
    li.client.set_cookie("language", "en")
    page = li.get(path)
    assert "Legal ground of the refusal" in page.text
    assert page.one("//html").get("lang") == "en"
