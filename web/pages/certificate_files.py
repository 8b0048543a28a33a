"""The e-certificates of a whole list: as one archive, and verified anew.

The archive is made while it is sent: it never stands in memory or on the disk.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Response, render_template, request

from registry.case_certificates import cases_of_number
from registry.certificate_files import IssuedFile, issued_files
from registry.verification_report import Check, Verification, told_check
from web.access import SIGNED_IN, access
from web.asking.cases import Asked
from web.current import actor, runtime
from workflow_runtime import worklist
from workflow_runtime.actors import Actor
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.operations import run_operation
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.search_fields import search_fields

pages = Blueprint("certificate_files", __name__)

MOST = 2_000
"""Cases of a list whose certificates are taken; the newest first."""
AT_ONCE = 25
"""Cases whose certificates are verified before the page says how far it is: a third of a second."""
VERIFY = "certificate.verify"


@dataclass(frozen=True)
class Refused:
    """A certificate whose file did not pass, and the checks that did not hold."""

    file: IssuedFile
    checks: Sequence[Check]


@dataclass(frozen=True)
class Verified:
    """How far the verification of a list is: `seen` of `total` cases, and the certificates among them; `next` is where it goes on, or ""."""

    seen: int
    total: int
    files: int
    failed: int
    refused: Sequence[Refused]
    next: str


class _Sending:
    """What the archive writes, until it is sent."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        """Keep it."""
        self._written.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is left open."""

    def taken(self) -> bytes:
        """What has been written since the last time."""
        content = b"".join(self._written)
        self._written.clear()
        return content


@pages.get("/cases/certificates.zip")
@access(SIGNED_IN)
def archive() -> Response:
    """The certificates in force, or once in force, of the cases that the address asks for, as the list does."""
    with runtime().reading() as uow:
        _, wanted = _asked(uow)
    sent = _archive(runtime(), actor(), wanted)
    name = f"certificates-{runtime().clock.now().astimezone(SHANGHAI):%Y%m%d}.zip"
    return Response(sent, content_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _archive(runtime: Runtime, who: Actor, wanted: worklist.Wanted) -> Iterator[bytes]:
    """A page of the list at a time, each read in a transaction of its own: nobody waits for whoever loads slowly."""
    sending, after, seen = _Sending(), "", 0
    with zipfile.ZipFile(sending, "w", zipfile.ZIP_STORED) as packed:  # the files are compressed themselves
        while seen < MOST:
            with runtime.reading() as uow:
                found = worklist.worklist(uow, who, wanted, after=after)
                files = issued_files(uow.connection, [row.number for row in found.rows])
            for file in files:
                packed.writestr(file.name, file.content)
                yield sending.taken()
            seen, after = seen + len(found.rows), found.next
            if not after:
                break
    yield sending.taken()


@pages.get("/cases/verification")
@access(SIGNED_IN)
def verification() -> str:
    """Verify the certificates of the cases that the address asks for, some at a time; the page goes on by itself until all are verified.

    Against the trust, the revocation lists and the books of now: a certificate that was issued may have been revoked, a file spoilt.
    """
    with runtime().reading() as uow:
        asked, wanted = _asked(uow)
        found = worklist.worklist(uow, actor(), wanted, after=asked.after, limit=AT_ONCE)
        total = _number("of") or worklist.count_cases(uow, actor(), wanted, MOST)
        files = issued_files(uow.connection, [row.number for row in found.rows])
    refused = [each for each in map(_verified, files) if each.checks]
    seen = _number("seen") + len(found.rows)
    counted = {"seen": seen, "files": _number("files") + len(files), "failed": _number("failed") + len(refused)}
    more = {"after": found.next, "of": str(total), **{name: str(count) for name, count in counted.items()}}
    onward = asked.address(page="certificate_files.verification", **more) if found.next and seen < MOST else ""
    template = "cases/verified.html" if request.headers.get("HX-Request") else "cases/verification.html"
    return render_template(template, asked=asked, done=Verified(total=max(total, seen), refused=refused, next=onward, **counted), most=MOST)


def _verified(file: IssuedFile) -> Refused:
    found = cast(Verification, run_operation(runtime(), VERIFY, content=file.content, identifier=file.identifier))
    return Refused(file, [told_check(step) for step in found.steps if not step.ok])


def _asked(uow: UnitOfWork) -> tuple[Asked, worklist.Wanted]:
    asked = Asked.read(request.args, search_fields(uow, request.args.get("business", "")))
    return asked, asked.wanted(cases_of_number(uow.connection, asked.keyword) if asked.keyword else ())


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
