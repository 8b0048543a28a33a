"""Judging a sealed certificate: every check of `problems.CHECKS` that can be made is made, and each says what it found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from registry.sealed_ofd.archive import Unreadable, printable
from registry.sealed_ofd.comparison import OF_CERTIFICATE, Expected, Sealed, compare
from registry.sealed_ofd.der import NotDer
from registry.sealed_ofd.document import bodies, read_document
from registry.sealed_ofd.findings import Findings, Step
from registry.sealed_ofd.package import Package
from registry.sealed_ofd.seal import SealSignature, UnsupportedVersion, read_signature
from registry.sealed_ofd.signature import DIGEST_NAMES, Description, signatures
from registry.sealed_ofd.sm3 import sm3
from registry.sealed_ofd.trust import ChainProblem, Trust, is_listed, may_make_seals, path_to_root, revocation_problem
from registry.sealed_ofd.x509 import (
    DIGITAL_SIGNATURE,
    NON_REPUDIATION,
    SM2_WITH_SM3,
    Certificate,
    is_signature_of,
    read_certificate,
)

SKEW = timedelta(seconds=300)
"""How far the signer's clock may be ahead of ours."""
PLAIN = "Sign"
"""The kind of a signature without a seal."""
OF_FILE = ("package", "xml", "one_document", "signature", "references", "coverage", "description", "value", "place", "seal_file", "seal_made",
           "signer_listed", "key_usage", "signer_chain", "maker_chain", "revocation", "seal_validity", "sealed_before_now")  # fmt: skip
"""The checks that need nothing but the file and the trust."""


@dataclass(frozen=True)
class SealFacts:
    """What a seal says of itself."""

    name: str
    number: str
    vendor: str
    version: int
    sealed_at: datetime
    valid_from: datetime
    valid_until: datetime
    signer: str
    maker: str


@dataclass(frozen=True)
class Verdict:
    """Every check in its order, the seals, and what the file says of itself and shows."""

    steps: Sequence[Step]
    seals: Sequence[SealFacts] = ()
    custom: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every check was made and held."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def problem(self) -> Step | None:
        """The first check that did not hold."""
        return next((step for step in self.steps if step.ok is False), None)


def judge(content: bytes, trust: Trust, now: datetime, expected: Expected | None = None) -> Verdict:
    """Judge a file, whatever it is; never raises for its sake. `now` is aware."""
    found = Findings()
    checks = (*OF_FILE, *(OF_CERTIFICATE if expected is not None else ()))
    seals: list[SealFacts] = []
    custom: Mapping[str, str] = {}
    try:
        package = Package(content)
        found.made("package")
        body = _only_body(package, found)
        if body is not None:
            document = read_document(package, body)
            custom = document.custom
            revoked_until = None if expected is None else expected.known_since or now
            signed = _seals(package, body, found, trust, now, revoked_until)
            seals = [facts for facts, _ in signed]
            if expected is not None:
                compare(package, document, [sealed for _, sealed in signed], expected, trust, found)
    except Unreadable as trouble:
        found.fails(trouble.code, trouble.about)
    return Verdict(found.steps(checks), seals, custom)


def _only_body(package: Package, found: Findings) -> "etree._Element | None":
    for name in package.files:
        if name.lower().endswith(".xml"):
            package.xml(name)
    documents = bodies(package)
    found.made("xml", "one_document")
    if len(documents) != 1:
        found.fails("SEVERAL_DOCUMENTS" if documents else "NO_DOCUMENT", str(len(documents)))
    return documents[0] if documents else None


def _seals(
    package: Package, body: "etree._Element", found: Findings, trust: Trust, now: datetime, revoked_until: datetime | None
) -> list[tuple[SealFacts, Sealed]]:
    signed = signatures(package, body)
    if signed is None or not signed.descriptions:
        found.fails("NOT_SEALED")
        return []
    own = frozenset({signed.list_name}.union(*(each.own_files for each in signed.descriptions)))
    found_seals = []
    for description in signed.descriptions:
        _check_references(package, description, found)
        seal = _read(package, description, found)
        if seal is None:
            continue
        _check_coverage(package, description, own, seal.seal.vendor, trust, found)
        _check_signature(package, description, seal, found)
        signer, maker = _check_certificates(seal, trust, now, revoked_until, found)
        found_seals.append((_facts(seal, signer, maker), Sealed(description, seal)))
    return found_seals


def _check_references(package: Package, description: Description, found: Findings) -> None:
    found.made("references")
    if description.method not in DIGEST_NAMES:
        found.fails("DIGEST_METHOD", description.method)
        return
    for reference in description.references:
        if reference.name is None:
            found.fails("FILE_MISSING", reference.named)
        elif reference.digest != package.digest(reference.name):
            found.fails("FILE_CHANGED", reference.name)


def _read(package: Package, description: Description, found: Findings) -> SealSignature | None:
    if description.value is None or description.kind == PLAIN:
        found.fails("SEAL_UNREADABLE" if description.value is None else "NO_SEAL", description.name)
        return None
    try:
        signature = read_signature(package.files[description.value])
    except UnsupportedVersion as version:
        found.fails("SEAL_VERSION", f"V{version.version}")
        return None
    except NotDer:
        found.fails("SEAL_UNREADABLE", description.value)
        return None
    found.made("signature")
    return signature


def _check_coverage(package: Package, description: Description, own: frozenset[str], vendor: str, trust: Trust, found: Findings) -> None:
    found.made("coverage")
    covered = {reference.name for reference in description.references}
    for name in package.files:
        if name not in covered and name not in own and not trust.policy.may_be_unsigned(vendor, name):
            found.fails("FILE_UNSIGNED", name)


def _check_signature(package: Package, description: Description, signature: SealSignature, found: Findings) -> None:
    found.made("description", "place", "seal_file", "signer_listed", "seal_validity")
    if signature.data_digest != sm3(description.content):
        found.fails("DESCRIPTION_CHANGED", description.name)
    if signature.about.strip("/\0 ").casefold() != description.name.casefold():
        found.fails("SIGNATURE_MOVED", signature.about)
    seal = signature.seal
    if description.seal_named and (description.seal is None or package.files[description.seal] != seal.whole):
        found.fails("SEAL_FILE_DIFFERENT", description.seal or "")
    if not seal.lists(signature.signer_certificate):
        found.fails("SIGNER_NOT_LISTED", seal.name)
    if signature.sealed_at > seal.valid_until:
        found.fails("SEAL_EXPIRED", seal.valid_until.isoformat())
    if signature.sealed_at < seal.valid_from:
        found.fails("SEAL_NOT_YET", seal.valid_from.isoformat())


def _check_certificates(
    signature: SealSignature, trust: Trust, now: datetime, revoked_until: datetime | None, found: Findings
) -> tuple[Certificate | None, Certificate | None]:
    found.made("sealed_before_now")
    if signature.sealed_at > now + SKEW:
        found.fails("SEALED_IN_FUTURE", signature.sealed_at.isoformat())
    signer = _certificate(signature.signer_certificate, "SIGNER", found)
    maker = _certificate(signature.seal.maker_certificate, "MAKER", found)
    if signer is not None:
        found.made("value")
        if signature.algorithm != SM2_WITH_SM3:
            found.fails("ALGORITHM", signature.algorithm)
        elif not is_signature_of(signer.key, signature.signed, signature.signature):
            found.fails("SIGNATURE_WRONG", signer.subject_words)
    if maker is not None:
        found.made("seal_made")
        right = is_signature_of(maker.key, signature.seal.info, signature.seal.signature)
        if signature.seal.algorithm != SM2_WITH_SM3 or not right:
            found.fails("SEAL_FORGED", maker.subject_words)
    if signer is not None and maker is not None:
        found.made("key_usage")
    revoked_until = max(signature.sealed_at, revoked_until or signature.sealed_at)
    for role, check, certificate in (("SIGNER", "signer_chain", signer), ("MAKER", "maker_chain", maker)):
        if certificate is not None:
            found.made(check)
            _check_chain(role, certificate, signature.sealed_at, revoked_until, trust, now, found)
    return signer, maker


def _certificate(encoded: bytes, role: str, found: Findings) -> Certificate | None:
    try:
        return read_certificate(encoded)
    except NotDer as reason:
        found.fails(f"{role}_UNREADABLE", str(reason))
        return None


def _check_chain(
    role: str, certificate: Certificate, when: datetime, revoked_until: datetime, trust: Trust, now: datetime, found: Findings
) -> None:
    if certificate.authority or not certificate.may(DIGITAL_SIGNATURE, NON_REPUDIATION):
        found.fails(f"{role}_KEY_USAGE", certificate.subject_words)
    path = path_to_root(trust, certificate, when)
    if isinstance(path, ChainProblem):
        found.fails(f"{role}_{path.code}", path.about)
        found.has_none("revocation")
        return
    (found.made if is_listed(trust, path, now) else found.has_none)("revocation")
    if role == "MAKER" and not may_make_seals(trust, path):
        found.fails("MAKER_NOT_APPOINTED", certificate.subject_words)
    problem = revocation_problem(trust, path, revoked_until, now)
    if problem is not None:
        found.fails(problem.code if problem.code == "REVOCATION_UNKNOWN" else f"{role}_{problem.code}", problem.about)


def _facts(signature: SealSignature, signer: Certificate | None, maker: Certificate | None) -> SealFacts:
    seal = signature.seal
    return SealFacts(
        name=printable(seal.name),
        number=printable(seal.number),
        vendor=printable(seal.vendor),
        version=seal.version,
        sealed_at=signature.sealed_at,
        valid_from=seal.valid_from,
        valid_until=seal.valid_until,
        signer=printable(signer.subject_words) if signer is not None else "",
        maker=printable(maker.subject_words) if maker is not None else "",
    )
