"""When timers fire: ISO 8601 as BPMN writes it, working days, and times relative to a task's due date.

| text | meaning |
|---|---|
| `P5D`, `PT1H30M`, `P1M`, `P2W` | after that long; months and days are counted on the Asia/Shanghai calendar, a month's missing day is its last |
| `WD7` | at the end of the 7th working day after today |
| `R3/PT1H`, `R/PT10M`, `R/WD1` | three times, or endlessly, that far apart |
| `2026-12-01T08:00:00+08:00`, `2026-12-01` | at that instant; without a zone Asia/Shanghai, without a time the day's beginning |
| `due`, `due-WD1`, `due+P1D` | at, before or after the task's due date |
| `=expression` | an expression whose value is one of these texts, but no cycle |
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Failure, Text
from workflow_runtime.expressions import Expression, ExpressionError, compile_expression
from workflow_runtime.working_days import WorkingDays

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow_runtime.handlers import Json

Kind = Literal["date", "duration", "cycle", "due", "expression"]

LONGEST = 2000
"""Characters of a timer text."""
FARTHEST = timedelta(days=36_525)
"""A hundred years: the longest step of a timer."""
SHORTEST = timedelta(seconds=1)
"""The shortest step of a cycle, so that it cannot keep a worker busy for ever."""
MOST_REPETITIONS = 100_000
"""Repetitions that a counted cycle may have."""

_STEP = re.compile(
    r"WD(?P<workdays>\d+)"
    r"|P(?=\d|T\d)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_CYCLE = re.compile(r"R(?P<times>\d*)/(?P<step>.+)", re.ASCII)
_DUE = re.compile(r"due(?:(?P<sign>[+-])(?P<step>.+))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}.*)?", re.ASCII)


class TimerInvalid(Failure):
    """The text names no time."""

    code = "TIMER_INVALID"

    def __init__(self, text: str, reason: Text) -> None:
        shown = text if len(text) <= 80 else f"{text[:80]}…"
        super().__init__(
            Text(f"定时 {shown!r} 无法识别：{reason.zh}", f"The timer {shown!r} cannot be read: {reason.en}"),
            Text(
                "请写成 P5D、PT1H、R3/PT1H、WD7、due-WD1、2026-12-01T08:00 或 =变量名。",
                "Write P5D, PT1H, R3/PT1H, WD7, due-WD1, 2026-12-01T08:00 or =name.",
            ),
        )


@dataclass(frozen=True)
class Step:
    """A distance in time: working days alone, or months and then a fixed span."""

    months: int = 0
    span: timedelta = timedelta(0)
    working_days: int = 0

    def away_from(self, instant: datetime, calendar: WorkingDays, sign: int = 1) -> datetime:
        """The instant (UTC) this far after `instant` (before it when `sign` is -1)."""
        if self.working_days:
            return calendar.add(instant, sign * self.working_days)
        return (_months_later(instant.astimezone(SHANGHAI), sign * self.months) + sign * self.span).astimezone(UTC)


@dataclass(frozen=True)
class Schedule:
    """A timer as the diagram says it; ask `first` when it is reached.

    `repetitions` is 1 for everything but cycles and None for an endless one.
    """

    text: str
    kind: Kind
    repetitions: int | None = 1
    step: Step = Step()
    sign: int = 1
    moment: datetime | None = None
    expression: Expression | None = None

    @property
    def relative_to_due(self) -> bool:
        """Whether it is reckoned from the task's due date (not known of an expression)."""
        return self.kind == "due"

    def first(
        self, now: datetime, calendar: WorkingDays, due: datetime | None = None, variables: "Mapping[str, Json] | None" = None
    ) -> datetime | None:
        """The first due time (UTC) of a timer reached at `now`; it may lie in the past: then it is due at once.

        None when it depends on a due date or a variable that does not exist. Raises TimerInvalid when an expression's value is no time.
        """
        if self.kind == "date":
            return self.moment
        if self.kind == "due":
            return None if due is None else self.step.away_from(due, calendar, self.sign)
        if self.expression is not None:
            value = self.expression.evaluate(variables or {})
            return None if value is None else _resolved(self.text, value).first(now, calendar, due)
        return self.step.away_from(now, calendar)

    def next(self, previous: datetime, calendar: WorkingDays) -> datetime:
        """The due time (UTC) after `previous` of a cycle. Raises ValueError for a timer that does not repeat."""
        if self.kind != "cycle":
            raise ValueError(f"{self.text} does not repeat")
        return self.step.away_from(previous, calendar)

    def after(self, previous: datetime, now: datetime, calendar: WorkingDays) -> datetime:
        """The first due time (UTC) later than `now` on the grid of a cycle that was due at `previous`, at least one step on.

        So a cycle that is overdue by many periods fires once and goes on. Raises ValueError for a timer that does not repeat.
        """
        if self.step.span and not self.step.months and now > previous:
            previous += (now - previous) // self.step.span * self.step.span
        following = self.next(previous, calendar)
        while following <= now:
            following = self.next(following, calendar)
        return following


def read_schedule(text: str) -> Schedule:
    """Read a timer text; quotation marks round it are dropped. Raises TimerInvalid."""
    return _read(text)


@lru_cache(maxsize=1024)
def _read(text: str) -> Schedule:
    if len(text) > LONGEST:
        raise TimerInvalid(text, Text(f"超过 {LONGEST} 个字符", f"it is longer than {LONGEST} characters"))
    bare = _unquoted(text.strip())
    if bare.startswith("="):
        return _read_expression(bare)
    if match := _CYCLE.fullmatch(bare):
        return _read_cycle(bare, match["times"], match["step"])
    if match := _DUE.fullmatch(bare):
        step = _read_step(bare, match["step"]) if match["step"] else Step()
        return Schedule(bare, "due", step=step, sign=-1 if match["sign"] == "-" else 1)
    if _DATE.fullmatch(bare):
        return Schedule(bare, "date", moment=_read_moment(bare))
    return Schedule(bare, "duration", step=_read_step(bare, bare))


def _unquoted(text: str) -> str:
    quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if quoted else text


def _read_expression(text: str) -> Schedule:
    try:
        return Schedule(text, "expression", expression=compile_expression(text))
    except ExpressionError as error:
        raise TimerInvalid(text, error.message) from error


def _read_cycle(text: str, times: str, step: str) -> Schedule:
    repetitions = int(times) if times else None
    if repetitions is not None and not 1 <= repetitions <= MOST_REPETITIONS:
        raise TimerInvalid(text, Text(f"重复次数应为 1 至 {MOST_REPETITIONS}", f"it must repeat 1 to {MOST_REPETITIONS} times"))
    distance = _read_step(text, step)
    if distance.span and distance.span < SHORTEST and not distance.months:
        raise TimerInvalid(text, Text("循环间隔不足 1 秒", "the cycle is shorter than a second"))
    return Schedule(text, "cycle", repetitions, distance)


def _read_step(text: str, step: str) -> Step:
    match = _STEP.fullmatch(step)
    if match is None:
        raise TimerInvalid(text, Text("不是时长", "it is no duration"))
    amount = {unit: float(number) for unit, number in match.groupdict(default="0").items()}
    months = amount["years"] * 12 + amount["months"]
    if max(amount.values()) > FARTHEST.total_seconds():
        raise _too_far(text)
    span = timedelta(**{unit: amount[unit] for unit in ("weeks", "days", "hours", "minutes", "seconds")})
    if months * timedelta(days=31) + span + amount["workdays"] * timedelta(days=1) > FARTHEST:
        raise _too_far(text)
    if not (months or span or amount["workdays"]):
        raise TimerInvalid(text, Text("时长为零", "it lasts no time"))
    return Step(int(months), span, int(amount["workdays"]))


def _too_far(text: str) -> TimerInvalid:
    return TimerInvalid(text, Text("超过一百年", "it is longer than a hundred years"))


def _read_moment(text: str) -> datetime:
    try:
        moment = datetime.combine(date.fromisoformat(text), time(0)) if len(text) == 10 else datetime.fromisoformat(text)
        return (moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise TimerInvalid(text, Text("没有这个日期或时间", "there is no such date or time")) from error


def _resolved(text: str, value: "Json") -> Schedule:
    if not isinstance(value, str):
        raise TimerInvalid(text, Text("表达式的值不是文字", "the value of the expression is no text"))
    schedule = read_schedule(value)
    if schedule.kind in ("cycle", "expression"):
        raise TimerInvalid(text, Text(f"表达式的值 {value!r} 不能是循环或表达式", f"the value {value!r} may be no cycle and no expression"))
    return schedule


def _months_later(instant: datetime, months: int) -> datetime:
    """The same day and time `months` on; a day that the month lacks becomes its last."""
    if not months:
        return instant
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    return instant.replace(year=year, month=month + 1, day=min(instant.day, monthrange(year, month + 1)[1]))
