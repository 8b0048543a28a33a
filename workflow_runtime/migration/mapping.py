"""Which element of the new version stands for which one of the old."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workflow_runtime.contents import Contents
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.store.keys import possible_key

MOST_PAIRS = 200


@dataclass(frozen=True)
class ElementMap:
    """Old id → new id; an element that is not named keeps its id. Where an id occurs in several processes, `process/id` names one."""

    pairs: Mapping[str, str] = field(default_factory=dict)

    def new_id(self, process: str, element: str) -> str:
        """The element in the new version that stands for this one."""
        return self.pairs.get(f"{process}/{element}") or self.pairs.get(element) or element

    def ensure_known(self, old: Iterable[Contents], new: Iterable[Contents]) -> None:
        """Every name is that of an element. Raises Invalid."""
        before = {name for contents in old for name in _names(contents)}
        after = {name.rpartition("/")[2] for contents in new for name in _names(contents)}
        errors = [_unknown(name, Text("旧版本", "old version")) for name in self.pairs if before and name not in before]
        errors += [_unknown(name, Text("新版本", "new version")) for name in self.pairs.values() if name not in after]
        if errors:
            raise Invalid(errors)


def _names(contents: Contents) -> Iterator[str]:
    for process in contents.processes.values():
        for node in process.nodes:
            yield node.id
            yield f"{process.id}/{node.id}"


def _unknown(name: str, version: Text) -> FieldError:
    shown = name[:100].encode("utf-8", "replace").decode()
    return FieldError("map", "元素对应", Text(f"{version.zh}中没有元素 {shown}。", f"The {version.en} has no element {shown}."))


def read_map(texts: Sequence[str]) -> ElementMap:
    """`old=new` pairs. Raises Invalid."""
    errors, pairs = [], {}
    for text in texts:
        old, _, new = (part.strip() for part in text.partition("="))
        if not old or not new or old in pairs:
            errors.append(FieldError("map", "元素对应", Text(f"“{text[:100]}”应写作 旧编号=新编号。", f"Write “{text[:100]}” as old=new.")))
        pairs[old] = new
    if errors:
        raise Invalid(errors)
    return ensure_pairs(pairs)


def ensure_pairs(pairs: Mapping[str, str]) -> ElementMap:
    """A map of reasonable size, of names that can be names. Raises Invalid."""
    if len(pairs) > MOST_PAIRS:
        raise Invalid([FieldError("map", "元素对应", Text(f"不能超过 {MOST_PAIRS} 对。", f"At most {MOST_PAIRS} pairs."))])
    if strange := [name for pair in pairs.items() for name in pair if not possible_key(name)]:
        raise Invalid([_unknown(name, Text("流程图", "diagram")) for name in strange])
    return ElementMap(dict(pairs))
