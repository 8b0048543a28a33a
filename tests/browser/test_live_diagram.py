"""The live diagram of a case: what is drawn agrees with the outline below it, and nobody needs the drawing."""

import pytest

from web.composition import actor_named
from workflow_runtime import queries

OF_WAITING = "#outlines [data-element][data-state='waiting']"


REVIEWER = "li.150100"


@pytest.fixture
def number(site):
    """A filing that waits for its review."""
    reviewer = actor_named(site.runtime, REVIEWER)
    with site.runtime.reading() as uow:
        return queries.inbox(uow, reviewer, element="review")[0].number


def drawn(tab, number):
    tab.go(f"/cases/{number}")
    tab.page.locator(".diagram-canvas .djs-shape").first.wait_for()
    return tab.page


def marked(page):
    return page.locator(".djs-element.place-waiting").evaluate_all("all => all.map(each => each.dataset.elementId)")


def test_the_drawing_marks_the_places_of_the_outline(visit, number):
    tab = visit(REVIEWER)
    page = drawn(tab, number)
    assert marked(page) == ["review"]
    assert page.locator(OF_WAITING).evaluate_all("all => all.map(each => each.dataset.element)") == ["review"]
    assert page.locator(".bjs-powered-by").is_visible()
    tab.axe()


def test_another_process_is_a_button_away(visit, number):
    page = drawn(visit(REVIEWER), number)
    page.get_by_role("button", name="证照签发").click()
    page.locator(".djs-element[data-element-id='await_seal']").wait_for()
    assert marked(page) == []
    assert page.locator("#outlines details[open] [data-process]").get_attribute("data-process") == "issue_certificate"


def test_the_drawing_moves_by_keyboard(visit, number):
    page = drawn(visit(REVIEWER), number)
    viewport = page.locator(".djs-container .viewport").first
    before = viewport.get_attribute("transform")
    page.locator(".djs-container svg").first.focus()
    page.keyboard.press("Control+ArrowRight")
    assert viewport.get_attribute("transform") != before


def test_without_javascript_the_outline_tells_it_all(visit, number):
    tab = visit(REVIEWER, javascript=False)
    tab.go(f"/cases/{number}")
    assert not tab.page.locator(".diagram-drawing").is_visible()
    assert tab.page.locator(OF_WAITING).first.is_visible()


def test_a_narrow_screen_does_not_scroll_sideways(visit, number):
    page = drawn(visit(REVIEWER, width=390), number)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
