"""Who may look into the old registers, and who keeps an authority's."""

from registry.parties import SYSTEM, authority_party
from workflow_runtime.actors import Actor
from workflow_runtime.errors import Text
from workflow_runtime.guards import ADMINISTRATOR, ensure_role
from workflow_runtime.refusals import ActorRefused

REGISTRAR = "registrar"
KEEPERS = (ADMINISTRATOR, REGISTRAR)
"""They import and correct: at the system any register, at an authority its own."""
READERS = ("reviewer", "supervisor", "operator", "auditor", *KEEPERS)
"""They look up, in every register: a machine that was filed elsewhere is reissued here."""


def ensure_reads(actor: Actor) -> None:
    """The actor may look into the registers. Raises NotAllowed."""
    ensure_role(actor, *READERS)


def keeps(actor: Actor, authority_code: str) -> bool:
    """Whether the actor keeps this authority's register."""
    return any(actor.may_work(role, party) for role in KEEPERS for party in (SYSTEM, authority_party(authority_code)))


def ensure_keeps(actor: Actor, authority_code: str) -> None:
    """The actor keeps this authority's register. Raises NotAllowed."""
    ensure_role(actor, *KEEPERS)
    if not keeps(actor, authority_code):
        raise ActorRefused(
            Text(f"{actor.name} 不能修改该机关的原备案登记簿。", f"{actor.name} does not keep this authority's register."),
            Text("请联系系统管理员，授予该机关的登记簿管理员角色。", "Ask the administrator for the role of registrar at the authority."),
            actor=actor,
            subject=f"legacy register of {authority_code}",
        )
