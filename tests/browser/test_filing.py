"""A filing from the owner's form to the public's check, by browser alone, with JavaScript and without."""

import pytest
from filing import decide, filed, serial

OPINION = "出厂编号与产品合格证不一致，请核对后重新提交。"


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


def test_several_are_pushed_together(site, visit, javascript):
    """Two boxes, one button, one confirmation; what became of each is told."""
    numbers = [site.sealed(), site.sealed()]
    tab = visit("li.150100", javascript=javascript)
    tab.go("/cases?status=已签章（待归集）")
    for number in numbers:
        tab.page.locator(f"#case-{number}").check()
    tab.press("归集")
    tab.press("确定")
    assert "已办理 2 条" in tab.text()
    site.until(lambda: [site.status(number) for number in numbers] == ["已归集", "已归集"])
    assert [site.done(number, "归集") for number in numbers] == [["李慧敏"], ["李慧敏"]]
