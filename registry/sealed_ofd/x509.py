"""Certificates and revocation lists of SM2 keys (GB/T 20518-2018, RFC 5280), read leniently; names are compared by their bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from registry.sealed_ofd import sm2
from registry.sealed_ofd.der import BIT_STRING, BOOLEAN, INTEGER, LATEST, OID, SEQUENCE, TIMES, NotDer, Value, read, sequence

SM2_WITH_SM3 = "1.2.156.10197.1.501"
EC_KEY = "1.2.840.10045.2.1"
SM2_CURVE = "1.2.156.10197.1.301"
KEY_USAGE, BASIC_CONSTRAINTS = "2.5.29.15", "2.5.29.19"
UNDERSTOOD = frozenset({KEY_USAGE, BASIC_CONSTRAINTS, "2.5.29.14", "2.5.29.17", "2.5.29.31", "2.5.29.32", "2.5.29.35"})
"""Extensions that may be critical: what they restrict is judged here, or does not bear on seals."""
DIGITAL_SIGNATURE, NON_REPUDIATION, CERTIFICATE_SIGN, CRL_SIGN = 0, 1, 5, 6
"""Bits of the key usage (RFC 5280, 4.2.1.3)."""
NAME_PARTS = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU"}
MOST_BYTES = 64 * 1024
MOST_LIST, MOST_REVOKED = 256 * 1024 * 1024, 5_000_000
"""Bytes and values of a revocation list; it comes from the operator, and may be long."""
BARE = 64
"""Bytes of a signature that a vendor wrote without its encoding; an encoded one of so few bytes does not occur."""


@dataclass(frozen=True)
class Certificate:
    """A certificate; `issuer` and `subject` are the encoded names, `key` is None when it is no SM2 key.

    `usage` has the numbers of the bits set, None without such an extension; `path_length` is None where there is no limit.
    """

    whole: bytes
    signed: bytes
    serial: int
    issuer: bytes
    subject: bytes
    subject_words: str
    issuer_words: str
    not_before: datetime
    not_after: datetime
    key: sm2.Affine | None
    usage: frozenset[int] | None
    authority: bool
    path_length: int | None
    unknown_critical: tuple[str, ...]
    algorithm: str
    signature: bytes

    def valid_at(self, when: datetime) -> bool:
        """Whether its time had begun and not ended."""
        return self.not_before <= when <= self.not_after

    def may(self, *bits: int) -> bool:
        """Whether its key may be used for one of these; a certificate that says nothing of it may."""
        return self.usage is None or bool(self.usage & set(bits))

    def signed_by(self, issuer: "Certificate") -> bool:
        """Whether the issuer's key signed it."""
        return self.algorithm == SM2_WITH_SM3 and _is_signed(self.signed, self.signature, issuer)


@dataclass(frozen=True)
class RevocationList:
    """A list of revoked certificates: serial number → since when; `complete`: nothing in it says that others are listed elsewhere."""

    issuer: bytes
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime]
    complete: bool
    signed: bytes
    algorithm: str
    signature: bytes

    def signed_by(self, issuer: Certificate) -> bool:
        """Whether the issuer's key signed it, and may sign lists."""
        return self.algorithm == SM2_WITH_SM3 and issuer.may(CRL_SIGN) and _is_signed(self.signed, self.signature, issuer)


def signature_numbers(encoded: bytes) -> sm2.Signature | None:
    """The signature of an encoding SEQUENCE {r, s} (GM/T 0009-2012, 7.3), or of the bare numbers; None when it is none."""
    if len(encoded) == BARE:
        return sm2.Signature(int.from_bytes(encoded[:32], "big"), int.from_bytes(encoded[32:], "big"))
    try:
        r, s = sequence(read(encoded))
        return sm2.Signature(r.integer(), s.integer())
    except ValueError:
        return None


def is_signature_of(key: sm2.Affine | None, message: bytes, signature: bytes) -> bool:
    """Whether this is the signature of the key over the message."""
    numbers = signature_numbers(signature)
    return key is not None and numbers is not None and sm2.verify(key, message, numbers)


def _is_signed(message: bytes, signature: bytes, issuer: Certificate) -> bool:
    return is_signature_of(issuer.key, message, signature)


@lru_cache(maxsize=1024)
def read_certificate(encoded: bytes) -> Certificate:
    """A certificate in DER. Raises NotDer."""
    to_be_signed, algorithm, signature = sequence(read(encoded, MOST_BYTES), 3)[:3]
    parts = list(sequence(to_be_signed, 6))
    if parts[0].tag == 0xA0:
        parts.pop(0)
    if len(parts) < 6 or parts[0].tag != INTEGER:
        raise NotDer("not a certificate")
    serial, inner, issuer, validity, subject, key, *others = parts
    begin, end = sequence(validity, 2)[:2]
    extensions = _extensions(next((each for each in others if each.tag == 0xA3), None))
    authority, path_length = _basic_constraints(extensions.get(BASIC_CONSTRAINTS))
    outer = _algorithm(algorithm)
    if _algorithm(inner) != outer:
        raise NotDer("two signature algorithms")
    return Certificate(
        whole=encoded,
        signed=to_be_signed.whole,
        serial=serial.integer(),
        issuer=issuer.whole,
        subject=subject.whole,
        subject_words=name_words(subject),
        issuer_words=name_words(issuer),
        not_before=begin.instant(),
        not_after=end.instant(),
        key=_key(key),
        usage=_usage(extensions.get(KEY_USAGE)),
        authority=authority,
        path_length=path_length,
        unknown_critical=tuple(oid for oid, (critical, _) in extensions.items() if critical and oid not in UNDERSTOOD),
        algorithm=outer,
        signature=signature.bits(),
    )


def read_revocation_list(encoded: bytes) -> RevocationList:
    """A revocation list in DER. Raises NotDer."""
    to_be_signed, algorithm, signature = sequence(read(encoded, MOST_LIST, MOST_REVOKED), 3)[:3]
    parts = list(sequence(to_be_signed, 3))
    if parts[0].tag == INTEGER:
        parts.pop(0)
    inner, issuer, this_update, *others = parts
    next_update = others.pop(0).instant() if others and others[0].tag in TIMES else None
    entries = sequence(others[0]) if others and others[0].tag == SEQUENCE else ()
    revoked: dict[int, datetime] = {}
    for entry in entries:
        serial, since = sequence(entry, 2)[:2]
        revoked[serial.integer()] = min(revoked.get(serial.integer(), LATEST), since.instant())
    extensions = _extensions(next((each for each in others if each.tag == 0xA0), None))
    outer = _algorithm(algorithm)
    if _algorithm(inner) != outer:
        raise NotDer("two signature algorithms")
    return RevocationList(
        issuer=issuer.whole,
        this_update=this_update.instant(),
        next_update=next_update,
        revoked=revoked,
        complete=not any(critical for critical, _ in extensions.values()),
        signed=to_be_signed.whole,
        algorithm=outer,
        signature=signature.bits(),
    )


def name_words(name: Value) -> str:
    """A distinguished name as people read it."""
    found = []
    for relative in name.parts:
        for pair in relative.parts:
            kind, value = sequence(pair, 2)[:2]
            found.append(f"{NAME_PARTS.get(kind.oid(), kind.oid())}={value.text()}")
    return ", ".join(found)


def _algorithm(value: Value) -> str:
    return sequence(value, 1)[0].oid()


def _key(value: Value) -> sm2.Affine | None:
    algorithm, bits = sequence(value, 2)[:2]
    kind, *parameters = sequence(algorithm, 1)
    if kind.oid() not in (EC_KEY, SM2_CURVE) or (parameters and parameters[0].tag == OID and parameters[0].oid() != SM2_CURVE):
        return None
    return sm2.public_key(bits.bits())


def _extensions(holder: Value | None) -> dict[str, tuple[bool, bytes]]:
    found: dict[str, tuple[bool, bytes]] = {}
    for extension in sequence(holder.parts[0]) if holder is not None and holder.parts else ():
        kind, *others = sequence(extension, 2)
        if kind.oid() in found:
            raise NotDer("an extension twice")
        critical = len(others) > 1 and others[0].content not in (b"", b"\0")
        found[kind.oid()] = critical, others[-1].octets()
    return found


def _basic_constraints(extension: tuple[bool, bytes] | None) -> tuple[bool, int | None]:
    if extension is None:
        return False, None
    parts = sequence(read(extension[1]))
    authority = bool(parts) and parts[0].tag == BOOLEAN and parts[0].content not in (b"", b"\0")
    return authority, next((part.integer() for part in parts if part.tag == INTEGER), None)


def _usage(extension: tuple[bool, bytes] | None) -> frozenset[int] | None:
    if extension is None:
        return None
    value = read(extension[1])
    if value.tag != BIT_STRING:
        raise NotDer("not a key usage")
    return frozenset(
        8 * place + bit for place, octet in enumerate(value.content[1:3]) for bit in range(8) if octet & 0x80 >> bit
    )  # fmt: skip
