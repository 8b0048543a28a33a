"""The pages of those who look after the installation, with real filings in them: readable for everybody, with JavaScript and without."""

import pytest

HOHHOT = "/authorities/11150100MB0000001L"
PAGES = {
    "operator": ("/incidents", "/jobs", "/push-log", "/statistics"),
    "admin": (
        "/authorities",
        HOHHOT,
        "/authorities/new",
        "/users",
        "/users/zhang",
        "/users/new",
        "/lanes?lane=发证机关",
        "/deployments",
        "/trail?stream=user",
        "/trail/verification?stream=user",
    ),
    "chen.150000": ("/statistics",),
}


@pytest.mark.parametrize("login", sorted(PAGES))
def test_every_page_is_accessible(visit, login):
    tab = visit(login)
    for path in PAGES[login]:
        tab.go(path)
        assert tab.status == 200, path
        tab.axe()


def test_an_incident_is_told_and_its_documents_unfold(visit, javascript):
    tab = visit("operator", javascript=javascript)
    tab.go("/incidents?all=1")
    tab.page.locator("main tbody a").first.click()
    assert "推送日志" in tab.text()
    tab.page.locator("summary").first.click()
    assert tab.page.locator("details[open] pre").first.is_visible()
    if javascript:
        tab.axe()


def test_the_preconditions_are_asked_for(visit, javascript):
    tab = visit("admin", javascript=javascript)
    tab.go(HOHHOT)
    tab.press("检测")
    assert "检测完成" in tab.text()


def test_a_wrong_prefix_is_marked_and_kept(visit, javascript):
    tab = visit("admin", javascript=javascript)
    tab.go(HOHHOT)
    tab.fill("编号前缀", "AA")
    tab.press("保存")
    assert "应为省份简称加两位字母" in tab.text()
    assert tab.page.get_by_label("编号前缀").input_value() == "AA"


def test_a_narrow_screen_scrolls_only_the_table(visit):
    tab = visit("operator", width=390)
    for path in PAGES["operator"]:
        tab.go(path)
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
