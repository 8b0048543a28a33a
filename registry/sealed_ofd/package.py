"""The package of an OFD file: files by their names, some of them XML (GB/T 33190-2016, 6), from whoever sent it."""

import posixpath
import re
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from lxml import etree

from registry.sealed_ofd.archive import Unreadable, unpacked
from registry.sealed_ofd.sm3 import sm3

MOST_XML = 8 * 1024 * 1024
MOST_TAGS = 300_000
"""Of all XML files together."""
ENCODINGS = (b"utf-8", b"gb18030", b"gbk", b"gb2312", b"ascii", b"us-ascii")
"""Of XML; in all of them a `<` is the byte of that sign, and nothing else is."""
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)""")
LARGEST = 1e6
"""Millimetres; no page is so large."""


class Box(NamedTuple):
    """A rectangle by its upper left corner, in millimetres."""

    x: float
    y: float
    width: float
    height: float


class Package:
    """The files of an archive by their names, unpacked in memory."""

    def __init__(self, content: bytes) -> None:
        """Unpacks everything, and nothing more than `MOST_BYTES`. Raises Unreadable."""
        self.files: Mapping[str, bytes] = dict(unpacked(content))
        self._roots: dict[str, etree._Element] = {}
        self._digests: dict[str, bytes] = {}
        self._tags = MOST_TAGS

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {name.casefold(): name for name in self.files}

    def find(self, path: str, beside: str = "") -> str | None:
        """The file that a path names: from the package's root with a leading `/`, else beside the file `beside`; case does not count.

        Some vendors write paths from the document's folder, or from the root without the `/`: what is not found beside is looked for in
        each folder above.
        """
        path = path.strip().replace("\\", "/")
        base = "" if path.startswith("/") else posixpath.dirname(beside)
        while True:
            name = posixpath.normpath(posixpath.join(base, path.lstrip("/")))
            if (found := self._names.get(name.casefold())) or not base:
                return found
            base = posixpath.dirname(base)

    def xml(self, name: str) -> "etree._Element":
        """A file's root element. Raises Unreadable: not well-formed, with a DOCTYPE, with NUL, too large, or not there."""
        if name not in self._roots:
            if name not in self.files:
                raise Unreadable("XML_MISSING", name)
            self._tags -= self.files[name].count(b"<")
            if self._tags < 0:
                raise Unreadable("XML_TOO_LARGE", name)
            self._roots[name] = root_of(self.files[name], name)
        return self._roots[name]

    def digest(self, name: str) -> bytes:
        """A file's SM3 digest; however often it is asked for, it is made once."""
        if name not in self._digests:
            self._digests[name] = sm3(self.files[name])
        return self._digests[name]


def root_of(content: bytes, name: str) -> "etree._Element":
    """The root element of an XML text. Raises Unreadable."""
    if len(content) > MOST_XML:
        raise Unreadable("XML_TOO_LARGE", name)
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    if declared is not None and declared[1].lower() not in ENCODINGS:
        raise Unreadable("XML_MALFORMED", name)
    if b"\0" in content:
        raise Unreadable("XML_NUL", name)
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise Unreadable("XML_MALFORMED", name) from None
    if root.getroottree().docinfo.internalDTD is not None or b"<!DOCTYPE" in content.upper():
        raise Unreadable("XML_DOCTYPE", name)
    return root


def local(element: "etree._Element") -> str:
    """An element's name without its namespace: vendors use several."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def own_children(element: "etree._Element") -> list["etree._Element"]:
    """The child elements of its own namespace: what is of another one is not shown by readers of OFD files, so it is not read."""
    namespace = _namespace(element)
    return [child for child in element if isinstance(child.tag, str) and _namespace(child) == namespace]


def children(element: "etree._Element", name: str) -> list["etree._Element"]:
    """The child elements of this name, of its own namespace."""
    wanted = _namespace(element) + name
    return [child for child in element if child.tag == wanted]


def _namespace(element: "etree._Element") -> str:
    tag = str(element.tag)
    return tag[: tag.rfind("}") + 1]


def child(element: "etree._Element | None", *path: str) -> "etree._Element | None":
    """The descendant by a path of names. Raises Unreadable where there are two: two readers might take two."""
    for name in path:
        found = children(element, name) if element is not None else []
        if len(found) > 1:
            raise Unreadable("XML_TWICE", name)
        element = found[0] if found else None
    return element


def text_of(element: "etree._Element | None") -> str:
    """An element's text, blanks around it removed; "" for none."""
    return "".join(str(part) for part in element.itertext()).strip() if element is not None else ""


def numbers_of(text: str | None) -> list[float]:
    """Numbers with blanks between them; none when one of them is none."""
    try:
        found = [float(part) for part in (text or "").split()]
    except ValueError:
        return []
    return found if all(abs(number) < LARGEST for number in found) else []


def box_of(text: str | None) -> Box:
    """A rectangle `x y width height` in millimetres; nought where it cannot be read."""
    numbers = numbers_of(text)
    return Box(*numbers) if len(numbers) == 4 else Box(0, 0, 0, 0)
