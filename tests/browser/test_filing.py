"""A filing from the owner's form to the public's check, by browser alone, with JavaScript and without."""

from itertools import count
from urllib.parse import urlsplit

import pytest
from office import answers_of

from web.demonstration.filing import PAPERS
from web.demonstration.papers import pdf

SERIALS = count(1)
OPINION = "出厂编号与产品合格证不一致，请核对后重新提交。"


def fill_in(tab, answers):
    """Each answer as a person gives it; a question that only comes with an earlier answer is waited for."""
    for name, value in answers.items():
        field = tab.page.locator(f"[name='answers.{name}']")
        kind = field.first.evaluate("e => e.type")
        if kind == "radio":
            tab.page.locator(f"[name='answers.{name}'][value='{value}']").check()
        elif kind == "checkbox":
            field.first.check()
        elif kind == "select-one":
            field.first.select_option(value)
        else:
            field.first.fill(str(value))


def attach(tab):
    for name, title in PAPERS.items():
        tab.page.locator(f"input[type=file][name='answers.{name}']").set_input_files(
            {"name": f"{title}.pdf", "mimeType": "application/pdf", "buffer": pdf(title)}
        )


def filed(tab, **changes):
    """The number of a tower crane's filing, made with the form."""
    tab.go("/start")
    tab.page.get_by_role("link", name="新申请", exact=True).click()
    fill_in(tab, answers_of("tower_crane", **changes))
    attach(tab)
    tab.press("提交")
    tab.page.wait_for_url("**/cases/*", timeout=30_000)
    return urlsplit(tab.page.url).path.rpartition("/")[2]


def decide(tab, number, button, opinion=None):
    """Choose a row of the list, press a button above it, and confirm."""
    tab.go(f"/cases?q={number}")
    tab.page.locator(f"#case-{number}").check()
    tab.page.locator("#worklist").get_by_role("button", name=button, exact=True).click()
    # In a dialog with a script, on a page without one; a task with one outcome calls its button by it.
    confirm = tab.page.locator("#task-sheet button.btn-primary, .task-buttons button.btn-primary").first
    confirm.wait_for()
    if opinion:
        tab.page.locator("[name=opinion]").fill(opinion)
    confirm.click()
    tab.page.wait_for_load_state()


def serial():
    return f"ZL2026-{next(SERIALS):04}"


@pytest.fixture
def people(visit, javascript):
    return visit("zhang", javascript=javascript), visit("li.150100", javascript=javascript), visit(javascript=javascript)


def test_from_the_form_to_the_public_check(site, people):
    """Filed with attachments, rejected with an opinion, corrected, approved, sealed, 归集; then anybody sees it by preview and check."""
    owner, reviewer, anybody = people
    first, second = serial(), serial()
    number = filed(owner, serial_no=first)
    site.until(lambda: site.waits(number, "审核"))

    decide(reviewer, number, "审核不通过", OPINION)
    site.until(lambda: site.waits(number, "补正"))
    assert site.status(number) == "审核不通过（待补正）"

    owner.go(f"/cases/{number}")
    assert OPINION in owner.text()
    owner.page.locator("main a[href^='/tasks/']").first.click()
    assert OPINION in owner.text()
    owner.page.locator("[name='answers.serial_no']").fill(second)
    owner.press("重新提交")
    site.until(lambda: site.waits(number, "审核"))

    decide(reviewer, number, "审核通过", "已补正，同意备案。")
    site.until(lambda: site.waits(number, "归集"))
    assert site.status(number) == "已签章（待归集）"

    decide(reviewer, number, "归集")
    site.until(lambda: site.status(number) == "已归集")
    reviewer.go(f"/cases/{number}")
    assert "已归集" in reviewer.text()

    address = reviewer.page.get_by_role("link", name="预览电子证照").get_attribute("href")
    certificate = site.certificate(number)
    anybody.go(address)
    assert all(each in anybody.text() for each in (certificate.number, second, "内蒙古蒙建机械租赁有限公司"))
    anybody.go("/verify")
    anybody.page.fill("[name=number]", certificate.number)
    anybody.page.fill("[name=serial_no]", second)
    anybody.page.locator("main form").nth(1).get_by_role("button").click()
    anybody.page.wait_for_url("**/verify/*")
    assert "有效" in anybody.text()
