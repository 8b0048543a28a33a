"""One day and one machine in every notation that old registers have: whichever it is, the same is understood."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from old_registers import csv_of, entry

from registry.legacy_import.dates import FIRST_SERIAL, Incomplete, Unreadable, day_of
from registry.legacy_import.register import read_register

TODAY = date(2099, 12, 31)
DAYS = st.dates(date(1950, 1, 1), TODAY)
DIGITS = "〇一二三四五六七八九"


def chinese(number):
    """1 to 31 in characters."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十") + (DIGITS[ones] if ones or not tens else "")


def wide(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


NOTATIONS = {
    "hyphens": lambda d: f"{d.year}-{d.month}-{d.day}",
    "iso": lambda d: d.isoformat(),
    "slashes": lambda d: f"{d.year}/{d.month:02}/{d.day:02}",
    "points": lambda d: f"{d.year}.{d.month}.{d.day}",
    "digits": lambda d: f"{d:%Y%m%d}",
    "signs": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "blanks": lambda d: f" {d.year} 年 {d.month} 月 {d.day} 日 ",
    "characters": lambda d: f"{''.join(DIGITS[int(c)] for c in str(d.year))}年{chinese(d.month)}月{chinese(d.day)}日",
    "zeros": lambda d: f"{''.join('零' if c == '0' else DIGITS[int(c)] for c in str(d.year))}年{chinese(d.month)}月{chinese(d.day)}日",
    "wide": lambda d: wide(f"{d.year}-{d.month}-{d.day}"),
    "time": lambda d: f"{d.year}-{d.month}-{d.day} 0:00:00",
    "apostrophe": lambda d: f"'{d.isoformat()}",
    "serial": lambda d: str((d - FIRST_SERIAL).days),
    "serial cell": lambda d: float((d - FIRST_SERIAL).days) + 0.5,
    "digits cell": lambda d: float(f"{d:%Y%m%d}"),
    "date cell": lambda d: d,
}


@pytest.mark.parametrize("notation", NOTATIONS)
@given(day=DAYS)
def test_a_day_is_the_same_in_every_notation(notation, day):
    assert day_of(NOTATIONS[notation](day)) == day


@given(day=DAYS, form=st.sampled_from(["{0.year}年{0.month}月", "{0.year}-{0.month}", "{0:%Y%m}", "{0.year}年", "{0.year}"]))
def test_a_month_or_a_year_is_no_day(day, form):
    with pytest.raises(Incomplete):
        day_of(form.format(day))


@given(text=st.text(max_size=12))
def test_any_other_text_tells_no_day_and_does_no_harm(text):
    with suppress(Incomplete, Unreadable):
        assert isinstance(day_of(text), date)


@given(cell=st.floats(allow_nan=False, allow_infinity=False) | st.booleans())
def test_any_number_tells_a_day_or_none(cell):
    with suppress(Incomplete, Unreadable):
        assert isinstance(day_of(cell), date)


NUMBERS = st.from_regex(r"蒙[A-M]-20\d\d-\d{4}", fullmatch=True)


def variants(text):
    """A number as somebody else types it."""
    return st.sampled_from(
        [text, wide(text), text.replace("-", "－"), text.replace("-", "—"), text.lower(), f" {text} ", text.replace("-", " - ")]
    )


@given(data=st.data(), number=NUMBERS, made=DAYS, notation=st.sampled_from([n for n in NOTATIONS if "cell" not in n]))
def test_a_row_written_in_two_ways_is_one_entry(data, number, made, notation):
    """Whatever the widths, the hyphens and the notation of the date, and whatever the encoding: a duplicate that contradicts nothing."""
    first = entry(number, 出厂编号=number, 出厂日期=made.isoformat(), 发证日期="")
    again = entry(data.draw(variants(number)), 出厂编号=data.draw(variants(number)), 出厂日期=NOTATIONS[notation](made), 发证日期="")
    register = read_register("x", csv_of(first, again, encoding=data.draw(st.sampled_from(["utf-8", "gb18030", "utf-16"]))), TODAY)
    assert [(row.text("number"), row.values["made_on"]) for row in register.rows] == [(number, made)]
    assert [problem.code for problem in register.problems] == ["DUPLICATE_SAME"]


@given(rows=st.lists(st.lists(st.text(max_size=30), max_size=12), max_size=12), delimiter=st.sampled_from(",;\t"))
def test_any_cells_below_a_head_are_read_or_reported(rows, delimiter):
    """Never a traceback, and no row with anything in it vanishes without a word."""
    filled = [[text.replace("\0", "") for text in row] for row in rows]
    register = read_register("x", csv_of(entry("1"), *filled, delimiter=delimiter, encoding="utf-16"), TODAY + timedelta(days=1))
    told = {problem.place.row for problem in register.problems} | {row.place.row for row in register.rows}
    assert told >= {at for at, row in enumerate(filled, start=3) if any(text.strip() for text in row)}
