"""A file as rows of cells, whatever made it: xlsx, xls and ods by a process apart (`spreadsheet`), CSV here."""

import csv
import io
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import Any, NamedTuple

import orjson

from registry.legacy_import import refused

Cell = str | float | bool | date
"""What a cell holds; "" when nothing."""

SECONDS = 180.0
"""Of the process that reads a spreadsheet."""
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
OTHER_KINDS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"{\\rtf")
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream of an OLE file that holds an encrypted xlsx (MS-OFFCRYPTO 1.3.3)."""
DELIMITERS = ",;\t"
SAMPLE = 60
"""Rows by which the delimiter is told."""


class Row(NamedTuple):
    """A row with anything in it. `sheet` is "" in CSV; `number` is counted as a spreadsheet does, and 0 for a sheet that is hidden."""

    sheet: str
    number: int
    cells: list[Cell]


Rating = Callable[[list[list[str]]], int]
"""How much a sample of rows looks like a register."""


def rows_of(content: bytes, rating: Rating) -> Iterator[Row]:
    """The rows of a file. Raises FileRefused, also in the course of reading."""
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise refused.empty()
    if len(content) > refused.MAX_BYTES:
        raise refused.too_large()
    if content.startswith(OTHER_KINDS) or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise refused.other_kind()
    if content.startswith(OLE) and ENCRYPTED in content:
        raise refused.encrypted()
    return _bounded(_spreadsheet(content) if content.startswith((ZIP, OLE)) else _csv(_text(content), rating))


def _bounded(rows: Iterator[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count >= refused.MAX_ROWS:
            raise refused.too_many_rows()
        if len(row.cells) > refused.MAX_COLUMNS:
            raise refused.too_wide(row.sheet, row.number)
        if any(isinstance(cell, str) and len(cell) > refused.MAX_CELL for cell in row.cells):
            raise refused.too_long(row.sheet, row.number)
        yield row


def _spreadsheet(content: bytes) -> Iterator[Row]:
    program = [sys.executable, "-I", str(Path(__file__).with_name("spreadsheet.py"))]
    with TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        with subprocess.Popen(program, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own
            late = Timer(SECONDS, process.kill)
            late.start()
            try:
                yield from _lines(process.stdout or ())
            finally:
                late.cancel()
                process.kill()


def _lines(written: Iterable[bytes]) -> Iterator[Row]:
    for line in written:
        match orjson.loads(line):
            case ["row", sheet, number, cells]:
                yield Row(sheet, number, [_cell(value) for value in cells])
            case ["hidden", sheet]:
                yield Row(sheet, 0, [])
            case ["failed", kind]:
                raise refused.encrypted() if kind == "password" else refused.unreadable()
            case ["end"]:
                return
    raise refused.too_costly()


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return date.fromisoformat(value["date"])
    return "" if value is None else value  # None: what a spreadsheet calls a number, and JSON does not


def _text(content: bytes) -> str:
    """Raises FileRefused LEGACY_ENCODING, also for a text with a NUL, which no text has."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text.removeprefix("\ufeff")
    raise refused.unknown_encoding()


def _encodings(content: bytes) -> list[str]:
    """In the order in which they are tried; UTF-16 without a mark is told by the NULs beside its ASCII characters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    if b"\0" not in content:
        return ["utf-8-sig", "gb18030"]
    high_first = content[0::2].count(b"\0") > content[1::2].count(b"\0")
    return ["utf-8-sig", "utf-16-be" if high_first else "utf-16-le"]


def _csv(text: str, rating: Rating) -> Iterator[Row]:
    delimiter = max(DELIMITERS, key=lambda each: rating(_sample(text, each)))
    for number, cells in _records(text, delimiter):
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield Row("", number, list(cells))


def _sample(text: str, delimiter: str) -> list[list[str]]:
    found = []
    try:
        for number, cells in _records(text, delimiter):
            found.append(cells)
            if number >= SAMPLE:
                break
    except refused.FileRefused:
        pass  # with the delimiter that it has, it will be met again
    return found


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise refused.too_long("", number) if "limit" in str(error) else refused.broken_csv(number) from error
        yield number, cells
