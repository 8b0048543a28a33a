"""The whole product with both platforms: books, diagrams, handlers, call-backs through real HTTP. Only the clock is held."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from spare import an_app, platforms
from urllib3.util import Retry
from workbench import MONDAY

import sandbox
from registry.certificates import by_case
from registry.exchanges import exchanges
from registry.rules import FORM_RULES
from web.composition import Settings, actor_named, open_runtime, prepare_database
from web.demonstration.filing import with_papers
from web.demonstration.people import enter_people
from web.server import serving
from workflow_runtime import cases, inbox, queries
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.bundles import BundleCache
from workflow_runtime.clock import ManualClock
from workflow_runtime.deployment import deploy
from workflow_runtime.worker import drain

ROOT = Path(__file__).parents[1]
ASKING = requests.Session()
"""How a test speaks with the platforms: one that refuses connections for a moment is asked again."""
ASKING.mount("http://", HTTPAdapter(max_retries=Retry(total=40, backoff_factor=0.02, backoff_max=0.2)))
ASKING.headers["Connection"] = "close"
ADMINISTRATOR = Actor("admin", "管理员", "system", frozenset(Grant(role, "system") for role in ("administrator", "analyst", "operator")))

PATIENCE = 60.0
"""Seconds to wait for something that comes from another thread or process."""


def answers_of(name, **changes):
    """A demonstration filing's answers: `tower_crane` or `hoist`."""
    return {**json.loads(files("web.demonstration").joinpath(f"{name}.json").read_bytes()), **changes}


def product_files():
    return [
        (p.name, p.read_bytes())
        for folder in ("bpmn", "forms")
        for p in sorted((ROOT / folder).iterdir())
        if p.suffix in (".bpmn", ".dmn", ".form")
    ]


def furnished(address):
    """Fills an empty database: tables, books, the demonstration's people, the product's diagrams."""
    runtime = open_runtime(Settings.read({"CRANE_DATABASE_URL": address}), clock=ManualClock(MONDAY))
    prepare_database(runtime)
    with runtime.transaction() as uow:
        enter_people(uow, ADMINISTRATOR)
    with runtime.transaction() as uow:
        deploy(uow, ADMINISTRATOR, product_files())
    runtime.database.close()


BUNDLES = BundleCache(FORM_RULES)
"""Bundles are named by their contents: the offices of all tests read the same ones."""


class Office:
    """One installation on a furnished database. Use as a context manager."""

    def __init__(self, address, folder, clock, **environment):
        self.address, self.folder, self.clock = address, folder, clock
        self.given = environment
        self.stack = ExitStack()

    def __enter__(self):
        provincial = sandbox.ProvincialSettings(delivery=sandbox.Delivery(attempts=3, first=0.02))
        self.platforms = platforms(self.folder / "sandbox", provincial=provincial, now=self.clock.now)
        self.stack.callback(self.platforms.stop)
        self.environment = {
            "CRANE_DATABASE_URL": self.address,
            "CRANE_NATIONAL_URL": self.platforms.national,
            "CRANE_NATIONAL_CLIENT_ID": "crane-demo",
            "CRANE_NATIONAL_CLIENT_SECRET": "crane-demo-secret",
            "CRANE_NATIONAL_KEY_FILE": str(self.folder / "sandbox" / "national-client-key.pem"),
            "CRANE_NATIONAL_PAUSE": "0",
            "CRANE_TRUST": str(self.folder / "sandbox" / "pki" / "trust"),
            "CRANE_PROVINCIAL_URL": self.platforms.provincial,
            "CRANE_PROVINCIAL_APP_KEY": "crane-demo",
            "CRANE_PROVINCIAL_APP_SECRET": "crane-demo-seal-secret",
            "CRANE_READ_SECONDS": "5",
            "CRANE_BREAKER_FAILURES": "1000",
            **self.given,
        }
        self.environment["CRANE_PUBLIC_URL"] = self.stack.enter_context(serving(self.stack.enter_context(an_app(self._opened()))))
        self.runtime = self._opened()
        self.administrator = ADMINISTRATOR
        self.owner, self.other_owner = actor_named(self.runtime, "zhang"), actor_named(self.runtime, "wang")
        self.reviewer = actor_named(self.runtime, "li.150100")
        return self

    def _opened(self):
        runtime = open_runtime(Settings.read(self.environment), clock=self.clock)
        runtime.bundles = BUNDLES
        self.stack.callback(runtime.database.close)
        return runtime

    def __exit__(self, *failure):
        self.stack.close()

    # what people do

    def file(self, name="tower_crane", owner=None, business="new_filing", **changes):
        who = owner or self.owner
        given = with_papers(self.runtime, who, answers_of(name, **changes))
        with self.runtime.transaction() as uow:
            return cases.start(uow, business, who, given).number

    def complete(self, number, element, actor=None, outcome=None, opinion="", **answers):
        task = next(t for t in self.tasks(number) if t.element == element)
        with self.runtime.transaction() as uow:
            return inbox.complete(uow, task.id, actor or self.reviewer, answers, task.revision, outcome=outcome, opinion=opinion)

    def approve(self, number):
        self.until(lambda: "review" in self.waiting(number))
        return self.complete(number, "review", outcome="approve")

    def to_the_button(self, number):
        """Approve, and let it be coded, sealed, fetched and issued: the 归集 button waits."""
        self.approve(number)
        self.until(lambda: "aggregate_button" in self.waiting(number))

    def push(self, number):
        self.complete(number, "aggregate_button", outcome="push")
        self.work()

    # what happens meanwhile

    def work(self):
        return drain(self.runtime).total()

    def pass_time(self, **by):
        from datetime import timedelta

        self.clock.advance(timedelta(**by))
        return self.work()

    def until(self, reached):
        """Work until it is so; what comes from other threads may take a moment."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.work()
            if reached():
                return
            assert time.monotonic() < deadline, "it never came to be so"
            time.sleep(0.01)

    # what can be seen

    def case(self, number):
        with self.runtime.reading() as uow:
            return uow.cases.by_number(number)

    def status(self, number):
        return self.case(number).status

    def variables(self, number):
        return self.case(number).variables

    def tasks(self, number):
        with self.runtime.reading() as uow:
            return uow.tasks.of_case(uow.cases.by_number(number).id, only_open=True)

    def waiting(self, number):
        return sorted(t.element for t in self.tasks(number))

    def timeline(self, number, who=None):
        with self.runtime.reading() as uow:
            return queries.timeline(uow, who or self.owner, number)

    def incidents(self, number):
        with self.runtime.reading() as uow:
            return [i for i, _ in uow.jobs.incidents(only_open=True, case_id=uow.cases.by_number(number).id, limit=20)]

    def certificate(self, number):
        with self.runtime.reading() as uow:
            return by_case(uow.connection, number)

    def exchanges(self, number):
        with self.runtime.reading() as uow:
            return exchanges(uow.connection, number)

    # the platforms

    def misbehave(self, platform, mode, path="*", **more):
        address = getattr(self.platforms, platform)
        ASKING.post(f"{address}/control/misbehave", json={"mode": mode, "path": path, **more}, timeout=60).raise_for_status()

    def behave(self, platform):
        ASKING.delete(f"{getattr(self.platforms, platform)}/control/misbehave", timeout=60).raise_for_status()

    def held(self, platform, what="effects"):
        """What a platform has on its books, or what it has received, as it tells a test."""
        return ASKING.get(f"{getattr(self.platforms, platform)}/{what}", timeout=120).json()

    def all_effects(self):
        """How often the platforms coded each certificate number, aggregated each identifier, and sealed each number."""
        national, seals = self.held("national"), self.held("provincial")["seal"]
        return (
            Counter(row["certNum"] for row in national["fm"]),
            Counter(row["zzeCertID"] for row in national["gj"]),
            Counter(row["certificateNo"] for row in seals),
        )

    def effects(self, number, among=None):
        """How many 赋码, 归集 and seal requests the platforms hold for this case's certificate, or held when all were asked for."""
        found = self.certificate(number)
        if found is None:
            return (0, 0, 0)
        coded, aggregated, sealed = self.all_effects() if among is None else among
        return (coded[found.number], aggregated[found.identifier], sealed[found.number])
