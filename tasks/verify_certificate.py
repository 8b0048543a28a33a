"""Verifying a file that somebody holds: its seal, and whether it is the file of a certificate in the books."""

from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from registry.authorities import authority as authority_of
from registry.certificate_files import is_file_of
from registry.certificate_lookup import certificate_named
from registry.certificates import Certificate
from registry.expected_file import expected_file
from registry.sealed_ofd.findings import Step, in_order
from registry.verification_report import Verification
from tasks.context import Context
from workflow_runtime.errors import NotFound
from workflow_runtime.handlers import operation


@operation("certificate.verify")
def verify_certificate(ctx: Context, content: bytes, identifier: str = "") -> Verification:
    """Judge a file. What the books know of the certificate that it says to be, or of `identifier`, is compared with it, to the last byte.

    Raises Failure PLATFORM_NOT_CONFIGURED without CRANE_TRUST, TRUST_UNREADABLE; never for the file's sake.
    """
    judged = partial(ctx.platforms.verifier, content, ctx.platforms.trust, ctx.now)
    alone = None if identifier else Verification.alone(judged(None))
    with ctx.transaction() as connection:
        certificate = _issued(connection, identifier if alone is None else alone.identifier or alone.number)
        if certificate is not None:
            expected = expected_file(certificate, authority_of(connection, certificate.authority_code))
            own = is_file_of(connection, certificate.identifier, content)
    if certificate is None:
        return alone or Verification.alone(judged(None))
    found = Verification.alone(judged(expected))
    digest = Step("digest", True) if own else Step("digest", False, "DIGEST_DIFFERENT")
    return replace(found, steps=in_order([digest, *found.steps]), certificate=certificate)


def _issued(connection: Connection, name: str) -> Certificate | None:
    try:
        found = certificate_named(connection, name) if name.isprintable() else None
    except NotFound:
        return None
    return found if found is not None and found.issued_at is not None else None
