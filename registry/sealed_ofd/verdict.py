"""Judging a sealed certificate: every check of `problems.CHECKS` that can be made is made, and each says what it found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from lxml import etree

from registry.folding import is_same_text, is_shown
from registry.sealed_ofd.der import NotDer
from registry.sealed_ofd.document import Document, bodies, read_document
from registry.sealed_ofd.face import face_on
from registry.sealed_ofd.package import Box, Package, Unreadable, printable
from registry.sealed_ofd.pictures import media_type, qr_texts
from registry.sealed_ofd.problems import CHECKS, PROBLEMS
from registry.sealed_ofd.seal import SealSignature, UnsupportedVersion, is_before, read_signature
from registry.sealed_ofd.signature import DIGEST_NAMES, Description, signatures
from registry.sealed_ofd.sm3 import sm3
from registry.sealed_ofd.trust import ChainProblem, Printed, Trust, may_make_seals, path_to_root, revocation_problem
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
IDENTIFIER_LABEL = "证照标识"
"""The name of the certificate identifier in the document's own data."""
PLAIN = "Sign"
"""The kind of a signature without a seal."""
QR_LABEL = "查询二维码"
"""What stands beside the QR code."""
TITLE = "建筑起重机械备案证"
MOST_PICTURES = 20
SMALLEST_STAMP = 10.0
"""Millimetres of a side."""
OF_FILE = ("package", "xml", "one_document", "signature", "references", "coverage", "description", "value", "place", "seal_file", "seal_made",
           "signer_listed", "key_usage", "signer_chain", "maker_chain", "revocation", "seal_validity", "sealed_before_now")  # fmt: skip
"""The checks that need nothing but the file and the trust."""
OF_CERTIFICATE = ("identifier", "items", "data", "qr", "page", "seal_name", "seal_shown", "sealed_after_code")
"""Those that compare it with what was approved."""


@dataclass(frozen=True)
class Step:
    """One check: whether it held, None when an earlier failure kept it from being made; the problem's code, and what was found."""

    check: str
    ok: bool | None
    problem: str = ""
    detail: str = ""


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
class Expected:
    """What the certificate should be: the face's items by their labels, the QR's text, the identifier, whose seal, and since when.

    `known_since`: when the file was accepted before, None for a new one. Who has stolen a key says that he sealed before it was revoked; so a
    revocation counts until the file is known.
    """

    items: Mapping[str, str]
    qr_text: str
    identifier: str
    accepts_seal: Callable[[str], bool]
    coded_at: datetime | None
    known_since: datetime | None = None


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


class _Sealed(NamedTuple):
    """One seal of the document: what it says, where it is described, and its structure."""

    facts: SealFacts
    description: Description
    signature: SealSignature


class _Findings:
    """Checks that were made, and the first problem of each; `has_none` of what a check is about, so there is nothing to be checked."""

    def __init__(self) -> None:
        self._made: dict[str, Step] = {}
        self._without: set[str] = set()

    def has_none(self, check: str) -> None:
        self._without.add(check)

    def made(self, *checks: str) -> None:
        for check in checks:
            self._made.setdefault(check, Step(check, True))

    def fails(self, code: str, detail: str = "") -> None:
        check = PROBLEMS[code].check
        if (before := self._made.get(check)) is None or before.ok:
            self._made[check] = Step(check, False, code, printable(detail))

    def steps(self, checks: Sequence[str]) -> list[Step]:
        return [self._made.get(check, Step(check, None)) for check in CHECKS if check in checks and check not in self._without]


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Steps in the order of `CHECKS`, a verifier's own ones at the end."""
    order = {check: place for place, check in enumerate(CHECKS)}
    return sorted(steps, key=lambda step: order.get(step.check, len(order)))


def judge(content: bytes, trust: Trust, now: datetime, expected: Expected | None = None) -> Verdict:
    """Judge a file, whatever it is; never raises for its sake. `now` is aware."""
    found = _Findings()
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
            seals = [each.facts for each in signed]
            if expected is not None:
                _compare(package, document, signed, expected, trust, found)
    except Unreadable as trouble:
        found.fails(trouble.code, trouble.about)
    return Verdict(found.steps(checks), seals, custom)


def _only_body(package: Package, found: _Findings) -> "etree._Element | None":
    for name in package.files:
        if name.lower().endswith(".xml"):
            package.xml(name)
    documents = bodies(package)
    found.made("xml", "one_document")
    if len(documents) != 1:
        found.fails("SEVERAL_DOCUMENTS" if documents else "NO_DOCUMENT", str(len(documents)))
    return documents[0] if documents else None


def _seals(
    package: Package, body: "etree._Element", found: _Findings, trust: Trust, now: datetime, revoked_until: datetime | None
) -> list[_Sealed]:
    signed = signatures(package, body)
    if signed is None or not signed.descriptions:
        found.fails("NOT_SEALED")
        return []
    own = frozenset({signed.list_name}.union(*(each.own_files for each in signed.descriptions)))
    facts = []
    for description in signed.descriptions:
        _check_references(package, description, found)
        seal = _read(package, description, found)
        if seal is None:
            continue
        _check_coverage(package, description, own, seal.seal.vendor, trust, found)
        _check_signature(package, description, seal, found)
        signer, maker = _check_certificates(seal, trust, now, revoked_until, found)
        facts.append(_Sealed(_facts(seal, signer, maker), description, seal))
    return facts


def _check_references(package: Package, description: Description, found: _Findings) -> None:
    found.made("references")
    if description.method not in DIGEST_NAMES:
        found.fails("DIGEST_METHOD", description.method)
        return
    for reference in description.references:
        if reference.name is None:
            found.fails("FILE_MISSING", reference.named)
        elif reference.digest != package.digest(reference.name):
            found.fails("FILE_CHANGED", reference.name)


def _read(package: Package, description: Description, found: _Findings) -> SealSignature | None:
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


def _check_coverage(package: Package, description: Description, own: frozenset[str], vendor: str, trust: Trust, found: _Findings) -> None:
    found.made("coverage")
    covered = {reference.name for reference in description.references}
    for name in package.files:
        if name not in covered and name not in own and not trust.policy.may_be_unsigned(vendor, name):
            found.fails("FILE_UNSIGNED", name)


def _check_signature(package: Package, description: Description, signature: SealSignature, found: _Findings) -> None:
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
    signature: SealSignature, trust: Trust, now: datetime, revoked_until: datetime | None, found: _Findings
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
        found.made("key_usage", "revocation")
    revoked_until = max(signature.sealed_at, revoked_until or signature.sealed_at)
    for role, check, certificate in (("SIGNER", "signer_chain", signer), ("MAKER", "maker_chain", maker)):
        if certificate is not None:
            found.made(check)
            _check_chain(role, certificate, signature.sealed_at, revoked_until, trust, now, found)
    return signer, maker


def _certificate(encoded: bytes, role: str, found: _Findings) -> Certificate | None:
    try:
        return read_certificate(encoded)
    except NotDer as reason:
        found.fails(f"{role}_UNREADABLE", str(reason))
        return None


def _check_chain(
    role: str, certificate: Certificate, when: datetime, revoked_until: datetime, trust: Trust, now: datetime, found: _Findings
) -> None:
    if certificate.authority or not certificate.may(DIGITAL_SIGNATURE, NON_REPUDIATION):
        found.fails(f"{role}_KEY_USAGE", certificate.subject_words)
    path = path_to_root(trust, certificate, when)
    if isinstance(path, ChainProblem):
        found.fails(f"{role}_{path.code}", path.about)
        return
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


def _compare(package: Package, document: Document, seals: Sequence[_Sealed], expected: Expected, trust: Trust, found: _Findings) -> None:
    _compare_data(document.custom, expected, found)
    found.made("items", "page")
    face = face_on(document.pages, list(expected.items), [QR_LABEL])
    for label, value in expected.items.items():
        if label not in face.items:
            found.fails("ITEM_MISSING", label)
        for pieces in face.items.get(label, ()):
            if not is_shown(pieces, value):
                found.fails("ITEM_DIFFERENT", f"{label}：{''.join(pieces)}")
    beside_qr = [text for pieces in face.items.get(QR_LABEL, ()) for text in pieces]
    own = [seal for seal in seals if expected.accepts_seal(seal.facts.name)]
    vendor = next((seal.signature.seal.vendor for seal in (*own, *seals)), "")
    printed = trust.policy.printed_by(vendor)
    _compare_page(document, [*face.others, *beside_qr], printed, found)
    _compare_pictures(package, document, expected.qr_text, printed, found)
    if seals:
        _compare_seals(document, seals, own, expected, found)


def _compare_data(custom: Mapping[str, str], expected: Expected, found: _Findings) -> None:
    """The document's own data, where it has any."""
    held = {label: custom[label] for label in expected.items if label in custom}
    for check, given in (("identifier", IDENTIFIER_LABEL in custom), ("data", bool(held))):
        (found.made if given else found.has_none)(check)
    if custom.get(IDENTIFIER_LABEL, expected.identifier) != expected.identifier:
        found.fails("IDENTIFIER_DIFFERENT", custom[IDENTIFIER_LABEL])
    for label, text in held.items():
        if not is_same_text(text, expected.items[label]):
            found.fails("DATA_DIFFERENT", f"{label}：{text}")


def _compare_page(document: Document, others: Sequence[str], printed: Printed, found: _Findings) -> None:
    """What the pages show besides the face is known; of what is not read here nobody can say what it shows."""
    for text in others:
        if not any(is_same_text(text, known) for known in (TITLE, *printed.texts)):
            found.fails("TEXT_UNKNOWN", text)
    if document.oddities and not printed.drawings:
        found.fails("DRAWING_UNKNOWN", document.oddities[0])


def _compare_pictures(package: Package, document: Document, qr_text: str, printed: Printed, found: _Findings) -> None:
    """Every picture is the QR code, or one that is known by its digest."""
    found.made("qr")
    texts: list[str] = []
    names = list(dict.fromkeys(name for page in document.pages for name in page.pictures))
    for name in names[:MOST_PICTURES]:
        read = qr_texts(package.files[name])
        texts += read
        if not read and package.digest(name).hex() not in printed.pictures:
            found.fails("PICTURE_UNKNOWN", name)
    if len(names) > MOST_PICTURES:
        found.fails("PICTURE_UNKNOWN", names[-1])
    if not texts:
        found.fails("QR_UNREADABLE")
    elif set(texts) != {qr_text}:
        found.fails("QR_DIFFERENT", next(text for text in texts if text != qr_text))


def _compare_seals(document: Document, seals: Sequence[_Sealed], own: Sequence[_Sealed], expected: Expected, found: _Findings) -> None:
    found.made("seal_name", "seal_shown", "sealed_after_code")
    if not own:
        found.fails("SEAL_NAME_DIFFERENT", "、".join(seal.facts.name for seal in seals))
    if not any(_is_drawn(document, seal) for seal in own or seals):
        found.fails("SEAL_NOT_SHOWN", (*own, *seals)[0].facts.name)
    if expected.coded_at is None or any(is_before(seal.facts.sealed_at, expected.coded_at) for seal in own or seals):
        found.fails("SEALED_BEFORE_CODE", min(seal.facts.sealed_at for seal in seals).isoformat())


def _is_drawn(document: Document, sealed: _Sealed) -> bool:
    """The seal has a picture, and a place on a page where it can be seen."""
    seal, areas = sealed.signature.seal, {page.id: page.area for page in document.pages}
    picture = (seal.picture_type.lower() == "ofd" and bool(seal.picture)) or media_type(seal.picture) is not None
    return picture and any(on in areas and _can_be_seen(box, areas[on]) for on, box in sealed.description.stamps)


def _can_be_seen(box: Box, area: Box) -> bool:
    middle = box.x + box.width / 2 - area.x, box.y + box.height / 2 - area.y
    return min(box.width, box.height) >= SMALLEST_STAMP and 0 < middle[0] < area.width and 0 < middle[1] < area.height
