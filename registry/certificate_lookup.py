"""A certificate by whatever names it: its identifier (证照标识), the text of its QR code, or its number however typed."""

from sqlalchemy import Connection, select

from registry import tables
from registry.certificates import Certificate, by_identifier
from registry.certificates import certificate as by_number
from registry.identifiers import ROOT

_ROW = tables.certificate.c


def certificate_named(connection: Connection, text: str) -> Certificate:
    """The certificate that this text names; of one number, the newest version ever issued. Raises NotFound CERTIFICATE_UNKNOWN."""
    text = text.strip()
    if text.startswith(f"{ROOT}."):
        return by_identifier(connection, text)
    coded = select(_ROW.identifier).where(_ROW.qr_text == text, _ROW.issued_at.is_not(None))
    identifier = connection.execute(coded.order_by(_ROW.version.desc()).limit(1)).scalar()
    return by_number(connection, text) if identifier is None else by_identifier(connection, identifier)
