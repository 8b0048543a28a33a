"""The manuals of docs/ as pages: Markdown made HTML, headings with anchors, a table of contents. HTML inside the Markdown is shown as text."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from flask import url_for
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import escape

DOCS = Path(__file__).parents[2] / "docs"
IMAGES = DOCS / "images"
PAGES = ("reviewer", "analyst", "developer", "api", "deploy")
"""The manuals that are served, in the order of the index: `docs/<name>.md`."""
LATIN = 0x2E7F
"""The last code point before the Chinese signs and their punctuation."""
DEEPEST = 3
"""The lowest level of heading that the table of contents shows."""


@dataclass(frozen=True)
class Entry:
    """A heading: its level from 2, its words, its anchor."""

    level: int
    words: str
    anchor: str


@dataclass(frozen=True)
class Manual:
    """A manual: its title, its first paragraph in words, its body as HTML, its headings."""

    name: str
    title: str
    about: str
    html: str
    contents: Sequence[Entry]


def manual(name: str) -> Manual | None:
    """The manual of this name as it stands in docs/; None where there is none."""
    path = DOCS / f"{name}.md"
    if name not in PAGES or not path.is_file():
        return None
    return _made(name, path.stat().st_mtime_ns, tuple(sorted(images())), _("截图"), url_for("help.index"))


def images() -> set[str]:
    """The names of the pictures that there are."""
    return {path.name for path in IMAGES.glob("*.png")}


@lru_cache(maxsize=16)
def _made(name: str, _changed: int, pictures: tuple[str, ...], picture: str, address: str) -> Manual:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("fence", _code)
    tokens = reader.parse((DOCS / f"{name}.md").read_text(encoding="utf-8"))
    contents = _anchored(tokens)
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("class", "list")
        if token.type == "th_open":
            token.attrSet("scope", "col")
        for child in token.children or ():
            _placed(child, pictures, picture, address)
        _closed_up(token.children or ())
    words = [t.content for t in tokens if t.type == "inline"]
    return Manual(name, words[0], words[1].strip("*"), reader.renderer.render(tokens, reader.options, {}), contents)


def _code(_renderer: object, tokens: Sequence[Token], at: int, *_: object) -> str:
    """A block of code under the name of its file, if it has one; it can be scrolled by keyboard."""
    _language, _blank, file = tokens[at].info.partition(" ")
    name = f'<p class="manual-file"><code>{escape(file)}</code></p>' if file else ""
    return f'{name}<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _anchored(tokens: Sequence[Token]) -> list[Entry]:
    seen: Counter[str] = Counter()
    contents = []
    for heading, inline in pairwise(tokens):
        if heading.type != "heading_open":
            continue
        words = "".join(t.content for t in inline.children or () if t.type in ("text", "code_inline"))
        anchor = words.lower().replace(" ", "-")
        seen[anchor] += 1
        anchor += f"-{seen[anchor]}" if seen[anchor] > 1 else ""
        heading.attrSet("id", anchor)
        if 2 <= int(heading.tag[1]) <= DEEPEST:
            contents.append(Entry(int(heading.tag[1]), words, anchor))
    return contents


def _closed_up(children: Sequence[Token]) -> None:
    """A line's end between Chinese signs is no blank."""
    for before, token, after in zip(children, children[1:], children[2:], strict=False):
        if token.type == "softbreak" and ord(before.content[-1:] or " ") > LATIN and ord(after.content[:1] or " ") > LATIN:
            token.type, token.content = "text", ""


def _placed(token: Token, pictures: Sequence[str], picture: str, address: str) -> None:
    """Links between manuals and to pictures lead to their pages; a picture that is not there is named instead of shown broken."""
    if token.type == "link_open":
        page, mark, anchor = str(token.attrs.get("href", "")).partition("#")
        if page.removesuffix(".md") in PAGES:
            token.attrSet("href", f"{address}/{page.removesuffix('.md')}{mark}{anchor}")
    if token.type == "image":
        name = str(token.attrs.get("src", "")).removeprefix("images/")
        if name in pictures:
            token.attrSet("src", f"{address}/images/{quote(name)}")
            token.attrSet("loading", "lazy")
        else:
            token.type, token.content, token.children = "text", f"［{picture}：{token.content}］", None
