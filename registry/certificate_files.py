"""The e-certificate files as received, every version of them, with their digests."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from sqlalchemy import Connection, func, insert, select

from registry.tables import certificate, certificate_file
from workflow_runtime.errors import NotFound, Text

_ROW = certificate_file.c


@dataclass(frozen=True)
class CertificateFile:
    """One file; digests are lower-case hex over the content."""

    identifier: str
    version: int
    media_type: str
    content: bytes
    sha256: str
    sm3: str
    stored_at: datetime


class IssuedFile(NamedTuple):
    """The file of an issued certificate; `name` is what it is called where it is handed out."""

    case: str
    number: str
    identifier: str
    name: str
    content: bytes


def _sm3(content: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


def keep_file(connection: Connection, identifier: str, content: bytes, media_type: str, now: datetime) -> int:
    """Keep a file of a certificate and return its version, from 1; the newest version again is not kept twice."""
    newest = select(_ROW.version, _ROW.sha256).where(_ROW.identifier == identifier).order_by(_ROW.version.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    digest = sha256(content).hexdigest()
    if last is not None and last.sha256 == digest:
        return int(last.version)
    version = 1 if last is None else last.version + 1
    values = {"media_type": media_type, "content": content, "sha256": digest, "sm3": _sm3(content), "stored_at": now}
    connection.execute(insert(certificate_file).values(identifier=identifier, version=version, **values))
    return int(version)


def is_file_of(connection: Connection, identifier: str, content: bytes) -> bool:
    """Whether this is a file that was kept of the certificate, to the last byte."""
    query = select(_ROW.version).where(_ROW.identifier == identifier, _ROW.sha256 == sha256(content).hexdigest())
    return connection.execute(query.limit(1)).one_or_none() is not None


def issued_files(connection: Connection, cases: Collection[str]) -> list[IssuedFile]:
    """The certificates' files that these cases issued, in the order of the cases; a draft's file is none."""
    held, file = certificate.c, certificate_file.c
    query = (
        select(held.case_no, held.number, held.identifier, held.version, file.content)
        .join(certificate_file, (file.identifier == held.identifier) & (file.version == held.file_version))
        .where(held.case_no.in_(list(cases)), held.issued_at.is_not(None))
    )
    place = {number: at for at, number in enumerate(cases)}
    rows = sorted(connection.execute(query), key=lambda row: place[row.case_no]) if cases else []
    return [IssuedFile(row.case_no, row.number, row.identifier, _file_name(row.number, row.version), row.content) for row in rows]


def _file_name(number: str, version: int) -> str:
    return f"{number}.ofd" if version == 1 else f"{number}-{version:03}.ofd"


def file_of(connection: Connection, identifier: str, version: int | None = None) -> CertificateFile:
    """A certificate's file, by default the newest. Raises NotFound FILE_UNKNOWN."""
    wanted = select(func.max(_ROW.version)).where(_ROW.identifier == identifier).scalar_subquery() if version is None else version
    row = connection.execute(select(certificate_file).where(_ROW.identifier == identifier, _ROW.version == wanted)).one_or_none()
    if row is None:
        raise NotFound(
            Text(f"备案证 {identifier} 没有电子证照文件", f"Certificate {identifier} has no such file"),
            Text("请等待签章完成。", "Wait for the seal."),
            code="FILE_UNKNOWN",
        )
    return CertificateFile(**row._mapping)
