"""What goes back over HTTP: answers, refusals, and JSON read with care."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What goes back. `effect`: the request changed something. `before_sending` runs after commit, ahead of the first byte."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    effect: bool = False
    before_sending: Callable[[], None] | None = None


def json_answer(status: int, value: object, *, effect: bool = False, headers: dict[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), headers=headers or {}, effect=effect)


def refusal(status: int, code: str, message: str) -> Answer:
    """A JSON refusal `{"code", "message"}`."""
    return json_answer(status, {"code": code, "message": message})


def read_json(body: bytes) -> Any:
    """Bytes as JSON, or None when they are none; lone surrogates, which no UTF-8 can carry on, are none either."""
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value
