"""Verifying a file that somebody holds: its seal, and whether it is the file of a certificate in the books."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from registry.authorities import authority as authority_of
from registry.certificate_files import is_file_of
from registry.certificates import Certificate, by_identifier
from registry.expected_file import expected_file
from registry.sealed_ofd.verdict import IDENTIFIER_LABEL, SealFacts, Step, in_order
from tasks.context import Context
from workflow_runtime.errors import NotFound
from workflow_runtime.handlers import operation


@dataclass(frozen=True)
class Verification:
    """Every check of the file, its seals, and the issued certificate that it says to be; None when the books know none.

    `number` and `identifier` are the file's own words, "" where it has none.
    """

    steps: Sequence[Step]
    seals: Sequence[SealFacts]
    number: str
    identifier: str
    certificate: Certificate | None

    @property
    def ok(self) -> bool:
        """Whether every check was made and held."""
        return all(step.ok for step in self.steps)


@operation("certificate.verify")
def verify_certificate(ctx: Context, content: bytes) -> Verification:
    """Judge a file. What the books know of the certificate that it says to be is compared with it, to the last byte.

    Raises Failure PLATFORM_NOT_CONFIGURED without CRANE_TRUST, TRUST_UNREADABLE; never for the file's sake.
    """
    trust, verifier = ctx.platforms.trust, ctx.platforms.verifier
    alone = verifier(content, trust, ctx.now, None)
    number, identifier = alone.custom.get("编号", ""), alone.custom.get(IDENTIFIER_LABEL, "")
    with ctx.transaction() as connection:
        certificate = _issued(connection, identifier)
        if certificate is None:
            return Verification(alone.steps, alone.seals, number, identifier, None)
        authority = authority_of(connection, certificate.authority_code)
        own = is_file_of(connection, certificate.identifier, content)
    verdict = verifier(content, trust, ctx.now, expected_file(certificate, authority))
    digest = Step("digest", True) if own else Step("digest", False, "DIGEST_DIFFERENT")
    return Verification(in_order([digest, *verdict.steps]), verdict.seals, number, identifier, certificate)


def _issued(connection: Connection, identifier: str) -> Certificate | None:
    try:
        found = by_identifier(connection, identifier) if identifier.isprintable() else None
    except NotFound:
        return None
    return found if found is not None and found.issued_at is not None else None
