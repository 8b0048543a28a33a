"""The network's certificates: a root, an intermediate, the seal maker and the signers of the authorities. All are made for tests.

`open_pki` keeps them in a directory; nothing of it is ever in a repository. Trust them nowhere but beside this stand-in.
"""

import json
import os
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gmssl_pyx import sm2_key_generate, sm2_sign

from sandbox.der import bits, boolean, explicit, generalized_time, integer, octets, oid, printable, sequence, set_of, utf8

SM2_WITH_SM3, EC_KEY, CURVE = "1.2.156.10197.1.501", "1.2.840.10045.2.1", "1.2.156.10197.1.301"
COMMON_NAME, COUNTRY, ORGANISATION = "2.5.4.3", "2.5.4.6", "2.5.4.10"
KEY_USAGE, BASIC_CONSTRAINTS = "2.5.29.15", "2.5.29.19"
SIGN, ISSUE = (b"\xc0", 6), (b"\x06", 1)
"""Key usages: digitalSignature and nonRepudiation; keyCertSign and cRLSign."""
YEAR = timedelta(days=365)
BEFORE = YEAR
"""The certificates are as if made so long ago."""


@dataclass(frozen=True)
class Holder:
    """A key pair and its certificate (DER)."""

    private: bytes
    public: bytes
    certificate: bytes
    subject: bytes

    def sign(self, message: bytes) -> bytes:
        """An SM2 signature, SEQUENCE {r, s}."""
        return bytes(sm2_sign(self.private, self.public, message))


@dataclass(frozen=True)
class Pki:
    """Everybody who signs."""

    root: Holder
    intermediate: Holder
    maker: Holder


def name(common: str) -> bytes:
    """A distinguished name."""
    pairs = ((COUNTRY, printable("CN")), (ORGANISATION, utf8("测试用签章平台")), (COMMON_NAME, utf8(common)))
    return sequence(*(set_of(sequence(oid(kind), value)) for kind, value in pairs))


def issue(
    common: str,
    issuer: Holder | None,
    made_at: datetime,
    years: float,
    *,
    usage: tuple[bytes, int] | None = SIGN,
    authority: bool = False,
    path_length: int | None = None,
    extensions: Sequence[bytes] = (),
) -> Holder:
    """A new key with a certificate from the issuer, None for one that signs itself; valid from `made_at` on."""
    public, private = sm2_key_generate()
    subject = name(common)
    algorithm = sequence(oid(SM2_WITH_SM3))
    constraints = sequence(boolean(authority), *([integer(path_length)] if path_length is not None else [])) if authority else sequence()
    told = [sequence(oid(BASIC_CONSTRAINTS), boolean(True), octets(constraints)), *extensions]
    if usage is not None:
        told.append(sequence(oid(KEY_USAGE), boolean(True), octets(bits(*usage))))
    to_be_signed = sequence(
        explicit(0, integer(2)),
        integer(secrets.randbits(64) + 1),
        algorithm,
        subject if issuer is None else issuer.subject,
        sequence(generalized_time(made_at), generalized_time(made_at + years * YEAR)),
        subject,
        sequence(sequence(oid(EC_KEY), oid(CURVE)), bits(b"\x04" + public)),
        explicit(3, sequence(*told)),
    )
    draft = Holder(private, public, b"", subject)
    signature = (draft if issuer is None else issuer).sign(to_be_signed)
    return Holder(private, public, sequence(to_be_signed, algorithm, bits(signature)), subject)


def revocation_list(issuer: Holder, revoked: Mapping[int, datetime], made_at: datetime, next_update: datetime, *extensions: bytes) -> bytes:
    """A list of revoked certificates by serial number (DER); `extensions`: encoded, with their tag."""
    algorithm = sequence(oid(SM2_WITH_SM3))
    entries = [sequence(integer(serial), generalized_time(since)) for serial, since in revoked.items()]
    to_be_signed = sequence(
        integer(1),
        algorithm,
        issuer.subject,
        generalized_time(made_at),
        generalized_time(next_update),
        *([sequence(*entries)] if entries else []),
        *extensions,
    )
    return sequence(to_be_signed, algorithm, bits(issuer.sign(to_be_signed)))


def new_pki(now: datetime) -> Pki:
    """A fresh root with all below it."""
    made_at = now - BEFORE
    root = issue("测试根 Test Root (SM2)", None, made_at, 30, usage=ISSUE, authority=True)
    intermediate = issue("测试中级 Test Intermediate (SM2)", root, made_at, 20, usage=ISSUE, authority=True, path_length=0)
    return Pki(root, intermediate, issue("测试制章者 Test Seal Maker", intermediate, made_at, 15))


def open_pki(folder: Path, now: datetime) -> Pki:
    """What the directory holds; made, with the directory of trust for whoever verifies (`trust/`), when it is not there."""
    kept = folder / "keys.json"
    if not kept.exists():
        write_pki(folder, new_pki(now), now)
    told = json.loads(kept.read_text("utf-8"))
    pki = Pki(**{role: Holder(**{part: bytes.fromhex(text) for part, text in held.items()}) for role, held in told.items()})
    _write_trust(folder / "trust", pki, now)
    return pki


def write_pki(folder: Path, pki: Pki, now: datetime) -> None:
    """Write certificates, then keys: keys that are there have their certificates beside them."""
    _write_trust(folder / "trust", pki, now)
    keys = {role: {part: getattr(holder, part).hex() for part in Holder.__dataclass_fields__} for role, holder in vars(pki).items()}
    draft = folder / f"keys.{os.getpid()}.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(keys), "ascii")
    draft.replace(folder / "keys.json")


def _write_trust(folder: Path, pki: Pki, now: datetime) -> None:
    """Each file as a whole: whoever verifies meanwhile reads the old one or the new one. Nobody is revoked, and the lists say so."""
    for place, content in {
        "roots/root.pem": pem(pki.root.certificate),
        "intermediates/intermediate.pem": pem(pki.intermediate.certificate),
        "makers/maker.pem": pem(pki.maker.certificate),
        "crls/root.pem": pem(revocation_list(pki.root, {}, now - BEFORE, now + YEAR), "X509 CRL"),
        "crls/intermediate.pem": pem(revocation_list(pki.intermediate, {}, now - BEFORE, now + YEAR), "X509 CRL"),
    }.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.new")
        draft.write_text(content, "ascii")
        draft.replace(path)


def pem(encoded: bytes, kind: str = "CERTIFICATE") -> str:
    """A certificate, or another thing of this kind, as text."""
    told = b64encode(encoded).decode()
    lines = "\n".join(told[at : at + 64] for at in range(0, len(told), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n"
