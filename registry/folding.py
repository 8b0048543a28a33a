"""Folded forms: what people type in many ways is compared in one way.

Full and half width, brackets and dashes are the usual reasons why the same number or name does not match itself.
"""

import unicodedata
from collections.abc import Callable, Iterable

from workflow_runtime.errors import FieldError, Invalid, Text

DASHES = "−─━"
"""Minus and box-drawing lines that serve as dashes; the true dashes are known by their Unicode category."""
BRACKETS = str.maketrans("[{【〔〖〈《]}】〕〗〉》", "(((((((" + ")))))))")


LAST_OF_PLANE = 0xFFFF
_BLANK = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


class _Signs(dict[int, str]):
    """What `str.translate` makes of each character, kept for those in daily use: whole registers are folded."""

    def __init__(self, told: Callable[[str], str]) -> None:
        super().__init__()
        self._told = told

    def __missing__(self, point: int) -> str:
        found = self._told(chr(point))
        if point <= LAST_OF_PLANE:
            self[point] = found
        return found


def _is_dash(character: str) -> bool:
    return unicodedata.category(character) == "Pd" or character in DASHES


def _visible(character: str) -> str:
    """Without blanks, control and zero-width characters."""
    return "" if unicodedata.category(character) in _BLANK else character


_WIDTH = {0xFF01 + place: 0x21 + place for place in range(94)}
"""The full-width letters, digits and signs, and their half-width ones."""
_NAME = _Signs(_visible)
_NUMBER = _Signs(lambda c: "-" if _is_dash(c) else _visible(c))
_PART = _Signs(lambda c: "" if _is_dash(c) else _visible(c).translate(BRACKETS))


def fold_name(name: str) -> str:
    """A body's or seal's name for comparison: NFKC, blanks removed."""
    return unicodedata.normalize("NFKC", name).translate(_NAME)


def is_same_text(shown: str, approved: str) -> bool:
    """Whether two texts of a face are the same: full and half width of a letter are one, and so are blanks and line breaks."""
    return _words(shown) == _words(approved)


def is_shown(pieces: Iterable[str], approved: str) -> bool:
    """Whether a text stands on a page in these pieces, one after the other; blanks may be lost between two of them, where a line ends."""
    left = " ".join(_words(approved))
    for piece in (" ".join(_words(piece)) for piece in pieces):
        if not left.startswith(piece):
            return False
        left = left[len(piece) :].lstrip()
    return not left


def _words(text: str) -> list[str]:
    return unicodedata.normalize("NFC", text).translate(_WIDTH).split()


def fold_number(number: str) -> str:
    """A certificate number for comparison: NFKC, upper case, blanks removed, every dash a `-`."""
    return unicodedata.normalize("NFKC", number).translate(_NUMBER).upper()


def fold_part(text: str) -> str:
    """A manufacturer or serial number for comparison: NFKC, upper case, no blanks, no dashes, one kind of bracket."""
    return unicodedata.normalize("NFKC", text).translate(_PART).upper()


def machine_key(manufacturer: str, serial_no: str) -> str:
    """What makes two filings name the same machine: folded manufacturer (制造单位) and serial number (出厂编号).

    Raises Invalid naming each part that is empty once folded, or longer than 200 characters.
    """
    parts = {"manufacturer": ("制造单位", fold_part(manufacturer)), "serial_no": ("出厂编号", fold_part(serial_no))}
    wrong = Text("应为 1–200 个字符（空格和横线不计）", "1 to 200 characters, blanks and dashes not counted")
    if errors := [FieldError(key, label, wrong) for key, (label, folded) in parts.items() if not 1 <= len(folded) <= 200]:
        raise Invalid(errors)
    # blanks were removed from both parts, so a blank between them keeps "A|BC" and "AB|C" apart
    return " ".join(folded for _, folded in parts.values())
