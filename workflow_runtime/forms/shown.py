"""How answers read on a page, and what changed between two submissions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow_runtime.errors import Text
from workflow_runtime.forms.model import Field, Option
from workflow_runtime.forms.nested import value_at
from workflow_runtime.handlers import Json

NOTHING = Text("（未填写）", "(not filled in)")
NEW_FILE = Text("（新上传）", "(newly uploaded)")


@dataclass(frozen=True)
class Difference:
    """One question that is answered otherwise than before; the answers as a person reads them."""

    field: str
    label: Text
    old: Text
    new: Text


def shown(question: Field, value: Json, options: Sequence[Option] = ()) -> Text:
    """The answer in words; `options` are the choices of a named source, where the question has one."""
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return Text("是", "Yes") if value else Text("否", "No")
    if isinstance(value, list):
        parts = [_part(question, v, options) for v in value]
        return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))
    return _part(question, value, options)


def _part(question: Field, value: Json, options: Sequence[Option]) -> Text:
    if isinstance(value, dict):
        name = str(value.get("name", value.get("id", "")))
        return Text(name, name)
    for option in (*question.options, *(Option(*o) for o in options)):
        if option.value == value:
            return option.text
    zh, en = (f"{value} {unit}" if unit else str(value) for unit in question.unit)
    return Text(zh, en)


def differences(
    questions: Sequence[Field], before: Mapping[str, Any], after: Mapping[str, Any], options: Mapping[str, Sequence[Option]]
) -> list[Difference]:
    """The questions whose answers differ, in reading order; `options` by the name of their source."""
    found = []
    for question in questions:
        old, new = value_at(before, question.path), value_at(after, question.path)
        if _same(old, new):
            continue
        offered = options.get(question.option_source, ())
        found.append(Difference(question.name, question.label, shown(question, old, offered), _new(question, old, new, offered)))
    return found


def _same(old: Json, new: Json) -> bool:
    return _identity(old) == _identity(new) and isinstance(old, bool) == isinstance(new, bool)


def _identity(value: Json) -> Any:
    """What makes two answers the same: of a file, its id."""
    if isinstance(value, list):
        return [v.get("id") if isinstance(v, dict) else v for v in value]
    return value


def _new(question: Field, old: Json, new: Json, options: Sequence[Option]) -> Text:
    """The new answer; another file of the same name is told apart."""
    words = shown(question, new, options)
    if words == shown(question, old, options):
        return Text(words.zh + NEW_FILE.zh, f"{words.en} {NEW_FILE.en}")
    return words
