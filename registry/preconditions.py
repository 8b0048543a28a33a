"""The probe of an authority's preconditions, on behalf of an administrator: asked at the seal network, entered, audited."""

from typing import Any

from registry.administration import enter
from workflow_runtime.actors import Actor
from workflow_runtime.guards import ADMINISTRATOR, ensure_role
from workflow_runtime.operations import run_operation
from workflow_runtime.runtime import Runtime

PROBE = "authority.preconditions"
"""The registered operation that asks, by the name under which it is found."""


def check_preconditions(runtime: Runtime, actor: Actor, code: str) -> Any:
    """Ask whether the authority with this credit code can issue, and bring the books up to date; returns the probe's check list.

    Raises NotAllowed before anybody is asked, NotFound, RemoteTransient, RemoteUnknown.
    """
    with runtime.transaction() as uow:
        ensure_role(actor, ADMINISTRATOR)
    found = run_operation(runtime, PROBE, authority=code)
    with runtime.transaction() as uow:
        enter(uow, actor, found.change, PROBE)
    return found
