"""The items of a certificate's face as its page shows them: a label, and what stands to its right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from registry.folding import fold_name
from registry.sealed_ofd.archive import Unreadable
from registry.sealed_ofd.document import Line, Page

SAME_ROW = 2.5
"""Millimetres by which the base lines of a label and its value may differ."""
SAME_COLUMN = 5.0
LARGEST_GAP = 9.0
"""Between two lines of one value; what stands farther below is something else."""
MOST_LABELS = 200
"""On a page; a face has thirteen."""
COLONS = ":："


@dataclass(frozen=True)
class Face:
    """Label → the texts beside it, one for each time that a page shows the label, each by its pieces; and what no label stands for."""

    items: Mapping[str, Sequence[Sequence[str]]]
    others: Sequence[str]


def face_on(pages: Sequence[Page], labels: Sequence[str], bare: Sequence[str] = ()) -> Face:
    """What the pages show. `bare` labels stand alone: what is beside them is not theirs. Raises Unreadable for too many labels."""
    wanted = {fold_name(label): label for label in (*labels, *bare)}
    items: dict[str, list[Sequence[str]]] = {}
    others: list[str] = []
    for page in pages:
        lines = [line for line in page.lines if line.text.strip()]
        named = {line: label for line in lines if (label := _label_of(line, wanted)) is not None}
        if len(named) > MOST_LABELS:
            raise Unreadable("XML_TOO_LARGE", page.id)
        values = [line for line in lines if line not in named]
        taken: set[Line] = set()
        for line, label in named.items():
            behind = _behind_colon(line)
            beside = _beside(line, named, values) if label not in bare else ()
            items.setdefault(label, []).append([*behind, *(each.text for each in beside)])
            taken.update(beside)
        others += (line.text for line in values if line not in taken)
    return Face(items, others)


def _label_of(line: Line, wanted: Mapping[str, str]) -> str | None:
    label, _ = _parted(line.text)
    return wanted.get(fold_name(label))


def _parted(text: str) -> tuple[str, str]:
    """What stands before the first colon, and what behind it."""
    at = min((place for colon in COLONS if (place := text.find(colon)) >= 0), default=len(text))
    return text[:at], text[at + 1 :]


def _behind_colon(line: Line) -> Iterable[str]:
    _, value = _parted(line.text)
    return [value] if value.strip() else []


def _beside(label: Line, labels: Mapping[Line, str], values: Sequence[Line]) -> Sequence[Line]:
    """The lines from the label's row down to the next label below it, and to the next label to its right."""
    below = [each.y for each in labels if abs(each.x - label.x) < SAME_COLUMN and each.y > label.y + SAME_ROW]
    right = [each.x for each in labels if abs(each.y - label.y) < SAME_ROW and each.x > label.x]
    bottom, edge = min(below, default=float("inf")) - SAME_ROW, min(right, default=float("inf"))
    found = [each for each in values if label.y - SAME_ROW < each.y < bottom and label.x < each.x < edge]
    lines, last = [], label.y
    for each in sorted(found, key=lambda each: (round(each.y, 1), each.x)):
        if each.y - last > LARGEST_GAP:
            break
        lines.append(each)
        last = each.y
    return lines
