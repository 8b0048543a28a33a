"""What the owner of a case is not told though the case knows it: handlers look into other people's entries, too.

A variable that is a mapping with `confidential: true`, and a notice that says so, are for those who decide about the case alone.
"""

from typing import Any

from workflow_runtime.actors import Actor
from workflow_runtime.store.rows import CaseRow

CONFIDENTIAL = "confidential"
OWNER = "owner"
"""The name under which a case knows the party that has filed it."""


def withheld(actor: Actor, row: CaseRow, value: Any) -> bool:
    """The value is confidential, and the actor is of the party that has filed the case and of none that works on it."""
    if not isinstance(value, dict) or value.get(CONFIDENTIAL) is not True or actor.party != row.parties.get(OWNER):
        return False
    return all(party == actor.party or not actor.role_at(party) for party in row.parties.values())
