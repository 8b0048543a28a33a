"""The package of an OFD file: a ZIP archive (GB/T 33190-2016, 6) from whoever sent it, so nothing of it is believed before it was looked at."""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from lxml import etree

from registry.sealed_ofd.sm3 import sm3

MOST_FILES = 2_000
MOST_BYTES = 64 * 1024 * 1024
"""Of all files unpacked."""
MOST_DIRECTORY = 1024 * 1024
MOST_XML = 8 * 1024 * 1024
MOST_TAGS = 300_000
"""Of all XML files together."""
ENCODINGS = (b"utf-8", b"gb18030", b"gbk", b"gb2312", b"ascii", b"us-ascii")
"""Of XML; in all of them a `<` is the byte of that sign, and nothing else is."""
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)""")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _DESCRIBED_BEHIND = 0x1, 0x8
_END, _LOCAL = struct.Struct("<4s4H2LH"), struct.Struct("<4s5H3L2H")
"""The end of a ZIP archive, and what stands before each file."""
_NOTHING: tuple[int, ...] = (0,)
_DESCRIPTORS = (0, 12, 16)
"""Bytes that may stand behind a file: its sum and sizes, with a mark before them or without."""

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


def printable(text: str) -> str:
    """A name as it may be shown: what cannot be printed is left out."""
    return "".join(character for character in text if character.isprintable())[:200]


def local(element: "etree._Element") -> str:
    """An element's name without its namespace: vendors use several."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def own_children(element: "etree._Element") -> Iterator["etree._Element"]:
    """The child elements of its own namespace: what is of another one is not shown by readers of OFD files, so it is not read."""
    namespace = etree.QName(element).namespace
    return (child for child in element if isinstance(child.tag, str) and etree.QName(child).namespace == namespace)


def children(element: "etree._Element", name: str) -> list["etree._Element"]:
    """The child elements of this name."""
    return [child for child in own_children(element) if local(child) == name]


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


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    _ensure_ends(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_FILES:
                raise Unreadable("ZIP_TOO_LARGE")
            for entry in entries:
                _ensure_allowed(entry)
            _ensure_distinct(entries)
            _ensure_whole(content, entries, archive.start_dir)
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
    except (
        zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, OverflowError
    ) as trouble:  # fmt: skip
        raise trouble if isinstance(trouble, Unreadable) else Unreadable("ZIP_UNREADABLE") from None


def _ensure_ends(content: bytes) -> None:
    """The archive ends with its directory and nothing behind it, and the directory is not too large to be read."""
    if len(content) < _END.size:
        raise Unreadable("ZIP_UNREADABLE")
    mark, _, _, _, count, size, at, _ = _END.unpack(content[-_END.size :])
    if mark != b"PK\5\6":
        raise Unreadable("ZIP_HIDDEN" if zipfile.is_zipfile(io.BytesIO(content)) else "ZIP_UNREADABLE")
    if count > MOST_FILES or size > MOST_DIRECTORY:
        raise Unreadable("ZIP_TOO_LARGE")
    if at + size != len(content) - _END.size:
        raise Unreadable("ZIP_HIDDEN")


def _ensure_allowed(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = name.rstrip("/").split("/")
    if name.startswith("/") or "\\" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        raise Unreadable("ZIP_PATH", printable(name))
    if name != entry.orig_filename or not name.isprintable():
        raise Unreadable("ZIP_PATH", printable(name))
    if entry.flag_bits & _ENCRYPTED:
        raise Unreadable("ZIP_ENCRYPTED", name)
    if entry.compress_type not in _METHODS:
        raise Unreadable("ZIP_METHOD", name)
    if entry.is_dir() and entry.file_size:
        raise Unreadable("ZIP_HIDDEN", name)


def _ensure_distinct(entries: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for entry in entries:
        name = entry.filename.rstrip("/").casefold()
        if name in seen:
            raise Unreadable("ZIP_DUPLICATE", entry.filename)
        seen.add(name)


def _ensure_whole(content: bytes, entries: list[zipfile.ZipInfo], directory: int) -> None:
    """One file stands behind the other from the first byte to the directory, and is told the same before it as in the directory.

    So a reader that goes through the archive from its beginning finds the same files as one that looks into the directory.
    """
    end, gaps = 0, _NOTHING
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise Unreadable("ZIP_OVERLAP", entry.filename)
        if entry.header_offset - end not in gaps:
            raise Unreadable("ZIP_HIDDEN", entry.filename)
        start = entry.header_offset + _LOCAL.size
        _, _, flags, method, _, _, crc, packed, size, name_length, extra = _LOCAL.unpack(content[entry.header_offset : start])
        told, behind = (crc, packed, size), bool(flags & _DESCRIBED_BEHIND)
        same = told == (entry.CRC, entry.compress_size, entry.file_size) or (behind and told[1:] == (0, 0))
        if method != entry.compress_type or flags != entry.flag_bits or not same:
            raise Unreadable("ZIP_HIDDEN", entry.filename)
        end, gaps = start + name_length + extra + entry.compress_size, _DESCRIPTORS if behind else _NOTHING
    if directory - end not in gaps:
        raise Unreadable("ZIP_HIDDEN")
