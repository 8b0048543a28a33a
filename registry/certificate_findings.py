"""What speaks against a business about a certificate that has been issued (变更, 注销 and the like): all findings at once (一次性告知)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from registry.authorities import authority as authority_of
from registry.certificate_lookup import certificate_named
from registry.certificates import STATES, Certificate
from registry.findings import PrecheckFinding
from registry.machines import claim_machine
from registry.machines import machine as machine_of
from registry.parties import authority_party, owner_party
from workflow_runtime.errors import NotFound, Text

FIELD = "certificate_no"
"""The form's key under which a business asks for the certificate."""

_UNKNOWN = PrecheckFinding(
    "CERTIFICATE_UNKNOWN",
    "block",
    FIELD,
    Text("本单位名下没有这张备案证", "You have no such certificate"),
    Text("请按备案证照面核对编号。", "Check the number against the certificate's face."),
)


@dataclass(frozen=True)
class Examined:
    """The certificate, None for whoever has nothing to do with it, and what speaks against the business."""

    certificate: Certificate | None
    findings: tuple[PrecheckFinding, ...]


def examine(connection: Connection, text: str, *, case: str, filer: str, authority: str | None, claim: bool, now: datetime) -> Examined:
    """Find the certificate that `text` names and judge whether this case may be about it.

    `filer` is the party that files: the certificate's owner or its authority (or a department of that); for anybody else the certificate is
    as unknown as one that never was, since numbers can be counted up. `authority` is the credit code of the authority that shall decide:
    only who issued a certificate decides about it. With `claim`, and if nothing else speaks against it, the case claims the machine, so
    that no two open cases change the same machine.
    """
    found = _visible(connection, text, filer)
    if found is None:
        return Examined(None, (_UNKNOWN,))
    against = [*_not_in_force(found), *_other_authority(connection, found, authority)]
    if claim and not against:
        against += _claimed(connection, found, case, now)
    return Examined(found, tuple(against))


def _visible(connection: Connection, text: str, filer: str) -> Certificate | None:
    try:
        found = certificate_named(connection, text)
    except NotFound:
        return None
    concerned = filer.partition("/")[0] in (owner_party(found.owner_code), authority_party(found.authority_code))
    return found if concerned and found.issued_at is not None else None


def _not_in_force(found: Certificate) -> Iterator[PrecheckFinding]:
    if found.state != "valid":
        state = STATES[found.state]
        message = Text(f"备案证 {found.number} 为“{state.zh}”", f"Certificate {found.number} is {state.en}")
        yield PrecheckFinding(
            "NOT_IN_FORCE", "block", FIELD, message, Text("只能办理有效的备案证。", "Only a valid certificate can be dealt with.")
        )


def _other_authority(connection: Connection, found: Certificate, authority: str | None) -> Iterator[PrecheckFinding]:
    if authority is not None and authority != found.authority_code:
        name = authority_of(connection, found.authority_code).name
        message = Text(f"备案证 {found.number} 由{name}签发", f"Certificate {found.number} was issued by {name}")
        remedy = Text("请撤回本申请，向签发机关提出。", "Withdraw this application and file with that authority.")
        yield PrecheckFinding("CERTIFICATE_OF_ANOTHER_AUTHORITY", "block", FIELD, message, remedy)


def _claimed(connection: Connection, found: Certificate, case: str, now: datetime) -> Iterator[PrecheckFinding]:
    holder = claim_machine(connection, machine_of(connection, found.equipment_no).key, case, now)
    if holder is not None:
        message = Text("已有其他案件正在办理同一设备", "Another open case deals with the same machine")
        remedy = Text("请等待该案件办结或撤回后再提出。", "Wait until that case is over, or withdraw it.")
        yield PrecheckFinding("MACHINE_CLAIMED", "block", FIELD, message, remedy, case=holder)
