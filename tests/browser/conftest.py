"""A real browser (Debian's Chromium through Playwright) before a real server with its workers, both stand-ins and some weeks of filings.

What a test asks for:

`site`           the running installation, one for the whole session: `site.address`, `site.runtime`, `site.clock` (held), `site.platforms`,
                 `site.status(number)`, `site.waits(number, "审核")`, `site.certificate(number)`, `site.until(condition)`, `site.numbers`.
                 Its filings are those of the demonstration; file your own for what you change: `site.filed()` gives the number of one that
                 waits for its review, `site.sealed()` of one that waits for 归集.
`visit`          a function: `visit("zhang")` gives a `Tab` of a browser of that person's own, already signed in, `visit()` one of a visitor,
                 `visit(…, javascript=False)` one without JavaScript, `visit(…, width=390)` a narrow one.
`javascript`     True, then False: a test that asks for it runs with JavaScript and without.

A `Tab` has `page` (Playwright's), `go("/path")`, `press("审核通过")` (button or link by its words), `fill("标签", "text")`, `choose("标签", "option")`,
`text()` (of the main part), `status` (of the last page), `axe()` (fails on any violation), `screenshot("name")` (to docs/images when the tests run
with `--screenshots`). A tab fails its test at the end when anything was asked of another host, when a script failed, when the content policy was
violated, when a part of a page was missing, or when the server failed.
"""

import os
import shutil
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from desk import own_port
from filing import serial
from office import answers_of
from tab import Tab

import sandbox
from registry.certificates import by_case
from web.app import open_app
from web.cli.paths import read_paths
from web.cli.working import working
from web.composition import Settings, actor_named
from web.demonstration.filing import with_papers
from web.demonstration.installation import make, settings
from web.demonstration.people import PASSWORD
from web.server import serving
from workflow_runtime import cases, inbox, queries
from workflow_runtime.clock import SHANGHAI, ManualClock

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
NOW = datetime(2026, 9, 14, 10, 30, tzinfo=SHANGHAI)
"""When the tests look at the pages: always the same, so that pictures change only when pages do."""

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_addoption(parser):
    parser.addoption("--screenshots", action="store_true", help="write the pictures of docs/images")


def chromium_path():
    """The browser's program, or None."""
    named = os.environ.get("CRANE_CHROMIUM")
    return named or next((path for path in map(shutil.which, ("chromium", "chromium-browser")) if path), None)


class Site:
    """The installation that the browser looks at."""

    def __init__(self, address, app, runtime, clock, platforms):
        self.address, self.app, self.runtime, self.clock, self.platforms = address, app, runtime, clock, platforms
        with runtime.reading() as uow:
            made = map(uow.cases.by_number, (f"{NOW.year}{n:07}" for n in range(1, 100)))
            self.numbers = [row.number for row in made if row is not None]

    def row(self, number):
        with self.runtime.reading() as uow:
            return uow.cases.by_number(number)

    def status(self, number):
        return self.row(number).status

    def waits(self, number, name):
        """Whether a task with this name (审核, 补正, 归集 …) waits in the case."""
        with self.runtime.reading() as uow:
            waiting = uow.tasks.of_case(uow.cases.by_number(number).id, only_open=True)
        return any(task.name == name for task in waiting)

    def filed(self, **changes):
        """File a tower crane of the demonstration's first owner, by use case; its review waits."""
        owner = actor_named(self.runtime, "zhang")
        answers = with_papers(self.runtime, owner, answers_of("tower_crane", serial_no=serial(), **changes))
        with self.runtime.transaction() as uow:
            number = cases.start(uow, "new_filing", owner, answers).number
        self.until(lambda: self.waits(number, "审核"))
        return number

    def sealed(self):
        """A filing that is approved and sealed; its 归集 waits."""
        number, reviewer = self.filed(), actor_named(self.runtime, "li.150100")
        with self.runtime.transaction() as uow:
            [task] = uow.tasks.of_case(uow.cases.by_number(number).id, only_open=True)
            inbox.complete(uow, task.id, reviewer, {}, task.revision, outcome="approve")
        self.until(lambda: self.waits(number, "归集"))
        return number

    def task(self, number):
        """The one task that waits in a case."""
        with self.runtime.reading() as uow:
            [task] = uow.tasks.of_case(uow.cases.by_number(number).id, only_open=True)
        return task

    def done(self, number, name):
        """Who has done the task of this name in a case, each time that it was done, as the history tells it."""
        with self.runtime.reading() as uow:
            told = queries.timeline(uow, actor_named(self.runtime, "li.150100"), number)
        return [entry.who for entry in told if entry.action == "task.completed" and entry.name == name]

    def certificate(self, number):
        with self.runtime.reading() as uow:
            return by_case(uow.connection, number)

    def until(self, reached, seconds=60):
        """Wait until it is so: workers and stand-ins are threads of their own."""
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, "it never came to be so"
            time.sleep(0.02)


@contextmanager
def running(folder):
    """The demonstration's installation, its clock held, in threads of this process."""
    port = own_port()
    make(folder, ("127.0.0.1", port), read_paths((ROOT / "bpmn", ROOT / "forms")), lambda *_: None, now=NOW)
    clock = ManualClock(NOW)
    platforms = sandbox.start(folder / "sandbox", now=clock.now)
    addresses = {"national": platforms.national, "provincial": platforms.provincial}
    environment = {**settings(folder, addresses, f"http://127.0.0.1:{port}"), "CRANE_NATIONAL_PAUSE": "0"}
    runtime, app = open_app(Settings.read(environment), clock=clock)
    try:
        with working(runtime, 2), serving(app, port=port) as address:
            yield Site(address, app, runtime, clock, platforms)
    finally:
        runtime.database.close()
        platforms.stop()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    with running(tmp_path_factory.mktemp("site") / "run") as found:
        yield found


@pytest.fixture(scope="session")
def chromium():
    path = chromium_path()
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium here: install it, or name its program with CRANE_CHROMIUM")
    assert path is not None, "the browser tests must not be left out here: there is no Chromium"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def visit(site, chromium, request):
    tabs = []
    images = IMAGES if request.config.getoption("--screenshots", default=False) else None

    def open_tab(login=None, *, javascript=True, width=1280, height=900):
        context = chromium.new_context(
            java_script_enabled=javascript,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
            base_url=site.address,
            reduced_motion="reduce",
        )
        context.set_default_timeout(60_000)
        tab = Tab(context, site, images, javascript=javascript)
        tabs.append(tab)
        if login is not None:
            tab.sign_in(login, PASSWORD)
        return tab

    yield open_tab
    complaints = [complaint for tab in tabs for complaint in tab.close()]
    assert complaints == []


@pytest.fixture(params=[True, False], ids=["javascript", "plain"])
def javascript(request):
    return request.param
