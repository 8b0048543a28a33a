"""A reviewer without a mouse."""

STOPS = 60
"""More stops of the Tab key than a page has before its list."""

FOCUSED = "document.activeElement"


def tab_to(page, reached, key="Tab"):
    """Press the key until the focus is where it should be; every stop on the way can be seen."""
    for _ in range(STOPS):
        page.keyboard.press(key)
        assert page.evaluate(f"{FOCUSED}.checkVisibility()"), page.evaluate(f"{FOCUSED}.outerHTML.slice(0, 200)")
        if page.evaluate(reached):
            return
    raise AssertionError(f"{key} never comes to {reached}")


def test_a_filing_is_found_looked_at_and_approved(site, visit):
    number = site.filed()
    tab = visit("li.150100")
    page = tab.page
    tab.go("/cases")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUSED}.getAttribute('href')") == "#main"

    tab_to(page, f"{FOCUSED}.id === 'q'")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases?*q={number}*")

    tab_to(page, f"{FOCUSED}.name === 'case'")
    page.keyboard.press("Space")
    assert page.locator(f"#case-{number}").is_checked()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{number}")
    page.go_back()

    tab_to(page, f"{FOCUSED}.name === 'case'")
    page.keyboard.press("Space")
    tab_to(page, f"{FOCUSED}.textContent.trim() === '审核通过'", "Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("#task-sheet").wait_for()
    assert page.evaluate(f"document.querySelector('dialog[open]').contains({FOCUSED})")

    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    assert page.evaluate(f"{FOCUSED}.textContent.trim()") == "审核通过"
    assert site.waits(number, "审核")

    page.keyboard.press("Enter")
    page.locator("#task-sheet").wait_for()
    if not page.evaluate(f"{FOCUSED}.name === 'opinion'"):
        tab_to(page, f"{FOCUSED}.name === 'opinion'")
    page.keyboard.type("同意备案。")
    tab_to(page, f"{FOCUSED}.textContent.trim() === '确定'")
    page.keyboard.press("Enter")
    site.until(lambda: not site.waits(number, "审核"))
    assert site.done(number, "审核") == ["李慧敏"]
