"""Every page that a person can open, in a real browser: each route of the application, with real things of the demonstration, for everybody it is open to.

The routes come from the application, so a new page is covered by being there; a parameter that this file does not know is a failure.
"""

from itertools import islice, product
from urllib.parse import urlsplit

import pytest

from registry.legacy_import.uploads import keep
from registry.legacy_register import search
from web.access import access_of
from web.composition import actor_named
from web.showing.manual import PAGES
from workflow_runtime import queries, startable

NO_PAGES = {
    "static", "health.healthz", "health.readyz", "help.image", "tasks.dialog", "case.standing", "case.qr", "case.diagram",
    "case.certificate_file", "public.qr", "public.file", "public.picture", "public.copy", "certificate_files.archive", "uploads.attachment", "statistics.download", "trail.export",
    "legacy_import.report",
}  # fmt: skip
"""What answers with a part of a page or with a file."""

SEARCHES = {
    "li.150100": ("/cases?view=all", "/cases?view=all&status=待审核&overdue=1", "/cases?q=没有", "/cases/bulk?button=push&case={sealed}&case={reviewed}"),
    "chen.150000": ("/cases?view=all",),
    "operator": ("/incidents?all=1", "/push-log?number={sealed}"),
    "admin": ("/lanes?lane=发证机关", "/trail?stream=user", "/trail?number={sealed}", "/trail/verification?stream=user"),
    None: ("/nowhere", "/verify/NOTHING", "/preview/NOTHING"),
}  # fmt: skip
"""Pages that show something else when they are asked for something; `/nowhere` and the like say so."""

PEOPLE = ("zhang", "li.150100", "chen.150000", "operator", "admin", None)

SCREEN, TELEPHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 800}

CONTRAST = "color-contrast"
AXE = {"zh-CN": {"rules": {CONTRAST: {"enabled": False}}}, "en": {"runOnly": [CONTRAST]}}
"""The contrast of colours takes longest to judge and is the same for all pages of a route: it is judged once for each, in English."""

FACTS = """() => ({
    lang: document.documentElement.lang,
    title: document.title.trim(),
    h1: document.querySelectorAll('h1').length,
    wide: document.documentElement.scrollWidth - innerWidth,
})"""


class Walk:
    """The addresses of every page that one person can open."""

    def __init__(self, site, login):
        self.site, self.actor = site, actor_named(site.runtime, login) if login else None
        with site.runtime.reading() as uow:
            self.rows = [row for row in map(uow.cases.by_number, site.numbers) if self.actor and queries.may_see(uow, self.actor, row)]
            self.things = self.known(uow) if self.actor else {}
        certificate = site.certificate(next(n for n in site.numbers if site.status(n) == "已归集"))
        self.things |= {"code": [certificate.verification_code], "name": list(PAGES)}
        self.named = {"sealed": self.first("已签章（待归集）"), "reviewed": self.first("待审核")}

    def known(self, uow):
        """Cases of each status, tasks of each kind, open and done."""
        kinds = {row.status: row.number for row in reversed(self.rows)}
        waiting = {item.task.element: item.task.id for item in queries.inbox(uow, self.actor)}
        done = [t.id for row in self.rows for t in uow.tasks.of_case(row.id) if t.completed_by == self.actor.id]
        return {
            "number": list(kinds.values()) if self.actor.has_role("reviewer") else list(kinds.values())[:1],
            "task_id": [*waiting.values(), *done[:1]],
            "business": [each.id for each in startable.businesses_to_start(uow, self.actor)],
            "incident_id": [incident.id for incident, _ in uow.jobs.incidents(only_open=False, case_id=None, limit=1)],
            "login": ["zhang", "li.150100"],
            "entry_id": [entry.id for entry in search(uow.connection, limit=2)],
            "upload_id": [self.upload()] if self.actor.has_role("administrator") else [],
        }

    def upload(self):
        """An old register with something of everything, that waits for this person's word."""
        rows = "备案编号,产权单位,制造单位,出厂编号,出厂日期,备注\n新-1,甲,乙,丙-1,2014年4月,=1+1\n新-2,,乙,丙-2,,\n合计,2台,,,,\n"
        with self.site.runtime.transaction() as uow:
            return keep(uow, self.actor, "11150100MB0000001L", "登记簿.csv", rows.encode(), replacing=False)

    def first(self, status):
        return next((row.number for row in self.rows if row.status == status and row.parties["authority"].endswith("0001L")), "")

    def addresses(self, *, one_each=False):
        """`one_each`: for each route the first thing alone. What is open to everybody is the visitor's to look at."""
        for rule in sorted(self.site.app.url_map.iter_rules(), key=lambda each: each.rule):
            declared = access_of(self.site.app.view_functions[rule.endpoint], "GET")
            page = "GET" in rule.methods and rule.endpoint not in NO_PAGES and not rule.rule.startswith("/api/")
            if page and declared.lets_in(self.actor) and (self.actor is None or not declared.public):
                yield from islice(self.built(rule), 1 if one_each else None)
        yield from (each.format(**self.named) for each in SEARCHES.get(self.actor and self.actor.id, ()))

    def built(self, rule):
        names = sorted(rule.arguments)
        values = [self.values(rule, name) for name in names]
        if rule.endpoint in ("case.withdraw", "tasks.delegate"):
            values = [each[:1] for each in values]
        for chosen in product(*values):
            with self.site.app.test_request_context():
                yield rule.build(dict(zip(names, chosen, strict=True)))[1]

    def values(self, rule, name):
        if rule.rule.startswith("/authorities/"):
            return ["11150100MB0000001L"]
        if rule.endpoint in ("case.cancel", "case.suspend", "case.resume"):
            return [self.first("待审核")]
        return self.things[name]


def looked_at(tab, address, language):
    """What is wrong with the page at this address."""
    tab.page.set_viewport_size(SCREEN)
    tab.go(address)
    path, wrong = urlsplit(tab.page.url).path, []
    strange = address in SEARCHES[None]
    if tab.status != (404 if strange else 200):
        wrong.append(f"status {tab.status}")
    if path == "/sign-in" and address not in ("/", "/sign-in"):
        wrong.append("asks to sign in")
    facts = tab.page.evaluate(FACTS)
    tab.page.set_viewport_size(TELEPHONE)
    narrow = tab.page.evaluate(FACTS)["wide"]
    if language == "zh-CN":  # each width is judged in one of the languages
        tab.page.set_viewport_size(SCREEN)
    found = tab.violations(**AXE[language])
    expected = {"lang": language, "h1": 1}
    wrong += [f"{name} {facts[name]}" for name, value in expected.items() if facts[name] != value]
    wrong += [] if facts["title"] else ["no title"]
    wrong += [f"{by} px wider than a {name}" for name, by in (("screen", facts["wide"]), ("telephone", narrow)) if by > 0]
    return [f"{address}: {each}" for each in [*wrong, *found]]


@pytest.mark.parametrize("login", PEOPLE, ids=[login or "visitor" for login in PEOPLE])
def test_every_page(site, visit, login):
    """In both languages: served, accessible, in its language, with one heading and a title, no wider than its window; the tab watches the rest."""
    tab, walk = visit(login), Walk(site, login)
    wrong = [each for address in walk.addresses() for each in looked_at(tab, address, "zh-CN")]
    tab.go("/sign-in")
    tab.press("English", "header")
    wrong += [each for address in walk.addresses(one_each=True) for each in looked_at(tab, address, "en")]
    assert wrong == [], "\n" + "\n".join(wrong)


def test_the_menu_leads_everywhere(visit):
    """Each entry of each person's menu opens a page."""
    for login in PEOPLE:
        tab = visit(login)
        tab.go("/help")
        places = tab.page.eval_on_selector_all("header a, nav a, footer a", "links => links.map(a => a.getAttribute('href'))")
        for place in {each for each in places if each.startswith("/")}:
            answer = tab.context.request.get(place)
            assert answer.status == 200, f"{login} {place}"


def test_a_dialog_is_accessible(site, visit):
    """The dialog of 审核不通过 above the list: labelled, focused, closed by Escape, and back on the list."""
    tab = visit("li.150100")
    tab.go("/cases?status=待审核")
    tab.page.locator("#worklist input[name=case]").first.check()
    tab.press("审核不通过")
    dialog = tab.page.locator("dialog[open]")
    dialog.wait_for()
    tab.page.locator("#task-sheet [name=opinion]").wait_for()
    tab.axe()
    tab.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert tab.page.locator("#worklist").is_visible()
