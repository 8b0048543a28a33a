"""JSON as people read it."""

from typing import Any

import orjson


def document(value: Any) -> str:
    """A JSON value, or a text that holds one, on indented lines; any other text as it is."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return str(value)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
