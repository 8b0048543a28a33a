"""What the file of a certificate should hold, by the books."""

from registry.authorities import Authority
from registry.certificates import FACE, Certificate
from registry.sealed_ofd.comparison import Expected


def expected_file(certificate: Certificate, authority: Authority) -> Expected:
    """The approved face, the assigned code, and the seals that the authority accepts as its own."""
    return Expected(
        items={label.zh: str(certificate.face[key]) for key, label in FACE.items()},
        qr_text=certificate.qr_text or "",
        identifier=certificate.identifier,
        accepts_seal=authority.accepts_seal,
        coded_at=certificate.coded_at,
        known_since=certificate.issued_at,
    )
