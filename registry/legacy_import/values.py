"""What a cell tells of a field of an entry."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from sys import intern

from registry import data
from registry.codes import is_credit_code
from registry.folding import fold_number, fold_part
from registry.legacy_fields import CODES, DATES, EARLIEST, LONGEST_FOLDED, Value, longest
from registry.legacy_import.columns import Column
from registry.legacy_import.dates import Incomplete, Unreadable, day_of
from registry.legacy_import.reading import Cell
from workflow_runtime.errors import Text

LARGEST_EXACT = 10**15
"""Numbers from here on a spreadsheet keeps without their last digits."""
LONGEST_NOTHING = 6
"""Characters of a word that tells nothing."""
REPEATED = frozenset({"manufacturer", "model", "owner_name", "owner_code"})
"""Fields that say the same in many rows, and are kept once."""
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[Ee]\+\d+")
"""How a spreadsheet writes a long number into CSV."""


class Wrong(Exception):
    """A cell does not tell its field: the code of the problem, and what its sentences tell."""

    def __init__(self, code: str, *facts: Text | str) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@cache
def words(kind: str) -> Mapping[str, str]:
    """Folded word → value, of one kind of `data/legacy_words.csv`."""
    return {fold_part(row["word"]) or row["word"]: row["value"] for row in data.rows("legacy_words") if row["kind"] == kind}


def is_nothing(text: str) -> bool:
    """Whether a text says in some word or sign that it tells nothing."""
    return len(text) <= LONGEST_NOTHING and (not text or _word_of("nothing", text) is not None)


@lru_cache(maxsize=8192)
def _word_of(kind: str, text: str) -> str | None:
    return words(kind).get(fold_part(text) or text)


def as_text(cell: Cell) -> str:
    """A cell as a text: a whole number without a point, a truth value as a word."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, date):
        return cell.isoformat()
    return str(int(cell)) if float(cell).is_integer() and abs(cell) < LARGEST_EXACT else repr(cell)


def value_of(column: Column, cell: Cell, text: str, today: date) -> Value:
    """The field's value; `text` is the cell's, cleaned, and not nothing. `today` is the last day that a date can be. Raises Wrong."""
    name = column.field
    if name in DATES:
        return _day(cell, today)
    if name in ("category", "state"):
        return _word(column, text)
    if name == "owner_code":
        return _owner_code(text)
    if name in CODES and isinstance(cell, date):
        raise Wrong("BECAME_DATE")
    if name in CODES and _lost_digits(cell):
        raise Wrong("LOST_DIGITS")
    if len(text) > longest(name) or (name == "number" and len(fold_number(text)) > LONGEST_FOLDED):
        raise Wrong("TOO_LONG", str(longest(name)))
    return intern(text) if name in REPEATED else text


def _day(cell: Cell, today: date) -> date:
    try:
        day = day_of(cell)
    except Incomplete:
        raise Wrong("DATE_INCOMPLETE") from None
    except Unreadable:
        raise Wrong("DATE_UNREADABLE") from None
    if not EARLIEST <= day <= today:
        raise Wrong("DATE_IMPLAUSIBLE", EARLIEST.isoformat(), today.isoformat())
    return day


def _word(column: Column, text: str) -> str:
    value = _word_of(column.words, text)
    if value is None:
        raise Wrong("STATE_UNKNOWN" if column.field == "state" else "CATEGORY_UNKNOWN")
    return value


def _owner_code(text: str) -> str:
    code = text.replace(" ", "").upper()
    if not _is_credit_code(code):
        raise Wrong("OWNER_CODE_WRONG")
    return intern(code)


_is_credit_code = lru_cache(maxsize=8192)(is_credit_code)
"""An owner has many machines."""


def _lost_digits(cell: Cell) -> bool:
    if isinstance(cell, str):
        return _SCIENTIFIC.fullmatch(cell.strip()) is not None
    return not isinstance(cell, bool | date) and abs(cell) >= LARGEST_EXACT
