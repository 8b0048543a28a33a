"""Working days: holidays, make-up days, the operator's calendar, and deadlines counted from them."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.working_days import CalendarInvalid, WorkingDays

CALENDAR = WorkingDays()
FIRST_UNKNOWN = max(day.year for day in chinese_calendar.holidays) + 1
MOMENTS = st.datetimes(datetime(2003, 1, 1), datetime(2040, 12, 31), timezones=st.just(SHANGHAI))


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_public_holidays_and_make_up_days_are_known():
    assert not CALENDAR.is_working_day(date(2025, 10, 1)), "National Day, a Wednesday"
    assert CALENDAR.is_working_day(date(2025, 9, 28)), "a Sunday worked for it"
    assert not CALENDAR.is_working_day(date(2025, 9, 27))
    assert CALENDAR.is_working_day(date(2025, 9, 29))


def test_a_period_ends_at_closing_time_of_its_last_working_day():
    """Received on Friday 26 September 2025: the seven days are 28, 29, 30 September and 9, 10, 11, 13 October."""
    assert CALENDAR.add(shanghai("2025-09-26T09:00"), 7) == shanghai("2025-10-13T18:00")


def test_the_day_of_receipt_is_not_counted_whatever_the_hour():
    assert CALENDAR.add(shanghai("2025-03-03T00:00"), 1) == CALENDAR.add(shanghai("2025-03-03T23:59"), 1) == shanghai("2025-03-04T18:00")


def test_days_are_those_of_shanghai():
    assert CALENDAR.add(datetime(2025, 3, 3, 17, tzinfo=UTC), 1) == shanghai("2025-03-05T18:00")


def test_deadlines_are_told_in_utc():
    assert CALENDAR.add(shanghai("2025-03-03T09:00"), 1).tzinfo is UTC


def test_days_can_be_counted_backwards():
    assert CALENDAR.add(shanghai("2025-10-13T18:00"), -1) == shanghai("2025-10-11T18:00")
    assert CALENDAR.add(shanghai("2025-10-13T18:00"), -6) == shanghai("2025-09-28T18:00")


def test_no_days_give_the_closing_time_of_the_day_itself():
    assert CALENDAR.add(shanghai("2025-10-01T20:00"), 0) == shanghai("2025-10-01T18:00")


def test_a_period_may_cross_years():
    assert CALENDAR.add(shanghai("2024-12-31T10:00"), 1) == shanghai("2025-01-02T18:00")
    assert CALENDAR.add(shanghai("2025-01-02T10:00"), -1) == shanghai("2024-12-31T18:00")
    assert CALENDAR.between(shanghai("2024-12-31T10:00"), shanghai("2025-01-02T10:00")) == 1


def test_the_closing_time_is_configuration():
    assert WorkingDays(closing=time(17, 30)).add(shanghai("2025-03-03T09:00"), 1) == shanghai("2025-03-04T17:30")


def test_working_days_used_start_after_the_first_day():
    assert CALENDAR.between(shanghai("2025-09-26T09:00"), shanghai("2025-09-26T18:00")) == 0
    assert CALENDAR.between(shanghai("2025-09-26T09:00"), shanghai("2025-10-09T08:00")) == 4
    assert CALENDAR.between(shanghai("2025-10-09T08:00"), shanghai("2025-09-26T09:00")) == 0
    assert CALENDAR.between(shanghai("2026-01-05T08:00"), shanghai("2025-01-05T09:00")) == 0


@pytest.mark.parametrize("call", [lambda c, d: c.add(d, 1), lambda c, d: c.between(d, d)])
def test_a_naive_instant_is_a_programming_error(call):
    with pytest.raises(ValueError, match="aware"):
        call(CALENDAR, datetime(2025, 1, 1))


def test_a_year_not_published_counts_monday_to_friday_and_says_so():
    assert not CALENDAR.covers(FIRST_UNKNOWN)
    note = CALENDAR.note(FIRST_UNKNOWN)
    assert note is not None
    assert str(FIRST_UNKNOWN) in note.zh
    assert str(FIRST_UNKNOWN) in note.en
    week = [date(FIRST_UNKNOWN, 7, 1) + timedelta(days=n) for n in range(7)]
    assert [CALENDAR.is_working_day(day) for day in week] == [day.weekday() < 5 for day in week]


def test_a_published_year_needs_no_note():
    assert CALENDAR.covers(2025)
    assert CALENDAR.note(2025) is None


def test_the_operators_calendar_wins_and_covers_its_years(tmp_path: Path):
    file = tmp_path / "calendar.csv"
    file.write_text(f"date,workday\n2025-03-04,0\n2025-03-08,1\n\n{FIRST_UNKNOWN}-01-01,0\n", encoding="utf-8-sig")
    calendar = WorkingDays.from_csv(file)
    assert not calendar.is_working_day(date(2025, 3, 4))
    assert calendar.is_working_day(date(2025, 3, 8))
    assert calendar.covers(FIRST_UNKNOWN)
    assert calendar.add(shanghai("2025-03-03T09:00"), 1) == shanghai("2025-03-05T18:00")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"2025-03-04,0\n", "1"),
        (b"", "1"),
        (b"date,workday\n2025-03-04,0\n2025-13-01,1\n2025-03-05,yes\n2025-03-04,1\n2025-03-06\n", "3, 4, 5, 6"),
        ("date,workday\n2025-03-04,休".encode("gbk"), ""),
        (b"date,workday\n" + b"x" * 200_000, ""),
    ],
)
def test_a_wrong_calendar_file_is_refused_with_every_line(tmp_path: Path, content: bytes, line: str):
    file = tmp_path / "calendar.csv"
    file.write_bytes(content)
    with pytest.raises(CalendarInvalid) as caught:
        WorkingDays.from_csv(file)
    assert line in caught.value.message.zh
    assert caught.value.remedy.en


def test_a_missing_calendar_file_is_refused(tmp_path: Path):
    with pytest.raises(CalendarInvalid, match=r"none\.csv"):
        WorkingDays.from_csv(tmp_path / "none.csv")


@given(MOMENTS, st.integers(1, 600))
def test_adding_days_and_counting_them_agree(start, days):
    end = CALENDAR.add(start, days)
    assert CALENDAR.between(start, end) == days
    assert CALENDAR.is_working_day(end.astimezone(SHANGHAI).date())


@given(MOMENTS, st.integers(1, 600))
def test_counting_backwards_undoes_counting_forwards(start, days):
    there = CALENDAR.add(start, days)
    assert CALENDAR.add(CALENDAR.add(there, -days), days) == there
