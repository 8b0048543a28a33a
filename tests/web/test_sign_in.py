"""Signing in by pages: lock-out, sessions that begin anew and end, passwords, and words that survive the end of a session."""

import shutil
from datetime import timedelta
from io import BytesIO

import pytest
from browsing import Browser, Page
from office import ADMINISTRATOR

from registry.migrations import MIGRATIONS as BOOKS
from registry.passwords import LIMIT, LOCKED, set_password
from registry.sessions import IDLE
from registry.users import disable
from web.app import create_app
from web.composition import Settings, open_runtime, prepare_database
from web.demonstration.people import PASSWORD, enter_people
from web.pages.sign_in import BURST, SECONDS
from web.protection import COOKIE
from web.resuming import MOST
from workflow_runtime.store.migrations import MIGRATIONS as RUNTIME

NEW = "ein neuer Kran 2026"
ELSEWHERE = "/account/sessions/end-others"
"""A page that takes a form and needs a session."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A SQLite database with the people of the demonstration."""
    path = tmp_path_factory.mktemp("people") / "crane.db"
    prepared(f"sqlite:///{path}").database.close()
    return path


def prepared(address, clock=None):
    opened = open_runtime(Settings.read({"CRANE_DATABASE_URL": address}), clock=clock)
    prepare_database(opened)
    with opened.transaction() as uow:
        enter_people(uow, ADMINISTRATOR)
    return opened


@pytest.fixture
def runtime(request, kept, tmp_path, clock):
    """An installation with the people of the demonstration; on each database for the tests that ask for the kind."""
    if "database_kind" in request.fixturenames and request.getfixturevalue("database_kind") == "postgresql":
        opened = prepared(request.getfixturevalue("new_address")(RUNTIME, BOOKS), clock)
    else:
        shutil.copy(kept, tmp_path / "crane.db")
        opened = open_runtime(Settings.read({"CRANE_DATABASE_URL": f"sqlite:///{tmp_path / 'crane.db'}"}), clock=clock)
    yield opened
    opened.database.close()


@pytest.fixture
def app(runtime):
    return create_app(runtime)


@pytest.fixture
def browser(runtime, app):
    return Browser(runtime, app=app)


def sign_in(browser, login="zhang", password=PASSWORD, page=None):
    return browser.submit(page or browser.get("/sign-in"), "/sign-in", login=login, password=password)


def alert(page):
    [told] = page.all("//main//*[@role='alert']")
    return " ".join(told.text_content().split())


def token_of(browser):
    cookie = browser.client.get_cookie(COOKIE)
    return cookie and cookie.value


def acts(runtime, stream):
    with runtime.reading() as uow:
        return [entry.entry.decode() for entry in uow.audit_rows.entries(stream)]


def forget_session(browser):
    browser.client.delete_cookie(COOKIE)


# signing in


def test_a_person_signs_in_and_out(runtime, browser, database_kind):
    page = sign_in(browser)
    assert page.status == 200
    assert "张建国" in page.one("//header").text_content()
    page = browser.submit(page, "/sign-out")
    assert page.address == "/sign-in"
    assert token_of(browser) is None
    assert ['"sign_in"' in acts(runtime, "sign_ins")[0], '"sign_out"' in acts(runtime, "sign_ins")[1]] == [True, True]


def test_a_session_that_was_signed_out_is_worth_nothing(runtime, browser):
    page = sign_in(browser)
    token = token_of(browser)
    browser.submit(page, "/sign-out")
    browser.client.set_cookie(COOKIE, token)
    assert browser.get("/account").address == "/sign-in"


def test_signing_in_begins_a_new_session_and_ends_the_old_one(runtime, browser, app):
    """Nobody can know the session beforehand, and give it to another person."""
    sign_in(browser)
    old = token_of(browser)
    sign_in(browser, "wang")
    assert token_of(browser) != old
    other = Browser(runtime, app=app)
    other.client.set_cookie(COOKIE, old)
    assert other.get("/account").address == "/sign-in"


@pytest.mark.parametrize("login", ["zhang", "nobody", "", "zh\0ang"])
def test_a_refusal_does_not_tell_which_half_was_wrong(browser, login, database_kind):
    page = sign_in(browser, login, "not the password")
    assert page.status == 422
    assert alert(page) == alert(sign_in(browser, "nobody at all", PASSWORD))
    assert "SIGN_IN_REFUSED" in alert(page)
    assert page.one("//input[@name='password']").get("value") is None
    assert page.one("//input[@name='password']").get("aria-describedby") == "failure"


def test_the_login_is_kept_for_the_next_try(browser):
    assert sign_in(browser, "zhang", "wrong").one("//input[@name='login']").value == "zhang"


@pytest.mark.parametrize("login", ["zhang", "nobody"])
def test_five_wrong_passwords_lock_the_login(runtime, browser, clock, login, database_kind):
    """The right one opens nothing then; a quarter of an hour later it does. Unknown logins are answered alike."""
    pages = [sign_in(browser, login, f"wrong {number}") for number in range(LIMIT)]
    assert ["SIGN_IN_LOCKED" in alert(page) for page in pages] == [False] * 4 + [True]
    assert alert(sign_in(browser, login)) == alert(pages[-1])
    clock.advance(LOCKED)
    assert ("SIGN_IN_REFUSED" in sign_in(browser, login).text) == (login == "nobody")


def test_an_address_that_tries_many_logins_has_to_wait(runtime, browser, clock, app):
    """The lock of a login does not help against one password for many logins. Who signs in rightly uses nothing up; others are not hindered."""
    for number in range(BURST):
        assert sign_in(browser, f"somebody{number}", "Crane-2026").status == 422
        if number < 2:
            assert sign_in(browser).status == 200
    page = sign_in(browser)
    assert (page.status, page.headers["Retry-After"]) == (429, "6")
    assert "TOO_OFTEN" in alert(page)
    assert page.one("//input[@name='login']").value == "zhang"
    elsewhere = {"login": "zhang", "password": PASSWORD}
    assert Browser(runtime, app=app).post("/sign-in", elsewhere, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status == 200
    clock.advance(timedelta(seconds=SECONDS + 1))
    assert sign_in(browser).status == 200


def test_a_right_password_begins_the_count_anew(browser):
    for _ in range(2):
        for number in range(LIMIT - 1):
            assert "SIGN_IN_REFUSED" in alert(sign_in(browser, "zhang", f"wrong {number}"))
        assert sign_in(browser).status == 200


def test_what_is_refused_is_audited_without_the_secret(runtime, browser):
    for number in range(LIMIT):
        sign_in(browser, "zhang", f"wrong {number}")
    sign_in(browser, "typed-in-the-wrong-line", "wrong")
    told = acts(runtime, "sign_ins")
    assert ['"sign_in.locked"' in entry for entry in told] == [False] * 4 + [True, False]
    assert not any("wrong" in entry for entry in told)


def test_a_disabled_person_is_nobody(runtime, browser):
    sign_in(browser)
    with runtime.transaction() as uow:
        disable(uow.connection, "zhang")
    assert browser.get("/account").address == "/sign-in"
    assert "SIGN_IN_REFUSED" in alert(sign_in(browser))


def test_a_session_ends_without_use_and_lasts_with_use(browser, clock):
    sign_in(browser)
    for _ in range(3):
        clock.advance(IDLE - timedelta(minutes=1))
        assert browser.get("/account").address == "/account"
    clock.advance(IDLE)
    page = browser.get("/account")
    assert page.address == "/sign-in"
    assert "登录已失效" in page.text


def test_after_signing_in_a_person_comes_to_the_page_he_wanted(browser):
    page = browser.get("/account?x=1&y=%E5%A1%94")
    assert page.one("//main//input[@name='next']").value == "/account?x=1&y=%E5%A1%94"
    assert sign_in(browser, page=page).address == "/account"


def test_who_has_signed_in_is_told_so(browser):
    sign_in(browser)
    assert "您已登录：张建国" in browser.get("/sign-in").text


# passwords


def change(browser, present=PASSWORD, new=NEW, again=None, page=None):
    fields = {"present_password": present, "new_password": new, "repeated_password": new if again is None else again}
    return browser.submit(page or browser.get("/account"), "/account/password", **fields)


def wrong_fields(page):
    return {
        field.get("id"): page.one(f"//*[@id='{field.get('aria-describedby').split()[0]}']").text for field in page.all("//*[@aria-invalid]")
    }


def test_a_person_chooses_another_password_and_his_other_sessions_end(runtime, app, browser, database_kind):
    other = Browser(runtime, app=app)
    sign_in(browser), sign_in(other)
    assert "密码已修改" in change(browser).text
    assert browser.get("/account").address == "/account"
    assert other.get("/account").address == "/sign-in"
    assert sign_in(other, password=NEW).status == 200
    assert NEW not in "".join(acts(runtime, "password"))
    assert '"password.set"' in acts(runtime, "password")[-1]


@pytest.mark.parametrize(
    ("given", "field", "why"),
    [
        pytest.param({"present": "wrong"}, "present_password", "不正确", id="present one wrong"),
        pytest.param({"new": "short"}, "new_password", "至少 10 个字符", id="too short"),
        pytest.param({"new": PASSWORD}, "new_password", "不能与当前密码相同", id="the same"),
        pytest.param({"again": "something else"}, "repeated_password", "两次输入不一致", id="typed differently"),
    ],
)
def test_a_password_that_is_not_taken_is_told_at_its_field(browser, given, field, why):
    sign_in(browser)
    page = change(browser, **given)
    assert page.status == 422
    assert wrong_fields(page) == {field: why}
    assert sign_in(browser).status == 200


def test_the_present_password_cannot_be_guessed_by_the_form_either(browser):
    sign_in(browser)
    pages = [change(browser, present=f"wrong {number}") for number in range(LIMIT)]
    assert "SIGN_IN_LOCKED" in alert(pages[-1])


def test_a_password_that_an_administrator_gave_is_changed_before_anything_else(runtime, app, browser):
    with runtime.transaction() as uow:
        set_password(uow.connection, "admin", "given by hand", uow.now, must_change=True)
    page = sign_in(browser, "admin", "given by hand")
    assert page.address == "/account"
    assert "请先修改密码" in page.text
    guarded = [rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    open_to_him = {path for path in guarded if not path.startswith("/api/") and Page(browser.client.get(path)).status == 200}
    assert not any(path.startswith(("/users", "/cases", "/authorities", "/incidents")) for path in open_to_him)
    page = change(browser, "given by hand", page=page)
    assert "请先修改密码" not in page.text


def test_a_person_ends_his_other_sessions(runtime, app, browser, database_kind):
    other = Browser(runtime, app=app)
    sign_in(browser), sign_in(other)
    page = browser.get("/account")
    assert len(page.all("//section[@aria-labelledby='sessions']//tbody/tr")) == 2
    page = browser.submit(page, "/account/sessions/end-others")
    assert len(page.all("//section[@aria-labelledby='sessions']//tbody/tr")) == 1
    assert other.get("/account").address == "/sign-in"


# words that survive


TYPED = {"opinion": "第一行\r\n<b>“第二行”</b>", "tick": ["a", "b"], "new_password": "never carried"}


def interrupted(browser, typed=None):
    """The form is sent when the session has ended."""
    return browser.post(ELSEWHERE + "?page=2", TYPED if typed is None else typed)


def resumed(page):
    form = page.form(ELSEWHERE)
    return form.action, [(name, value) for name, value in form.form_values() if name != "csrf_token"]


def test_words_are_found_again_after_signing_in(browser, clock, database_kind):
    sign_in(browser)
    clock.advance(IDLE)
    page = interrupted(browser)
    assert page.status == 401
    assert "您填写的内容已保留" in page.text
    page = sign_in(browser, page=sign_in(browser, password="wrong", page=page))
    assert "您填写的内容已找回" in page.text
    assert "张建国" in page.one("//header").text_content()
    words = [("opinion", TYPED["opinion"].replace("\r\n", "\n")), ("tick", "a"), ("tick", "b"), ("resumed", "1")]
    action, found = resumed(page)
    assert (action, [(name, value.replace("\r\n", "\n")) for name, value in found]) == (ELSEWHERE + "?page=2", words)
    assert browser.submit(page, ELSEWHERE).status == 200


def test_words_are_given_to_their_author_alone(browser, clock):
    sign_in(browser)
    clock.advance(IDLE)
    page = sign_in(browser, "wang", page=interrupted(browser))
    assert "第二行" not in page.text
    assert page.address != ELSEWHERE


def test_words_of_a_session_that_is_not_known_any_more_are_given_to_who_signs_in(browser):
    sign_in(browser)
    forget_session(browser)
    assert resumed(sign_in(browser, "wang", page=interrupted(browser)))[1][0][0] == "opinion"


def test_files_are_left_behind_and_that_is_said(browser):
    page = interrupted(browser, {**TYPED, "paper": (BytesIO(b"%PDF"), "paper.pdf")})
    assert "刚才选择的附件未能保留" in sign_in(browser, page=page).text


@pytest.mark.parametrize("spoilt", [pytest.param(lambda words: "x" + words, id="changed"), pytest.param(lambda _: "abc", id="made up")])
def test_words_that_we_did_not_sign_are_not_shown(browser, spoilt):
    page = interrupted(browser)
    words = page.one("//input[@name='carried']").value
    page = browser.submit(page, "/sign-in", login="zhang", password=PASSWORD, carried=spoilt(words))
    assert page.status == 200
    assert "第二行" not in page.text


def test_old_words_are_not_shown(browser, clock):
    page = interrupted(browser)
    clock.advance(timedelta(hours=12))
    assert "第二行" not in sign_in(browser, page=page).text


def test_too_many_words_are_not_carried(browser):
    page = Page(browser.client.post(ELSEWHERE, data={"csrf_token": browser.token(), "opinion": "x" * (MOST + 1)}))
    assert page.status == 401
    assert not page.all("//input[@name='carried']")


def test_a_forged_form_is_refused_before_its_words_are_looked_at(browser):
    answer = Page(browser.client.post(ELSEWHERE, data=TYPED))
    assert answer.status == 400
    assert "PAGE_EXPIRED" in answer.text
    assert not answer.all("//input[@name='carried']")


def test_a_part_of_a_page_never_becomes_the_page_for_signing_in(browser):
    """What htmx fetches: the whole page goes to sign in and comes back; a form's answer takes the page's place."""
    fetched = {"HX-Request": "true", "HX-Current-URL": "http://localhost/account?x=1"}
    got = browser.client.get("/account", headers=fetched)
    assert (got.status_code, got.headers["HX-Redirect"]) == (401, "/sign-in?next=/account?x%3D1")
    page = browser.post(ELSEWHERE, TYPED, headers=fetched)
    assert (page.status, page.headers["HX-Retarget"]) == (401, "body")
    lost = browser.client.get("/account", headers={**fetched, "HX-Current-URL": "http://["})
    assert (lost.status_code, lost.headers["HX-Redirect"]) == (401, "/sign-in?next=/")


def test_a_field_without_a_name_is_not_carried(browser):
    body = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{browser.token()}\r\n--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--'
    answer = browser.client.post(ELSEWHERE, data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 401


# what it costs


def test_pages_of_signing_in_ask_the_database_little(runtime, browser, statements, database_kind):
    with statements(runtime) as sent:
        browser.get("/sign-in")
    assert len(sent) == 0
    sign_in(browser)
    with statements(runtime) as sent:
        browser.get("/account")
    assert len([statement for statement in sent if not statement.startswith("BEGIN")]) == 4
    assert not any(statement.startswith(("UPDATE", "INSERT", "DELETE")) for statement in sent)
