"""Walks of a filing through the shipped diagrams, with the real engine and pretended answers: one line per thing that happens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workflow_runtime.decisions import read_decisions
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.engine.compiler import compile_program
from workflow_runtime.engine.surroundings import Refused, Surroundings
from workflow_runtime.engine.tokens import Tokens
from workflow_runtime.expressions import compile_expression
from workflow_runtime.working_days import WorkingDays

ROOT = Path(__file__).parent.parent
DIAGRAMS = sorted((ROOT / "bpmn").glob("*.bpmn"))
READ = [read_bpmn(path.name, path.read_bytes()) for path in DIAGRAMS]
PROCESSES = {process.id: process for processes, _ in READ for process in processes}
TABLES = [read_decisions(path.name, path.read_bytes()) for path in sorted((ROOT / "bpmn").glob("*.dmn"))]
DECISIONS = {decision.id: decision for decisions, _ in TABLES for decision in decisions}

TO_REVIEW, TO_CORRECT, TO_CODE, TO_SEAL = "待审核", "审核不通过（待补正）", "审核通过（待赋码）", "待签章"
TO_AGGREGATE, AGGREGATED = "已签章（待归集）", "已归集"
NO_CODE, NO_SEAL, NOT_AGGREGATED, WITHDRAWN, REFUSED = "赋码失败", "签章异常", "归集失败", "已撤回", "不予备案"
STATUS_WORDS = {TO_REVIEW, TO_CORRECT, TO_CODE, TO_SEAL, TO_AGGREGATE, AGGREGATED, NO_CODE, NO_SEAL, NOT_AGGREGATED, WITHDRAWN, REFUSED}
"""All that a user ever reads as the status of a filing."""

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CASE = {"number": "2026-1", "authority": "authority:111500000000000000"}
CERTIFICATE = {"number": "蒙AA-T202600001", "operation": "new", "automatic_aggregation": False}

PROGRAM = compile_program("new_filing", PROCESSES, DECISIONS)
BUSY = frozenset({"user", "service"})


@dataclass
class Walk:
    """One filing on its way: what a person, a handler, a platform or the clock says is told to it, saved and loaded after each step."""

    now: datetime = MONDAY
    variables: dict[str, Any] = field(default_factory=lambda: {"apply": {"category": "T", "rated_moment": 63}})
    path: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: bool = False

    def __post_init__(self) -> None:
        self.variables["case"] = CASE
        self._keep(Tokens.start(PROGRAM, self._surroundings()))

    def _surroundings(self) -> Surroundings:
        calendar = WorkingDays()
        return Surroundings(
            self.now, calendar, self.variables, due=lambda node: calendar.add(MONDAY, int(node.properties["dueWorkingDays"]))
        )

    def _keep(self, tokens: Tokens) -> None:
        self.path += [node.id for node in tokens.path]
        self.statuses += [status for node in tokens.path if (status := node.properties.get("status"))]
        for waiting in tokens.arrived():
            if waiting.node.operator is not None:
                given = waiting.node.operator.parameters
                self.calls[waiting.node.id] = {name: compile_expression(text).evaluate(self.variables) for name, text in given.items()}
        self.state, self.ended = tokens.save(), tokens.ended

    def step(self, move: Callable[[Tokens], object]) -> None:
        tokens = self.tokens()
        assert move(tokens) is not None
        self._keep(tokens)

    def at(self, tokens: Tokens, element: str):
        (place,) = [waiting for waiting in tokens.waiting() if waiting.node.id == element and waiting.kind in BUSY]
        return place

    def tokens(self) -> Tokens:
        return Tokens.load(PROGRAM, self.state, self._surroundings())


Step = Callable[[Walk], None]


def done(element: str, **result: object) -> Step:
    """The handler of a service task answers."""

    def move(walk: Walk) -> None:
        def finish(tokens: Tokens) -> bool:
            place = walk.at(tokens, element)
            if place.node.writes:
                walk.variables[place.node.writes] = result
            tokens.finish(place.token)
            return True

        walk.step(finish)

    return move


def chosen(element: str, outcome: str) -> Step:
    """A person completes a user task with this button."""

    def move(walk: Walk) -> None:
        def complete(tokens: Tokens) -> bool:
            place = walk.at(tokens, element)
            assert outcome in {button.code for button in place.node.outcomes}
            walk.variables[place.node.variable] = {"outcome": outcome}
            tokens.complete(place.token)
            return True

        walk.step(complete)

    return move


def refused(element: str, code: str) -> Step:
    """The handler of a service task raises this business error; a boundary event takes it."""
    return lambda walk: walk.step(lambda tokens: tokens.fail(walk.at(tokens, element).token, Refused(code, {"code": code})))


def message(name: str) -> Step:
    """A message about the case arrives; somebody waits for it."""
    return lambda walk: walk.step(lambda tokens: tokens.deliver(name, {}) or None)


def later(**span: float) -> Step:
    """Time passes."""

    def move(walk: Walk) -> None:
        walk.now += timedelta(**span)
        walk.step(lambda tokens: [tokens.refresh()])

    return move


CHECKED = [done("precheck", blocked=False, findings=[]), done("national_check", blocked=False, findings=[])]
PREPARED = [*CHECKED, chosen("review", "approve"), done("prepare", **CERTIFICATE)]
CODED = [done("assign_code", qr_text="…"), done("seal", request_id="1")]
NOTICED = [message("certificate.sealed"), done("poll", sealed=True, status="sealed")]
ACCEPTED = [done("fetch", accepted=True), done("issue_in_register", issued_at="2026-03-02")]
IN_FORCE = [*NOTICED, *ACCEPTED]
PUSHED = [chosen("aggregate_button", "push"), done("aggregate", return_code="1")]
SEALING = [*PREPARED, *CODED]
SEALED = [*SEALING, *IN_FORCE]
GIVE_UP = [message("withdraw"), done("revoke_withdrawn")]
TURN_DOWN = [chosen("review", "refuse"), done("revoke_refused")]

CORRECTED = [TO_REVIEW, TO_CORRECT]
UP_TO_CODE = [TO_REVIEW, TO_CODE]
UP_TO_SEAL = [*UP_TO_CODE, TO_SEAL]
REST = [TO_SEAL, TO_AGGREGATE, AGGREGATED]

WALKS: dict[str, tuple[list[Step], list[str]]] = {
    "the plain way": ([*SEALED, *PUSHED], [*UP_TO_CODE, *REST]),
    "an authority that aggregates automatically": (
        [
            *CHECKED,
            chosen("review", "approve"),
            done("prepare", **{**CERTIFICATE, "automatic_aggregation": True}),
            *CODED,
            *IN_FORCE,
            done("aggregate"),
        ],
        [*UP_TO_CODE, *REST],
    ),
    "blocked by the pre-check, then withdrawn by the owner": (
        [done("precheck", blocked=True), done("national_check", blocked=False), *GIVE_UP],
        [*CORRECTED, WITHDRAWN],
    ),
    "blocked by the national check, corrected, then refused for good": (
        [
            done("precheck", blocked=False),
            done("national_check", blocked=True),
            chosen("correct", "resubmit"),
            *CHECKED,
            *TURN_DOWN,
        ],
        [*CORRECTED, TO_REVIEW, REFUSED],
    ),
    "rejected, corrected, withdrawn while under review": (
        [*CHECKED, chosen("review", "reject"), chosen("correct", "resubmit"), *CHECKED, *GIVE_UP],
        [*CORRECTED, TO_REVIEW, WITHDRAWN],
    ),
    "reviewed too late: the authority is reminded, then its superior told": (
        [
            *CHECKED,
            later(days=9),
            done("remind", notified=True),
            later(days=1),
            done("escalate", notified=True),
            *TURN_DOWN,
        ],
        [TO_REVIEW, REFUSED],
    ),
    "a machine that is filed already goes back to the reviewer": (
        [*CHECKED, chosen("review", "approve"), refused("prepare", "MACHINE_ALREADY_FILED"), *TURN_DOWN],
        [TO_REVIEW, REFUSED],
    ),
    "a code refused once": (
        [*PREPARED, refused("assign_code", "CODE_REFUSED"), chosen("code_trouble", "retry"), *CODED, *IN_FORCE, *PUSHED],
        [*UP_TO_CODE, NO_CODE, TO_CODE, *REST],
    ),
    "a code refused and given back to the owner": (
        [*PREPARED, refused("assign_code", "CODE_REFUSED"), chosen("code_trouble", "return"), *GIVE_UP],
        [*UP_TO_CODE, NO_CODE, TO_CORRECT, WITHDRAWN],
    ),
    "a seal refused, asked for again, then given back to the owner": (
        [
            *PREPARED,
            done("assign_code"),
            refused("seal", "SEAL_REFUSED"),
            chosen("seal_trouble", "retry"),
            refused("seal", "SEAL_REFUSED"),
            chosen("seal_trouble", "return"),
            *GIVE_UP,
        ],
        [*UP_TO_SEAL, NO_SEAL, TO_SEAL, NO_SEAL, TO_CORRECT, WITHDRAWN],
    ),
    "a seal whose message never comes": (
        [*SEALING, later(minutes=10), done("poll", status="pending"), later(minutes=10), done("poll", sealed=True), *ACCEPTED, *PUSHED],
        [*UP_TO_CODE, *REST],
    ),
    "a seal that failed on the other side: a new code, and with it a new seal": (
        [
            *SEALING,
            message("certificate.sealed"),
            done("poll", sealed=False, status="failed"),
            chosen("seal_trouble", "recode"),
            *CODED,
            *IN_FORCE,
            *PUSHED,
        ],
        [*UP_TO_SEAL, NO_SEAL, TO_CODE, *REST],
    ),
    "an authority that forgets to seal is reminded every two working days, until the wait is over": (
        [
            *SEALING,
            later(days=2, hours=12),
            done("remind_seal", notified=True),
            done("poll", sealed=False, status="pending"),
            later(days=30),
            chosen("seal_trouble", "return"),
            *GIVE_UP,
        ],
        [*UP_TO_SEAL, NO_SEAL, TO_CORRECT, WITHDRAWN],
    ),
    "an e-certificate with a wrong seal name": (
        [*SEALING, *NOTICED, refused("fetch", "SEAL_NAME_MISMATCH"), chosen("seal_trouble", "retry"), done("seal"), *IN_FORCE, *PUSHED],
        [*UP_TO_SEAL, NO_SEAL, *REST],
    ),
    "a seal request that the network has lost": (
        [
            *SEALING,
            later(minutes=10),
            done("poll", sealed=False, status="none"),
            chosen("seal_trouble", "retry"),
            done("seal"),
            *IN_FORCE,
            *PUSHED,
        ],
        [*UP_TO_SEAL, NO_SEAL, *REST],
    ),
    "a machine that has a certificate in force already": (
        [
            *SEALING,
            *NOTICED,
            done("fetch"),
            refused("issue_in_register", "MACHINE_ALREADY_CERTIFIED"),
            chosen("seal_trouble", "return"),
            *GIVE_UP,
        ],
        [*UP_TO_SEAL, TO_AGGREGATE, NO_SEAL, TO_CORRECT, WITHDRAWN],
    ),
    "an authority that forgets to press the button": (
        [*SEALED, later(days=2, hours=12), done("remind_aggregate", notified=True), *PUSHED],
        [*UP_TO_CODE, *REST],
    ),
    "a push refused: tried again, then with a new code and a new seal": (
        [
            *SEALED,
            chosen("aggregate_button", "push"),
            refused("aggregate", "AGGREGATION_REFUSED"),
            chosen("aggregate_trouble", "retry"),
            refused("aggregate", "AGGREGATION_REFUSED"),
            chosen("aggregate_trouble", "recode"),
            *CODED,
            *IN_FORCE,
            *PUSHED,
        ],
        [*UP_TO_CODE, TO_SEAL, TO_AGGREGATE, NOT_AGGREGATED, TO_AGGREGATE, NOT_AGGREGATED, TO_CODE, *REST],
    ),
}


def walked(steps: list[Step]) -> Walk:
    walk = Walk()
    for step in steps:
        step(walk)
    return walk
