"""One change of meaning, told in plain words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from workflow_runtime.errors import Text

LONGEST_SHOWN = 160
"""Characters of a value that a sentence repeats."""


@dataclass(frozen=True)
class Change:
    """What has changed: `kind` is stable (`element.added`, `field.required`, …), `element` the id of what it is about."""

    kind: str
    element: str
    message: Text


@dataclass(frozen=True)
class FileChange:
    """A change with the file in which it stands; `part` is the process, the form or the decision."""

    file: str
    part: str
    change: Change


@dataclass(frozen=True)
class Comparison:
    """Every change of meaning, grouped by file, and the files in which only the drawing or the typing has changed."""

    changes: tuple[FileChange, ...]
    redrawn: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether both mean the same."""
        return not self.changes

    @property
    def by_file(self) -> dict[str, list[FileChange]]:
        """The changes of each file."""
        grouped: dict[str, list[FileChange]] = {}
        for each in self.changes:
            grouped.setdefault(each.file, []).append(each)
        return grouped


def shown(value: object) -> str:
    """A value as a sentence repeats it."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def value_changed(kind: str, element: str, subject: Text, what: Text, old: object, new: object) -> Iterator[Change]:
    """`subject`'s `what` was `old` and is `new`; None or an empty text stand for nothing. No change if they are equal."""
    if old == new or _whole(old) == _whole(new):
        return
    before, after = _told(old, new), _told(new, old)
    if not before.zh:
        text = Text(f"{subject.zh}增加{what.zh}“{after.zh}”", f"{subject.en}: {what.en} “{after.en}” added")
    elif not after.zh:
        text = Text(f"{subject.zh}去掉{what.zh}（原为“{before.zh}”）", f"{subject.en}: {what.en} removed (was “{before.en}”)")
    else:
        text = Text(
            f"{subject.zh}的{what.zh}由“{before.zh}”改为“{after.zh}”",
            f"{subject.en}: {what.en} changed from “{before.en}” to “{after.en}”",
        )
    yield Change(kind, element, text)


def _whole(value: object) -> Text:
    zh, en = value if isinstance(value, Text) else ("" if value is None else str(value),) * 2
    return Text(" ".join(zh.split()), " ".join(en.split()))


def _told(value: object, other: object) -> Text:
    return Text(*(_differing(*texts) for texts in zip(_whole(value), _whole(other), strict=True)))


def _differing(text: str, other: str) -> str:
    """A text as a sentence repeats it; a long one from shortly before it begins to differ."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, other, strict=False)))
    if max(len(text), len(other)) <= LONGEST_SHOWN or same < LONGEST_SHOWN // 2:
        return shown(text)
    return f"…{shown(text[same - LONGEST_SHOWN // 4 :])}"


def order_changed(kind: str, element: str, subject: Text, what: Text, old: Iterable[str], new: Iterable[str]) -> Iterator[Change]:
    """What both have stands in another order."""
    before, after = list(old), list(new)
    if [each for each in before if each in after] != [each for each in after if each in before]:
        yield Change(kind, element, Text(f"{subject.zh}的{what.zh}顺序有变", f"{subject.en}: {what.en} in another order"))
