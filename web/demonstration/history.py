"""The demonstration's past: some weeks of filings, made through the real flow while a held clock passes over them.

`filings.json` is the script: who files what, and what happens next, each on a working day before today. Everything goes through the use
cases, the worker's jobs, the stand-ins and their call-backs; no table is written here.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import orjson
import requests

from web.composition import actor_named
from web.demonstration.filing import Stuck, with_papers
from workflow_runtime import cases, inbox
from workflow_runtime.clock import SHANGHAI, ManualClock
from workflow_runtime.errors import Text
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.store.rows import CaseRow
from workflow_runtime.worker import drain
from workflow_runtime.working_days import WorkingDays

PATIENCE = 20.0
"""Seconds in which an event must reach what the script says."""
LOOK_AGAIN = 0.01

Script = dict[str, Any]
Tell = Callable[[int, int], None]


@dataclass
class Filing:
    """One filing of the script on its way; `number` is known once it is filed."""

    script: Script
    answers: dict[str, Any] = field(default_factory=dict)
    number: str = ""


def script() -> list[Script]:
    """The filings with their events, as they are written in `filings.json`."""
    return read("filings")  # type: ignore[no-any-return]


def read(name: str) -> Any:
    """A JSON file of the demonstration."""
    return orjson.loads(files("web.demonstration").joinpath(f"{name}.json").read_bytes())


def instant(calendar: WorkingDays, now: datetime, day: int, at: str) -> datetime:
    """The time of day `at` (Asia/Shanghai), `day` working days before `now`; not later than `now`."""
    hour, minute = at.split(":")
    return min(now, calendar.add(now, -day).astimezone(SHANGHAI).replace(hour=int(hour), minute=int(minute)))


def first_instant(calendar: WorkingDays, now: datetime) -> datetime:
    """The evening before the script begins: from then on the clock is held."""
    return instant(calendar, now, 1 + max(event["day"] for filing in script() for event in filing["events"]), "18:00")


class History:
    """Plays the script on an installation whose clock is held. `platforms`: the stand-ins' addresses by name."""

    def __init__(self, runtime: Runtime, clock: ManualClock, platforms: Mapping[str, str]) -> None:
        self._runtime, self._clock, self._platforms = runtime, clock, platforms

    def play(self, now: datetime, tell: Tell) -> None:
        """Everything that happened until `now`, in the order of time; `tell` gets how many events of how many are done.

        Raises Stuck when an event does not lead where the script says.
        """
        filings = [Filing(each) for each in script()]
        events = sorted(self._events(filings, now), key=lambda each: each[0])
        for done, (moment, filing, event) in enumerate(events, start=1):
            self._pass_time(moment)
            self._happen(filing, event)
            tell(done, len(events))
        self._pass_time(now)

    def _events(self, filings: list[Filing], now: datetime) -> Iterator[tuple[datetime, Filing, Script]]:
        for filing in filings:
            for event in filing.script["events"]:
                yield instant(self._runtime.calendar, now, event["day"], event["at"]), filing, event

    def _pass_time(self, until: datetime) -> None:
        """The end of each working day is lived through: deadlines and reminders lie there."""
        closing = self._runtime.calendar.add(self._clock.now(), 0)
        while (closing := self._runtime.calendar.add(closing, 1)) < until:
            self._move_to(closing)
        self._move_to(until)

    def _move_to(self, moment: datetime) -> None:
        if moment > self._clock.now():
            self._clock.advance(moment - self._clock.now())
        drain(self._runtime)

    def _happen(self, filing: Filing, event: Script) -> None:
        with self._fault(event.get("fault")):
            if not filing.number:
                self._file(filing)
            elif "withdraws" in event:
                self._withdraw(filing, event)
            else:
                self._act(filing, event)
            self._reach(filing, event)

    def _file(self, filing: Filing) -> None:
        owner = actor_named(self._runtime, filing.script["owner"])
        given = {**read(filing.script["like"]), **filing.script["answers"]}
        filing.answers = with_papers(self._runtime, owner, {name: value for name, value in given.items() if value is not None})
        with self._runtime.transaction() as uow:
            filing.number = cases.start(uow, filing.script["business"], owner, filing.answers).number

    def _withdraw(self, filing: Filing, event: Script) -> None:
        owner = actor_named(self._runtime, filing.script["owner"])
        with self._runtime.transaction() as uow:
            cases.withdraw(uow, filing.number, owner, event["withdraws"])

    def _act(self, filing: Filing, event: Script) -> None:
        who = actor_named(self._runtime, event["by"])
        given = {**filing.answers, **event["corrects"]} if "corrects" in event else event.get("answers", {})
        with self._runtime.transaction() as uow:
            [task] = [t for t in uow.tasks.of_case(self._row(filing, uow).id, only_open=True) if t.element == event["task"]]
            inbox.complete(uow, task.id, who, given, task.revision, outcome=event["outcome"], opinion=event.get("opinion", ""))

    def _reach(self, filing: Filing, event: Script) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            drain(self._runtime)
            if self._is_there(filing, event):
                return
            if time.monotonic() > deadline:
                raise _stuck(filing.number, event["reaches"])
            # Between two looks some seconds pass for everybody: pauses and retries end, as they would.
            self._clock.advance(timedelta(seconds=1))
            time.sleep(LOOK_AGAIN)

    def _is_there(self, filing: Filing, event: Script) -> bool:
        with self._runtime.reading() as uow:
            row = self._row(filing, uow)
            waiting = bool(uow.jobs.incidents(only_open=True, case_id=row.id, limit=1))
        return row.status == event["reaches"] and waiting is bool(event.get("incident"))

    def _row(self, filing: Filing, uow: UnitOfWork) -> CaseRow:
        row = uow.cases.by_number(filing.number)
        if row is None:
            raise _stuck(filing.number, "")
        return row

    @contextmanager
    def _fault(self, fault: Script | None) -> Iterator[None]:
        """A platform misbehaves while the block runs, if the script says so."""
        if fault is None:
            yield
            return
        address = f"{self._platforms[fault['platform']]}/control/misbehave"
        told = {name: value for name, value in fault.items() if name != "platform"}
        requests.post(address, json=told, timeout=10).raise_for_status()
        yield
        requests.delete(address, timeout=10).raise_for_status()


def _stuck(number: str, wanted: str) -> Stuck:
    return Stuck(
        Text(f"演示案件 {number} 没有到达“{wanted}”。", f"The demonstration's case {number} did not come to “{wanted}”."),
        Text("请用 crane case 和 crane incidents 查看原因。", "See `crane case` and `crane incidents`."),
    )
