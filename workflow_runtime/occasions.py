"""Which event of a diagram it was that a timer or a message has moved a case from: the history is told by its name."""

from collections.abc import Mapping
from typing import Any

from workflow_runtime.bundles import Bundle
from workflow_runtime.diagram.model import Node, Scope

KINDS = {"timer.fired": "timer", "message.received": "message"}


def occasion(bundle: Bundle, action: str, details: Mapping[str, Any]) -> str:
    """The id of the event that an entry of the history is about; "" where the diagram leaves it open, or it is no such entry.

    The path of such a step begins with a boundary event, with an event behind an event gateway, or with what follows the event.
    """
    kind, first = KINDS.get(action), next(iter(details.get("path") or ()), "")
    if kind is None or not first:
        return ""
    scopes = (scope for process in bundle.contents.processes.values() for scope in process.scopes.values() if first in scope.nodes)
    found = {event.id for scope in scopes for event in _before(scope, scope.nodes[first], kind)}
    return found.pop() if len(found) == 1 else ""


def _before(scope: Scope, first: Node, kind: str) -> list[Node]:
    sources = [scope.nodes[flow.source] for flow in scope.incoming(first.id)]
    if first.type == "boundaryEvent" or any(source.type == "eventBasedGateway" for source in sources):
        sources = [first]
    return [node for node in sources if node.event is not None and node.event.kind == kind and node.type != "startEvent"]
