"""What an entry of an old register tells, and in which form it is kept: the same for a row of a file and for a correction by hand."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from registry import data
from registry.folding import fold_part
from workflow_runtime.errors import Text

Value = str | date | None
Values = Mapping[str, Value]

FIELDS: Mapping[str, Text] = {
    "number": Text("原备案编号", "Old number"),
    "identifier": Text("证照标识", "Identifier"),
    "equipment_no": Text("设备唯一编号", "Equipment number"),
    "manufacturer": Text("制造单位", "Manufacturer"),
    "serial_no": Text("出厂编号", "Serial number"),
    "category": Text("设备类别", "Category"),
    "model": Text("规格型号", "Model"),
    "owner_name": Text("产权单位", "Owner"),
    "owner_code": Text("统一社会信用代码", "Credit code"),
    "made_on": Text("出厂日期", "Date of manufacture"),
    "issued_on": Text("原发证日期", "Date of issue"),
    "state": Text("状态", "State"),
}
"""Everything that can be told of an entry, in the order in which it is shown."""

DATES = frozenset({"made_on", "issued_on"})
CODES = frozenset({"number", "identifier", "equipment_no", "serial_no", "owner_code"})
"""Fields in which a line break is no blank, and which a spreadsheet may have taken for numbers."""
SEARCHED = ("number", "owner_name", "serial_no", "manufacturer")

CATEGORIES: Mapping[str, str] = {row["value"]: row["word"] for row in reversed(data.rows("legacy_words")) if row["kind"] == "category"}
"""The categories of machines by their letter: each by its first word in `data/legacy_words.csv`."""

LONGEST: Mapping[str, int] = {"number": 100, "identifier": 100, "equipment_no": 40, "owner_code": 18}
"""Characters of a field; all others have `LONGEST_TEXT`."""
LONGEST_TEXT = 200
LONGEST_FOLDED = 200
"""Characters of a folded number: some single ones are written out."""

EARLIEST = date(1950, 1, 1)
"""No construction crane that is still filed was made before."""

_HALF_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94) if chr(0x21 + n).isalnum()} | {0x3000: 0x20}


def longest(field: str) -> int:
    """Characters that the text of a field may have."""
    return LONGEST.get(field, LONGEST_TEXT)


@lru_cache(maxsize=8192)
def cleaned(field: str, text: str) -> str:
    """A text as it is kept: no characters that nobody sees, one blank at most, letters and digits of half width (a number as written).

    An apostrophe before it is a spreadsheet's mark of a text, not a part of it.
    """
    joined = text if text.isprintable() else "".join(_visible(c) for c in text)
    joined = unicodedata.normalize("NFC", joined)
    if field != "number":
        joined = joined.translate(_HALF_WIDTH)
    joined = joined.strip().removeprefix("'").removeprefix("‘")
    if field in CODES:
        return " ".join(joined.replace("\n", "").split())
    return _unbroken(joined)


def _visible(character: str) -> str:
    if character in "\n\r\v\f\x85\u2028\u2029":
        return "\n"
    category = unicodedata.category(character)
    return " " if character == "\t" or category == "Zs" else "" if category in {"Cc", "Cf", "Cs"} else character


def _unbroken(text: str) -> str:
    """Broken lines joined: Chinese ones without a blank."""
    parts = [" ".join(part.split()) for part in text.split("\n")]
    result = ""
    for part in filter(None, parts):
        glue = " " if result and result[-1].isascii() and part[0].isascii() else ""
        result += glue + part
    return result


def same(field: str, one: Value, other: Value) -> bool:
    """Whether two values of a field say the same: width, blanks, dashes and kinds of brackets do not count."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or fold_part(one) == fold_part(other)
    return one == other


def searched(values: Values) -> str:
    """What a keyword may be part of, folded as `fold_keyword` folds it."""
    return " ".join(fold_part(str(values.get(field) or "")) for field in SEARCHED)


def fold_keyword(keyword: str) -> str:
    """A keyword for comparison with `searched`."""
    return fold_part(keyword)
