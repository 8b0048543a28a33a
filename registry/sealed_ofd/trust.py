"""Whom to believe: roots, seal makers, revocation lists, and what is allowed to which vendor. All of it is configuration.

A directory with `roots/`, `intermediates/` and `makers/` (certificates, PEM or DER), `crls/` (revocation lists, PEM or DER) and, where
something is allowed or demanded, `policy.json`:

    {"unsigned": {"VENDOR": ["Doc_0/Res/font_*.ttf"]}, "revocation": "required",
     "printed": {"VENDOR": {"texts": ["…"], "pictures": ["SM3 in hex"], "drawings": true}}}

`makers`: who may make seals, or whose certificates make their holders seal makers; whoever else has a certificate under the roots may use
a seal that was made for him, and make none. `unsigned`: by the vendor's mark in the seal, patterns of files that need not be covered by the
signature. `revocation`: `required` refuses a certificate whose issuer's list is missing or out of date; without it lists are used where
there are any. `printed`: what the vendor's page shows besides the face.
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
from typing import Any, TypeVar

from registry.sealed_ofd.x509 import CERTIFICATE_SIGN, Certificate, RevocationList, read_certificate, read_revocation_list
from workflow_runtime.errors import Failure, Text

MOST_ISSUERS = 6
CERTIFICATE, LIST = Text("证书", "certificate"), Text("吊销列表", "revocation list")
Read = TypeVar("Read", Certificate, RevocationList)
_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----(.+?)-----END [A-Z0-9 ]+-----", re.DOTALL)


class TrustUnreadable(Failure):
    """The directory of trust is not there, or a file in it cannot be read."""

    code = "TRUST_UNREADABLE"


@dataclass(frozen=True)
class Printed:
    """What a page may show besides the face: texts, pictures by their SM3 digests, and, with `drawings`, what cannot be compared."""

    texts: Sequence[str] = ()
    pictures: Sequence[str] = ()
    drawings: bool = False


@dataclass(frozen=True)
class Policy:
    """What is allowed, and what is demanded beyond the rule."""

    unsigned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    revocation_required: bool = False
    printed: Mapping[str, Printed] = field(default_factory=dict)

    def may_be_unsigned(self, vendor: str, name: str) -> bool:
        """Whether this vendor may leave this file without a signature; never XML, which is what a document is made of."""
        return not name.lower().endswith(".xml") and any(_is_like(name, pattern) for pattern in self.unsigned.get(vendor, ()))

    def printed_by(self, vendor: str) -> Printed:
        """What this vendor's page shows besides the face."""
        return self.printed.get(vendor, Printed())


def _is_like(name: str, pattern: str) -> bool:
    """Folder by folder, so a `*` is never a folder more; case does not count, as it does not in a package."""
    parts, patterns = name.casefold().split("/"), pattern.casefold().split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


@dataclass(frozen=True)
class Trust:
    """Certificates that are believed (`roots`), such as lead to them, those of seal makers, and lists of revoked ones."""

    roots: Sequence[Certificate] = ()
    intermediates: Sequence[Certificate] = ()
    makers: Sequence[Certificate] = ()
    lists: Sequence[RevocationList] = ()
    policy: Policy = Policy()


@dataclass(frozen=True)
class ChainProblem:
    """Why a certificate is not believed: `ROOT_UNKNOWN`, `EXPIRED`, `CHAIN_INVALID`, `REVOKED`, `REVOCATION_UNKNOWN`; `about` is whose."""

    code: str
    about: str


def read_trust(folder: Path) -> Trust:
    """The trust that a directory holds. Raises TrustUnreadable naming the file, and what is wrong with it."""
    if not (folder / "roots").is_dir():
        raise _unreadable(folder, Text("不是信任目录：里面没有 roots", "is no directory of trust: it has no roots"))
    roots = _read(folder, "roots", read_certificate)
    makers = _read(folder, "makers", read_certificate)
    if any(maker.whole == root.whole for maker in makers for root in roots):
        raise _unreadable(folder / "makers", Text("里有根证书：那样任何证书都可以制章", "has a root: by that everybody could make seals"))
    return Trust(
        roots=roots,
        intermediates=_read(folder, "intermediates", read_certificate),
        makers=makers,
        lists=_read(folder, "crls", read_revocation_list),
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


def may_make_seals(trust: Trust, path: Sequence[Certificate]) -> bool:
    """Whether a certificate, with those above it, is one of a seal maker: his own is registered, or one that makes its holders such."""
    return any(each.whole == maker.whole for each in path for maker in trust.makers)


def is_listed(trust: Trust, path: Sequence[Certificate], now: datetime) -> bool:
    """Whether for each certificate of the path there is a current list of those that its issuer has revoked."""
    return all(any(_is_current(each, now) for each in _lists(trust, *pair)) for pair in pairwise(path))


def revocation_problem(trust: Trust, path: Sequence[Certificate], when: datetime, now: datetime) -> ChainProblem | None:
    """What the lists say against a path at that instant; a list is out of date when another one was due before `now`."""
    for certificate, issuer in pairwise(path):
        lists = _lists(trust, certificate, issuer)
        since = [each.revoked[certificate.serial] for each in lists if certificate.serial in each.revoked]
        if since and min(since) <= when:
            return ChainProblem("REVOKED", certificate.subject_words)
        if trust.policy.revocation_required and not any(_is_current(each, now) for each in lists):
            return ChainProblem("REVOCATION_UNKNOWN", certificate.subject_words)
    return None


def _lists(trust: Trust, certificate: Certificate, issuer: Certificate) -> list[RevocationList]:
    return [each for each in trust.lists if each.issuer == certificate.issuer and each.signed_by(issuer)]


def _is_current(given: RevocationList, now: datetime) -> bool:
    return given.complete and given.this_update <= now and given.next_update is not None and given.next_update >= now


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


def _read(folder: Path, place: str, reading: Callable[[bytes], Read]) -> list[Read]:
    found = []
    for path in sorted((folder / place).iterdir()) if (folder / place).is_dir() else ():
        if path.name.startswith(".") or not path.is_file():
            continue
        try:
            found += [reading(encoded) for encoded in _encodings(path.read_bytes())]
        except (OSError, ValueError):
            kind = LIST if place == "crls" else CERTIFICATE
            raise _unreadable(path, Text(f"不是{kind.zh}（PEM 或 DER）", f"is no {kind.en} (PEM or DER)")) from None
    return found


def _encodings(content: bytes) -> list[bytes]:
    found = [base64.b64decode(b"".join(each.split()), validate=True) for each in _PEM.findall(content)]
    return found or [content]


def _policy(path: Path) -> Policy:
    if not path.exists():
        return Policy()
    try:
        told = json.loads(path.read_text("utf-8"))
        _ensure_only(told, "unsigned", "printed", "revocation")
        unsigned = {str(vendor): _texts(patterns) for vendor, patterns in told.get("unsigned", {}).items()}
        printed = {str(vendor): _printed(allowed) for vendor, allowed in told.get("printed", {}).items()}
        if told.get("revocation", "required") != "required":
            raise ValueError("revocation")
        return Policy(unsigned, "revocation" in told, printed)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise _unreadable(path, Text("不是 JSON", "is no JSON")) from None
    except (ValueError, AttributeError, TypeError) as wrong:
        raise _unreadable(path, Text(f"的内容不对：{wrong}", f"says what cannot be understood: {wrong}")) from None


def _printed(allowed: Mapping[str, Any]) -> Printed:
    _ensure_only(allowed, "texts", "pictures", "drawings")
    drawings = allowed.get("drawings", False)
    if not isinstance(drawings, bool):
        raise ValueError("drawings")
    return Printed(_texts(allowed.get("texts", [])), [each.lower() for each in _texts(allowed.get("pictures", []))], drawings)


def _texts(told: object) -> list[str]:
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        raise ValueError(told)
    return told


def _ensure_only(told: Mapping[str, Any], *names: str) -> None:
    if strange := sorted(told.keys() - set(names)):
        raise ValueError(", ".join(strange))


def _unreadable(path: Path, why: Text) -> TrustUnreadable:
    return TrustUnreadable(
        Text(f"{path} {why.zh}。", f"{path} {why.en}."),
        Text(
            "请运维人员核对 CRANE_TRUST（或者 --trust）指定的目录：roots、intermediates、makers、crls 与 policy.json。",
            "Have the operator check the directory of CRANE_TRUST (or --trust): roots, intermediates, makers, crls, and policy.json.",
        ),
    )
