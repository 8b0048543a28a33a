"""The package of an OFD file: a ZIP archive (GB/T 33190-2016, 6) from whoever sent it, so nothing of it is believed before it was looked at."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from lxml import etree

MOST_FILES = 2_000
MOST_BYTES = 64 * 1024 * 1024
"""Of all files unpacked."""
MOST_XML = 8 * 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


LARGEST = 1e6
"""Millimetres; no page is so large."""


class Box(NamedTuple):
    """A rectangle by its upper left corner, in millimetres."""

    x: float
    y: float
    width: float
    height: float


class Unreadable(ValueError):
    """The archive or a file in it cannot be read, or is made so that two readers would see two documents.

    `code` is one of `problems.PROBLEMS`, `about` the file.
    """

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code} {about}".strip())
        self.code, self.about = code, about


class Package:
    """The files of an archive by their names, unpacked in memory."""

    def __init__(self, content: bytes) -> None:
        """Unpacks everything, and nothing more than `MOST_BYTES`. Raises Unreadable."""
        self.files: Mapping[str, bytes] = dict(_unpacked(content))
        self._roots: dict[str, etree._Element] = {}

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
            self._roots[name] = root_of(self.files[name], name)
        return self._roots[name]


def root_of(content: bytes, name: str) -> "etree._Element":
    """The root element of an XML text. Raises Unreadable."""
    if len(content) > MOST_XML:
        raise Unreadable("XML_TOO_LARGE", name)
    if b"\0" in content:
        raise Unreadable("XML_NUL", name)
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise Unreadable("XML_MALFORMED", name) from None
    if root.getroottree().docinfo.internalDTD is not None or b"<!DOCTYPE" in content.upper():
        raise Unreadable("XML_DOCTYPE", name)
    return root


def printable(text: str) -> str:
    """A name as it may be shown: what cannot be printed is left out."""
    return "".join(character for character in text if character.isprintable())[:200]


def local(element: "etree._Element") -> str:
    """An element's name without its namespace: vendors use several."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: "etree._Element", name: str) -> list["etree._Element"]:
    """The child elements of this name, in whatever namespace."""
    return [child for child in element if local(child) == name]


def child(element: "etree._Element | None", *path: str) -> "etree._Element | None":
    """The first descendant by a path of names."""
    for name in path:
        element = next(iter(children(element, name)), None) if element is not None else None
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


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _ensure_safe(entries, len(content))
            left = MOST_BYTES
            for entry in entries:
                if entry.is_dir():
                    continue
                with archive.open(entry) as file:
                    unpacked = file.read(left + 1)
                left -= len(unpacked)
                if left < 0:
                    raise Unreadable("ZIP_TOO_LARGE")
                yield entry.filename, unpacked
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, OverflowError) as trouble:
        raise trouble if isinstance(trouble, Unreadable) else Unreadable("ZIP_UNREADABLE") from None


def _ensure_safe(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MOST_FILES:
        raise Unreadable("ZIP_TOO_LARGE")
    seen = set()
    for entry in entries:
        name = entry.filename
        parts = name.rstrip("/").split("/")
        if name.startswith("/") or "\\" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
            raise Unreadable("ZIP_PATH", printable(name))
        if name != entry.orig_filename or not name.isprintable():
            raise Unreadable("ZIP_PATH", printable(name))
        if name.rstrip("/").casefold() in seen:
            raise Unreadable("ZIP_DUPLICATE", name)
        if entry.flag_bits & _ENCRYPTED:
            raise Unreadable("ZIP_ENCRYPTED", name)
        if entry.compress_type not in _METHODS:
            raise Unreadable("ZIP_METHOD", name)
        seen.add(name.rstrip("/").casefold())
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise Unreadable("ZIP_OVERLAP", entry.filename)
        end = entry.header_offset + entry.compress_size
    if end > size:
        raise Unreadable("ZIP_UNREADABLE")
