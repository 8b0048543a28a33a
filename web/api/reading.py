"""Reading requests: JSON bodies and queries by their schemas, the revision that a program saw."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import marshmallow
import orjson
from flask import Request, request
from webargs.core import missing
from webargs.flaskparser import FlaskParser

from web.api.failures import malformed_json, media_type_unknown, precondition_malformed, precondition_required
from workflow_runtime.errors import FieldError, Invalid, Text

JSON = "application/json"
LONGEST_REVISION = 9
"""Digits of a revision."""

ZH: Mapping[str, str] = {
    "Missing data for required field.": "必填。",
    "Unknown field.": "没有这个字段。",
    "Field may not be null.": "不能为 null。",
    "Invalid input type.": "应为 JSON 对象。",
    "Not a valid string.": "应为文本。",
    "Not a valid boolean.": "应为 true 或 false。",
    "Not a valid integer.": "应为整数。",
    "Not a valid list.": "应为数组。",
    "Not a valid mapping type.": "应为 JSON 对象。",
    "Not a valid date.": "应为日期（yyyy-MM-dd）。",
}
"""What marshmallow says, in Chinese; anything else is “格式不正确”."""


class Parser(FlaskParser):
    """Reads a request's parts by marshmallow schemas; what is wrong is told as every other failure is."""

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:
        """The body. orjson takes neither NaN nor half characters nor bottomless nesting: what it gives can be stored."""
        body = req.get_data()
        if not body:
            return missing
        if not req.is_json:
            raise media_type_unknown(JSON)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise malformed_json() from error

    def handle_error(self, error: marshmallow.ValidationError, req: Request, schema: marshmallow.Schema, **_more: Any) -> NoReturn:
        """Every wrong field at once. Raises Invalid."""
        raise Invalid([FieldError(name, name, Text(ZH.get(said, "格式不正确。"), said)) for name, said in _told(error.messages)]) from error


def _told(messages: Any, inside: str = "") -> Iterator[tuple[str, str]]:
    if not isinstance(messages, dict):
        yield from ((inside, str(said)) for said in (messages if isinstance(messages, list) else [messages]))
        return
    for key, inner in messages.items():
        name = "" if key in ("_schema", "json", "query") else str(key)
        yield from _told(inner, ".".join(part for part in (inside, name) if part))


def seen() -> int:
    """The revision that `If-Match` names; what else its document told (`tagged_whole`) may have changed. Raises RequestRefused when it is missing, or names none."""
    header = request.headers.get("If-Match")
    if header is None:
        raise precondition_required()
    digits, _, _document = header.strip().removeprefix('"').removesuffix('"').partition("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_REVISION):
        raise precondition_malformed()
    return int(digits)
