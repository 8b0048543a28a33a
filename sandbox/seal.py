"""Electronic seals and signatures with them (GB/T 38540-2020). They sign for tests only."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.der import bits, generalized_time, ia5, integer, octets, oid, sequence, utf8
from sandbox.pki import SM2_WITH_SM3, Holder

VENDOR = "CRANESANDBOX"
UNIT_SEAL = 1
CERTIFICATES = 1
SIDE = 42
"""Millimetres of the seal's picture."""


@dataclass(frozen=True)
class Seal:
    """A seal (`Seal.esl`) with the signer who may use it."""

    encoded: bytes
    signer: Holder


def make_seal(
    maker: Holder,
    signer: Holder,
    seal_name: str,
    number: str,
    picture: bytes,
    valid: tuple[datetime, datetime],
    *,
    version: int = 4,
) -> Seal:
    """A seal of this name for this signer; `valid` are its first and last instant."""
    properties = sequence(
        integer(UNIT_SEAL),
        utf8(seal_name),
        integer(CERTIFICATES),
        sequence(octets(signer.certificate)),
        *(generalized_time(when) for when in (valid[0], *valid)),
    )
    information = sequence(
        sequence(ia5("ES"), integer(version), ia5(VENDOR)),
        ia5(number),
        properties,
        sequence(ia5("png"), octets(picture), integer(SIDE), integer(SIDE)),
    )
    return Seal(sequence(information, octets(maker.certificate), oid(SM2_WITH_SM3), bits(maker.sign(information))), signer)


def sign_with(seal: Seal, digest: bytes, about: str, sealed_at: datetime, *, version: int = 4) -> bytes:
    """`SignedValue.dat`: the seal used on what has this SM3 digest, `about` its path in the package."""
    to_sign = sequence(integer(version), seal.encoded, generalized_time(sealed_at), bits(digest), ia5(about))
    return sequence(to_sign, octets(seal.signer.certificate), oid(SM2_WITH_SM3), bits(seal.signer.sign(to_sign)))
