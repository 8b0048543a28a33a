"""An office at random: owners, reviewers and an operator do whatever the use cases let them do and more, workers die, platforms fail, time passes.

After each act the books agree with themselves and with the platforms. `make chaos` plays many more.
"""

from collections import Counter
from functools import partial

import deeds
import pytest
from doomed import deed
from hypothesis import HealthCheck, Phase
from hypothesis import settings as how_many
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from office import ROOT, answers_of
from sqlalchemy import select

from web.composition import actor_named
from web.demonstration.filing import with_papers
from workflow_runtime import cases, inbox
from workflow_runtime.actors import SYSTEM
from workflow_runtime.audit import digest, entries_of, verify
from workflow_runtime.deployment import deploy
from workflow_runtime.errors import Failure, NotAllowed, NotFound
from workflow_runtime.incidents import retry_incident
from workflow_runtime.migration.batches import begin_migration, run_batch
from workflow_runtime.migration.mapping import ElementMap
from workflow_runtime.migration.undoing import undo_migration
from workflow_runtime.stepping import CASE, Step
from workflow_runtime.store.tables import incidents, jobs, user_tasks
from workflow_runtime.trail import case_stream

PEOPLE = ("zhang", "wang", "li.150100", "li.150200", "sun.150100", "chen.150000", "operator")
LATER = (5.0, 700.0, 90_000.0, 900_000.0)
"""Seconds that pass: until a poll, over night, past most deadlines."""
FAULTS = (
    "http-500",
    "http-503",
    "http-403",
    "reset-after",
    "answer-lost",
    "truncated",
    "html",
    "refuse",
    "no-callback",
    "duplicate-callback",
)
OUTCOMES = ("approve", "push", "retry", "recode")
"""What leads on."""
ANY = (*OUTCOMES, "reject", "return", "", None)
LONGEST = 12
"""Rounds of a day in which whatever is left comes to an end, to a person or to an incident."""
WHICH, WHO = st.integers(0, 1_000), st.integers(0, len(PEOPLE) - 1)
"""Chosen before it is known among how many: what is drawn must not depend on what real processes did."""


def nth(found, which):
    return found[which % len(found)]


@pytest.fixture(scope="module")
def settings():
    return {"CRANE_READ_SECONDS": "0.5"}


class RandomOffice(RuleBasedStateMachine):
    """`office` and `doom` are the test's; `seen` counts what happened."""

    office = doom = seen = None

    def __init__(self):
        super().__init__()
        self.runtime, self.numbers, self.filed, self.sealed, self.batches = self.office.runtime, [], {}, {}, []
        self.operator = self.office.people[-1]

    # acts

    def tried(self, name, act, case=None):
        """Done, or refused in words without a trace in the case."""
        before, refused = self.done_by_people(case), None
        try:
            with self.runtime.transaction() as uow:
                act(uow)
        except Failure as failure:
            refused = failure
        self.seen[name if refused is None else f"{name}: {refused.code}"] += 1
        if refused is not None:
            assert all(refused.message), refused.code
            assert before == self.done_by_people(case), f"{name} was refused as {refused.code} and has left a trace"
        return refused

    def done_by_people(self, number):
        """Platforms call back meanwhile."""
        with self.runtime.reading() as uow:
            told = entries_of(uow.audit_rows, case_stream(number)) if number else []
        return [entry for entry in told if entry.actor != SYSTEM.id]

    def task(self, which):
        """Some task of some case, open or not; None when there is none."""
        number = nth(self.numbers, which)
        with self.runtime.reading() as uow:
            found = uow.tasks.of_case(uow.cases.by_number(number).id)
        return (number, nth(found, which)) if found else (number, None)

    @rule(kind=st.sampled_from(["tower_crane", "hoist"]), again=st.booleans())
    def file(self, kind, again):
        serial = self.filed[self.numbers[-1]][1] if again and self.numbers else next(self.office.serials)
        owner, made = self.office.owner if kind == "tower_crane" else self.office.other_owner, []
        answers = with_papers(self.runtime, owner, answers_of(kind, serial_no=serial))
        self.tried("file", lambda uow: made.append(cases.start(uow, "new_filing", owner, answers).number))
        self.numbers += made
        self.filed |= dict.fromkeys(made, (kind, serial))

    @precondition(lambda self: self.numbers)
    @rule(which=WHICH, who=WHO, stale=st.integers(0, 4), outcome=st.sampled_from(ANY), opinion=st.sampled_from(["", "材料齐全"]))
    def decide_anyhow(self, which, who, stale, outcome, opinion):
        """Who may or may not, what is open or done, as seen now or before, with a button that there is or not."""
        (number, task), who = self.task(which), self.office.people[who]
        if task is None:
            return
        seen = task.revision - (stale == 0)
        refused = self.tried("decide", lambda uow: inbox.complete(uow, task.id, who, {}, seen, outcome=outcome, opinion=opinion), number)
        if not who.may_work(task.role, task.party):
            assert isinstance(refused, NotAllowed | NotFound)
        assert refused is not None or (task.state == "open" and seen == task.revision)

    @precondition(lambda self: self.numbers)
    @rule(which=WHICH, button=WHICH, fatal=st.integers(0, 400))
    def go_on(self, which, button, fatal):
        """A worker does what is due, and whoever has a task of the case decides as he should."""
        self.work(fatal)
        self.decide(nth(self.numbers, which), lambda outcomes: nth(outcomes, button))

    def decide(self, number, choose):
        for task in self.office.tasks(number):
            able = [p for p in self.office.people if p.may_work(task.role, task.party) and task.claimed_by in (None, p.id)]
            if not able:
                continue
            with self.runtime.reading() as uow:
                node = uow.bundle(uow.cases.by_number(number).bundle_id).node(task.process, task.element)
            outcome = choose([o.code for o in node.outcomes]) if node.outcomes else None
            answers = {}
            if task.element == "correct":
                answers = with_papers(self.runtime, able[0], answers_of(self.filed[number][0], serial_no=next(self.office.serials)))
            act = partial(
                inbox.complete, task_id=task.id, actor=able[0], answers=answers, seen=task.revision, outcome=outcome, opinion="经核对"
            )
            self.tried(f"{task.element} {outcome or ''}", act, number)

    @precondition(lambda self: self.numbers)
    @rule(which=WHICH, who=WHO, to=WHO, act=st.sampled_from(["claim", "release", "delegate", "unassign", "draft"]))
    def handle(self, which, who, to, act):
        (number, task), who, to = self.task(which), self.office.people[who], self.office.people[to]
        if task is None:
            return
        acts = {
            "claim": lambda uow: inbox.claim(uow, task.id, who, task.revision),
            "release": lambda uow: inbox.release(uow, task.id, who, task.revision),
            "delegate": lambda uow: inbox.delegate(uow, task.id, who, to, task.revision),
            "unassign": lambda uow: inbox.unassign(uow, task.id, who, "调岗", task.revision),
            "draft": lambda uow: inbox.save_draft(uow, task.id, who, {"model": "QTZ80"}, task.revision, opinion="待核"),
        }
        self.tried(act, acts[act], number)

    @precondition(lambda self: self.numbers)
    @rule(which=WHICH, who=st.sampled_from([0, 1, -1]), act=st.sampled_from(["withdraw", "suspend", "resume", "resume", "cancel"]))
    def intervene(self, which, who, act):
        number, who = nth(self.numbers, which), self.office.people[who]
        use = {"withdraw": cases.withdraw, "suspend": cases.suspend, "resume": cases.resume, "cancel": cases.cancel_case}[act]
        self.tried(act, lambda uow: use(uow, number, who, "申请人不再办理"), number)

    @precondition(lambda self: self.numbers)
    @rule(which=WHICH)
    def retry(self, which):
        number = nth(self.numbers, which)
        for incident in self.office.incidents(number):
            self.tried("retry", lambda uow, incident=incident: retry_incident(uow, incident.id, self.operator, "平台已恢复"), number)

    @precondition(lambda self: self.numbers)
    @rule(fatal=st.integers(0, 250))
    def work(self, fatal):
        """A worker, who dies unless he has done what is due before his moment comes."""
        [ended] = self.doom.does(self.office, deed("work_on_all", fatal=fatal, seconds=0.05))
        self.seen["killed" if ended["status"] else "worked"] += 1

    @precondition(lambda self: self.numbers)
    @rule(seconds=st.sampled_from(LATER))
    def time_passes(self, seconds):
        self.office.clock.move(seconds)

    @rule(platform=st.sampled_from(["national", "provincial"]), mode=st.sampled_from(FAULTS), times=st.integers(1, 3))
    def misbehave(self, platform, mode, times):
        path = {"refuse": "fm" if platform == "national" else "seal-requests"}.get(mode, "/")
        arg = {"code": "X1", "message": "平台拒绝"} if mode == "refuse" else None
        if "callback" not in mode or platform == "provincial":
            self.office.misbehave(platform, mode, path, times=times, arg=arg)

    @precondition(lambda self: self.numbers)
    @rule(back=st.booleans())
    def migrate(self, back):
        """A new version for running cases, or the last migration undone."""
        if back and self.batches:
            self.seen["brought back"] += sum(
                1 for _ in undo_migration(self.runtime, self.office.administrator, self.batches.pop(), "试行结束")
            )
            return
        files = [(p.name, p.read_bytes()) for folder in ("bpmn", "forms") for p in sorted((ROOT / folder).glob("*.*"))]
        mark = f"<!-- {next(self.office.serials)} -->".encode()
        files = [(name, data + mark if name == "new_filing.bpmn" else data) for name, data in files]
        with self.runtime.transaction() as uow:
            deploy(uow, self.office.administrator, files)
        with self.runtime.transaction() as uow:
            to = uow.library.deployment("new_filing").bundle_id
            batch = begin_migration(uow, self.office.administrator, "new_filing", to, ElementMap({}), "更新流程", self.numbers)
            self.batches.append(batch.id)
        self.seen["moved"] += sum(1 for _ in run_batch(self.runtime, self.office.administrator, self.batches[-1]))

    # what holds after each of them

    @invariant()
    def books_agree(self):
        with self.runtime.reading() as uow:
            for number in self.numbers:
                self.inbox_is_where_tokens_wait(uow, number)
                self.audit_tells_what_is_stored(uow, number)

    def inbox_is_where_tokens_wait(self, uow, number):
        row = uow.cases.by_number(number)
        waiting = [] if row.state in ("ended", "cancelled") else Step.opened(uow, row).tokens.waiting()
        rows, held = uow.connection, row.id
        of_people = rows.execute(select(user_tasks.c.token).where(user_tasks.c.case_id == held, user_tasks.c.state == "open")).scalars()
        open_jobs = jobs.c.state.in_(("queued", "running", "incident", "held"))
        of_workers = rows.execute(select(jobs.c.token).where(jobs.c.case_id == held, open_jobs)).scalars()
        assert sorted(of_people) == sorted(w.token for w in waiting if w.kind == "user"), number
        assert sorted(of_workers) == sorted(w.token for w in waiting if w.kind == "service"), number
        troubled = select(jobs.c.id).where(jobs.c.case_id == held, jobs.c.state == "incident")
        told = select(incidents.c.job_id).where(incidents.c.case_id == held, incidents.c.state == "open")
        assert sorted(rows.execute(troubled).scalars()) == sorted(rows.execute(told).scalars()), number

    def audit_tells_what_is_stored(self, uow, number):
        row, stream = uow.cases.by_number(number), case_stream(number)
        data, status, completed = digest({}), "", Counter()
        for entry in entries_of(uow.audit_rows, stream):
            before, after = entry.details.get("data", (data, data))
            assert before == data, (number, entry)
            data, status = after, entry.details.get("status", status)
            if entry.action == "task.completed":
                completed[entry.details["task"]] += 1
        assert (data, status) == (digest({k: v for k, v in row.variables.items() if k != CASE}), row.status), number
        done = [t.id for t in uow.tasks.of_case(row.id) if t.state == "completed"]
        assert sorted(completed.elements()) == sorted(done), number

    @invariant()
    def what_is_sealed_does_not_change(self):
        for number in self.numbers:
            held = self.office.certificate(number)
            if held is not None and held.verified:
                seal = (held.identifier, held.seal_request)
                assert self.sealed.setdefault(seal, held.face) == held.face, number

    def teardown(self):
        """Everything comes to its end, to a person or to the operator; the platforms have each effect once; every chain holds."""
        for platform in ("national", "provincial"):
            self.office.behave(platform)
        for _ in range(LONGEST):
            self.office.clock.move(86_400)
            for number in self.numbers:
                self.tried("resume", lambda uow, number=number: cases.resume(uow, number, self.operator, "继续办理"), number)
            deeds.work_on_all(self.runtime, 0.05)
            for number in self.numbers:
                self.decide(number, lambda outcomes: next((o for o in outcomes if o in OUTCOMES), outcomes[0]))
        deeds.work_on_all(self.runtime, 0.05)
        self.books_agree()
        for number in self.numbers:
            row = self.office.case(number)
            assert row.state in ("ended", "cancelled") or self.office.tasks(number) or self.office.incidents(number), number
            self.seen[f"at last {row.status}"] += 1
        with self.runtime.reading() as uow:
            assert verify(uow.audit_rows).breaches == []
        national, seals = self.office.held("national"), self.office.held("provincial")["seal"]
        for kind, key in ((national["fm"], "eCertID"), (national["gj"], "zzeCertID"), (seals, "requestKey")):
            assert max(Counter(row[key] for row in kind).values(), default=1) == 1, key


def test_an_office_at_random_keeps_its_books(doom, office, pytestconfig, figures):
    """No act leaves half a trace; inbox and jobs are where tokens wait; the audit tells what is stored; what is sealed stays as it is."""
    rounds, acts = (300, 60) if pytestconfig.getoption("--chaos") else (4, 20)
    seen, office.people = Counter(), [actor_named(office.runtime, login) for login in PEOPLE]
    machine = type("ThisOffice", (RandomOffice,), {"office": office, "doom": doom, "seen": seen})
    chosen = how_many(
        max_examples=rounds, stateful_step_count=acts, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=chosen)
    figures.update({"rounds": rounds, "acts": dict(sorted(seen.items()))})
