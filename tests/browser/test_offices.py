"""The pages of those who look after the installation, with JavaScript and without."""

HOHHOT = "/authorities/11150100MB0000001L"


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
