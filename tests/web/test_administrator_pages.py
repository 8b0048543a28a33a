"""What the administrator keeps: authorities and their preconditions, users and their roles, lanes; and what the audit says of it."""

import csv
import io
import json

import pytest
from kept import browser

from registry import users
from registry.authorities import authority
from registry.codes import is_credit_code
from registry.sessions import open_session, person_of_session
from registry.sign_ins import sign_in

HOHHOT = "/authorities/11150100MB0000001L"
BAOTOU = "/authorities/11150200MB0000002W"
NEW = {"code": "11150300MB0000010A", "name": "乌海市住房和城乡建设局", "region": "150300"}


def prepare(office):
    office.number = office.file()
    office.work()


@pytest.fixture
def admin(office):
    return browser(office, "admin")


@pytest.fixture
def person(office):
    """A new person, another one for each test."""
    office.people = getattr(office, "people", 0) + 1
    login = f"new.{office.people}"
    with office.runtime.transaction() as uow:
        users.add_user(uow.connection, login, "新人", "system", uow.now)
    return login


def book(office, code):
    with office.runtime.reading() as uow:
        return authority(uow.connection, code.rpartition("/")[2])


def user_of(office, login):
    with office.runtime.reading() as uow:
        return users.user(uow.connection, login)


def trail(admin, stream):
    return json.loads(admin.client.get(f"/trail/export?stream={stream}&format=json").data)


def told(page):
    return " ".join(each.text_content() for each in page.all("//main//div[@role='status']"))


# authorities


def test_each_authority_stands_with_its_preconditions(admin):
    rows = admin.get("/authorities").all("//main//tbody/tr")
    assert len(rows) == 5
    assert all("全部满足" in row.text_content() for row in rows)


def test_a_precondition_that_is_missing_is_told_in_words_with_its_remedy(office, admin):
    page = admin.submit(admin.get(BAOTOU), BAOTOU, seal_name="包头市住建局")
    assert "已保存" in told(page)
    missing = page.one("//li[@class='missing']").text_content()
    assert "未满足" in missing
    assert "包头市住建局" in missing
    assert len(page.all("//li[@class='fulfilled']")) == 3
    assert "1 项未满足" in admin.get("/authorities").one("//main//tbody/tr[contains(., '包头')]").text_content()
    entry = trail(admin, "authority")[0]
    assert entry["actor"] == "admin"
    assert entry["details"]["after"] == {"seal_name": "包头市住建局"}


def test_every_field_of_an_authority_can_be_changed(office, admin):
    given = {
        "name": "呼市住建局",
        "number_prefix": "蒙AB",
        "accepted_seal_names": " 甲 \n\n乙\n甲",
        "departments": "行政审批科\n质量安全科",
        "automatic_aggregation": "1",
        "has_seal": [],
    }
    page = admin.get(HOHHOT)
    kept = dict(page.form(HOHHOT).form_values())
    admin.submit(page, HOHHOT, **given)
    changed = book(office, HOHHOT)
    assert (changed.name, changed.number_prefix, changed.accepted_seal_names) == ("呼市住建局", "蒙AB", ("甲", "乙"))
    assert (changed.has_account, changed.has_seal, changed.automatic_aggregation) == (True, False, True)
    restored = admin.post(HOHHOT, {**kept})
    assert restored.status == 200
    assert "没有变化" in told(admin.post(HOHHOT, {**kept}))


def test_a_wrong_field_is_marked_and_what_was_typed_is_kept(office, admin):
    before = book(office, HOHHOT)
    page = admin.submit(admin.get(HOHHOT), HOHHOT, number_prefix="AA", name="改名")
    assert page.status == 422
    field = page.one("//input[@id='f-number_prefix']")
    assert (field.get("value"), field.get("aria-invalid")) == ("AA", "true")
    assert "f-number_prefix-wrong" in field.get("aria-describedby")
    assert page.one("//a[@href='#f-number_prefix']") is not None
    assert page.one("//input[@id='f-name']").get("value") == "改名"
    assert book(office, HOHHOT) == before


def test_an_authority_is_added_once(office, admin):
    code = next(
        c for c in (f"11150300MB000001{n}{letter}" for n in "01" for letter in "0123456789ABCDEFGHJKLMNPQRTUWXY") if is_credit_code(c)
    )
    page = admin.get("/authorities/new")
    done = admin.submit(page, **{**NEW, "code": code.lower()})
    assert done.address == f"/authorities/{code}"
    again = admin.submit(page, **{**NEW, "code": code})
    assert again.status == 409
    assert again.one("//input[@id='f-name']").get("value") == NEW["name"]
    wrong = admin.submit(page, code="1", name="", region="")
    assert {a.get("href") for a in wrong.all("//div[@role='alert']//a")} == {"#f-code", "#f-name", "#f-region"}


def test_the_check_asks_the_platform_and_brings_the_books_up_to_date(office, admin):
    code = "/authorities/11150400MB0000004D"
    admin.submit(admin.get(code), code, has_account=[])
    assert len(admin.get(code).all("//li[@class='missing']")) == 1
    page = admin.submit(admin.get(code), f"{code}/check")
    assert "登记信息已更新" in told(page)
    assert not page.all("//li[@class='missing']")


def test_a_platform_that_cannot_answer_is_told(office, admin):
    office.misbehave("provincial", "http-503")
    page = admin.submit(admin.get(HOHHOT), f"{HOHHOT}/check")
    assert page.status == 502
    assert "503" in page.one("//div[@id='trouble']").text_content()
    assert page.one("//input[@id='f-name']").get("value")


def test_an_unknown_authority_is_not_found(admin):
    for path in ("/authorities/X", "/authorities/%00"):
        assert admin.get(path).status == 404
        assert admin.post(path, {"name": "x"}).status == 404
        assert admin.post(f"{path}/check").status == 404


def test_characters_that_no_database_keeps_are_left_out(office, admin, person):
    page = admin.submit(admin.get("/users/new"), login=f"{person}.\0x", display_name="新\0人", unit="system")
    assert user_of(office, f"{person}.x").display_name == "新人"
    assert page.status == 200


# users


def test_users_are_found_by_login_name_and_unit(admin):
    for text, logins in (("ZHANG", ["zhang"]), ("李慧", ["li.150100"]), ("91150200ma", ["wang"]), ("%", [])):
        assert [a.text for a in admin.get(f"/users?q={text}").all("//main//tbody/tr/th/a")] == logins
    assert admin.get("/users?q=%00&after=%00").status == 200


def test_users_turn_page_by_page(admin, monkeypatch):
    monkeypatch.setattr("registry.directory.PAGE", 4)
    first = admin.get("/users")
    second = admin.get(first.one("//a[@rel='next']").get("href"))
    logins = [a.text for page in (first, second) for a in page.all("//main//tbody/tr/th/a")]
    assert len(logins) == 8
    assert logins == sorted(set(logins))


def test_a_user_is_added_with_a_unit_by_list_or_by_code(office, admin):
    page = admin.get("/users/new")
    done = admin.submit(page, login="Added.One", display_name="新增", unit="system")
    assert done.address == "/users/added.one"
    assert admin.submit(page, login="added.one", display_name="另一个", unit="system").status == 409
    admin.submit(page, login="added.two", display_name="产权", unit_code="91150100ma0mj0001u")
    assert user_of(office, "added.two").unit == "owner:91150100MA0MJ0001U"
    wrong = admin.submit(page, login="!", display_name="名字", unit="")
    assert wrong.status == 422
    assert wrong.one("//input[@id='f-display_name']").get("value") == "名字"
    assert {f.get("id") for f in wrong.all("//*[@aria-invalid]")} == {"f-login", "f-unit"}


def test_a_role_is_granted_and_revoked(office, admin, person):
    page = admin.get(f"/users/{person}")
    given = {"role": "reviewer", "party": "authority:11150100MB0000001L/质量安全科"}
    for said in ("已授予角色", "该用户已有此角色"):
        assert said in told(admin.submit(page, f"/users/{person}/grant", **given))
    assert user_of(office, person).grants == {tuple(given.values())}
    wrong = admin.submit(page, f"/users/{person}/grant", role="reviewer", party="")
    assert wrong.status == 422
    assert wrong.one("//select[@id='f-role']/option[@selected]").get("value") == "reviewer"
    full = admin.get(f"/users/{person}")
    for said in ("已收回角色", "该用户没有此角色"):
        assert said in told(admin.submit(full, f"/users/{person}/revoke"))
    assert [e["action"] for e in trail(admin, "user")[:2]] == ["user.revoked", "user.granted"]


def test_a_disabled_person_is_out_until_enabled(office, admin, person):
    visitor = browser(office, person)
    assert visitor.get("/account").status == 200
    page = admin.submit(admin.get(f"/users/{person}"), f"/users/{person}/disable")
    assert "已停用" in told(page)
    assert visitor.get("/account").address == "/sign-in"
    page = admin.submit(page, f"/users/{person}/disable", button=("enable", "1"))
    assert "已启用" in told(page)
    assert not user_of(office, person).disabled


def test_a_new_password_is_shown_once_and_opens_the_door(office, admin, person):
    page = admin.submit(admin.get(f"/users/{person}"), f"/users/{person}/password")
    password = page.one("//code[@id='new-password']").text
    assert len(password) >= 16
    assert not admin.get(f"/users/{person}").all("//code[@id='new-password']")
    assert sign_in(office.runtime, person, password)
    assert password not in json.dumps(trail(admin, "password"))


def test_an_unknown_user_is_not_found(admin):
    for path in ("/users/nobody", "/users/%00"):
        assert admin.get(path).status == 404
        for act in ("grant", "revoke", "disable", "password"):
            assert admin.post(f"{path}/{act}", {"role": "reviewer", "party": "system"}).status == 404


@pytest.mark.parametrize("act", ["grant", "revoke", "disable", "password"])
def test_words_carried_through_signing_in_do_nothing(office, admin, person, act):
    page = admin.post(f"/users/{person}/{act}", {"role": "auditor", "party": "system", "resumed": "1"})
    assert page.status == 200
    assert user_of(office, person) == users.User(person, "新人", "system", False, frozenset())
    assert not page.all("//code[@id='new-password']")


# lanes


def test_a_lane_is_set_and_changed(office, admin):
    given = {"lane": "档案室", "role": "reviewer", "party": "authority"}
    for said in ("已保存", "没有变化"):
        assert said in told(admin.submit(admin.get("/lanes"), **given))
    page = admin.get("/lanes?lane=档案室")
    assert page.one("//input[@id='f-party']").get("value") == "authority"
    wrong = admin.submit(page, party="somewhere")
    assert wrong.status == 422
    assert wrong.one("//input[@id='f-party']").get("aria-invalid") == "true"
    assert wrong.one("//input[@id='f-lane']").get("value") == "档案室"


# the audit


def test_a_case_s_entries_are_read_newest_first(office, admin, monkeypatch):
    monkeypatch.setattr("workflow_runtime.trail.PAGE", 1)
    page = admin.get(f"/trail?number={office.number}")
    seqs = [int(cell.text) for cell in page.all("//main//tbody/tr/td[1]")]
    following = admin.get(page.one("//a[@rel='next']").get("href"))
    seqs += [int(cell.text) for cell in following.all("//main//tbody/tr/td[1]")]
    assert len(seqs) == 2
    assert seqs == sorted(set(seqs), reverse=True)
    assert page.all("//details")[0].get("open") is None


@pytest.mark.parametrize("place", ["x", "-1", str(10**30)])
def test_an_address_with_a_senseless_place_in_the_trail_is_answered(admin, place):
    assert admin.get(f"/trail?stream=user&before={place}").status == 200


def test_an_unknown_stream_has_no_entries(admin):
    for stream in ("nobody", "%00"):
        assert admin.get(f"/trail?stream={stream}").all("//p[@class='nothing']")
        assert admin.get(f"/trail/verification?stream={stream}").status == 404


def test_a_stream_goes_out_as_a_table_without_formulas(office, admin, person):
    with office.runtime.transaction() as uow:
        uow.audit.record("export", office.administrator, "noted", "=1+1", {"a": 1}, "＝SUM(A1)")
    answer = admin.client.get("/trail/export?stream=export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert answer.mimetype == "text/csv"
    [_head, row] = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert row[7:] == ["'=1+1", "'＝SUM(A1)", '{"a":1}']
    assert trail(admin, "export")[0]["subject"] == "=1+1"


def test_verification_is_told_in_words_and_finds_an_edit(office, admin):
    assert "完整" in admin.get("/trail/verification").one("//h2[@id='result']").text_content()
    assert "完整" in admin.get(f"/trail/verification?number={office.number}").one("//h2[@id='result']").text_content()
    with office.runtime.transaction() as uow:
        uow.audit.record("spoilt", office.administrator, "noted", "it", {})
        uow.connection.exec_driver_sql("UPDATE audit_entry SET actor = 'nobody' WHERE stream = 'spoilt'")
    for path in ("/trail/verification", "/trail/verification?stream=spoilt"):
        page = admin.get(path)
        assert "不一致" in page.one("//h2[@id='result']").text_content()
        assert "spoilt" in page.one("//main//tbody").text_content()
    assert "完整" in admin.get("/trail/verification?stream=user").one("//h2[@id='result']").text_content()
    with office.runtime.transaction() as uow:
        uow.connection.exec_driver_sql("UPDATE audit_entry SET actor = 'admin' WHERE stream = 'spoilt'")


# who gets in


@pytest.mark.parametrize("path", ["/authorities", "/authorities/new", HOHHOT, "/users", "/users/new", "/users/zhang", "/lanes", "/trail"])
@pytest.mark.parametrize("login", ["zhang", "li.150100", "operator"])
def test_others_stay_outside(office, path, login):
    visitor = browser(office, login)
    assert visitor.get(path).status == 403


@pytest.mark.parametrize("path", [HOHHOT, f"{HOHHOT}/check", "/authorities/new", "/users/new", "/users/zhang/password", "/lanes"])
def test_others_change_nothing(office, path):
    assert browser(office, "operator").post(path).status == 403


PAGES = (
    ("/authorities", 4),
    (HOHHOT, 6),
    ("/users", 7),
    ("/users/zhang", 8),
    ("/lanes", 4),
    ("/trail?stream=user", 5),
)


@pytest.mark.parametrize(("path", "most"), PAGES)
def test_a_page_needs_few_statements(office, admin, statements, path, most):
    admin.get(path)
    with statements(office.runtime) as sent:
        admin.get(path)
    assert len(sent) <= most, sent


def test_a_session_is_ended_by_a_new_password(office, admin, person):
    with office.runtime.transaction() as uow:
        token = open_session(uow.connection, person, uow.now)
    admin.submit(admin.get(f"/users/{person}"), f"/users/{person}/password")
    with office.runtime.reading() as uow:
        assert person_of_session(uow.connection, token, uow.now) is None
