"""Who writes and who reads which case variable: the facts for the rules of `conditions` and `data`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workflow_runtime.decisions import Decision
from workflow_runtime.diagram.contract.calls import called
from workflow_runtime.diagram.contract.subject import Element, Parts, Subject, inner_scope, is_inbox, once_a_process
from workflow_runtime.diagram.model import Node, Process, forms_by_variable
from workflow_runtime.errors import Failure
from workflow_runtime.expressions import Expression, ExpressionError, compile_expression
from workflow_runtime.forms import Form
from workflow_runtime.schedules import read_schedule

GIVEN = frozenset({"case"})
"""Variables that the runtime gives to every case."""

ANSWERED = frozenset({"outcome", "opinion"})
"""What the runtime adds to the answers of a user task."""


@dataclass(frozen=True)
class Read:
    """A place that reads variables: its dotted names, and its expression unless it is a decision table."""

    element: Element
    names: frozenset[str]
    expression: Expression | None = None


@once_a_process
def expressions(_: Parts, process: Process) -> list[tuple[Element, Expression | ExpressionError]]:
    """Every expression of a process (conditions, parameters, due days, parties), compiled, or what is wrong with it."""
    return [(element, _compiled(text)) for element, text in _texts(process)]


def _compiled(text: str) -> Expression | ExpressionError:
    try:
        return compile_expression(text)
    except ExpressionError as error:
        return error


def _texts(process: Process) -> Iterator[tuple[Element, str]]:
    for scope in process.scopes.values():
        yield from ((flow, flow.condition) for flow in scope.flows if flow.condition is not None)
        for node in scope.nodes.values():
            yield from ((node, text) for text in (node.operator.parameters.values() if node.operator else ()))
            if (days := node.properties.get("dueWorkingDays", "")).lstrip().startswith("="):
                yield node, days
    yield from ((process, text) for text in parties(process).values())


def parties(process: Process) -> dict[str, str]:
    """The process property `parties`: `authority=apply.authority; owner=apply.owner_code` as party → expression."""
    pairs = (part.partition("=") for part in process.properties.get("parties", "").replace("；", ";").split(";") if part.strip())
    return {party.strip(): text.strip() for party, _, text in pairs}


@once_a_process
def reads(parts: Parts, process: Process) -> list[Read]:
    """Everything in a process that reads variables and can be compiled."""
    return list(_reads(parts, process))


def _reads(parts: Parts, process: Process) -> Iterator[Read]:
    for element, expression in expressions(parts, process):
        if isinstance(expression, Expression):
            yield Read(element, expression.names, expression)
    for node in process.nodes:
        decision = parts.decisions.get(node.decision or "")
        if decision is not None:
            yield Read(node, decision.names)
        form = parts.forms.get(node.form or "") if is_inbox(node) else None
        yield from (Read(node, field.prefill.names, field.prefill) for field in (form.fields if form else ()) if field.prefill is not None)
        if node.event is not None and node.event.kind == "timer" and node.event.text.strip("\"' ").startswith("="):
            yield from _timer_read(node, node.event.text)


def _timer_read(node: Node, text: str) -> Iterator[Read]:
    try:
        expression = read_schedule(text).expression
    except Failure:
        return
    if expression is not None:
        yield Read(node, expression.names, expression)


def written(node: Node) -> set[str]:
    """The variables that a node itself writes: its own, and those of forms that it shows for editing."""
    edited = {key for key, mode in node.form_modes.items() if mode == "edit"} if is_inbox(node) else set()
    return edited | ({node.writes} if node.writes else set())


def written_within(subject: Subject, node: Node) -> set[str]:
    """The variables that a node writes, with everything inside a subprocess or a called process."""
    result = written(node)
    inner = inner_scope(subject.process, node)
    if inner is not None:
        for child in inner.nodes.values():
            result |= written_within(subject, child)
    target = subject.parts.callee(node)
    if target is not None:
        result |= written_by(subject.parts, target)
    return result


@once_a_process
def written_by(parts: Parts, process: Process) -> frozenset[str]:
    """The variables that a process writes, with all that it calls."""
    return _written_in(parts, process).union(*(_written_in(parts, parts.processes[identity]) for identity in called(parts, process)))


@once_a_process
def _written_in(_: Parts, process: Process) -> frozenset[str]:
    return frozenset().union(*map(written, process.nodes))


def visible(parts: Parts, process: Process) -> frozenset[str] | None:
    """The variables that may have been written when this process reads.

    A called process sees those of its callers too: what every caller has. None when nobody calls it: then that cannot be known.
    """
    memory, key = parts.memory, (visible, process.id)
    if key not in memory:
        memory[key] = None
        own = written_by(parts, process) | GIVEN
        callers = {caller.id: caller for caller, _ in parts.call_sites.get(process.id, [])}
        contexts = [visible(parts, caller) for caller in callers.values()]
        known = [context for context in contexts if context is not None]
        if process.is_business:
            memory[key] = own
        elif known:
            memory[key] = own.union(frozenset.intersection(*known))
    found: frozenset[str] | None = memory[key]
    return found


@once_a_process
def family(parts: Parts, process: Process) -> list[Process]:
    """The processes that may work on the same case as this one: callers, called, and so on."""
    found, todo = {process.id: process}, [process]
    while todo:
        current = todo.pop()
        near = [caller for caller, _ in parts.call_sites.get(current.id, [])] + parts.calls.get(current.id, [])
        for other in near:
            if other.id not in found:
                found[other.id] = other
                todo.append(other)
    return list(found.values())


def filled(parts: Parts, process: Process | None) -> dict[str, str]:
    """The variables that people fill in on the cases of this process, each with the key of its form."""
    return {} if process is None else _filled(parts, process)


@once_a_process
def _filled(parts: Parts, process: Process) -> dict[str, str]:
    return forms_by_variable(family(parts, process))


@once_a_process
def writers(parts: Parts, process: Process) -> dict[str, list[Node]]:
    """For every variable the nodes that write it, in all processes that may work on the same case."""
    result: dict[str, list[Node]] = {}
    for relative in family(parts, process):
        for variable, node in _writes(parts, relative):
            result.setdefault(variable, []).append(node)
    return result


@once_a_process
def _writes(_: Parts, process: Process) -> list[tuple[str, Node]]:
    return [(variable, node) for node in process.nodes for variable in written(node)]


def parts_of(parts: Parts, node: Node, variable: str) -> frozenset[str] | None:
    """The names that stand under a variable when this node has written it; None when that is not known."""
    if variable != node.writes:
        return _form_parts(parts.forms, filled(parts, parts.processes.get(node.process)).get(variable, variable))
    if is_inbox(node) or node.type == "startEvent":
        fields = _form_parts(parts.forms, node.form) if node.form else frozenset()
        return None if fields is None else fields | ANSWERED
    if node.operator is not None:
        handler = parts.handlers.get(node.operator.handler)
        return frozenset(handler.results) if handler is not None and handler.results is not None else None
    return _decision_parts(parts.decisions.get(node.decision or ""))


def _form_parts(forms: Mapping[str, Form], key: str) -> frozenset[str] | None:
    return frozenset(field.path[0] for field in forms[key].fields) if key in forms else None


def _decision_parts(decision: Decision | None) -> frozenset[str] | None:
    if decision is None or (decision.policy == "COLLECT" and decision.aggregation is None):
        return None
    return frozenset(decision.outputs)
