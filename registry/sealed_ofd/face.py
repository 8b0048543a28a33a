"""The items of a certificate's face as its page shows them: a label, and what stands to its right."""

from collections.abc import Mapping, Sequence

from registry.folding import fold_name
from registry.sealed_ofd.document import Line, Page

SAME_ROW = 2.5
"""Millimetres by which the base lines of a label and its value may differ."""
SAME_COLUMN = 5.0
LARGEST_GAP = 9.0
"""Between two lines of one value; what stands farther below is something else."""
COLON = ":"


def items_on(pages: Sequence[Page], labels: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Label → the texts beside it, one for each time that a page shows the label; the lines of a text joined."""
    wanted = {fold_name(label): label for label in labels}
    found: dict[str, list[str]] = {}
    for page in pages:
        named = {line: label for line in page.lines if (label := _label_of(line, wanted)) is not None}
        others = [line for line in page.lines if line not in named and line.text.strip()]
        for line, label in named.items():
            found.setdefault(label, []).append(_behind_colon(line, label) or _beside(line, named, others))
    return found


def _label_of(line: Line, wanted: Mapping[str, str]) -> str | None:
    text = fold_name(line.text)
    before, colon, _ = text.partition(COLON)
    return wanted.get(before if colon else text)


def _behind_colon(line: Line, label: str) -> str:
    text = fold_name(line.text)
    return text.partition(COLON)[2] if fold_name(label) != text else ""


def _beside(label: Line, labels: Mapping[Line, str], others: Sequence[Line]) -> str:
    """The lines from the label's row down to the next label below it, and to the next label to its right."""
    below = [each.y for each in labels if abs(each.x - label.x) < SAME_COLUMN and each.y > label.y + SAME_ROW]
    right = [each.x for each in labels if abs(each.y - label.y) < SAME_ROW and each.x > label.x]
    bottom, edge = min(below, default=float("inf")) - SAME_ROW, min(right, default=float("inf"))
    values = [each for each in others if label.y - SAME_ROW < each.y < bottom and label.x < each.x < edge]
    lines, last = [], label.y
    for each in sorted(values, key=lambda each: (round(each.y, 1), each.x)):
        if each.y - last > LARGEST_GAP:
            break
        lines.append(each.text)
        last = each.y
    return "".join(lines)
