"""A reviewer's day in a real browser: few clicks a filing, and never lost in the list."""

import pytest

CHOSEN = "input[name=case]:checked"


def rows(tab):
    return tab.page.locator("input[name=case]").evaluate_all("all => all.map((each) => each.value)")


def waiting_for_review(tab):
    """The filings of the list that can be approved, in the list's order."""
    tab.go("/cases?view=todo")
    return tab.page.locator("input[data-outcomes~=approve]").evaluate_all("all => all.map((each) => each.value)")


@pytest.fixture
def tab(visit):
    opened = visit("li.150100", width=1366, height=768)
    yield opened
    opened.axe()


def test_after_a_decision_the_next_filing_is_chosen(site, tab):
    """Row, button, 确定: three clicks; then the list again, without it, the next one chosen and under the fingers."""
    first, second, *_ = waiting_for_review(tab)
    tab.page.locator(f"tr:has(#case-{first}) td").nth(2).click()
    tab.press("审核通过")
    tab.page.locator("#task-dialog[open] textarea").wait_for()
    assert tab.page.evaluate("document.activeElement.id") == "opinion"
    tab.axe()
    tab.press("确定")
    tab.page.wait_for_url("**/cases?*at=*")
    assert f"案件 {first} 已办理：审核通过" in tab.text()
    assert first not in rows(tab)
    assert tab.page.locator(CHOSEN).evaluate_all("all => all.map((each) => each.value)") == [second]
    assert tab.page.evaluate("document.activeElement.id") == f"case-{second}"


def test_a_filing_that_was_looked_at_is_decided_there_and_leads_back_to_the_list(site, tab):
    """Open, 审核不通过 in the same dialog, 确定: the list as it was; so does 返回列表."""
    first, *_ = waiting_for_review(tab)
    tab.page.locator(f"#number-{first} a").click()
    tab.page.wait_for_url(f"**/cases/{first}")
    tab.press("返回列表")
    assert tab.page.locator(CHOSEN).get_attribute("value") == first
    tab.page.locator(f"#case-{first}").press("Enter")
    tab.page.wait_for_url(f"**/cases/{first}")
    tab.press("审核不通过")
    tab.page.locator("#task-dialog[open] textarea").fill("铭牌照片看不清。")
    tab.press("确定", within="#task-dialog")
    tab.page.wait_for_url("**/cases?view=todo*")
    assert first not in rows(tab)


def test_the_list_shows_what_others_have_done(site, visit, tab):
    """When one comes back to it, without a click; what is chosen stays chosen."""
    kept, taken, *_ = reversed(waiting_for_review(tab))
    tab.page.locator(f"#case-{kept}").check()
    colleague = visit("li.150100", javascript=False)
    colleague.go(f"/cases/{taken}")
    colleague.press("审核不通过")
    colleague.page.locator("[name=opinion]").fill("合同缺页。")
    colleague.press("确定")
    assert taken in rows(tab)
    tab.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    tab.page.locator(f"#case-{taken}").wait_for(state="detached")
    assert tab.page.locator(CHOSEN).get_attribute("value") == kept
    tab.page.locator(f"#case-{kept}").press("Enter")
    tab.page.wait_for_url(f"**/cases/{kept}")


@pytest.mark.parametrize("login", ["zhang", "li.150100", "chen.150000", "operator"])
def test_the_list_needs_no_scrolling_sideways(visit, login):
    """At the width of an office's screen."""
    person = visit(login, width=1366, height=768)
    person.go("/cases?view=all")
    assert person.page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.list-scroll'))")


def test_a_refusal_is_chosen_in_the_dialog_of_what_is_not_passed_with_its_ground(site, tab):
    """不予备案 has no button of its own: its legal ground is asked for as soon as it is chosen, and what was typed stays when it is missing."""
    number = site.filed()
    tab.go(f"/cases?view=todo&q={number}")
    tab.page.locator(f"#case-{number}").check()
    tab.press("审核不通过")
    dialog = tab.page.locator("#task-dialog[open]")
    ground = dialog.get_by_label("不予备案依据")
    assert dialog.get_by_role("radio", name="审核不通过").is_checked()
    assert not ground.is_visible()
    dialog.get_by_role("radio", name="不予备案").check()
    ground.wait_for()
    dialog.locator("textarea").fill("属明令淘汰的设备。")
    tab.press("确定", within="#task-dialog")
    dialog.get_by_role("alert").wait_for()
    tab.axe()
    assert dialog.locator("textarea").input_value() == "属明令淘汰的设备。"
    ground.select_option(index=1)
    tab.press("确定", within="#task-dialog")
    site.until(lambda: site.status(number) == "不予备案")
    tab.page.wait_for_url("**/cases?*at=*")
