"""Answers nest where a group of a form has a path: reading, writing and removing by path."""

from collections.abc import Mapping
from typing import Any


def value_at(answers: Any, path: tuple[str, ...]) -> Any:
    """The value at the path, or None where there is nothing."""
    for part in path:
        if not isinstance(answers, Mapping):
            return None
        answers = answers.get(part)
    return answers


def put(answers: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Write the value at the path, making the objects on the way."""
    for part in path[:-1]:
        answers = answers.setdefault(part, {})
    answers[path[-1]] = value
