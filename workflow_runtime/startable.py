"""What can be started, and by whom: the lane of the start event says it."""

from collections.abc import Mapping
from dataclasses import dataclass

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import Bundle
from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Text
from workflow_runtime.forms import Form
from workflow_runtime.guards import not_found
from workflow_runtime.refusals import ActorRefused
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import LaneRow


@dataclass(frozen=True)
class Business:
    """A business that somebody may start: its title, what its diagram says of starting, and the form to fill in."""

    id: str
    title: str
    documentation: str
    form: Form


def businesses_to_start(uow: UnitOfWork, actor: Actor) -> list[Business]:
    """Every business that the actor may start, by title."""
    bundles = [uow.bundle(deployed.bundle_id) for deployed in uow.library.deployed() if deployed.startable]
    starts = [(bundle, event) for bundle in bundles if (event := bundle.process.start) is not None]
    lanes = uow.library.lanes_named(sorted({event.lane for _, event in starts if event.lane is not None})) if starts else {}
    return sorted((_business(*each) for each in starts if _works_in(actor, each[1].lane, lanes)), key=lambda b: b.title)


def business_to_start(uow: UnitOfWork, business: str, actor: Actor) -> Business:
    """One business and its start form. Raises NotFound, NotAllowed."""
    bundle, event = startable(uow, business)
    ensure_may_start(uow, actor, business, event.lane)
    return _business(bundle, event)


def startable(uow: UnitOfWork, business: str) -> tuple[Bundle, Node]:
    """The bundle that new cases get, and its start event. Raises NotFound."""
    deployed = uow.library.deployment(business)
    bundle = uow.bundle(deployed.bundle_id) if deployed is not None and deployed.startable else None
    event = bundle.process.start if bundle is not None else None
    if bundle is None or event is None:
        shown = business[:64].encode("utf-8", "replace").decode()
        raise not_found(Text(f"业务 {shown} ", f"The business {shown}"))
    return bundle, event


def _business(bundle: Bundle, event: Node) -> Business:
    form = bundle.form(event.form)
    if form is None:
        raise not_found(Text(f"业务 {bundle.business} 的表单", f"The form of the business {bundle.business}"))
    return Business(bundle.business, bundle.process.name, event.documentation, form)


def ensure_may_start(uow: UnitOfWork, actor: Actor, business: str, lane: str | None) -> None:
    """The actor may work in the start event's lane; without a lane, he holds some role at his party. Raises NotAllowed."""
    if not _works_in(actor, lane, {} if lane is None else uow.library.lanes_named([lane])):
        raise ActorRefused(
            Text(f"{actor.name} 不能发起该业务。", f"{actor.name} may not start this business."),
            Text(
                f"该业务由“{lane or '所属单位'}”发起；请使用相应的账号办理，或联系管理员授予角色。",
                f"It is started by those of the lane “{lane or 'own party'}”: use such an account, or ask the administrator for the role.",
            ),
            actor=actor,
            subject=f"business {business}",
        )


def _works_in(actor: Actor, lane: str | None, lanes: Mapping[str, LaneRow]) -> bool:
    if lane is None:
        return bool(actor.role_at(actor.party))
    entry = lanes.get(lane)
    if entry is None or not actor.may_work(entry.role, actor.party):
        return False
    # A department's business is begun by that department alone.
    return actor.party.partition("/")[2] == entry.party.partition("/")[2]
