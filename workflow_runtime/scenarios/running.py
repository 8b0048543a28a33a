"""Plays a scenario: each step in turn, with the handlers' usual answers given in between."""

from dataclasses import dataclass

from workflow_runtime.errors import Failure, Text
from workflow_runtime.scenarios.case import PlayedCase
from workflow_runtime.scenarios.expecting import differences
from workflow_runtime.scenarios.model import Check, Complete, Message, Refusal, Result, Scenario, Step, Wait
from workflow_runtime.scenarios.passing import wait
from workflow_runtime.scenarios.people import complete
from workflow_runtime.scenarios.pretended import answered
from workflow_runtime.scenarios.problems import Difference, StepImpossible, sentences, unknown
from workflow_runtime.scenarios.services import Services, ensure_service, standing
from workflow_runtime.scenarios.stage import Stage
from workflow_runtime.scenarios.trace import Trace


@dataclass(frozen=True)
class Played:
    """How a scenario went: what happened, and where it stopped and why, or what came otherwise.

    `stopped_at` is the step, from 1; 0 is the start, one more than there are steps the end.
    """

    scenario: Scenario
    trace: Trace
    statuses: list[str]
    waits: list[str]
    ended: bool
    stopped_at: int | None = None
    failure: Failure | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def passed(self) -> bool:
        """Everything came as expected."""
        return self.failure is None and not self.differences


def play(stage: Stage, scenario: Scenario) -> Played:
    """Play a scenario to its end, or to the first step that fails."""
    try:
        case = _begun(stage, scenario)
    except Failure as failure:
        return Played(scenario, Trace(), [], [], False, 0, failure)
    at, stopped, found = _played(case)
    return Played(scenario, case.trace, case.trace.statuses, case.standing(), case.ended, at, stopped, tuple(found))


def _begun(stage: Stage, scenario: Scenario) -> PlayedCase:
    for element, value in scenario.results.items():
        ensure_service(stage, element, value)
    for element in scenario.held:
        ensure_service(stage, element)
    start = stage.process.start
    form = stage.parts.forms.get(start.form) if start is not None and start.form else None
    values = answered(form, scenario.start, {}, whole=scenario.whole)
    return PlayedCase(stage, scenario, {start.variable: values} if start is not None and form is not None else {})


def _played(case: PlayedCase) -> tuple[int | None, Failure | None, list[Difference]]:
    """Every step, then the end: where it stopped, if it did, because of which failure or differences."""
    at, services = 0, Services(case)
    try:
        for at, step in enumerate(case.scenario.steps, 1):
            if found := _take(services, step):
                return at, None, found
        at += 1
        found = _take(services, Check(case.scenario.expected))
    except Failure as failure:
        return at, failure, []
    return (at if found else None), None, found


def _take(services: Services, step: Step) -> list[Difference]:
    """Play one step; what a check finds otherwise. Raises StepImpossible, Invalid, TimerInvalid and what runs away."""
    match step:
        case Complete():
            complete(services, step)
        case Result():
            ensure_service(services.stage, step.element, step.value)
            services.answer(services.place(step.element, "service"), step.value)
        case Refusal():
            ensure_service(services.stage, step.element)
            services.refuse(services.place(step.element, "service"), step)
        case Message():
            _deliver(services, step)
        case Wait():
            wait(services, step.text)
        case Check():
            services.settle()
            return differences(services.case, step.expected)
    return []


def _deliver(services: Services, step: Message) -> None:
    case, known = services.case, set(services.stage.messages())
    if step.name not in known:
        raise unknown(Text("等待消息的元素", "element that waits for the message"), step.name, known)
    services.settle()
    if step.name not in case.accepted() and not step.early:
        cure = Text("消息先到而保留的，写 early = true。", "If it comes early and is kept, say early = true.")
        raise StepImpossible(
            Text(f"此时没有人等待消息 {step.name}。", f"Nobody waits for the message {step.name} now."), sentences([standing(case), cure])
        )
    case.trace.do(f"消息 {step.name}", f"message {step.name}")
    case.kept.append((step.name, dict(step.payload)))
    case.move(lambda tokens: None)
