"""Comparing a sealed certificate with what was approved: the face, the data inside, the QR code, and whose seal it bears since when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from registry.folding import is_same_text, is_shown
from registry.sealed_ofd.document import Document
from registry.sealed_ofd.face import face_on
from registry.sealed_ofd.findings import Findings
from registry.sealed_ofd.package import Box, Package
from registry.sealed_ofd.pictures import media_type, qr_texts
from registry.sealed_ofd.seal import SealSignature, is_before
from registry.sealed_ofd.signature import Description
from registry.sealed_ofd.trust import Printed, Trust

OF_CERTIFICATE = ("identifier", "items", "data", "qr", "page", "seal_name", "seal_shown", "sealed_after_code")
"""The checks that compare a certificate with what was approved."""
IDENTIFIER_LABEL = "证照标识"
"""The name of the certificate identifier in the document's own data."""
QR_LABEL = "查询二维码"
"""What stands beside the QR code."""
TITLE = "建筑起重机械备案证"
MOST_PICTURES = 20
SMALLEST_STAMP = 10.0
"""Millimetres of a side."""


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


class Sealed(NamedTuple):
    """One seal of the document: where it is described, and what it is."""

    description: Description
    signature: SealSignature


def compare(package: Package, document: Document, seals: Sequence[Sealed], expected: Expected, trust: Trust, found: Findings) -> None:
    """Make the checks of `OF_CERTIFICATE`. Raises Unreadable."""
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
    own = [seal for seal in seals if expected.accepts_seal(seal.signature.seal.name)]
    vendor = next((seal.signature.seal.vendor for seal in (*own, *seals)), "")
    printed = trust.policy.printed_by(vendor)
    _compare_page(document, [*face.others, *beside_qr], printed, found)
    _compare_pictures(package, document, expected.qr_text, printed, found)
    if seals:
        _compare_seals(document, seals, own, expected, found)


def _compare_data(custom: Mapping[str, str], expected: Expected, found: Findings) -> None:
    """The document's own data, where it has any."""
    held = {label: custom[label] for label in expected.items if label in custom}
    for check, given in (("identifier", IDENTIFIER_LABEL in custom), ("data", bool(held))):
        (found.made if given else found.has_none)(check)
    if custom.get(IDENTIFIER_LABEL, expected.identifier) != expected.identifier:
        found.fails("IDENTIFIER_DIFFERENT", custom[IDENTIFIER_LABEL])
    for label, text in held.items():
        if not is_same_text(text, expected.items[label]):
            found.fails("DATA_DIFFERENT", f"{label}：{text}")


def _compare_page(document: Document, others: Sequence[str], printed: Printed, found: Findings) -> None:
    """What the pages show besides the face is known; of what is not read here nobody can say what it shows."""
    for text in others:
        if not any(is_same_text(text, known) for known in (TITLE, *printed.texts)):
            found.fails("TEXT_UNKNOWN", text)
    if document.oddities and not printed.drawings:
        found.fails("DRAWING_UNKNOWN", document.oddities[0])


def _compare_pictures(package: Package, document: Document, qr_text: str, printed: Printed, found: Findings) -> None:
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


def _compare_seals(document: Document, seals: Sequence[Sealed], own: Sequence[Sealed], expected: Expected, found: Findings) -> None:
    found.made("seal_name", "seal_shown", "sealed_after_code")
    if not own:
        found.fails("SEAL_NAME_DIFFERENT", "、".join(seal.signature.seal.name for seal in seals))
    if not any(_is_drawn(document, seal) for seal in own or seals):
        found.fails("SEAL_NOT_SHOWN", (*own, *seals)[0].signature.seal.name)
    if expected.coded_at is None or any(is_before(seal.signature.sealed_at, expected.coded_at) for seal in own or seals):
        found.fails("SEALED_BEFORE_CODE", min(seal.signature.sealed_at for seal in seals).isoformat())


def _is_drawn(document: Document, sealed: Sealed) -> bool:
    """The seal has a picture, and a place on a page where it can be seen."""
    seal, areas = sealed.signature.seal, {page.id: page.area for page in document.pages}
    picture = (seal.picture_type.lower() == "ofd" and bool(seal.picture)) or media_type(seal.picture) is not None
    return picture and any(on in areas and _can_be_seen(box, areas[on]) for on, box in sealed.description.stamps)


def _can_be_seen(box: Box, area: Box) -> bool:
    middle = box.x + box.width / 2 - area.x, box.y + box.height / 2 - area.y
    return min(box.width, box.height) >= SMALLEST_STAMP and 0 < middle[0] < area.width and 0 < middle[1] < area.height
