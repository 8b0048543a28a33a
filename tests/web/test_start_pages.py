"""Beginning a business in a browser: the list, the form, files, drafts, submission once."""

import io
import json

import pytest
from kept import browser
from office import answers_of
from sqlalchemy import select

from registry.owners import Owner, known_answers, remember_owner
from web.demonstration.filing import PAPERS
from web.demonstration.papers import pdf
from workflow_runtime import drafts
from workflow_runtime.store.tables import cases

FORM = "/start/new_filing"


@pytest.fixture
def zhang(office):
    return browser(office, "zhang")


def typed(**changes):
    """The answers of a tower crane as a browser posts them."""
    answers = {**answers_of("tower_crane"), **changes}
    return {f"answers.{name}": str(value) if value is not True else "true" for name, value in answers.items() if value is not None}


def papers():
    return {f"answers.{name}": (io.BytesIO(pdf(title)), f"{title}.pdf") for name, title in PAPERS.items()}


def begun(office):
    with office.runtime.reading() as uow:
        return drafts.start_drafts(uow, office.owner)


def cases_of(office):
    """The numbers of all cases, the newest first."""
    with office.runtime.database.engine.connect() as connection:
        return list(connection.execute(select(cases.c.number).order_by(cases.c.id.desc())).scalars())


def errors(page):
    return [" ".join(item.text_content().split()) for item in page.all("//*[@role='alert']//li")]


def test_the_list_shows_what_a_person_may_start(office, zhang):
    page = zhang.get("/start")
    assert "新申请" in [link.text_content() for link in page.all("//section//h3/a")]
    assert "材料一次性告知" in page.text
    reviewer = browser(office, "li.150100")
    assert "目前没有您可以办理的业务。" in reviewer.get("/start").one("//main").text_content()
    assert reviewer.get("/cases").all("//a[@href='/start']") == [], "who has nothing to start is not led there"


def test_a_form_is_filled_in_and_submitted_without_a_script(office, zhang):
    page = zhang.get(FORM)
    assert page.one("//h1").text_content() == "建筑起重机械备案申请"
    done = zhang.submit(page, FORM, button=("action", "submit"), **typed(), **papers())
    assert done.status == 200
    number = cases_of(office)[0]
    assert done.address == f"/cases/{number}"
    assert f"已提交，案件编号 {number}。本页随时显示办理进度" in done.text
    assert office.variables(number)["apply"]["purchase_proof"][0]["name"] == "invoice.pdf"


def test_the_owners_data_is_there_already(office, zhang):
    """Its code, and what its last filing said of it; another owner's is his own."""
    told = Owner("91150200MA0MJ00024", "包头市鹿城建筑工程有限公司", "钢铁大街 1 号", contact="王丽", contact_phone="13800000003")
    with office.runtime.transaction() as uow:
        remember_owner(uow.connection, told, uow.now)
        assert known_answers(uow.connection, office.reviewer.party) == known_answers(uow.connection, "system") == {}
    page = browser(office, "wang").get(FORM)
    names = ("owner_code", "owner_name", "owner_address", "contact", "contact_phone", "legal_phone", "model")
    values = [page.one(f"//input[@name='answers.{name}']").get("value") for name in names]
    assert values == [told.code, told.name, told.address, "王丽", "13800000003", "", ""]
    assert zhang.get(FORM).one("//input[@name='answers.owner_code']").get("value") == "91150100MA0MJ0001U"


def test_everything_wrong_is_told_at_once_and_everything_typed_is_kept(office, zhang):
    """Errors are linked to their fields, files outlive the refusal, a refused file is named."""
    before = cases_of(office)
    given = {**typed(model="", contact_phone="123", made_on="2031-02-30", parameters="第一行\n第二行"), **papers()}
    given["answers.product_certificate"] = (io.BytesIO(b"not a PDF"), "合格证.pdf")
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "submit"), **given)
    assert page.status == 422
    assert cases_of(office) == before
    assert [e.partition("：")[0] for e in errors(page)] == ["（三）产品合格证", "联系电话", "规格型号", "出厂日期"]
    assert "文件“合格证.pdf”的内容不是 pdf 格式" in errors(page)[0]
    for link in page.all("//*[@role='alert']//a"):
        [field] = page.all(f"//*[@id='{link.get('href')[1:]}']")
        assert field.get("aria-invalid") == "true"
        assert any(page.one(f"//*[@id='{i}']").get("class") == "form-error" for i in field.get("aria-describedby").split())
    assert page.one("//textarea[@name='answers.parameters']").text.strip() == "第一行\n第二行"
    assert page.one("//input[@name='answers.contact_phone']").get("value") == "123"
    assert page.one("//input[@name='answers.commitment']").get("checked") is not None
    corrected = {"answers.model": "QTZ80", "answers.contact_phone": "13800000001", "answers.made_on": "2024-05-06"}
    paper = {"answers.product_certificate": (io.BytesIO(pdf("x")), "合格证.pdf")}
    done = zhang.submit(page, FORM, button=("action", "submit"), **corrected, **paper)
    assert "已提交" in done.text
    assert office.variables(cases_of(office)[0])["apply"]["business_licence"][0]["name"] == "business licence.pdf"


def test_an_uploaded_file_can_be_taken_away_or_replaced(zhang):
    given = {"answers.business_licence": (io.BytesIO(pdf("a")), "甲.pdf"), "answers.purchase_proof": (io.BytesIO(pdf("b")), "乙.pdf")}
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "draft"), **given)
    assert [a.text_content() for a in page.all("//ul[@class='form-files-list']//a")] == ["甲.pdf", "乙.pdf"]
    gone = page.one("//input[@name='remove:answers.purchase_proof']").get("value")
    again = {"answers.business_licence": (io.BytesIO(pdf("c")), "丙.pdf"), "remove:answers.purchase_proof": gone}
    page = zhang.submit(page, FORM, button=("action", "draft"), **again)
    assert [a.text_content() for a in page.all("//ul[@class='form-files-list']//a")] == ["丙.pdf"]


def test_a_draft_is_saved_opened_and_discarded(office, zhang):
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "draft"), **{"answers.model": "QTZ-草稿", "answers.contact_phone": "1"})
    assert "草稿已保存，尚未提交" in page.text
    assert page.one("//input[@name='answers.model']").get("value") == "QTZ-草稿"
    draft = page.one("//input[@name='draft']").get("value")
    assert "QTZ-草稿" in zhang.get("/start").text
    page = zhang.submit(zhang.get(f"{FORM}?draft={draft}"), FORM, button=("action", "draft"), **{"answers.model": "QTZ-2"})
    assert [d.revision for d in begun(office) if d.id == draft] == [2]
    page = zhang.submit(zhang.get("/start"), f"/start/drafts/{draft}/discard")
    assert "草稿已删除" in page.text
    assert draft not in [d.id for d in begun(office)]


def test_a_draft_saved_in_two_windows_is_not_overwritten_and_nothing_typed_is_lost(office, zhang):
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "draft"), **{"answers.model": "A"})
    zhang.submit(page, FORM, button=("action", "draft"), **{"answers.model": "B"})
    slower = zhang.submit(page, FORM, button=("action", "draft"), **{"answers.model": "C"})
    assert slower.status == 409
    assert "张建国" in slower.one("//main//*[@role='alert']").text_content()
    kept = zhang.submit(slower, FORM, button=("action", "draft"))
    assert kept.one("//input[@name='answers.model']").get("value") == "C"
    assert {"B", "C"} <= {d.answers.get("model") for d in begun(office)}


def test_a_page_makes_one_draft_whether_clicked_twice_or_gone_back_to(office, zhang):
    """Also after the draft was discarded; when it went on elsewhere he is told, and what he typed becomes one of its own."""
    page, before = zhang.get(FORM), {d.id for d in begun(office)}

    def made(model, page=page):
        answer = zhang.submit(page, FORM, button=("action", "draft"), **{"answers.model": model})
        return answer, {d.id: d.answers["model"] for d in begun(office) if d.id not in before}

    [first] = made("双击")[1]
    assert made("双击")[1] == {first: "双击"}
    assert made("返回后再存")[1] == {first: "返回后再存"}
    slower, drafts_now = made("又返回")
    assert (slower.status, drafts_now) == (409, {first: "返回后再存"})
    for _ in range(2):
        assert sorted(made("又返回", slower)[1].values()) == ["又返回", "返回后再存"]
    with office.runtime.transaction() as uow:
        drafts.discard_start_draft(uow, office.owner, first)
    for _ in range(2):
        assert made("丢弃后再存")[1][first] == "丢弃后再存"


def test_a_draft_that_is_gone_is_begun_again(office, zhang):
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "draft"), **{"answers.model": "D"})
    with office.runtime.transaction() as uow:
        drafts.discard_start_draft(uow, office.owner, page.one("//input[@name='draft']").get("value"))
    assert "草稿已保存" in zhang.submit(page, FORM, button=("action", "draft")).text


def test_a_script_saves_the_draft_and_learns_its_revision(zhang):
    page = zhang.get(FORM)
    sent = {"answers.model": "自动", "action": "draft", "key": page.one("//input[@name='key']").get("value")}
    first = zhang.client.post(FORM, data={**sent, "csrf_token": zhang.token()}, headers={"Accept": "application/json"}).json
    sent |= {"draft": first["draft"], "draft_seen": str(first["seen"]), "answers.model": "自动二"}
    second = zhang.client.post(FORM, data={**sent, "csrf_token": zhang.token()}, headers={"Accept": "application/json"}).json
    assert (second["draft"], second["seen"], second["said"]) == (first["draft"], 2, "已自动保存 2026-03-02 09:00")
    again = zhang.client.post(FORM, data={**sent, "csrf_token": zhang.token()}, headers={"Accept": "application/json"}).json
    assert again == second
    sent["answers.model"] = "另一窗口"
    slower = zhang.client.post(FORM, data={**sent, "csrf_token": zhang.token()}, headers={"Accept": "application/json"})
    assert (slower.status_code, slower.json["code"]) == (409, "CONFLICT")


def test_a_double_click_opens_one_case(office, zhang):
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "draft"), **typed(serial_no="双击"), **papers())
    before = len(cases_of(office))
    first = zhang.submit(page, FORM, button=("action", "submit"))
    second = zhang.submit(page, FORM, button=("action", "submit"))
    assert first.address == second.address
    assert len(cases_of(office)) == before + 1
    assert page.one("//input[@name='draft']").get("value") not in [d.id for d in begun(office)]


def test_a_draft_that_comes_after_its_submission_is_not_kept(office, zhang):
    """A draft that saves itself may be overtaken: nothing is left over beside the case, and a script is told so quietly."""
    page = zhang.get(FORM)
    assert zhang.submit(page, FORM, **typed(serial_no="超车"), **papers()).address.startswith("/cases/")
    before = begun(office)
    late = {"answers.model": "迟到", "action": "draft", "key": page.one("//input[@name='key']").get("value")}
    answer = zhang.post(FORM, late, headers={"Accept": "application/json"})
    assert (answer.status, json.loads(answer.text)["code"]) == (409, "ALREADY_SUBMITTED")
    assert "草稿未保存" in zhang.post(FORM, late).text
    assert begun(office) == before


def test_words_from_before_signing_in_again_are_shown_and_nothing_is_done(office, zhang):
    before = cases_of(office), begun(office)
    page = zhang.post(FORM, {**typed(model="未提交"), "resumed": "1", "action": "submit"})
    assert (page.status, page.one("//input[@name='answers.model']").get("value")) == (200, "未提交")
    assert (cases_of(office), begun(office)) == before


def test_what_nobody_may_start_is_refused(office, zhang):
    reviewer = browser(office, "li.150100")
    assert zhang.get("/start/demolition").status == 404
    assert zhang.get("/start/issue_certificate").status == 404
    assert zhang.get(f"{FORM}?draft=0").status == 404
    assert reviewer.get(FORM).status == 403
    assert reviewer.post(FORM, typed()).status == 403
    assert zhang.client.post(FORM, data=typed()).status_code == 400


def test_conditional_questions_say_when_they_are_asked_and_a_script_learns_what_to_hide(zhang):
    page = zhang.get(FORM)
    assert "仅当 设备类别 为 塔式起重机 时填写" in page.text
    assert "仅当 设备类别 为 施工升降机 时填写" in page.text
    hidden = zhang.client.post(f"{FORM}/hidden", data={"csrf_token": zhang.token(), "answers.category": "T"}).json["hidden"]
    assert hidden == ["answers-drive"]
    shown = zhang.submit(page, FORM, button=("action", "draft"), **{"answers.category": "S"})
    assert "form-hidden" in shown.one("//*[@data-block='answers-rated_moment']").get("class")
    assert "form-hidden" not in shown.one("//*[@data-block='answers-drive']").get("class")


def test_the_pages_speak_english(zhang):
    zhang.client.set_cookie("language", "en")
    assert "Rated load moment" in zhang.get(FORM).text


def test_the_cost_of_the_pages(office, zhang, statements):
    zhang.get("/start"), zhang.get(FORM)
    for path, most in (("/start", 12), (FORM, 12)):
        with statements(office.runtime) as sent:
            zhang.get(path)
        assert len(sent) <= most, sent


def uploaded(browser, name, content, question="answers.other"):
    return browser.client.post(
        "/uploads",
        data={"csrf_token": browser.token(), "name": question, "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )


def test_a_file_is_uploaded_when_it_is_chosen(zhang):
    answer = uploaded(zhang, "其他材料.pdf", pdf("x"))
    assert answer.status_code == 200
    assert 'name="answers.other"' in answer.text
    assert "其他材料.pdf" in answer.text
    refused = uploaded(zhang, "其他材料.pdf", b"")
    assert (refused.status_code, refused.text[:14]) == (422, "文件“其他材料.pdf”是空的"[:14])
    assert uploaded(zhang, "a.pdf", pdf("x"), 'answers.x"><b>').status_code == 422


def test_a_file_comes_back_under_its_own_name_and_to_its_own_people(office, zhang):
    path = uploaded(zhang, "材料 一.pdf", pdf("x")).text.split('href="')[1].split('"')[0]
    answer = zhang.client.get(path)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/pdf", pdf("x"))
    assert answer.headers["Content-Disposition"] == "inline; filename=\"____.pdf\"; filename*=UTF-8''%E6%9D%90%E6%96%99%20%E4%B8%80.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert browser(office, "wang").get(path).status == 404
    assert zhang.get("/attachments/none").status == 404
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + bytes(20)
    picture = zhang.client.get(uploaded(zhang, "p.png", png).text.split('href="')[1].split('"')[0])
    assert "sandbox" in picture.headers["Content-Security-Policy"]
