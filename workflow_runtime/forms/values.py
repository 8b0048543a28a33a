"""How one answer of each kind is read: from JSON, or as the text that a browser posts.

Every reader takes the question and the raw answer and returns the JSON value that is stored, or raises marshmallow's ValidationError with
a sentence in both languages.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from workflow_runtime.errors import Text
from workflow_runtime.forms.model import Field
from workflow_runtime.forms.patterns import FORMATS, compile_pattern
from workflow_runtime.handlers import Json

LONGEST_TEXT = 10_000
"""Characters of one answer."""

LARGEST_NUMBER = 10**15
"""Whole numbers up to here are exact in JSON, in floating point and in every database."""

EARLIEST_YEAR = 1900

NO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
"""Blanks of no width: they come along with pasted text, nobody sees them, and comparisons break on them."""

_INVISIBLE = r"\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069"
INVISIBLE, INVISIBLE_IN_LINES = re.compile(rf"[\x00-\x1f{_INVISIBLE}]"), re.compile(rf"[\x00-\x08\x0b-\x1f{_INVISIBLE}]")
"""Control characters, halves of surrogate pairs, line and paragraph separators (Unicode's Cc, Cs, Zl, Zp), and marks that make text read
otherwise than it is stored; in a text of several lines, line breaks and tabs are none of them."""

REFERENCE_KEYS = frozenset({"id", "name", "size", "type", "sha256"})


def wrong(zh: str, en: str) -> ValidationError:
    """The refusal of one answer."""
    return ValidationError([Text(zh, en)])


def is_blank(value: Any) -> bool:
    """Whether this counts as not answered: nothing, blank text, an empty list."""
    if isinstance(value, str):
        return not NO_WIDTH.sub("", value).strip()
    return value is None or value == []


def read_text(question: Field, value: Any) -> str:
    """Text: stripped, NFC, free of control characters (a text area keeps its lines), within its length, format and pattern."""
    text = clean_text(value, lines=question.kind == "textarea")
    limit = min(question.max_length or LONGEST_TEXT, LONGEST_TEXT)
    if len(text) > limit:
        raise _too_long(limit)
    if question.min_length is not None and len(text) < question.min_length:
        raise wrong(f"至少 {question.min_length} 个字", f"must have at least {question.min_length} characters")
    _check_form(question, text)
    return text


def _check_form(question: Field, text: str) -> None:
    if question.format:
        form, message = FORMATS[question.format]
        if not form.fullmatch(text):
            raise ValidationError([message])
    if question.pattern and not compile_pattern(question.pattern).search(text):
        raise wrong("格式不正确", "has the wrong format")


def clean_text(value: Any, *, lines: bool = False) -> str:
    """The text as it is stored. Raises ValidationError for what is no text, far too long, or holds control characters."""
    if not isinstance(value, str):
        raise wrong("应为文字", "must be text")
    if len(value) > 2 * LONGEST_TEXT:
        raise _too_long(LONGEST_TEXT)
    text = NO_WIDTH.sub("", unicodedata.normalize("NFC", value.replace("\r\n", "\n"))).strip()
    if (INVISIBLE_IN_LINES if lines else INVISIBLE).search(text):
        raise wrong("含有换行或不可见的控制字符，请删除后重新填写", "holds line breaks or invisible control characters: remove them")
    return text


def _too_long(limit: int) -> ValidationError:
    return wrong(f"最多 {limit} 个字", f"may have at most {limit} characters")


def read_number(question: Field, value: Any) -> int | float:
    """A number; as text it may have full-width digits. A whole one comes back as int."""
    number = _decimal(value)
    if question.decimals is not None and number != round(number, question.decimals):
        raise _wrong_digits(question.decimals)
    if question.minimum is not None and number < Decimal(str(question.minimum)):
        raise wrong(f"不能小于 {question.minimum}", f"must not be less than {question.minimum}")
    if question.maximum is not None and number > Decimal(str(question.maximum)):
        raise wrong(f"不能大于 {question.maximum}", f"must not be greater than {question.maximum}")
    return int(number) if number == number.to_integral_value() else float(number)


def _wrong_digits(decimals: int) -> ValidationError:
    if decimals == 0:
        return wrong("应为整数", "must be a whole number")
    return wrong(f"小数最多 {decimals} 位", f"may have at most {decimals} digits after the decimal point")


def _decimal(value: Any) -> Decimal:
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value[:64]).strip()
        if len(text) > 30 or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
            raise wrong("应为数字，例如 630 或 12.5", "must be a number such as 630 or 12.5")
        value = Decimal(text)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong("应为数字", "must be a number")
    if not abs(value) <= LARGEST_NUMBER:  # also true of not-a-number
        raise wrong("数字过大", "is too large a number")
    return Decimal(str(value))


def read_date(question: Field, value: Any) -> str:
    """A day as yyyy-MM-dd, kept as text."""
    text = unicodedata.normalize("NFKC", value[:64]).strip() if isinstance(value, str) else ""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) or not _is_day(text):
        raise wrong("不是有效日期，请按“年-月-日”填写，例如 2026-01-31", "is not a date: write yyyy-MM-dd, for example 2026-01-31")
    return text


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year >= EARLIEST_YEAR
    except ValueError:
        return False


def read_choice(question: Field, value: Any) -> str:
    """One of the choices in the form; those of a named source are checked when the books are at hand."""
    text = clean_text(value)
    if not question.option_source and text not in {o.value for o in question.options}:
        raise not_offered()
    return text


def not_offered() -> ValidationError:
    """The answer is none of the choices."""
    return wrong("不在可选项之中，请重新选择", "is not one of the choices: choose again")


def read_checklist(question: Field, value: Any) -> list[Json]:
    """Several of the choices, each once, in the order given; a single one may come as bare text."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        raise wrong("应为若干选项", "must be a list of choices")
    return list(dict.fromkeys(read_choice(question, v) for v in values))


def read_checkbox(question: Field, value: Any) -> bool:
    """A tick: true or false, or the words that browsers post."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in {"on", "true", "1", "off", "false", "0"}:
        raise wrong("应为“是”或“否”", "must be yes or no")
    return word in {"on", "true", "1"}


def read_files(question: Field, value: Any) -> list[Json]:
    """References to stored files, each once: `{"id": …}` with whatever else the client remembers, or the bare id."""
    references = value if isinstance(value, list) else [value]
    ids = list(dict.fromkeys(_file_id(r) for r in references))
    if len(ids) > question.max_files:
        raise wrong(f"最多上传 {question.max_files} 个文件", f"takes at most {question.max_files} file(s)")
    return [{"id": i} for i in ids]


def _file_id(reference: Any) -> str:
    found = reference.get("id") if isinstance(reference, dict) and reference.keys() <= REFERENCE_KEYS else reference
    if not isinstance(found, str) or is_blank(found) or len(found) > 100:
        raise wrong("不是已上传文件的引用，请重新上传", "is not a reference to an uploaded file: upload it again")
    return clean_text(found)


READERS: Mapping[str, Callable[[Field, Any], Json]] = {
    "text": read_text,
    "textarea": read_text,
    "number": read_number,
    "date": read_date,
    "select": read_choice,
    "radio": read_choice,
    "checkbox": read_checkbox,
    "checklist": read_checklist,
    "file": read_files,
}
"""The reader of each kind."""


def fitting(question: Field, value: Any) -> Json:
    """The value as an answer of this question; null where it is none."""
    try:
        return None if is_blank(value) else READERS[question.kind](question, value)
    except ValidationError:
        return None
