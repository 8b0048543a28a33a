"""What owners and reviewers do with a browser, step by step."""

from itertools import count
from urllib.parse import urlsplit

from office import answers_of

from web.demonstration.filing import PAPERS
from web.demonstration.papers import pdf

SERIALS = count(1)


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


def choose(tab, number, button, *, twice=False):
    """Choose a row of the list and press a button above it."""
    tab.go(f"/cases?q={number}")
    tab.page.locator(f"#case-{number}").check()
    found = tab.page.locator("#worklist").get_by_role("button", name=button, exact=True)
    found.dblclick() if twice else found.click()


def decide(tab, number, button, opinion=None):
    """The same, and confirm."""
    choose(tab, number, button)
    # In a dialog with a script, on a page without one; a task with one outcome calls its button by it.
    confirm = tab.page.locator("#task-sheet button.btn-primary, .task-buttons button.btn-primary").first
    confirm.wait_for()
    if opinion:
        tab.page.locator("[name=opinion]").fill(opinion)
    confirm.click()
    tab.page.get_by_text(f"案件 {number} 已办理").wait_for()  # with a script the page goes on only when the answer is there


def serial():
    return f"ZL2026-{next(SERIALS):04}"
