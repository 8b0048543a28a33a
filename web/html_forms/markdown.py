"""The little Markdown that text blocks of forms use: headings, lists, paragraphs, **bold**, *emphasis*; everything else is text."""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

BOLD = re.compile(r"\*\*([^*\n]{1,500})\*\*")
EMPHASIS = re.compile(r"\*([^*\n]{1,500})\*")
ITEM = re.compile(r"[-*] +")
HEADING = re.compile(r"#{1,4} +")


def markdown(text: str) -> Markup:
    """The text as HTML; nothing in it is taken as HTML."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return Markup("\n").join(_block([line.strip() for line in block.split("\n")]) for block in blocks if block.strip())


def _block(lines: list[str]) -> Markup:
    if all(ITEM.match(line) for line in lines):
        return Markup("<ul>{}</ul>").format(_joined(Markup("<li>{}</li>").format(_inline(ITEM.sub("", line, count=1))) for line in lines))
    if len(lines) == 1 and HEADING.match(lines[0]):
        return Markup('<p class="form-heading">{}</p>').format(_inline(HEADING.sub("", lines[0], count=1)))
    return Markup("<p>{}</p>").format(Markup("<br>").join(_inline(line) for line in lines))


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _inline(text: str) -> Markup:
    safe = BOLD.sub(r"<strong>\1</strong>", str(escape(text)))
    return Markup(EMPHASIS.sub(r"<em>\1</em>", safe))  # noqa: S704  # escaped before the marks are set
