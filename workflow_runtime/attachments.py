"""What may be attached to a case: a file's name, size and content are checked before anything is stored.

A file is what its first bytes say, never what its name or the browser claims. Which kinds are accepted is configuration; the default is
what the authorities take for a filing: PDF, JPEG, PNG and OFD (GB/T 33190).
"""

import hashlib
import io
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workflow_runtime.errors import Failure, Text

LONGEST_NAME = 200
"""Characters that a file's name may have."""

PDF_HEADER_WITHIN = 1024
"""Bytes within which the header of a PDF must stand (ISO 32000-1 annex H, implementation note 13)."""

PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
JPEG_MARKERS = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})
"""Segments with which a JPEG may go on after its start-of-image marker (ITU-T T.81 table B.1)."""

BROKEN_ZIP = (zipfile.BadZipFile, struct.error, ValueError, OverflowError, EOFError, OSError, RuntimeError, NotImplementedError)
"""Everything that reading the directory of a hostile archive may raise."""


class AttachmentRefused(Failure):
    """The file may not be attached. Codes: ATTACHMENT_NAME, _EMPTY, _TOO_LARGE, _NOT_ALLOWED, _MISMATCH."""

    code = "ATTACHMENT_NOT_ALLOWED"


@dataclass(frozen=True)
class AttachmentLimits:
    """What an installation accepts: at most `max_size` bytes a file, and the extensions in `types` (lower case, no dot)."""

    max_size: int = 20 * 1024 * 1024
    types: tuple[str, ...] = ("pdf", "jpg", "jpeg", "png", "ofd")


@dataclass(frozen=True)
class AttachmentFacts:
    """What is known of a stored file: its name, media type, size in bytes and SHA-256 (hexadecimal)."""

    name: str
    type: str
    size: int
    sha256: str


def check_attachment(name: str, content: bytes, limits: AttachmentLimits) -> AttachmentFacts:
    """The facts of a file that may be attached.

    Raises AttachmentRefused, which names the file: its name is unusable (ATTACHMENT_NAME), it is empty (ATTACHMENT_EMPTY) or larger than
    the limit (ATTACHMENT_TOO_LARGE), its kind is not accepted (ATTACHMENT_NOT_ALLOWED), or its content is of another kind than its name
    says (ATTACHMENT_MISMATCH).
    """
    name = _checked_name(name)
    extension = _accepted_extension(name, limits)
    _check_size(name, len(content), limits)
    media_type, is_kind = KINDS[extension]
    if not is_kind(content):
        raise _mismatch(name, extension)
    return AttachmentFacts(name, media_type, len(content), hashlib.sha256(content).hexdigest())


def _checked_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name).strip()
    hidden = any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in name)
    if hidden or "/" in name or "\\" in name or name in {"", ".", ".."} or len(name) > LONGEST_NAME:
        raise AttachmentRefused(
            Text(f"文件名 {name[:60]!r} 不可用", f"The file name {name[:60]!r} cannot be used"),
            Text(
                f"请改用不含斜杠和控制字符、不超过 {LONGEST_NAME} 个字的文件名后重新上传。",
                f"Rename the file: no slashes, no control characters, at most {LONGEST_NAME} characters; then upload it again.",
            ),
            code="ATTACHMENT_NAME",
        )
    return name


def _accepted_extension(name: str, limits: AttachmentLimits) -> str:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in limits.types or extension not in KINDS:
        accepted = "、".join(limits.types)
        raise AttachmentRefused(
            Text(f"不接受文件“{name}”的类型", f"The kind of the file “{name}” is not accepted"),
            Text(f"请转换为以下格式之一后上传：{accepted}。", f"Convert it to one of {', '.join(limits.types)} and upload it again."),
            code="ATTACHMENT_NOT_ALLOWED",
        )
    return extension


def _check_size(name: str, size: int, limits: AttachmentLimits) -> None:
    if size == 0:
        raise AttachmentRefused(
            Text(f"文件“{name}”是空的", f"The file “{name}” is empty"),
            Text("请检查原文件后重新上传。", "Check the original file and upload it again."),
            code="ATTACHMENT_EMPTY",
        )
    if size > limits.max_size:
        limit = f"{limits.max_size / 1024 / 1024:g} MB"
        raise AttachmentRefused(
            Text(f"文件“{name}”超过 {limit}", f"The file “{name}” is larger than {limit}"),
            Text(
                "请压缩、降低扫描分辨率或分成几个文件后上传。",
                "Compress it, scan it at a lower resolution or split it; then upload it again.",
            ),
            code="ATTACHMENT_TOO_LARGE",
        )


def _mismatch(name: str, extension: str) -> AttachmentRefused:
    return AttachmentRefused(
        Text(f"文件“{name}”的内容不是 {extension} 格式", f"The content of the file “{name}” is not {extension}"),
        Text(
            f"文件可能已损坏或只改了扩展名：请用原软件另存为 {extension} 后重新上传。",
            f"It may be damaged or merely renamed: save it as {extension} in the program that made it and upload it again.",
        ),
        code="ATTACHMENT_MISMATCH",
    )


def _is_pdf(content: bytes) -> bool:
    return b"%PDF-" in content[:PDF_HEADER_WITHIN]


def _is_png(content: bytes) -> bool:
    return content.startswith(PNG_START)


def _is_jpeg(content: bytes) -> bool:
    return len(content) > 4 and content[:3] == b"\xff\xd8\xff" and content[3] in JPEG_MARKERS


def _zip_names(content: bytes) -> list[str] | None:
    """The names of an archive's entries; None when it is no archive or one of them would climb out of its folder."""
    if not content.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [entry.replace("\\", "/") for entry in archive.namelist()]
    except BROKEN_ZIP:
        return None
    climbing = any(n.startswith("/") or ".." in n.split("/") for n in names)
    return None if climbing else names


def _archive_with(*entries: str) -> Callable[[bytes], bool]:
    def is_kind(content: bytes) -> bool:
        names = _zip_names(content)
        return names is not None and all(e in names for e in entries)

    return is_kind


_OFFICE = "application/vnd.openxmlformats-officedocument"

KINDS: Mapping[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _is_pdf),
    "jpg": ("image/jpeg", _is_jpeg),
    "jpeg": ("image/jpeg", _is_jpeg),
    "png": ("image/png", _is_png),
    "ofd": ("application/ofd", _archive_with("OFD.xml")),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _archive_with("[Content_Types].xml", "word/document.xml")),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _archive_with("[Content_Types].xml", "xl/workbook.xml")),
    "zip": ("application/zip", _archive_with()),
}
"""Extension → media type and the test of its content; what is missing here cannot be accepted by any configuration."""
