"""The structures of an electronic seal and of its signature (GB/T 38540-2020; GM/T 0031-2025 has the same with version 5)."""

from dataclasses import dataclass
from datetime import datetime

from registry.sealed_ofd.der import INTEGER, OCTET_STRING, OID, NotDer, Value, read, sequence
from registry.sealed_ofd.sm3 import sm3

VERSIONS = (4, 5)
MARK = "ES"
TIME_STAMP = 0xA0
"""The tag of a time stamp. It is not verified: when it was sealed is what the signer says, and the checks of time allow for that."""
CERTIFICATES, DIGESTS = 1, 2
"""Kinds of the list of those who may use the seal."""
SM3_NAMES = frozenset({"sm3", "1.2.156.10197.1.401"})


class UnsupportedVersion(ValueError):
    """A seal of another version than those of `VERSIONS`; `version` is what it says."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version}")
        self.version = version


@dataclass(frozen=True)
class Seal:
    """A seal as its maker made it. `whole` and `info`, which its maker signed, are encodings as received; `picture` is of the type that `picture_type` names."""

    whole: bytes
    info: bytes
    version: int
    vendor: str
    number: str
    name: str
    list_kind: int
    listed: tuple[bytes, ...]
    valid_from: datetime
    valid_until: datetime
    picture_type: str
    picture: bytes
    maker_certificate: bytes
    algorithm: str
    signature: bytes

    def lists(self, signer_certificate: bytes) -> bool:
        """Whether this signer may use the seal (certList)."""
        wanted = signer_certificate if self.list_kind == CERTIFICATES else sm3(signer_certificate)
        return wanted in self.listed


@dataclass(frozen=True)
class SealSignature:
    """A signature with a seal; `signed` is the encoding of what is signed, as received."""

    signed: bytes
    seal: Seal
    sealed_at: datetime
    data_digest: bytes
    about: str
    signer_certificate: bytes
    algorithm: str
    signature: bytes


def read_signature(encoded: bytes) -> SealSignature:
    """`SignedValue.dat` (SES_Signature). Raises NotDer, UnsupportedVersion."""
    parts = sequence(read(encoded), 2)
    to_sign = sequence(parts[0], 1)
    _ensure_version(to_sign[0])
    if len(to_sign) < 5 or not 4 <= len(parts) <= 5 or (len(parts) == 5 and parts[4].tag != TIME_STAMP):
        raise NotDer("not a signature")
    version, seal, time, digest, about, *_ = to_sign
    return SealSignature(
        signed=parts[0].whole,
        seal=_seal(seal, version.integer()),
        sealed_at=time.instant(),
        data_digest=digest.octets() if digest.tag == OCTET_STRING else digest.bits(),
        about=about.text(),
        signer_certificate=parts[1].octets(),
        algorithm=_algorithm(parts[2]),
        signature=parts[3].bits(),
    )


def is_before(sealed_at: datetime, when: datetime) -> bool:
    """Whether it was sealed before that instant. A seal's time has whole seconds, so the instant's own second still counts as later."""
    return sealed_at < when.replace(microsecond=0)


def _seal(value: Value, of_signature: int) -> Seal:
    info, *rest = sequence(value, 1)
    header, number, properties, picture, *_ = sequence(info, 4)
    mark, version, vendor = sequence(header, 3)[:3]
    _ensure_version(version)
    if len(rest) != 3 or mark.text() != MARK or version.integer() != of_signature:
        raise NotDer("not a seal")
    _, name, kind, listed, _, begin, end = sequence(properties, 7)[:7]
    picture_type, data, *_ = sequence(picture, 2)
    return Seal(
        whole=value.whole,
        info=info.whole,
        version=version.integer(),
        vendor=vendor.text(),
        number=number.text(),
        name=name.text(),
        list_kind=kind.integer(),
        listed=tuple(_listed(kind.integer(), listed)),
        valid_from=begin.instant(),
        valid_until=end.instant(),
        picture_type=picture_type.text(),
        picture=data.octets(),
        maker_certificate=rest[0].octets(),
        algorithm=_algorithm(rest[1]),
        signature=rest[2].bits(),
    )


def _listed(kind: int, listed: Value) -> list[bytes]:
    if kind == CERTIFICATES:
        return [entry.octets() for entry in listed.parts]
    if kind != DIGESTS:
        raise NotDer(f"a list of signers of kind {kind}")
    pairs = [sequence(entry, 2) for entry in listed.parts]
    return [digest.octets() for name, digest in (pair[:2] for pair in pairs) if name.text().lower() in SM3_NAMES]


def _ensure_version(value: Value) -> None:
    if value.tag != INTEGER:
        raise NotDer("no version")
    if value.integer() not in VERSIONS:
        raise UnsupportedVersion(value.integer())


def _algorithm(value: Value) -> str:
    return value.oid() if value.tag == OID else sequence(value, 1)[0].oid()
