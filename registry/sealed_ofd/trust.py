"""Whom to believe: roots, intermediate certificates, revocation lists, and what is forgiven to which vendor. All of it is configuration.

A directory with `roots/` and `intermediates/` (certificates, PEM or DER), `crls/` (revocation lists, PEM or DER) and, where something is
forgiven, `policy.json`:

    {"unsigned": {"VENDOR": ["Doc_0/Res/font_*.ttf"]}, "revocation": "required"}

`unsigned`: by the vendor's mark in the seal, patterns of files that need not be covered by the signature. `revocation`: `required` refuses
a certificate whose issuer's list is missing or out of date; without it lists are used where there are any.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from registry.sealed_ofd.x509 import CERTIFICATE_SIGN, Certificate, RevocationList, read_certificate, read_revocation_list
from workflow_runtime.errors import Failure, Text

MOST_ISSUERS = 6
Read = TypeVar("Read", Certificate, RevocationList)
_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----(.+?)-----END [A-Z0-9 ]+-----", re.DOTALL)


class TrustUnreadable(Failure):
    """The directory of trust is not there, or a file in it cannot be read."""

    code = "TRUST_UNREADABLE"


@dataclass(frozen=True)
class Policy:
    """What is forgiven, and what is demanded beyond the rule."""

    unsigned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    revocation_required: bool = False

    def may_be_unsigned(self, vendor: str, name: str) -> bool:
        """Whether this vendor may leave this file without a signature."""
        return any(fnmatchcase(name, pattern) for pattern in self.unsigned.get(vendor, ()))


@dataclass(frozen=True)
class Trust:
    """Certificates that are believed (`roots`), such as lead to them, and lists of revoked ones."""

    roots: Sequence[Certificate] = ()
    intermediates: Sequence[Certificate] = ()
    lists: Sequence[RevocationList] = ()
    policy: Policy = Policy()


@dataclass(frozen=True)
class ChainProblem:
    """Why a certificate is not believed: `ROOT_UNKNOWN`, `EXPIRED`, `CHAIN_INVALID`, `REVOKED`, `REVOCATION_UNKNOWN`; `about` is whose."""

    code: str
    about: str


def read_trust(folder: Path) -> Trust:
    """The trust that a directory holds. Raises TrustUnreadable naming the file."""
    if not folder.is_dir():
        raise _unreadable(folder)
    return Trust(
        roots=_read(folder / "roots", read_certificate),
        intermediates=_read(folder / "intermediates", read_certificate),
        lists=_read(folder / "crls", read_revocation_list),
        policy=_policy(folder / "policy.json"),
    )


def path_to_root(trust: Trust, certificate: Certificate, when: datetime) -> Sequence[Certificate] | ChainProblem:
    """The certificates from this one to a root, all valid at that instant; or what is nearest to that (RFC 5280, 6.1)."""
    best: ChainProblem = ChainProblem("ROOT_UNKNOWN", certificate.issuer_words)
    for path in _paths(trust, [certificate]):
        problem = _path_problem(path, when)
        if problem is None:
            return path
        best = problem
    return best


def revocation_problem(trust: Trust, path: Sequence[Certificate], when: datetime, now: datetime) -> ChainProblem | None:
    """What the lists say against a path at that instant; a list is out of date when another one was due before `now`."""
    for certificate, issuer in pairwise(path):
        lists = [each for each in trust.lists if each.issuer == certificate.issuer and each.signed_by(issuer)]
        since = [each.revoked[certificate.serial] for each in lists if certificate.serial in each.revoked]
        if since and min(since) <= when:
            return ChainProblem("REVOKED", certificate.subject_words)
        current = any(each.next_update is None or each.next_update >= now for each in lists)
        if trust.policy.revocation_required and not current:
            return ChainProblem("REVOCATION_UNKNOWN", certificate.subject_words)
    return None


def _paths(trust: Trust, path: list[Certificate]) -> Iterator[list[Certificate]]:
    last = path[-1]
    if any(last.whole == root.whole for root in trust.roots):
        yield path
        return
    if len(path) > MOST_ISSUERS:
        return
    for issuer in (*trust.roots, *trust.intermediates):
        if issuer.subject == last.issuer and issuer not in path and last.signed_by(issuer):
            yield from _paths(trust, [*path, issuer])


def _path_problem(path: Sequence[Certificate], when: datetime) -> ChainProblem | None:
    for below, each in enumerate(path):
        if not each.valid_at(when):
            return ChainProblem("EXPIRED", each.subject_words)
        if each.unknown_critical:
            return ChainProblem("CHAIN_INVALID", f"{each.subject_words} ({', '.join(each.unknown_critical)})")
        if below > 0 and not (
            each.authority and each.may(CERTIFICATE_SIGN) and (each.path_length is None or each.path_length >= below - 1)
        ):
            return ChainProblem("CHAIN_INVALID", each.subject_words)
    return None


def _read(folder: Path, reading: Callable[[bytes], Read]) -> list[Read]:
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or not path.is_file():
            continue
        try:
            found += [reading(encoded) for encoded in _encodings(path.read_bytes())]
        except (OSError, ValueError):
            raise _unreadable(path) from None
    return found


def _encodings(content: bytes) -> list[bytes]:
    found = [base64.b64decode(b"".join(each.split()), validate=True) for each in _PEM.findall(content)]
    return found or [content]


def _policy(path: Path) -> Policy:
    if not path.exists():
        return Policy()
    try:
        told = json.loads(path.read_text("utf-8"))
        unsigned = {str(vendor): [str(each) for each in patterns] for vendor, patterns in told.get("unsigned", {}).items()}
        if not told.keys() <= {"unsigned", "revocation"} or told.get("revocation", "required") != "required":
            raise _unreadable(path)
        return Policy(unsigned, "revocation" in told)
    except (OSError, ValueError, AttributeError, TypeError):
        raise _unreadable(path) from None


def _unreadable(path: Path) -> TrustUnreadable:
    return TrustUnreadable(
        Text(f"证书信任目录中的 {path.name} 不存在或无法读取", f"{path.name} of the directory of trust is missing or unreadable"),
        Text(
            "请运维人员核对 CRANE_TRUST 指定的目录：roots、intermediates、crls 与 policy.json。",
            "Have the operator check the directory of CRANE_TRUST: roots, intermediates, crls, and policy.json.",
        ),
    )
