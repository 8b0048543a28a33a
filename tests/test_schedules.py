"""Timers: what the texts mean against an injected time, and that nothing unreadable gets past deploy."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.schedules import TimerInvalid, read_schedule
from workflow_runtime.working_days import WorkingDays

CALENDAR = WorkingDays()


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


NOW = shanghai("2025-01-31T09:00")
DUE = shanghai("2025-02-14T18:00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P5D", "2025-02-05T09:00"),
        ("PT1H30M", "2025-01-31T10:30"),
        ("P2W", "2025-02-14T09:00"),
        ("P1M", "2025-02-28T09:00"),
        ("P1Y1M", "2026-02-28T09:00"),
        ("P1M1DT1S", "2025-03-01T09:00:01"),
        ("PT0.5S", "2025-01-31T09:00:00.500"),
        ('"PT1H"', "2025-01-31T10:00"),
        (" 'PT1H' ", "2025-01-31T10:00"),
        ("R3/PT1H", "2025-01-31T10:00"),
        ("WD7", "2025-02-12T18:00"),
        ("2026-12-01T08:00:00+08:00", "2026-12-01T08:00"),
        ("2026-12-01T00:00:00Z", "2026-12-01T08:00"),
        ("2026-12-01T08:00", "2026-12-01T08:00"),
        ("2026-12-01", "2026-12-01T00:00"),
        ("2020-01-01", "2020-01-01T00:00"),
        ("due", "2025-02-14T18:00"),
        ("due-WD1", "2025-02-13T18:00"),
        ("due+WD2", "2025-02-18T18:00"),
        ("due-P1D", "2025-02-13T18:00"),
        ("due-P1M", "2025-01-14T18:00"),
        ("due+PT2H", "2025-02-14T20:00"),
        ("=reminder", "2025-02-05T09:00"),
        ("=apply.day", "2025-06-01T00:00"),
        ("=date(apply.day) - 1", "2025-05-31T00:00"),
        ("=relative", "2025-02-13T18:00"),
    ],
)
def test_a_timer_is_first_due(text, expected):
    variables = {"reminder": "P5D", "apply": {"day": "2025-06-01"}, "relative": "due-WD1"}
    due = read_schedule(text).first(NOW, CALENDAR, DUE, variables)
    assert due == shanghai(expected)
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "kind", "repetitions", "relative"),
    [
        ("P5D", "duration", 1, False),
        ("WD7", "duration", 1, False),
        ("R3/PT1H", "cycle", 3, False),
        ("R/PT10M", "cycle", None, False),
        ("2026-12-01", "date", 1, False),
        ("due", "due", 1, True),
        ("due-WD1", "due", 1, True),
        ("=a.b", "expression", 1, False),
    ],
)
def test_a_timer_says_what_it_is(text, kind, repetitions, relative):
    schedule = read_schedule(text)
    assert (schedule.kind, schedule.repetitions, schedule.relative_to_due) == (kind, repetitions, relative)


@pytest.mark.parametrize("text", ["due", "due-WD1", "=gone", "=relative"])
def test_without_its_due_date_or_variable_a_timer_never_fires(text):
    assert read_schedule(text).first(NOW, CALENDAR, None, {"relative": "due-WD1"}) is None


@pytest.mark.parametrize("value", ["soon", "", 5, True, ["P1D"], "R3/PT1H", "=other", "2025-02-30"])
def test_an_expression_whose_value_is_no_time_says_so(value):
    with pytest.raises(TimerInvalid) as caught:
        read_schedule("=when").first(NOW, CALENDAR, DUE, {"when": value})
    assert caught.value.code == "TIMER_INVALID"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "P", "PT", "P1", "1D", "P1DT", "p5d", "P-1D", "-P1D", "P0D", "PT0S", "WD0", "WD", "WD-1", "WD1.5", "R0/PT1H", "R3", "R/", "R3/", "R3/P0D",
        "R3/due", "R999999/PT1H", "R/PT0.001S", "R3/2026-12-01/PT1H", "due-", "due-due", "due 1", "due-R3/PT1H", "2026-13-01", "2026-02-30",
        "2026-12-01T25:00", "2026-12-01Tx", "9999-12-31T23:59:59-23:00", "P101Y", "WD99999", "P99999999999999999999Y", "PT" + "9" * 500 + "S", "=", "=a *", "= 1 < 2 < 3",
        "tomorrow", '"', "'P1D", "P1D'", "P1D\n\x00", "Ｐ５Ｄ", "P٣D", " " * 3000 + "P1D", "R/WD٣",
    ],
)  # fmt: skip
def test_an_unreadable_timer_is_refused(text):
    with pytest.raises(TimerInvalid) as caught:
        read_schedule(text)
    assert caught.value.code == "TIMER_INVALID"
    assert caught.value.message.zh
    assert caught.value.remedy.en


def test_a_cycle_goes_on_step_by_step():
    hourly = read_schedule("R3/PT1H")
    assert hourly.next(NOW, CALENDAR) == NOW + timedelta(hours=1)
    assert read_schedule("R/WD1").next(shanghai("2025-02-14T18:00"), CALENDAR) == shanghai("2025-02-17T18:00")
    assert read_schedule("R/P1M").next(NOW, CALENDAR) == shanghai("2025-02-28T09:00")


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("R/PT1H", "2025-01-31T17:30", "2025-01-31T18:00"),
        ("R/PT1H", "2025-01-31T18:00", "2025-01-31T19:00"),
        ("R/PT1H", "2025-01-31T08:00", "2025-01-31T10:00"),
        ("R/PT1S", "2035-01-31T09:00", "2035-01-31T09:00:01"),
        ("R/P1M", "2025-04-01T00:00", "2025-04-28T09:00"),
        ("R/P1M1D", "2025-04-15T09:00", "2025-05-03T09:00"),
        ("R/WD1", "2025-02-07T18:00", "2025-02-08T18:00"),
    ],
)
def test_an_overdue_cycle_fires_once_and_goes_on_from_its_grid(text, now, expected):
    assert read_schedule(text).after(NOW, shanghai(now), CALENDAR) == shanghai(expected)


@pytest.mark.parametrize("text", ["P1D", "due", "2026-12-01", "=a"])
def test_only_a_cycle_has_a_next_time(text):
    with pytest.raises(ValueError, match="does not repeat"):
        read_schedule(text).next(NOW, CALENDAR)
    with pytest.raises(ValueError, match="does not repeat"):
        read_schedule(text).after(NOW, NOW, CALENDAR)


@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(["R", "3", "/", "P", "T", "1", "D", "H", "M", "S", "W", "WD", "due", "-", "+", "=", "a", ".", "2026-01-01"]),
        max_size=8,
    ).map("".join)
)
def test_any_text_is_read_or_refused(text):
    try:
        schedule = read_schedule(text)
        schedule.first(NOW, CALENDAR, DUE, {"a": "P1D"})
    except TimerInvalid:
        pass


@given(st.integers(1, 10**6), st.integers(0, 10**8))
def test_the_time_after_now_lies_on_the_grid(step, late):
    now = NOW + timedelta(seconds=late)
    following = read_schedule(f"R/PT{step}S").after(NOW, now, CALENDAR)
    assert now < following <= now + timedelta(seconds=step)
    assert (following - NOW) % timedelta(seconds=step) == timedelta(0)
