"""Chinese working days: statutory holidays and make-up working days.

Sources, the first that knows the day wins: the operator's calendar file; the yearly notices of the State Council as PyPI `chinesecalendar`
carries them; Monday to Friday. Of a year that only the last one knows, `note` says so.
"""

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path

import chinese_calendar

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Failure, Text

CLOSING = time(18)
"""End of office hours, Asia/Shanghai: when the last day of a period ends (《民法典》第203条: where there are business hours, when business
stops)."""

_PUBLISHED = frozenset(day.year for day in chinese_calendar.holidays)


class CalendarInvalid(Failure):
    """The operator's calendar file cannot be used."""

    code = "CALENDAR_INVALID"


class WorkingDays:
    """Counts working days; days are those of Asia/Shanghai.

    `extra` says of single days whether they are worked and wins over everything else; `closing` is the local time at which a working day
    ends.
    """

    def __init__(self, extra: Mapping[date, bool] | None = None, closing: time = CLOSING) -> None:
        self._extra = dict(extra or {})
        self._closing = closing
        self._years: dict[int, tuple[int, ...]] = {}

    @classmethod
    def from_csv(cls, path: Path, closing: time = CLOSING) -> "WorkingDays":
        """Read the operator's calendar: a CSV file with the columns `date` (yyyy-mm-dd) and `workday` (1 or 0).

        Raises CalendarInvalid with every wrong line.
        """
        return cls(_read_csv(path), closing)

    def covers(self, year: int) -> bool:
        """Whether the holidays of this year are known: published, or the operator's file names a day of it."""
        return year in _PUBLISHED or any(day.year == year for day in self._extra)

    def note(self, year: int) -> Text | None:
        """What to tell people who see a deadline in a year that is not covered."""
        if self.covers(year):
            return None
        return Text(
            f"{year} 年的节假日安排尚未收录，暂按周一至周五计算工作日，期限可能调整。",
            f"The holidays of {year} are not known yet: Monday to Friday are counted as working days, and deadlines may move.",
        )

    def is_working_day(self, day: date) -> bool:
        """Whether people work on this day."""
        days = self._days(day.year)
        index = bisect_left(days, day.toordinal())
        return index < len(days) and days[index] == day.toordinal()

    def add(self, instant: datetime, days: int) -> datetime:
        """The end (closing time, UTC) of the n-th working day after the day of `instant`, or before it when `days` is negative.

        The day of `instant` itself is not counted (《民法典》第201条); 0 gives its own closing time, worked or not. Raises ValueError for a
        naive `instant`.
        """
        start = _local_day(instant)
        end = self._moved(start, days) if days else start
        return datetime.combine(end, self._closing, SHANGHAI).astimezone(UTC)

    def between(self, start: datetime, end: datetime) -> int:
        """Working days used from `start` to `end`: those after the day of `start`, up to and with the day of `end`; 0 if `end` is earlier.

        Raises ValueError for naive instants.
        """
        first, last = _local_day(start), _local_day(end)
        return sum(
            max(0, bisect_right(days, last.toordinal()) - bisect_right(days, first.toordinal()))
            for days in map(self._days, range(first.year, last.year + 1))
        )

    def _days(self, year: int) -> tuple[int, ...]:
        """The ordinals of the year's working days, in order."""
        known = self._years.get(year)
        if known is None:
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            known = tuple(ordinal for ordinal in range(first, last + 1) if self._worked(date.fromordinal(ordinal)))
            self._years[year] = known
        return known

    def _worked(self, day: date) -> bool:
        if day in self._extra:
            return self._extra[day]
        if day.year in _PUBLISHED:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5

    def _moved(self, start: date, days: int) -> date:
        year, ordinal = start.year, start.toordinal()
        while True:
            worked = self._days(year)
            index = bisect_right(worked, ordinal) + days - 1 if days > 0 else bisect_left(worked, ordinal) + days
            if 0 <= index < len(worked):
                return date.fromordinal(worked[index])
            # The whole rest of this year is used up; go on from its edge.
            if days > 0:
                days, year = index - len(worked) + 1, year + 1
                ordinal = date(year, 1, 1).toordinal() - 1
            else:
                days, year = index, year - 1
                ordinal = date(year, 12, 31).toordinal() + 1


def _local_day(instant: datetime) -> date:
    if instant.tzinfo is None:
        raise ValueError("working days are counted between aware instants")
    return instant.astimezone(SHANGHAI).date()


_REMEDY = Text(
    "每行写成 2027-01-01,0（放假）或 2027-01-02,1（上班），首行为 date,workday，用 UTF-8 保存。",
    "Write each line as 2027-01-01,0 (free) or 2027-01-02,1 (worked), the first line as date,workday, and save as UTF-8.",
)


def _read_csv(path: Path) -> dict[date, bool]:
    try:
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CalendarInvalid(
            Text(f"无法读取工作日历 {path.name}：{error}", f"Cannot read the calendar {path.name}: {error}"), _REMEDY
        ) from error
    extra: dict[date, bool] = {}
    wrong = [] if rows and [cell.strip() for cell in rows[0]] == ["date", "workday"] else ["1"]
    for number, row in enumerate(rows[1:], start=2):
        if row and not _take_row(row, extra):
            wrong.append(str(number))
    if wrong:
        lines = ", ".join(wrong)
        raise CalendarInvalid(
            Text(
                f"工作日历 {path.name} 第 {lines} 行有误或日期重复",
                f"Line(s) {lines} of the calendar {path.name} are wrong or repeat a day",
            ),
            _REMEDY,
        )
    return extra


def _take_row(row: list[str], extra: dict[date, bool]) -> bool:
    """Whether the row could be read and names a new day."""
    cells = [cell.strip() for cell in row]
    try:
        day = date.fromisoformat(cells[0])
    except ValueError:
        return False
    if len(cells) != 2 or cells[1] not in ("0", "1") or day in extra:
        return False
    extra[day] = cells[1] == "1"
    return True
