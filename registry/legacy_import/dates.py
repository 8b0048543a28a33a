"""A day as old registers write it: in digits or characters, with any sign between, by a spreadsheet's own count, or only the month."""

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache

from registry.legacy_import.reading import Cell

FIRST_SERIAL = date(1899, 12, 30)
"""Day 0 of a spreadsheet's count: with it, every day since 1900-03-01 comes out right."""
SERIALS = range(18_264, 73_051)
"""Counts of days that are dates here: 1950-01-01 to 2099-12-31."""

_SIGN = r"[-/.,·_\\年]"
_DAY = re.compile(rf"(?P<y>\d{{4}}){_SIGN}(?P<m>\d{{1,2}})[-/.,·_\\月](?P<d>\d{{1,2}})[日号]?")
_DIGITS = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})")
_MONTH = re.compile(rf"(?P<y>\d{{4}})(?:{_SIGN}(?P<m>\d{{1,2}})月?|(?P<n>\d{{2}})|年)?")
_TIME = re.compile(r"(?:T|\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*$")
_NUMERALS = {c: str(n) for n, c in enumerate("〇一二三四五六七八九")} | dict.fromkeys("零○Ｏ", "0")
_TENS = re.compile(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)")


class Incomplete(Exception):
    """Only a month or a year is told."""


class Unreadable(Exception):
    """No day is told."""


def day_of(cell: Cell) -> date:
    """The day that a cell tells. Raises Incomplete, Unreadable."""
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool):
        raise Unreadable
    if isinstance(cell, int | float):
        if int(cell) in SERIALS:
            return FIRST_SERIAL + timedelta(days=int(cell))
        cell = f"{cell:.10g}"
    told = _read(_plain(cell))
    if not isinstance(told, date):
        raise told
    return told


@lru_cache(maxsize=8192)
def _plain(text: str) -> str:
    """NFKC, without a time of day and blanks, Chinese numerals as digits."""
    normal = "".join(_TIME.sub("", unicodedata.normalize("NFKC", text)).split()).strip("'")
    if any(c in _NUMERALS or c == "十" for c in text):
        normal = "".join(_NUMERALS.get(c, c) for c in _TENS.sub(_ten, normal))
    return normal


def _ten(found: re.Match[str]) -> str:
    return f"{_NUMERALS.get(found[1], '1')}{_NUMERALS.get(found[2], '0')}"


@lru_cache(maxsize=8192)
def _read(text: str) -> date | type[Incomplete] | type[Unreadable]:
    if text.isascii() and text.isdecimal() and len(text) == 5 and int(text) in SERIALS:
        return FIRST_SERIAL + timedelta(days=int(text))
    if found := _DAY.fullmatch(text) or _DIGITS.fullmatch(text):
        try:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            return Unreadable
    month = _MONTH.fullmatch(text)
    if month and 1 <= int(month["m"] or month["n"] or 1) <= 12:
        return Incomplete
    return Unreadable
