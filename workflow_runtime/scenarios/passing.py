"""Time in a scenario: how long a step waits, and what falls due on the way."""

from datetime import datetime

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.engine.tokens import Tokens
from workflow_runtime.errors import Text
from workflow_runtime.scenarios.case import PlayedCase
from workflow_runtime.scenarios.problems import StepImpossible
from workflow_runtime.scenarios.services import Services, standing
from workflow_runtime.schedules import TimerInvalid, read_schedule

NEXT = "next"
"""Until the next timer fires."""


def wait(services: Services, text: str) -> None:
    """Let time pass; what falls due on the way fires in turn, and the handlers answer. Raises StepImpossible, TimerInvalid, ScenarioRunaway."""
    services.settle()
    case = services.case
    until = _until(case, text.strip())
    while case.next_due is not None and case.next_due <= until:
        _pass(case, max(case.now, case.next_due))
        services.settle()
    if case.now < until:
        _pass(case, until)


def _pass(case: PlayedCase, now: datetime) -> None:
    """The clock goes on, and what is due fires."""
    case.now = now
    shown = _shown(now)
    case.trace.do(f"时间到 {shown}", f"it is {shown}")
    case.move(Tokens.refresh)


def _until(case: PlayedCase, text: str) -> datetime:
    if text == NEXT:
        if case.next_due is None:
            raise StepImpossible(Text("此时没有定时。", "No timer runs now."), standing(case))
        return case.next_due
    schedule = read_schedule(text)
    if schedule.kind in ("cycle", "expression"):
        raise TimerInvalid(text, Text("这里不能写循环或表达式", "a cycle or an expression cannot be waited for here"))
    until = schedule.first(case.now, case.stage.calendar, case.due())
    if until is None:
        raise StepImpossible(Text("此时没有带时限的待办。", "No open task has a due date now."), standing(case))
    if until < case.now:
        raise StepImpossible(
            Text(f"{text} 已经过去。", f"{text} is past."),
            Text(f"现在是 {_shown(case.now)}。", f"It is {_shown(case.now)} now."),
        )
    return until


def _shown(instant: datetime) -> str:
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
