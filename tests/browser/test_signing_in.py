"""Signing in with a browser, with JavaScript and without."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error


def test_a_reviewer_signs_in_and_out(visit, javascript):
    """He lands where his work lies; after signing out the same address asks him to sign in again."""
    tab = visit("li.150100", javascript=javascript)
    place = urlsplit(tab.page.url).path
    assert place != "/sign-in"
    assert "李慧敏" in tab.text("header")
    tab.press("退出", "header")
    tab.go(place)
    assert urlsplit(tab.page.url).path == "/sign-in"


def test_a_wrong_password_is_told_beside_the_fields(visit, javascript):
    """The login that was typed is still there, the fields are marked, and nobody is signed in."""
    tab = visit(javascript=javascript)
    tab.go("/sign-in")
    tab.page.fill("input[name=login]", "zhang")
    tab.page.fill("input[name=password]", "wrong")
    tab.page.locator("main form button").first.click()
    tab.page.wait_for_load_state()
    assert tab.page.input_value("input[name=login]") == "zhang"
    assert tab.page.get_attribute("input[name=password]", "aria-invalid") == "true"
    assert "SIGN_IN_REFUSED" in tab.text()


def test_the_page_is_accessible(visit):
    tab = visit()
    tab.go("/sign-in")
    tab.axe()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("location.assign('http://127.0.0.1:9/x')", "another host"),
        ("console.error('it failed')", "console: it failed"),
        ("setTimeout(() => { throw new Error('broken') })", "script: broken"),
        ("document.body.append(Object.assign(document.createElement('script'), { textContent: '1' }))", "console: "),
        ("document.body.insertAdjacentHTML('beforeend', '<img src=\"/static/none.svg\" alt=\"\">')", "404: "),
    ],
    ids=["another-host", "console", "script", "policy", "missing-part"],
)
def test_the_tab_complains(visit, script, complaint):
    """What the bench promises to find it finds."""
    tab = visit()
    tab.go("/sign-in")
    try:
        tab.page.evaluate(f"() => {{ {script} }}")
    except Error as error:
        tab.complaints.append(str(error))
    for _ in range(200):
        if any(each.startswith(complaint) for each in tab.complaints):
            break
        tab.page.wait_for_timeout(50)
    else:
        pytest.fail(f"it is not among {tab.complaints}")
    tab.complaints.clear()
