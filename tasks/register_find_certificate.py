"""`register.find_certificate`: the issued certificate that a case is about, with everything that a form about it begins with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from registry.authorities import authority as authority_of
from registry.certificate_findings import examine
from registry.certificates import Certificate
from registry.machines import machine as machine_of
from registry.owners import known_answers
from registry.parties import authority_party, owner_party, party_code
from tasks.context import Context
from tasks.remarks import Checked, Finding, from_precheck
from workflow_runtime.handlers import service_task

MACHINE_FACES = ("manufacturer", "serial_no", "model", "made_on", "licence_no", "parameters")
"""What the face says of the machine; where it differs from what the first filing said, the face counts."""


@dataclass(frozen=True)
class FoundCertificate:
    """`facts` are owner and machine by the keys of the filing form; everything but the first three is null where nothing was found."""

    found: bool
    blocked: bool
    findings: Sequence[Finding]
    in_force: bool | None = None
    aggregated: bool | None = None
    number: str | None = None
    identifier: str | None = None
    version: int | None = None
    state: str | None = None
    authority: str | None = None
    authority_name: str | None = None
    equipment_no: str | None = None
    issued_on: str | None = None
    verification_code: str | None = None
    facts: Mapping[str, Any] | None = None


@service_task("register.find_certificate", local=True)
def register_find_certificate(ctx: Context, certificate_no: str, authority: str | None = None, claim: bool = True) -> FoundCertificate:
    """Find a certificate by number, identifier or QR text, and say what speaks against a business about it: `blocked`, `findings`.

    Found is only what the case's owner, or the authority that files, holds or has issued. `authority` is the party or credit code that
    decides; with it, a certificate of another authority blocks. With `claim` the case claims the machine, so that no other open case
    deals with it.
    """
    with ctx.transaction() as connection:
        examined = examine(
            connection,
            certificate_no,
            case=ctx.case.number,
            filer=ctx.case.parties.get("owner", ""),
            authority=None if authority is None else party_code(authority) or authority,
            claim=claim,
            now=ctx.now,
        )
        checked = Checked.of([from_precheck(f) for f in examined.findings])
        if examined.certificate is None:
            return FoundCertificate(False, checked.blocked, checked.findings)
        return _found(connection, examined.certificate, checked)


def _found(connection: Connection, certificate: Certificate, checked: Checked) -> FoundCertificate:
    return FoundCertificate(
        found=True,
        blocked=checked.blocked,
        findings=checked.findings,
        in_force=certificate.state == "valid",
        aggregated=certificate.aggregated_at is not None,
        number=certificate.number,
        identifier=certificate.identifier,
        version=certificate.version,
        state=certificate.state,
        authority=authority_party(certificate.authority_code),
        authority_name=authority_of(connection, certificate.authority_code).name,
        equipment_no=certificate.equipment_no,
        issued_on=str(certificate.face["issued_on"]),
        verification_code=certificate.verification_code,
        facts=_facts(connection, certificate),
    )


def _facts(connection: Connection, certificate: Certificate) -> dict[str, Any]:
    machine = machine_of(connection, certificate.equipment_no)
    face = {key: certificate.face[key] for key in MACHINE_FACES}
    owner = {**known_answers(connection, owner_party(certificate.owner_code)), "owner_name": certificate.face["owner_name"]}
    return {**machine.facts, **face, "category": machine.category, **owner}
