"""What a handler takes and gives, in words: the types of its parameters and of its result."""

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from workflow_runtime.errors import Text
from workflow_runtime.handlers import Handler, Json

WORDS: Mapping[Any, Text] = {
    bool: Text("是否", "yes or no"),
    int: Text("整数", "whole number"),
    float: Text("数", "number"),
    str: Text("文字", "text"),
    date: Text("日期", "date"),
    dict: Text("对象", "object"),
    list: Text("列表", "list"),
    NoneType: Text("空", "null"),
}
ANYTHING = Text("任意", "anything")


def about(handler: Handler) -> str:
    """The first line of what the developer says of it."""
    return (handler.function.__doc__ or "").strip().split("\n")[0]


def result_fields(handler: Handler) -> dict[str, Any] | None:
    """The names in a handler's result with their types; None when it gives nothing, or does not say what."""
    returned = get_type_hints(handler.function).get("return")
    found = next((each for each in _alternatives(returned) if is_dataclass(each)), None)
    return None if found is None else {name: get_type_hints(found)[name] for name in found.__dataclass_fields__}


def type_words(annotation: Any) -> Text:
    """A type in words; what JSON knows only as an object or a list is called so."""
    words = [WORDS.get(_plain(each), ANYTHING) for each in _alternatives(annotation)]
    return Text("或".join(word.zh for word in words), " or ".join(word.en for word in words))


def fits(value: Json, annotation: Any) -> bool:
    """Whether a JSON value can be what a handler gives for this type. Days and instants are ISO 8601 text in JSON."""
    return any(_fits(value, _plain(each)) for each in _alternatives(annotation))


def _fits(value: Json, kind: Any) -> bool:
    if kind not in WORDS:
        return True
    if kind is date:
        return isinstance(value, str)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)


def _alternatives(annotation: Any) -> Sequence[Any]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _plain(annotation: Any) -> Any:
    """The kind of JSON value that this type becomes."""
    kind = get_origin(annotation) or annotation
    if not isinstance(kind, type):
        return kind
    if is_dataclass(kind) or issubclass(kind, Mapping):
        return dict
    if kind is not str and issubclass(kind, Sequence | set | frozenset):
        return list
    return next((known for known in WORDS if issubclass(kind, known)), kind)
