"""Seals and sealed certificates for tests, made by the stand-in of the network, and what a verifier believes about them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from registry.sealed_ofd.comparison import Expected
from registry.sealed_ofd.trust import Policy, Trust
from registry.sealed_ofd.x509 import read_certificate, read_revocation_list
from sandbox import ofd
from sandbox.pki import YEAR, issue, new_pki, revocation_list
from sandbox.seal import make_seal
from sandbox.seal_picture import seal_picture

NOW = datetime(2026, 7, 1, 3, 4, 5, tzinfo=UTC)
BODY = "呼和浩特市住房和城乡建设局"
IDENTIFIER = "1.2.156.3005.2.X"
VALID = (NOW - YEAR, NOW + 10 * YEAR)
ITEMS = {key: f"{label}的内容" for key, label in ofd.FACE_ITEMS.items()} | {
    "parameters": "公称起重力矩800kN·m；最大起重量6t；最大幅度56m；独立高度40m；" * 3,
    "qrText": "https://zlaq.example/q?c=0123456789abcdef0123456789abcdef",
}


BAD_SEALS = {
    "unknown-root": "SIGNER_ROOT_UNKNOWN",
    "expired": "SEAL_EXPIRED",
    "unsigned-file": "FILE_UNSIGNED",
    "changed-page": "FILE_CHANGED",
}
"""What the stand-in's misbehaviour `bad-seal` does, and the problem that it is."""


@cache
def pki():
    """One set of certificates for all tests."""
    return new_pki(NOW)


@cache
def signer():
    """The authority's key."""
    return issue(BODY, pki().intermediate, VALID[0], 12)


@cache
def seal(*, maker=None, holder=None, name=BODY, valid=VALID, **more):
    """The authority's seal, the same one each time; what differs is given."""
    return make_seal(maker or pki().maker, holder or signer(), name, "S-001", seal_picture(name), valid, **more)


def parts(typeface=None, **changes):
    """The files of a certificate's package without its seal."""
    return ofd.certificate_parts(ITEMS | changes, IDENTIFIER, NOW, "0" * 32, typeface)


def files(with_seal=None, sealed_at=NOW, **changes):
    """The files of a sealed package."""
    return ofd.sealed(parts(**changes), with_seal or seal(), sealed_at)


def packed(content):
    """The package of these files."""
    return ofd.packed(content, NOW)


@cache
def nobody_revoked():
    """The lists of the tests' own authorities."""
    dates = NOW - timedelta(days=1), NOW + timedelta(days=1)
    return [read_revocation_list(revocation_list(issuer, {}, *dates)) for issuer in (pki().root, pki().intermediate)]


def trust(*, roots=None, intermediates=None, makers=None, lists=None, policy=None):
    """Trust in the tests' own root, and in whom the tests' own intermediate made a seal maker."""
    return Trust(
        roots=[read_certificate(each) for each in (roots if roots is not None else [pki().root.certificate])],
        intermediates=[
            read_certificate(each) for each in (intermediates if intermediates is not None else [pki().intermediate.certificate])
        ],
        makers=[read_certificate(each) for each in (makers if makers is not None else [pki().maker.certificate])],
        lists=lists if lists is not None else nobody_revoked(),
        policy=policy or Policy(),
    )


def expected(**changes):
    """What was approved."""
    items = {label: ITEMS[key] for key, label in ofd.FACE_ITEMS.items() if key != "qrText"}
    return replace(Expected(items, ITEMS["qrText"], IDENTIFIER, lambda name: name == BODY, NOW - timedelta(minutes=5)), **changes)
