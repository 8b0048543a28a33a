"""Which events a diagram may use, and where: their definitions, what these refer to, the activities that boundary events sit on."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract.subject import Subject, can_fail
from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Finding, Text

EVENT_KINDS: dict[str, frozenset[str | None]] = {
    "startEvent": frozenset({None}),
    "endEvent": frozenset({None, "terminate", "error", "message"}),
    "intermediateThrowEvent": frozenset({None, "message"}),
    "intermediateCatchEvent": frozenset({"timer", "message"}),
    "boundaryEvent": frozenset({"timer", "message", "error"}),
}
HOSTS = frozenset({"userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "subProcess", "callActivity"})


def definitions(subject: Subject) -> Iterator[Finding]:
    """Every event has at most one definition, of a kind that is supported at that place, and its reference leads somewhere."""
    for node in subject.nodes:
        kinds = EVENT_KINDS.get(node.type)
        if kinds is None:
            continue
        if node.events > 1:
            yield subject.error(
                "SEVERAL_EVENTS",
                node,
                Text("一个事件只能有一个定义。", "An event has one definition only."),
                Text("拆成几个事件，前面用事件网关。", "Draw several events behind an event-based gateway."),
            )
        kind = node.event.kind if node.event else None
        if kind not in kinds:
            yield _wrong_kind(subject, node, kind, kinds)
    yield from _references(subject)


def _wrong_kind(subject: Subject, node: Node, kind: str | None, kinds: frozenset[str | None]) -> Finding:
    allowed = ", ".join(k or "none" for k in sorted(kinds, key=str))
    return subject.error(
        "EVENT_REFUSED",
        node,
        Text(f"{node.type} 不支持 {kind or '无'} 事件。", f"{node.type} does not support the event {kind or 'none'}."),
        Text(f"可用：{allowed}。", f"Possible are: {allowed}."),
    )


def _references(subject: Subject) -> Iterator[Finding]:
    for node in subject.nodes:
        event = node.event
        if event is None or event.name:
            continue
        if event.kind == "message":
            yield subject.error(
                "MESSAGE_UNKNOWN",
                node,
                Text("没有指明消息，或所指的消息不在文件里。", "It names no message, or one that is not in the file."),
                Text("在文件里定义消息并在此选用。", "Define the message in the file and choose it here."),
            )
        if event.kind == "error" and (event.reference or node.type == "endEvent"):
            yield subject.error(
                "ERROR_UNKNOWN",
                node,
                Text("没有指明错误，或所指的错误不在文件里。", "It names no error, or one that is not in the file."),
                Text("在文件里定义错误（errorCode）并在此选用。", "Define the error (errorCode) in the file and choose it here."),
            )


def boundary_events(subject: Subject) -> Iterator[Finding]:
    """A boundary event sits on an activity of its own scope; an error boundary event on one that can fail, and it interrupts."""
    for graph in subject.graphs:
        for node in graph.scope.nodes.values():
            if node.type == "boundaryEvent":
                yield from _boundary(subject, node, graph.scope.nodes.get(node.attached_to or ""))


def _boundary(subject: Subject, node: Node, host: Node | None) -> Iterator[Finding]:
    if host is None or host.type not in HOSTS:
        yield subject.error(
            "BOUNDARY_HOST",
            node,
            Text("边界事件没有贴在本层的任务或子流程上。", "The boundary event is not on a task or subprocess of its own scope."),
            Text("把它拖到任务的边框上。", "Drag it onto the border of the activity."),
        )
    elif node.event is not None and node.event.kind == "error":
        if not can_fail(host):
            yield subject.error(
                "BOUNDARY_ERROR_HOST",
                node,
                Text(f"{host.type} 不会产生错误。", f"A {host.type} raises no error."),
                Text("改用办理结果（outcomes）加网关。", "Use the task's outcomes and a gateway."),
            )
        if not node.interrupting:
            yield subject.error(
                "ERROR_NOT_INTERRUPTING",
                node,
                Text("错误边界事件必须是中断的。", "An error boundary event always interrupts."),
                Text("改为中断型。", "Make it interrupting."),
            )
