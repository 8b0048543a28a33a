"""Every page that a person can reach: opened in a real browser, judged by axe, and pictured for the manuals."""

import pytest

PAGES = {
    "zhang": ["/cases", "/start", "/start/new_filing", "/cases/{done}", "/cases/{reject}", "/account"],
    "li.150100": ["/cases", "/cases?view=all", "/cases/{review}", "/sealing", "/statistics", "/push-log"],
    "chen.150000": ["/cases?view=all", "/statistics"],
    "operator": ["/incidents", "/jobs", "/cases/{incident}", "/push-log"],
    "admin": ["/authorities", "/users", "/lanes", "/deployments", "/trail", "/users/zhang"],
    None: ["/verify", "/help", "/nowhere"],
}
"""Addresses by who opens them; in braces the first case of the demonstration of that kind."""

PICTURES = {
    ("zhang", "/start/new_filing"): "apply",
    ("zhang", "/cases/{reject}"): "correct",
    ("li.150100", "/cases"): "worklist",
    ("li.150100", "/cases/{review}"): "case",
    ("li.150100", "/sealing"): "sealing",
    ("li.150100", "/statistics"): "statistics",
    ("operator", "/incidents"): "incidents",
    ("operator", "/jobs"): "jobs",
    ("admin", "/authorities"): "authorities",
    ("admin", "/deployments"): "deployments",
    (None, "/verify"): "verify",
}


@pytest.fixture(scope="module")
def numbers(site):
    """A case of the demonstration for each kind that `PAGES` names."""
    with site.runtime.reading() as uow:
        rows = [uow.cases.by_number(f"2026{n:07}") for n in range(1, 37)]
        stuck = [i.case_id for i, _ in uow.jobs.incidents(only_open=True, case_id=None, limit=5)]

    def first(status, authority="authority:11150100MB0000001L"):
        return next(row.number for row in rows if row.status == status and row.parties["authority"] == authority)

    return {
        "done": first("已归集"),
        "reject": first("审核不通过（待补正）"),
        "review": first("待审核"),
        "incident": next(row.number for row in rows if row.id in stuck),
    }


@pytest.mark.parametrize("login", PAGES, ids=[login or "visitor" for login in PAGES])
def test_every_page_is_accessible(visit, numbers, login):
    """axe finds nothing on it, it asks no other host and breaks no rule of the content policy; the same where the window is narrow."""
    tab = visit(login)
    for path in PAGES[login]:
        tab.go(path.format(**numbers))
        assert tab.status == (404 if path == "/nowhere" else 200), path
        tab.axe()
        if (login, path) in PICTURES:
            tab.screenshot(PICTURES[login, path])
        tab.page.set_viewport_size({"width": 390, "height": 800})
        wide = tab.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{path} is {wide} wide"
        tab.page.set_viewport_size({"width": 1280, "height": 900})


def test_the_menu_leads_everywhere(visit):
    """Each entry of each person's menu opens a page."""
    for login in ("zhang", "li.150100", "chen.150000", "operator", "admin"):
        tab = visit(login)
        places = tab.page.eval_on_selector_all("header a, nav a", "links => links.map(a => a.getAttribute('href'))")
        for place in {each for each in places if each.startswith("/")}:
            tab.go(place)
            assert tab.status == 200, f"{login} {place}"


def test_a_dialog_is_accessible(visit, numbers):
    """The dialog of 审核不通过 above the list: labelled, focused, closed by Escape, and back on the list."""
    tab = visit("li.150100")
    tab.go("/cases")
    tab.page.locator(f"#case-{numbers['review']}").check()
    tab.press("审核不通过")
    dialog = tab.page.locator("dialog[open]")
    dialog.wait_for()
    tab.page.locator("#task-sheet [name=opinion]").wait_for()
    tab.axe()
    tab.screenshot("reject")
    tab.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert tab.page.locator("#worklist").is_visible()
