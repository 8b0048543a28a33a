"""The runtime with people, lanes and small handlers of its own: what the tests of the runtime work with. No cranes here."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workflow_runtime import cases, deployment, inbox, queries
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.errors import BusinessError, RemoteTransient, RemoteUnknown, Text
from workflow_runtime.forms import FormRules
from workflow_runtime.handlers import Backoff, service_task
from workflow_runtime.jobs import run_job
from workflow_runtime.messages import receive_message
from workflow_runtime.notices import Notice
from workflow_runtime.runtime import Runtime
from workflow_runtime.store.rows import LaneRow
from workflow_runtime.worker import drain

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday 2026-03-02, 09:00 in Hohhot."""

OWNER = Actor("zhang", "张三", "owner:A", frozenset({Grant("applicant", "owner:A")}))
OTHER_OWNER = Actor("wang", "王五", "owner:B", frozenset({Grant("applicant", "owner:B")}))
REVIEWER = Actor("li", "李四", "authority:H", frozenset({Grant("reviewer", "authority:H")}))
SECOND_REVIEWER = Actor("zhao", "赵六", "authority:H", frozenset({Grant("reviewer", "authority:H")}))
SAFETY = Actor("qian", "钱七", "authority:H", frozenset({Grant("reviewer", "authority:H/安全科")}))
LICENSING = Actor("sun", "孙八", "authority:H", frozenset({Grant("reviewer", "authority:H/审批科")}))
STRANGER = Actor("zhou", "周九", "authority:B", frozenset({Grant("reviewer", "authority:B")}))
OPERATOR = Actor("wu", "吴十", "system", frozenset({Grant("operator", "system")}))
ANALYST = Actor("zheng", "郑一", "system", frozenset({Grant("analyst", "system")}))

LANES = [
    LaneRow("产权单位", "applicant", "owner"),
    LaneRow("发证机关", "reviewer", "authority"),
    LaneRow("安全科", "reviewer", "authority/安全科"),
    LaneRow("审批科", "reviewer", "authority/审批科"),
]


def form(key, *fields, **more):
    """A form file with text fields (`name` or `name!` for a required one)."""
    components = [
        {
            "type": "textfield",
            "id": f"f_{name.rstrip('!')}",
            "key": name.rstrip("!"),
            "label": name.rstrip("!"),
            "validate": {"required": name.endswith("!")},
        }
        for name in fields
    ]
    document = {"schemaVersion": 18, "type": "default", "id": key, "components": [*components, *more.get("components", [])]}
    return f"{key}.form", json.dumps(document, ensure_ascii=False).encode()


@dataclass
class Outside:
    """The other system of the tests: counts effects by key and misbehaves when told to."""

    effects: list = field(default_factory=list)
    plan: list = field(default_factory=list)
    inquiries: int = 0

    def send(self, key, value):
        step = self.plan.pop(0) if self.plan else "ok"
        if step == "transient":
            raise RemoteTransient(Text("对方繁忙", "busy"))
        if step == "later":
            raise RemoteTransient(Text("对方繁忙", "busy"), retry_after=600)
        if step == "refuse":
            raise BusinessError("REFUSED", Text("对方拒绝", "refused"), Text("请更正", "mend it"))
        if step == "other":
            raise BusinessError("OTHER", Text("另一个错误", "another error"))
        if step == "bug":
            raise ZeroDivisionError("a defect")
        if step != "lost before":
            self.effects.append((key, value))
        if step.startswith("lost"):
            raise RemoteUnknown(Text("没有回音", "no answer"))
        return {"value": value, "key": key}


def handlers(outside):
    """A catalogue of small handlers around one outside system."""

    class Module:
        __name__ = __name__

    @service_task(
        "outside.send", replay="inquire", timeout=1, retry=Backoff(first=5, factor=2, cap=60, attempts=4), errors=("REFUSED", "OTHER")
    )
    def send(ctx, value: str | None = None) -> dict:
        return outside.send(ctx.key, value)

    @send.inquire
    def sent(ctx, value: str | None = None) -> dict | None:
        outside.inquiries += 1
        return next(({"value": v, "key": k, "inquired": True} for k, v in outside.effects if k == ctx.key), None)

    @service_task("outside.manual", replay="manual", timeout=1, retry=Backoff(first=5, attempts=4))
    def by_hand(ctx, value: str | None = None) -> dict:
        return outside.send(ctx.key, value)

    @service_task("outside.keyed", replay="key", timeout=1, retry=Backoff(first=5, attempts=4))
    def keyed(ctx, value: str | None = None) -> dict:
        return outside.send(ctx.key, value)

    @service_task("local.note", local=True, errors=("REFUSED",))
    def note(ctx, value: str | None = None, fail: str | None = None) -> dict:
        if fail == "refuse":
            raise BusinessError("REFUSED", Text("不行", "no"), Text("请更正", "mend it"))
        if fail == "bug":
            raise ZeroDivisionError("a defect")
        return {"noted": value}

    @service_task("local.say", local=True)
    def say(ctx, text: str) -> Notice:
        return Notice("SAID", {"zh": text, "en": text}, {"zh": "请更正", "en": "mend it"}, ctx.name, ctx.clock.now())

    catalogue = Catalogue(lambda call: call)
    module = Module()
    for function in (send, by_hand, keyed, note, say):
        setattr(module, function.__handler__.name, function)
    catalogue.collect(module)
    return catalogue


class Workbench:
    """One runtime and the shortest way to each of its use cases."""

    def __init__(self, database, clock, *, outside=None, catalogue=None, rules=None):
        self.clock = clock
        self.database = database
        self.outside = outside or Outside()
        self.runtime = Runtime(database=database, catalogue=catalogue or handlers(self.outside), clock=clock, rules=rules or FormRules())
        with self.runtime.transaction() as uow:
            for lane in LANES:
                uow.library.keep_lane(lane)

    def again(self):
        """Another process on the same database: nothing in memory."""
        return Workbench(self.database, self.clock, outside=self.outside)

    def deploy(self, *files, actor=ANALYST):
        named = [(f"file{n}.bpmn", f) if isinstance(f, bytes) else f for n, f in enumerate(files)]
        with self.runtime.transaction() as uow:
            return deployment.deploy(uow, actor, named)

    def start(self, business="business", actor=OWNER, answers=None, parties=None):
        with self.runtime.transaction() as uow:
            return cases.start(uow, business, actor, answers or {}, parties or {"authority": "authority:H"})

    def tasks(self, case, actor=None):
        with self.runtime.reading() as uow:
            row = uow.cases.by_number(case.number)
            return [t for t in uow.tasks.of_case(row.id, only_open=True) if actor is None or actor.may_work(t.role, t.party)]

    def waiting(self, case):
        return sorted(t.element for t in self.tasks(case))

    def task(self, case, element):
        return next(t for t in self.tasks(case) if t.element == element)

    def complete(self, case, element, actor=REVIEWER, outcome=None, answers=None, opinion="", edits=None):
        task = self.task(case, element)
        with self.runtime.transaction() as uow:
            return inbox.complete(uow, task.id, actor, answers or {}, task.revision, outcome=outcome, opinion=opinion, edits=edits)

    def use(self, use_case, *arguments, **named):
        with self.runtime.transaction() as uow:
            return use_case(uow, *arguments, **named)

    def message(self, case, name, payload=None, key="1"):
        return self.use(receive_message, case.number, name, payload or {}, key)

    def work(self):
        """Do everything that is due now."""
        return drain(self.runtime).total()

    def one_job(self, worker="w"):
        return run_job(self.runtime, worker)

    def pass_time(self, **by):
        from datetime import timedelta

        self.clock.advance(timedelta(**by))
        return self.work()

    def case(self, case):
        with self.runtime.reading() as uow:
            return uow.cases.by_number(case.number)

    def variables(self, case):
        return self.case(case).variables

    def jobs(self, case):
        with self.runtime.reading() as uow:
            return uow.jobs.of_case(uow.cases.by_number(case.number).id)

    def incidents(self, case):
        with self.runtime.reading() as uow:
            return [i for i, _ in uow.jobs.incidents(only_open=True, case_id=uow.cases.by_number(case.number).id, limit=50)]

    def timeline(self, case):
        with self.runtime.reading() as uow:
            return queries.timeline(uow, OPERATOR, case.number)

    @contextmanager
    def statements(self):
        """Counts the SQL statements of a block."""
        from sqlalchemy import event

        seen = []

        def count(_connection, _cursor, statement, *_):
            seen.append(statement)

        event.listen(self.database.engine, "before_cursor_execute", count)
        try:
            yield seen
        finally:
            event.remove(self.database.engine, "before_cursor_execute", count)
