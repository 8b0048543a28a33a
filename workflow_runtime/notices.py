"""Notices: what a local handler says to whoever works on the case next.

A notice stands on top of the tasks that begin in the same step, in the interface's task, on the page of the case, and in its timeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from workflow_runtime.handlers import Json

KIND = "notice"


@dataclass(frozen=True)
class Notice:
    """What a handler returns to say it; put it under a `resultVariable`.

    `message` and `remedy` are `{"zh": …, "en": …}`: what is the matter, and what to do about it. `step` is what people call the place that
    says it, `at` the step's instant. What is `confidential` is for those who decide, not for the party that has filed the case.
    """

    code: str
    message: Mapping[str, str]
    remedy: Mapping[str, str]
    step: str
    at: datetime
    confidential: bool = False
    kind: str = KIND


def is_notice(value: Mapping[str, Json]) -> bool:
    """Whether a variable's value is a notice as `as_json` keeps it."""
    return value.get("kind") == KIND
