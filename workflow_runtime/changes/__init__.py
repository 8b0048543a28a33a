"""The semantic difference of what is deployed or to be deployed: diagrams, forms and decision tables, in plain words.

Drawing, blanks, prefixes, the order of attributes, comments and the editor's signature have no meaning and are no change.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from workflow_runtime.changes.change import Change, Comparison, FileChange
from workflow_runtime.changes.decisions import compare_decisions
from workflow_runtime.changes.forms import compare_forms
from workflow_runtime.changes.processes import compare_processes, renumbered_elements
from workflow_runtime.contents import Contents, Key
from workflow_runtime.errors import Text

__all__ = ["Change", "Comparison", "FileChange", "compare", "renumbered_elements"]

_COMPARERS: dict[str, Callable[[Any, Any], Iterator[Change]]] = {
    "bpmn": compare_processes,
    "form": compare_forms,
    "dmn": compare_decisions,
}
_WORDS = {"bpmn": Text("流程", "process"), "form": Text("表单", "form"), "dmn": Text("决策表", "decision")}
_NAMES = {"bpmn": "process", "form": "form", "dmn": "decision"}


def compare(before: Contents, after: Contents, among: Collection[Key] | None = None) -> Comparison:
    """Every change of meaning from `before` to `after`, by file; only of the parts `among`, if they are given.

    Files that cannot be read have no parts: their findings are in the contents.
    """
    keys = sorted(key for key in {*before.sources, *after.sources} if among is None or key in among)
    changes = tuple(each for key in keys for each in _part(key, before, after))
    return Comparison(changes, _redrawn(keys, before, after, {each.file for each in changes}))


def _part(key: Key, before: Contents, after: Contents) -> Iterator[FileChange]:
    kind, name = key
    old, new = _parts(kind, before).get(name), _parts(kind, after).get(name)
    word = _WORDS[kind]
    if new is None:
        gone = Change(f"{_NAMES[kind]}.removed", name, Text(f"删除{word.zh} {name}", f"{word.en} {name} removed"))
        yield FileChange(file_of(before, key), name, gone)
    elif old is None:
        come = Change(f"{_NAMES[kind]}.added", name, Text(f"新增{word.zh} {name}", f"{word.en} {name} added"))
        yield FileChange(file_of(after, key), name, come)
    else:
        yield from (FileChange(file_of(after, key), name, change) for change in _COMPARERS[kind](old, new))


def _parts(kind: str, contents: Contents) -> Mapping[str, Any]:
    return {"bpmn": contents.processes, "form": contents.forms, "dmn": contents.decisions}[kind]


def file_of(contents: Contents, key: Key) -> str:
    """The name of the file in which a part is defined."""
    return contents.files[contents.sources[key]][0]


def _redrawn(keys: Collection[Key], before: Contents, after: Contents, changed: Collection[str]) -> tuple[str, ...]:
    common = [key for key in keys if key in before.sources and key in after.sources]
    other = {file_of(after, key) for key in common if before.files[before.sources[key]][1] != after.files[after.sources[key]][1]}
    return tuple(sorted(other - set(changed)))
