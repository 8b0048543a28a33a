"""What anybody may learn of a certificate: its face, its present state, its seal and the checks of its file; nothing else of the books.

A certificate is found by what stands on the certificate itself or leads to it: the verification code, the QR's text, or number and serial
number together. A number alone finds nothing, since numbers can be counted up. What was never issued is as unknown as what never was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from registry import tables
from registry.certificates import FACE, STATES
from registry.folding import fold_number, fold_part
from registry.legacy_reissue import associated_identifier
from registry.verification_report import Check, told_checks
from workflow_runtime.errors import NotFound, Text

_ROW = tables.certificate.c

MEANING: Mapping[str, Text] = {
    "valid": Text("该备案证现行有效。", "This certificate is in force."),
    "superseded": Text(
        "该备案证已换发，不再有效，以换发后的备案证为准。", "This certificate has been reissued and is no longer valid; the new one counts."
    ),
    "cancelled": Text("该备案已注销，备案证不再有效。", "The filing has been cancelled; this certificate is no longer valid."),
    "lapsed": Text("该备案证已失效。", "This certificate has lapsed."),
    "revoked": Text("该备案证已被撤销。", "This certificate has been revoked."),
}
"""What a state means to whoever verifies; the states of `STATES` that an issued certificate can have."""


@dataclass(frozen=True)
class PublicCertificate:
    """All that the public may see of an issued certificate.

    `replaced_number` is the number of a paper certificate that it replaced (原备案编号), `associated_identifier` the 证照标识 of what it
    replaced (关联证照标识), each "" where there is none. `face` has the label and value of each printed item; the thirteenth is the QR code, whose text is `qr_text`. `newest_code` leads to the
    certificate that counts now, if the same owner has a newer one for this machine.
    """

    code: str
    number: str
    identifier: str
    version: int
    state: str
    face: Sequence[tuple[Text, str]]
    qr_text: str
    issued_at: datetime
    seal_name: str
    sealed_at: datetime | None
    aggregated_at: datetime | None
    checks: Sequence[Check]
    signature_checked: bool
    file_version: int | None
    newest_code: str | None
    replaced_number: str = ""
    associated_identifier: str = ""

    @property
    def in_force(self) -> bool:
        """Whether it is valid now."""
        return self.state == "valid"

    @property
    def state_word(self) -> Text:
        """The state as one word."""
        return STATES[self.state]

    @property
    def meaning(self) -> Text:
        """The state as a sentence."""
        return MEANING[self.state]


def public_certificate(connection: Connection, code: str) -> PublicCertificate:
    """What the public sees under this verification code. Raises NotFound VERIFICATION_UNKNOWN."""
    # PostgreSQL takes no NUL character, and no code has a character that cannot be printed
    row = _issued(connection, _ROW.verification_code == code) if code.isprintable() else None
    if row is None:
        raise unknown()
    return _shown(row, _newest(connection, row), _associated(connection, row))


def code_by_qr_text(connection: Connection, text: str) -> str | None:
    """The verification code of the certificate whose QR reads exactly so."""
    row = _issued(connection, _ROW.qr_text == text)
    return None if row is None else str(row.verification_code)


def code_by_number(connection: Connection, number: str, serial_no: str) -> str | None:
    """The verification code of the newest certificate with this number, if the serial number (出厂编号) is its machine's; however typed."""
    row = _issued(connection, _ROW.folded_number == fold_number(number))
    return str(row.verification_code) if row is not None and fold_part(str(row.face["serial_no"])) == fold_part(serial_no) else None


def unknown() -> NotFound:
    """What is told to whoever asks for a certificate that is not there, or not to be seen: always the same."""
    return NotFound(
        Text("没有查到该备案证。", "No such certificate was found."),
        Text(
            "请核对后重新查验；刚办结的备案证请稍后再试。",
            "Check what you entered; a certificate that has just been issued may take a moment.",
        ),
        code="VERIFICATION_UNKNOWN",
    )


def _issued(connection: Connection, condition: ColumnElement[bool]) -> Any:
    query = select(tables.certificate).where(condition, _ROW.issued_at.is_not(None))
    return connection.execute(query.order_by(_ROW.version.desc()).limit(1)).one_or_none()


def _newest(connection: Connection, row: Any) -> str | None:
    # Another owner's later filing of the machine is nobody's business who holds the old owner's certificate.
    # It is asked for by the machine alone: an owner may have thousands of certificates, and SQLite might look through them.
    query = select(_ROW.verification_code, _ROW.owner_code).where(_ROW.equipment_no == row.equipment_no, _ROW.issued_at > row.issued_at)
    later = connection.execute(query.order_by(_ROW.issued_at.desc()))
    return next((each.verification_code for each in later if each.owner_code == row.owner_code), None)


def _associated(connection: Connection, row: Any) -> str:
    return associated_identifier(connection, row.identifier, row.previous_identifier, row.replaced_number)


def _shown(row: Any, newest_code: str | None, associated: str) -> PublicCertificate:
    report = row.verification_report or {}
    return PublicCertificate(
        code=row.verification_code,
        number=row.number,
        identifier=row.identifier,
        version=row.version,
        state=row.state,
        face=[(label, str(row.face.get(key) or "")) for key, label in FACE.items()],
        qr_text=row.qr_text or "",
        issued_at=row.issued_at,
        seal_name=row.seal_name or "",
        sealed_at=row.sealed_at,
        aggregated_at=row.aggregated_at,
        checks=told_checks(report),
        signature_checked=report.get("signature") == "valid",
        file_version=row.file_version,
        newest_code=newest_code,
        replaced_number=row.replaced_number or "",
        associated_identifier=associated,
    )
