"""Messages that are waited for come from somewhere: from the owner, from another system, or from a diagram."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract.subject import Parts, Subject, nearest
from workflow_runtime.diagram.model import CATCHING
from workflow_runtime.errors import Finding, Text

WITHDRAW = "withdraw"
"""The message that the runtime itself sends, when the owner takes an application back."""


def sent(subject: Subject) -> Iterator[Finding]:
    """Every message that is waited for has a known sender; nothing is said when the receivers are not known."""
    if not subject.parts.receivers:
        return
    known = _thrown(subject.parts) | subject.parts.receivers | {WITHDRAW}
    for node in subject.nodes:
        if node.type not in CATCHING or node.event is None or node.event.kind != "message" or not node.event.name:
            continue
        if node.event.name not in known:
            name = node.event.name[:100]
            reason = Text(f"没有谁会发出消息 {name!r}。", f"Nobody sends the message {name!r}.")
            yield subject.warning("MESSAGE_NEVER_SENT", node, reason, nearest(name, known))


def _thrown(parts: Parts) -> set[str]:
    nodes = (node for process in parts.processes.values() for node in process.nodes if node.type not in CATCHING)
    return {node.event.name for node in nodes if node.event is not None and node.event.kind == "message" and node.event.name}
