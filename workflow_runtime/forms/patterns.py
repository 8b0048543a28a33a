"""Patterns of text answers: the form's own regular expressions and the editor's predefined formats."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]  # the package carries no types

from workflow_runtime.errors import Text

LONGEST_PATTERN = 200
"""Characters of a regular expression in a form."""

FORMATS: Mapping[str, tuple[re.Pattern[str], Text]] = {
    "email": (
        re.compile(r"[^\s@]{1,200}@[^\s@.]{1,63}(?:\.[^\s@.]{1,63}){1,8}"),
        Text("不是有效的电子邮箱地址，例如 name@example.cn", "is not an e-mail address such as name@example.cn"),
    ),
    "phone": (
        re.compile(r"(?:\+?86[- ]?)?(?:1[3-9]\d{9}|(?:0\d{2,3}[- ]?)?[2-9]\d{6,7}(?:-\d{1,6})?|[48]00[- ]?\d{3}[- ]?\d{4})", re.ASCII),
        Text("不是有效的电话号码，请填写手机号或“区号-号码”", "is not a telephone number: give a mobile number, or area code-number"),
    ),
}
"""The editor's predefined formats (`validationType`) as they are meant in China, and the sentence for each."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Any:
    r"""A regular expression that is searched for, not anchored, as browsers do with a form's pattern.

    The engine's time is linear in the text, so no pattern can stall a request; look-around and back-references do not exist in it.
    `\uXXXX` is accepted as it stands in JavaScript. Raises ValueError for a pattern that is too long or none that the engine knows.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"longer than {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(re.sub(r"\\u([0-9a-fA-F]{4})", r"\\x{\1}", pattern), options)
    except re2.error as error:
        raise ValueError(error.args[0].decode("utf-8", "replace")) from error
