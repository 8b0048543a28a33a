"""The e-certificates of a whole list as one archive, made while it is sent: it never stands in memory or on the disk."""

import zipfile
from collections.abc import Iterator

from flask import Blueprint, Response, request

from registry.case_certificates import cases_of_number
from registry.certificate_files import issued_files
from web.access import SIGNED_IN, access
from web.asking.cases import Asked
from web.current import actor, runtime
from workflow_runtime import worklist
from workflow_runtime.actors import Actor
from workflow_runtime.runtime import Runtime
from workflow_runtime.search_fields import search_fields

pages = Blueprint("certificate_files", __name__)

MOST = 2_000
"""Cases of a list whose certificates are taken; the newest first."""


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
        asked = Asked.read(request.args, search_fields(uow, request.args.get("business", "")))
        known = cases_of_number(uow.connection, asked.keyword) if asked.keyword else ()
    sent = _archive(runtime(), actor(), asked.wanted(known))
    return Response(sent, content_type="application/zip", headers={"Content-Disposition": 'attachment; filename="certificates.zip"'})


def _archive(runtime: Runtime, who: Actor, wanted: worklist.Wanted) -> Iterator[bytes]:
    """A page of the list at a time, each read in a transaction of its own: nobody waits for whoever loads slowly."""
    sending, after, seen = _Sending(), "", 0
    with zipfile.ZipFile(sending, "w", zipfile.ZIP_STORED) as packed:  # the files are compressed themselves
        while seen < MOST:
            with runtime.reading() as uow:
                found = worklist.worklist(uow, who, wanted, after=after)
                files = issued_files(uow.connection, [row.number for row in found.rows])
            for name, content in files:
                packed.writestr(name, content)
                yield sending.taken()
            seen, after = seen + len(found.rows), found.next
            if not after:
                break
    yield sending.taken()
