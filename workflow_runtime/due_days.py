"""How many working days a user task has: a number in the diagram, or an expression (`=deadlines.review`) that is asked when it is reached."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from workflow_runtime.errors import Failure, Text
from workflow_runtime.expressions import Expression, compile_expression

if TYPE_CHECKING:
    from workflow_runtime.handlers import Json

MAX_DUE_DAYS = 365
"""The longest time limit, in working days."""


class DueInvalid(Failure):
    """The text or its value is no number of working days."""

    code = "DUE_DAYS_INVALID"

    def __init__(self, said: object) -> None:
        super().__init__(
            Text(f"办理时限 {str(said)[:100]!r} 无效。", f"The due days {str(said)[:100]!r} are not valid."),
            Text(
                f"写 1 到 {MAX_DUE_DAYS} 的整数（工作日），或 =表达式，如 =deadlines.review。",
                f"Write a whole number of working days from 1 to {MAX_DUE_DAYS}, or =expression, like =deadlines.review.",
            ),
        )


def read_due_days(text: str) -> int | Expression:
    """The days, or the expression that gives them. Raises DueInvalid, ExpressionError."""
    if text.lstrip().startswith("="):
        return compile_expression(text)
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII):
        raise DueInvalid(text)
    days = int(text)
    if not 1 <= days <= MAX_DUE_DAYS:
        raise DueInvalid(text)
    return days


def due_days(text: str, variables: "Mapping[str, Json]") -> int | None:
    """The days for this case; None when the expression is null: then the task has no limit. Raises DueInvalid, ExpressionError."""
    read = read_due_days(text)
    if isinstance(read, int):
        return read
    days = read.evaluate(variables)
    if days is None:
        return None
    if isinstance(days, bool) or not isinstance(days, int | float) or days not in range(1, MAX_DUE_DAYS + 1):
        raise DueInvalid(days)
    return int(days)
