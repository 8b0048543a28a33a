"""Folded forms: what people type in many ways is compared in one way.

Full and half width, brackets and dashes are the usual reasons why the same number or name does not match itself.
"""

import unicodedata

from workflow_runtime.errors import FieldError, Invalid, Text

DASHES = "−─━"
"""Minus and box-drawing lines that serve as dashes; the true dashes are known by their Unicode category."""
BRACKETS = str.maketrans("[{【〔〖〈《]}】〕〗〉》", "(((((((" + ")))))))")


def _is_dash(character: str) -> bool:
    return unicodedata.category(character) == "Pd" or character in DASHES


def _without_blanks(text: str) -> str:
    """NFKC, without blanks, control and zero-width characters."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normal if unicodedata.category(c) not in ("Zs", "Zl", "Zp", "Cc", "Cf"))


def fold_name(name: str) -> str:
    """A body's or seal's name for comparison: NFKC, blanks removed."""
    return _without_blanks(name)


def fold_number(number: str) -> str:
    """A certificate number for comparison: NFKC, upper case, blanks removed, every dash a `-`."""
    return "".join("-" if _is_dash(c) else c for c in _without_blanks(number)).upper()


def fold_part(text: str) -> str:
    """A manufacturer or serial number for comparison: NFKC, upper case, no blanks, no dashes, one kind of bracket."""
    kept = "".join(c for c in _without_blanks(text) if not _is_dash(c))
    return kept.translate(BRACKETS).upper()


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
