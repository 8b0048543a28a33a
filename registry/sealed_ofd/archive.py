"""Unpacking a ZIP archive from whoever sent it: nothing of it is believed before it was looked at."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

MOST_PACKED = 32 * 1024 * 1024
MOST_FILES = 2_000
MOST_BYTES = 64 * 1024 * 1024
"""Of all files unpacked."""
MOST_DIRECTORY = 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _DESCRIBED_BEHIND = 0x1, 0x8
_END, _LOCAL = struct.Struct("<4s4H2LH"), struct.Struct("<4s5H3L2H")
"""The end of a ZIP archive, and what stands before each file."""
_NOTHING: tuple[int, ...] = (0,)
_DESCRIPTORS = (0, 12, 16)
"""Bytes that may stand behind a file: its sum and sizes, with a mark before them or without."""


class Unreadable(ValueError):
    """The archive or a file in it cannot be read, or is made so that two readers would see two documents.

    `code` is one of `problems.PROBLEMS`, `about` the file.
    """

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code} {about}".strip())
        self.code, self.about = code, about


def printable(text: str) -> str:
    """A text as it may be shown: what cannot be printed is told by its number."""
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text[:200])


def unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of an archive, name and content, and nothing more than `MOST_BYTES`. Raises Unreadable."""
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
                    plain = file.read(left + 1)
                left -= len(plain)
                if left < 0:
                    raise Unreadable("ZIP_TOO_LARGE")
                yield entry.filename, plain
    except (
        zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, OverflowError
    ) as trouble:  # fmt: skip
        raise trouble if isinstance(trouble, Unreadable) else Unreadable("ZIP_UNREADABLE") from None


def _ensure_ends(content: bytes) -> None:
    """The archive ends with its directory and nothing behind it, and the directory is not too large to be read."""
    if len(content) > MOST_PACKED:
        raise Unreadable("ZIP_TOO_LARGE")
    if len(content) < _END.size:
        raise Unreadable("ZIP_UNREADABLE")
    mark, _, _, _, count, size, _, _ = _END.unpack(content[-_END.size :])
    if mark != b"PK\5\6":
        raise Unreadable("ZIP_HIDDEN" if zipfile.is_zipfile(io.BytesIO(content)) else "ZIP_UNREADABLE")
    if count > MOST_FILES or size > MOST_DIRECTORY:
        raise Unreadable("ZIP_TOO_LARGE")


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
            raise Unreadable("ZIP_HIDDEN")
        start = entry.header_offset + _LOCAL.size
        _, _, flags, method, _, _, crc, packed, size, name_length, extra = _LOCAL.unpack(content[entry.header_offset : start])
        told, behind = (crc, packed, size), bool(flags & _DESCRIBED_BEHIND)
        same = told == (entry.CRC, entry.compress_size, entry.file_size) or (behind and told[1:] == (0, 0))
        if method != entry.compress_type or flags != entry.flag_bits or not same:
            raise Unreadable("ZIP_HIDDEN", entry.filename)
        end, gaps = start + name_length + extra + entry.compress_size, _DESCRIPTORS if behind else _NOTHING
    if directory - end not in gaps:
        raise Unreadable("ZIP_HIDDEN")
