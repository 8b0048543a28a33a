"""The description of a signature in an OFD file (GB/T 33190-2016, chapter 18): which files it covers, and where its seal is."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from registry.sealed_ofd.archive import MOST_FILES, Unreadable, printable
from registry.sealed_ofd.package import Box, Package, box_of, child, children, text_of

MOST_SIGNATURES, MOST_STAMPS = 10, 50
DIGEST_NAMES = frozenset({"sm3", "1.2.156.10197.1.401"})
"""Names of SM3 as CheckMethod, lower case; some vendors write the digest's, some the signature's algorithm."""


@dataclass(frozen=True)
class Reference:
    """One file that the signature covers, as `named` there; `name` is the file in the package, None where there is none."""

    named: str
    name: str | None
    digest: bytes | None


@dataclass(frozen=True)
class Description:
    """One signature, `kind` a `Seal` or a plain `Sign`: its own file, its value's and its seal's, by their names in the package, None where they are missing."""

    name: str
    content: bytes
    method: str
    references: Sequence[Reference]
    value: str | None
    kind: str
    seal_named: bool
    seal: str | None
    stamps: Sequence[tuple[str, Box]]

    @property
    def own_files(self) -> frozenset[str]:
        """What no signature can cover itself: its own files."""
        return frozenset(name for name in (self.name, self.value, self.seal) if name is not None)


@dataclass(frozen=True)
class Signed:
    """All signatures of a document, and the name of the file that lists them."""

    list_name: str
    descriptions: Sequence[Description]


def signatures(package: Package, document_body: "etree._Element") -> Signed | None:
    """The signatures of a DocBody, None when it names none. Raises Unreadable."""
    named = text_of(child(document_body, "Signatures"))
    if not named:
        return None
    list_name = package.find(named)
    if list_name is None:
        raise Unreadable("XML_MISSING", printable(named))
    entries = children(package.xml(list_name), "Signature")
    if len(entries) > MOST_SIGNATURES:
        raise Unreadable("XML_TOO_LARGE", list_name)
    found = [_description(package, entry, list_name) for entry in entries]
    if len({each.name for each in found}) < len(found):
        raise Unreadable("XML_TWICE", list_name)
    return Signed(list_name, found)


def _description(package: Package, entry: "etree._Element", list_name: str) -> Description:
    named = entry.get("BaseLoc") or ""
    name = package.find(named, list_name)
    if name is None:
        raise Unreadable("XML_MISSING", printable(named))
    root = package.xml(name)
    info = child(root, "SignedInfo")
    references = child(info, "References")
    method = (references.get("CheckMethod") if references is not None else None) or "MD5"  # the standard's default
    listed = children(references, "Reference") if references is not None else []
    stamps = children(info, "StampAnnot") if info is not None else []
    if len(listed) > MOST_FILES or len(stamps) > MOST_STAMPS:
        raise Unreadable("XML_TOO_LARGE", name)
    value, seal = text_of(child(root, "SignedValue")), text_of(child(info, "Seal", "BaseLoc"))
    return Description(
        name=name,
        content=package.files[name],
        method=method.strip().lower(),
        references=[_reference(package, each.get("FileRef") or "", text_of(child(each, "CheckValue")), name) for each in listed],
        value=package.find(value, name) if value else None,
        kind=entry.get("Type") or "Seal",
        seal_named=bool(seal),
        seal=package.find(seal, name) if seal else None,
        stamps=[(each.get("PageRef") or "", box_of(each.get("Boundary"))) for each in stamps],
    )


def _reference(package: Package, named: str, digest: str, beside: str) -> Reference:
    try:
        decoded = base64.b64decode("".join(digest.split()), validate=True)
    except (binascii.Error, ValueError):
        decoded = None
    return Reference(named, package.find(named, beside) if named else None, decoded)
