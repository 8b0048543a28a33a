"""Call activities and errors across them: no process calls itself, every error is raised where it is caught and caught where it is thrown."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_runtime.diagram.contract.subject import Parts, Subject, can_fail, inner_scope, nearest, once_a_process
from workflow_runtime.diagram.model import Node, Process, Scope
from workflow_runtime.errors import Finding, Text

RUNTIME_ERRORS = frozenset({"PARAMETER_INVALID"})
"""What the runtime itself may raise for any operator."""


@dataclass(frozen=True)
class Raised:
    """The error codes that may come out of something; `unknown` when a part of it is not known."""

    codes: frozenset[str] = frozenset()
    unknown: bool = False

    def __or__(self, other: "Raised") -> "Raised":
        return Raised(self.codes | other.codes, self.unknown or other.unknown)


@once_a_process
def called(parts: Parts, process: Process) -> set[str]:
    """The ids of the processes that this one calls, directly or not."""
    found: set[str] = set()
    todo = [process]
    while todo:
        for target in parts.calls.get(todo.pop().id, []):
            if target.id not in found:
                found.add(target.id)
                todo.append(target)
    return found


def cycles(subject: Subject) -> Iterator[Finding]:
    """No process calls itself, not even by way of others."""
    for node in subject.nodes:
        target = subject.parts.callee(node)
        if target is None:
            continue
        if target.id == subject.process.id or subject.process.id in called(subject.parts, target):
            yield subject.error(
                "CALL_CYCLE",
                node,
                Text(f"流程 {target.id} 又会调用本流程。", f"The process {target.id} calls this process again."),
                Text("去掉其中一个调用，用连线回到前面。", "Take one of the calls away; go back by a flow."),
            )


def raised_by(parts: Parts, process: Process, node: Node, memory: dict[str, Raised]) -> Raised:
    """The codes that may come out of an activity onto its boundary. `memory` keeps what is known of scopes already visited."""
    if node.operator is not None:
        handler = parts.handlers.get(node.operator.handler)
        return Raised(unknown=True) if handler is None else Raised(RUNTIME_ERRORS | set(handler.errors))
    if node.type == "callActivity":
        target = parts.callee(node)
        return Raised(unknown=True) if target is None else _escaping(parts, target, target.scope, memory)
    inner = inner_scope(process, node)
    return Raised() if inner is None else _escaping(parts, process, inner, memory)


def _escaping(parts: Parts, process: Process, scope: Scope, memory: dict[str, Raised]) -> Raised:
    key = f"{process.id}/{scope.id}"
    if key not in memory:
        memory[key] = Raised(unknown=True)
        result = Raised()
        for node in scope.nodes.values():
            if node.type == "endEvent" and node.event is not None and node.event.kind == "error" and node.event.name:
                result |= Raised(frozenset({node.event.name}))
            elif node.type != "boundaryEvent":
                result |= _uncaught(raised_by(parts, process, node, memory), scope.boundary_events(node.id))
        memory[key] = result
    return memory[key]


def _uncaught(raised: Raised, boundary: list[Node]) -> Raised:
    caught = {event.event.name for event in boundary if event.event is not None and event.event.kind == "error"}
    return Raised() if None in caught else Raised(raised.codes - caught, raised.unknown)


def raised(subject: Subject) -> Iterator[Finding]:
    """An error boundary event with a code sits on something that raises this code."""
    memory: dict[str, Raised] = {}
    for graph in subject.graphs:
        for event in graph.scope.nodes.values():
            host = graph.scope.nodes.get(event.attached_to or "")
            if host is None or not can_fail(host) or event.event is None or event.event.kind != "error" or event.event.name is None:
                continue
            possible = raised_by(subject.parts, subject.process, host, memory)
            if event.event.name not in possible.codes and not possible.unknown:
                name = event.event.name[:100]
                reason = Text(f"{host.id} 不会产生错误 {name}。", f"{host.id} never raises the error {name}.")
                yield subject.error("ERROR_NEVER_RAISED", event, reason, nearest(name, possible.codes))


def caught(subject: Subject) -> Iterator[Finding]:
    """Every error end event is caught: by an enclosing subprocess, or in every process that calls this one."""
    for graph in subject.graphs:
        for node in graph.scope.nodes.values():
            if node.type != "endEvent" or node.event is None or node.event.kind != "error" or not node.event.name:
                continue
            place = _escape(subject.parts, subject.process, graph.scope, node.event.name, set())
            if place is not None:
                code = node.event.name[:100]
                yield subject.error(
                    "ERROR_UNCAUGHT",
                    node,
                    Text(f"错误 {code} 在流程 {place} 里没有人捕获。", f"Nobody catches the error {code} in the process {place}."),
                    Text("在调用它的活动上加错误边界事件。", "Put an error boundary event on the activity that encloses it."),
                )


def _escape(parts: Parts, process: Process, scope: Scope, code: str, seen: set[str]) -> str | None:
    """The process out of which an error climbs uncaught, None when it is caught everywhere."""
    while scope.id != process.id:
        outer, holder = next((s, s.nodes[scope.id]) for s in process.scopes.values() if scope.id in s.nodes)
        if _catches(outer, holder, code):
            return None
        scope = outer
    if process.is_business:
        return process.id
    if process.id in seen:
        return None
    seen.add(process.id)
    for caller, node in parts.call_sites.get(process.id, []):
        outer = next(s for s in caller.scopes.values() if s.nodes.get(node.id) is node)
        place = None if _catches(outer, node, code) else _escape(parts, caller, outer, code, seen)
        if place is not None:
            return place
    return None


def _catches(scope: Scope, host: Node, code: str) -> bool:
    return not _uncaught(Raised(frozenset({code})), scope.boundary_events(host.id)).codes
