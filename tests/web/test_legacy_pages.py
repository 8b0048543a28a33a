"""原备案登记簿 in a browser without JavaScript, and by programs: looked up, corrected, imported as it was previewed."""

import io

import pytest
from asking import Program
from browsing import Browser
from kept import browser

from registry import legacy_register as book
from registry.legacy_import.uploads import KEPT_FOR
from registry.users import add_user, grant
from web.demonstration.old_register import import_old_register
from workflow_runtime.store.tables import audit_entries

HOHHOT, BAOTOU = "11150100MB0000001L", "11150200MB0000002W"
HEAD = "备案编号,产权单位,制造单位,出厂编号\n"


def prepare(office):
    with office.runtime.transaction() as uow:
        import_old_register(uow, office.administrator)
        add_user(uow.connection, "bao", "包敏", f"authority:{HOHHOT}", uow.now)
        grant(uow.connection, "bao", "registrar", f"authority:{HOHHOT}", uow.now)


def entry_of(office, number):
    with office.runtime.reading() as uow:
        return book.find(uow.connection, number, authority=HOHHOT)


def entered(office):
    with office.runtime.reading() as uow:
        trail = uow.connection.execute(audit_entries.select().where(audit_entries.c.stream == "legacy")).all()
        return len(trail), len(book.search(uow.connection, limit=1000))


def bring(visitor, text, name="登记簿.csv", authority=HOHHOT, **more):
    content = text if isinstance(text, bytes) else text.encode()
    return visitor.post("/legacy/import", {"authority": authority, "file": (io.BytesIO(content), name), **more})


def test_a_reviewer_looks_up_and_finds_no_form(office):
    page = browser(office, "li.150100").get("/legacy?q=tc—2016-0088")
    [link] = page.all("//tbody//a/@href")
    shown = browser(office, "li.150100").get(link)
    assert "内蒙古蒙建机械租赁有限公司" in shown.text
    assert [f.action for f in shown.tree.forms if f.xpath("ancestor::main")] == []
    assert page.all("//a[@href='/legacy/import']") == []


def test_an_owner_does_not_look_up(office):
    assert browser(office, "zhang").get("/legacy").status == 403


def test_a_correction_shows_in_the_history(office):
    found = entry_of(office, "蒙A-2016-0089")
    visitor = browser(office, "bao")
    page = visitor.get(f"/legacy/{found.id}")
    done = visitor.submit(page, f"/legacy/{found.id}", serial_no="TC-2016-0094", reason="铭牌上是 0094")
    assert "已更正" in done.text
    assert "TC-2016-0093 → TC-2016-0094" in done.text
    assert "包敏" in done.text
    assert "铭牌上是 0094" in done.text


def test_a_wrong_correction_keeps_what_was_typed(office):
    found = entry_of(office, "蒙A-2014-0041")
    visitor = browser(office, "bao")
    page = visitor.get(f"/legacy/{found.id}")
    wrong = visitor.submit(page, f"/legacy/{found.id}", number="蒙A-2014-0042", owner_name="另一公司", reason="")
    assert wrong.status == 422
    assert wrong.one("//input[@name='owner_name']").get("value") == "另一公司"
    assert "该编号已在登记簿中" in wrong.text
    assert entry_of(office, "蒙A-2014-0041") == found


def test_the_slower_of_two_is_told_and_keeps_what_he_typed(office):
    found = entry_of(office, "蒙A-2013-0102")
    first, second = browser(office, "bao"), browser(office, "admin")
    pages = [each.get(f"/legacy/{found.id}") for each in (first, second)]
    first.submit(pages[0], f"/legacy/{found.id}", model="SC200", reason="核对")
    slower = second.submit(pages[1], f"/legacy/{found.id}", model="SC200X", reason="核对")
    assert slower.status == 409
    assert "包敏" in slower.text
    assert slower.one("//input[@name='model']").get("value") == "SC200X"


def test_a_registrar_corrects_and_imports_only_his_authority_s_register(office):
    visitor = browser(office, "bao")
    assert visitor.get("/legacy/import").all("//select[@name='authority']/option/@value") == ["", HOHHOT]
    assert bring(visitor, HEAD + "包-1,甲,乙,1\n", authority=BAOTOU).status == 403
    bring(browser(office, "admin"), HEAD + "包-1,甲,乙,1\n", authority=BAOTOU)


def test_what_was_previewed_is_imported_byte_for_byte(office):
    """And nothing before the word is given."""
    visitor, before = browser(office, "bao"), entered(office)
    page = bring(visitor, HEAD + "页-1,甲,乙,=HYPERLINK(1)\n页-2,甲,乙,2\n合计,2台,,\n")
    assert "可以导入" in page.text
    assert page.address.startswith("/legacy/import/")
    assert entered(office) == before
    done = visitor.submit(page, page.address)
    assert "已导入：新增 2 条" in done.text
    assert entry_of(office, "页-1").serial_no == "=HYPERLINK(1)"
    assert visitor.client.get(page.address).status_code == 404


def test_a_file_with_errors_cannot_be_imported(office):
    visitor, before = browser(office, "bao"), entered(office)
    page = bring(visitor, HEAD + "错-1,甲,乙,1\n错-2,,乙,2\n")
    assert "不能导入" in page.text
    assert "OWNER_MISSING" in page.text
    assert [f for f in page.tree.forms if f.xpath("ancestor::main")] == []
    forced = visitor.post(page.address)
    assert (forced.status, "LEGACY_IMPORT_REFUSED" in forced.text) == (422, True)
    assert entered(office) == before
    assert "OWNER_MISSING" in visitor.client.get(page.address + "/report.csv").get_data(as_text=True)


def test_another_one_s_upload_or_an_old_one_does_not_exist(office):
    page = bring(browser(office, "bao"), HEAD + "时-1,甲,乙,1\n")
    assert browser(office, "admin").get(page.address).status == 404
    office.clock.advance(KEPT_FOR)
    office.clock.advance(KEPT_FOR)
    assert Browser(office.runtime, "bao", office.app).get(page.address).status == 404


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04", b"a,b\n"])
def test_what_is_no_register_is_refused_on_the_form(office, content):
    page = bring(browser(office, "bao"), content)
    assert page.status == 422
    assert page.one("//main//*[@role='alert']") is not None
    assert bring(browser(office, "bao"), b"", name="").status == 422


def test_updating_is_asked_for(office):
    visitor = browser(office, "bao")
    bring_and_confirm = [(HEAD + "更-1,甲,乙,1\n", {}), (HEAD + "更-1,丙,乙,1\n", {"update": "1"})]
    for text, more in bring_and_confirm:
        page = bring(visitor, text, **more)
        visitor.submit(page, page.address)
    assert entry_of(office, "更-1").owner_name == "丙"


# programs


def test_a_program_looks_up_and_corrects(office):
    program = Program(office.runtime, "bao", app=office.app)
    [found] = program.get("/legacy?containing=FS1902-16").json
    whole = program.get(f"/legacy/{found['id']}")
    sent = {"made_on": "2019-02-17", "reason": "铭牌"}
    done = program.ask("PATCH", f"/legacy/{found['id']}", json=sent, match=whole.tag, expect=200)
    assert (done.json["made_on"], done.json["revision"]) == ("2019-02-17", found["revision"] + 1)
    stale = program.ask("PATCH", f"/legacy/{found['id']}", json=sent, match=whole.tag)
    assert (stale.status, stale.code) == (412, "PRECONDITION_FAILED")
    assert [event["reason"] for event in program.get(f"/legacy/{found['id']}").json["history"]] == ["铭牌"]


def test_a_program_needs_a_reason_and_a_revision(office):
    program = Program(office.runtime, "bao", app=office.app)
    assert program.ask("PATCH", "/legacy/1", json={"model": "x", "reason": "y"}).status == 428
    assert program.ask("PATCH", "/legacy/1", json={"model": "x"}, match='"1"').status == 422
    assert program.ask("PATCH", "/legacy/1", json={"model": "x", "reason": " "}, match='"1"').status == 422
    reader = Program(office.runtime, "li.150100", app=office.app)
    assert reader.ask("PATCH", "/legacy/1", json={"model": "x", "reason": "y"}, match='"1"').status == 403
    assert reader.get("/legacy?limit=2&state=valid").json
