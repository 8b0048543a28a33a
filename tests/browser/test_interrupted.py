"""What happens to people at work: a colleague is faster, the session ends, a finger clicks twice, somebody goes back, the network is gone."""

import re

import pytest
from filing import attach, choose, fill_in, serial
from office import answers_of

from registry import users
from registry.administration import enter
from registry.passwords import set_password
from registry.sessions import close_sessions
from web.composition import actor_named
from web.demonstration.people import PASSWORD
from workflow_runtime.errors import NotFound

REVIEWER, COLLEAGUE, OWNER = "li.150100", "gao.150100", "zhang"
OPINION = "产品合格证与铭牌不一致，请核对。"


@pytest.fixture
def colleague(site):
    """Another reviewer of the same authority."""
    reviewer, administrator = actor_named(site.runtime, REVIEWER), actor_named(site.runtime, "admin")
    with site.runtime.transaction() as uow:
        try:
            users.user(uow.connection, COLLEAGUE)
        except NotFound:
            enter(uow, administrator, users.add_user(uow.connection, COLLEAGUE, "高伟", reviewer.party, uow.now))
            enter(uow, administrator, users.grant(uow.connection, COLLEAGUE, "reviewer", reviewer.party, uow.now))
            enter(uow, administrator, set_password(uow.connection, COLLEAGUE, PASSWORD, uow.now, must_change=False))
    return COLLEAGUE


def sign_in_again(tab, login):
    """On the page that asked for it."""
    tab.page.get_by_text("登录已失效").wait_for()
    tab.page.fill("input[name=login]", login)
    tab.page.fill("input[name=password]", PASSWORD)
    tab.page.locator(".sign-in-button").click()
    tab.page.get_by_role("button", name="继续填写").click()


def end_session(site, login):
    with site.runtime.transaction() as uow:
        close_sessions(uow.connection, login)


def confirm_of(tab):
    """The button that confirms, in the dialog with a script, on the page without one."""
    found = tab.page.locator("#task-sheet button.btn-primary, .task-buttons button.btn-primary").first
    found.wait_for()
    return found


def test_the_slower_of_two_sees_who_was_faster_and_keeps_his_words(site, visit, colleague, javascript):
    number = site.filed()
    slow, fast = visit(colleague, javascript=javascript), visit(REVIEWER, javascript=javascript)
    for tab, button in ((slow, "审核不通过"), (fast, "审核通过")):
        choose(tab, number, button)
        confirm_of(tab)
    slow.page.locator("[name=opinion]").fill(OPINION)
    confirm_of(fast).click()
    site.until(lambda: not site.waits(number, "审核"))
    confirm_of(slow).click()
    told = slow.page.locator("[role=alert]")
    told.wait_for()
    assert "李慧敏" in told.inner_text()
    assert "2026-09-14 10:30" in told.inner_text()
    assert OPINION in slow.text()
    assert site.done(number, "审核") == ["李慧敏"]
    if javascript:
        slow.axe()


def test_what_the_owner_typed_outlives_his_session(site, visit, javascript):
    tab = visit(OWNER, javascript=javascript)
    tab.go("/start/new_filing")
    fill_in(tab, answers_of("tower_crane", serial_no=serial(), model="QTZ63(5610)"))
    end_session(site, OWNER)
    tab.press("提交")
    sign_in_again(tab, OWNER)
    kept = tab.page.locator("[name='answers.model']")
    kept.wait_for()
    assert kept.input_value() == "QTZ63(5610)"
    attach(tab)
    tab.press("提交")
    tab.page.wait_for_url("**/cases/*")


def test_the_opinion_outlives_the_session(site, visit, javascript):
    """Nothing is decided until the reviewer has looked at his words again."""
    number = site.filed()
    tab = visit(REVIEWER, javascript=javascript)
    choose(tab, number, "审核不通过")
    confirm = confirm_of(tab)
    tab.page.locator("[name=opinion]").fill(OPINION)
    end_session(site, REVIEWER)
    confirm.click()
    sign_in_again(tab, REVIEWER)
    kept = tab.page.locator("[name=opinion]")
    kept.wait_for()
    assert kept.input_value() == OPINION
    assert tab.page.get_by_label(re.compile("审核不通过")).is_checked()
    assert site.waits(number, "审核")
    confirm_of(tab).click()
    site.until(lambda: site.waits(number, "补正"))


@pytest.mark.parametrize(("button", "task"), [("审核通过", "审核"), ("归集", "归集")], ids=["review", "push"])
def test_two_clicks_and_the_way_back_do_it_once(site, visit, javascript, button, task):
    """The button above the list and the one that confirms, each twice; then back, and again: it is done once, and nobody is frightened."""
    number = site.filed() if task == "审核" else site.sealed()
    tab = visit(REVIEWER, javascript=javascript)
    choose(tab, number, button, twice=True)
    confirm_of(tab).dblclick()
    site.until(lambda: not site.waits(number, task))
    tab.page.get_by_text("已办理").first.wait_for()
    tab.page.wait_for_load_state("networkidle")
    tab.page.go_back()
    again = tab.page.locator("#task-sheet button.btn-primary, .task-buttons button.btn-primary")
    if again.count():
        again.first.click()
        tab.page.wait_for_load_state()
    assert "系统内部错误" not in tab.text()
    assert "您已办理该任务" in tab.text() or tab.page.locator("#worklist, .nothing").count()
    assert site.done(number, task) == ["李慧敏"]


def test_two_clicks_on_submit_make_one_filing(site, visit, javascript):
    """And after the way back the form does not make a second one of the same machine."""
    tab, number = visit(OWNER, javascript=javascript), serial()
    tab.go("/start/new_filing")
    fill_in(tab, answers_of("tower_crane", serial_no=number))
    attach(tab)
    tab.page.get_by_role("button", name="提交", exact=True).dblclick()
    tab.page.wait_for_url("**/cases/*")
    tab.go(f"/cases?view=all&q={number}")
    assert tab.page.locator("#worklist tbody tr").count() == 1
    tab.page.go_back()
    tab.page.go_back()
    tab.press("提交")
    tab.go(f"/cases?view=all&q={number}")
    assert tab.page.locator("#worklist tbody tr").count() == 1


def test_an_upload_that_fails_is_told_and_can_be_repeated(visit):
    tab = visit(OWNER)
    tab.go("/start/new_filing")
    paper = tab.page.locator("input[type=file]").first
    given = {"name": "合格证.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    tab.context.set_offline(True)
    paper.set_input_files(given)
    told = tab.page.locator(".form-progress .form-error").first
    told.wait_for()
    assert "合格证.pdf" in told.inner_text()
    assert "网络" in told.inner_text()
    tab.context.set_offline(False)
    paper.set_input_files(given)
    tab.page.locator(".form-files-list li").first.wait_for()
    assert told.count() == 0


def test_submitting_waits_for_uploads(visit):
    """Whoever presses the button at once loses no file."""
    tab = visit(OWNER)
    tab.go("/start/new_filing")
    fill_in(tab, answers_of("tower_crane", serial_no=serial()))
    attach(tab)
    tab.page.evaluate("document.querySelector('form[data-form] button[value=submit]').click()")
    tab.page.wait_for_url("**/cases/*")


def test_a_file_of_another_kind_is_refused_in_words(visit, javascript):
    tab = visit(OWNER, javascript=javascript)
    tab.go("/start/new_filing")
    tab.page.locator("input[type=file]").first.set_input_files(
        {"name": "表格.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
    )
    if not javascript:
        tab.press("保存草稿")
    told = tab.page.locator(".form-error", has_text="PDF").first
    told.wait_for()
    assert told.is_visible()
