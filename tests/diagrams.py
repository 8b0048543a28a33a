"""Small BPMN files for tests, written as they would be drawn: one call per element, flows by the ids at their ends.

    bpmn(
        start(form="apply"),
        user("review", "authority", form="review", outcomes="approve=通过; reject=不通过!"),
        exclusive("approved", default="again"),
        end(),
        chain("start", "review", "approved"),
        flow("approved", "end", "review.outcome = 'approve'"),
        flow("approved", "review", id="again"),
    )

Lanes, messages and errors are declared from what the elements name.
"""
# ruff: noqa: A002 "id" is BPMN's own word

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'targetNamespace="http://example.org/crane"'
)

AUTHORITY = "authority='authority:H'"
"""The party that works most of the tasks."""


class Piece(NamedTuple):
    """A part of a process: its XML and the nodes that it puts into lanes, as (lane, node) pairs."""

    xml: str
    lanes: tuple[tuple[str, str], ...] = ()


def attributes(values: Mapping[str, object]) -> str:
    """XML attributes; those that are None are left out."""
    return "".join(f" {key}={quoteattr(str(value))}" for key, value in values.items() if value is not None)


def properties(values: Mapping[str, object]) -> str:
    """`spiffworkflow:properties` of an element, to be put into `extensions`."""
    given = {key: value for key, value in values.items() if value is not None}
    items = "".join(f"<spiffworkflow:property{attributes({'name': key, 'value': value})}/>" for key, value in given.items())
    return f"<spiffworkflow:properties>{items}</spiffworkflow:properties>" if items else ""


def extensions(*inner: str) -> str:
    """The `extensionElements` of an element, nothing when it has none."""
    text = "".join(inner)
    return f"<bpmn:extensionElements>{text}</bpmn:extensionElements>" if text else ""


def element(kind: str, id: str | None, inner: str = "", *, lane: str | None = None, **given: object) -> Piece:
    """Any BPMN element with any attributes: also those that the product refuses."""
    return Piece(f"<bpmn:{kind}{attributes({'id': id, **given})}>{inner}</bpmn:{kind}>", ((lane, id),) if lane and id else ())


def event_definition(*, timer: str | None = None, message: str | None = None, error: str | None = None, terminate: bool = False) -> str:
    """The event definition of an event; `error=""` is an error event without a reference (it catches every code)."""
    if timer is not None:
        kind = "timeCycle" if timer.startswith("R") else "timeDate" if timer[:1].isdigit() else "timeDuration"
        return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(timer)}</bpmn:{kind}></bpmn:timerEventDefinition>"
    if message is not None:
        return f'<bpmn:messageEventDefinition messageRef="message_{message}"/>'
    if error is not None:
        return f"<bpmn:errorEventDefinition{attributes({'errorRef': f'error_{error}' if error else None})}/>"
    return "<bpmn:terminateEventDefinition/>" if terminate else ""


def start(id: str = "start", form: str | None = None, *, lane: str | None = None, **given: str) -> Piece:
    """A start event, with a form for a process that owners can start; further arguments are properties."""
    return element("startEvent", id, extensions(properties({"formKey": form, **given})), lane=lane)


def end(id: str = "end", *, message: str | None = None, error: str | None = None, terminate: bool = False, **given: str) -> Piece:
    """An end event."""
    definition = event_definition(message=message, error=error, terminate=terminate)
    return element("endEvent", id, extensions(properties(given)) + definition)


def user(id: str, lane: str | None, form: str | None = None, *, name: str | None = None, **given: str) -> Piece:
    """A user task in a lane; further arguments are properties (outcomes, dueWorkingDays, variableName, …)."""
    return element("userTask", id, extensions(properties({"formKey": form, **given})), lane=lane, name=name or id)


def manual(id: str, lane: str | None, *, name: str | None = None, **given: str) -> Piece:
    """A manual task in a lane."""
    return element("manualTask", id, extensions(properties(given)), lane=lane, name=name or id)


def operator(handler: str, parameters: Mapping[str, str] | None = None, result: str | None = None) -> str:
    """The operator of a service task, to be put into `extensions`; `parameters` maps names to expressions."""
    items = "".join(f"<spiffworkflow:parameter{attributes({'id': k, 'type': 'any', 'value': v})}/>" for k, v in (parameters or {}).items())
    inner = f"<spiffworkflow:parameters>{items}</spiffworkflow:parameters>" if items else ""
    return (
        f"<spiffworkflow:serviceTaskOperator{attributes({'id': handler, 'resultVariable': result})}>"
        f"{inner}</spiffworkflow:serviceTaskOperator>"
    )


def service(id: str, handler: str, parameters: Mapping[str, str] | None = None, result: str | None = None, **given: str) -> Piece:
    """A service task that calls a handler with expressions as parameters; further arguments are properties."""
    return element("serviceTask", id, extensions(operator(handler, parameters, result), properties(given)), name=id)


def rule(id: str, decision: str, result: str | None = None, **given: str) -> Piece:
    """A business rule task that asks a decision table."""
    called = f"<spiffworkflow:calledDecisionId>{escape(decision)}</spiffworkflow:calledDecisionId>"
    return element("businessRuleTask", id, extensions(called, properties({"resultVariable": result, **given})), name=id)


def send(id: str, *, message: str | None = None, handler: str | None = None, parameters: Mapping[str, str] | None = None) -> Piece:
    """A send task: a message about this case, or a handler."""
    inner = extensions(operator(handler, parameters)) if handler else ""
    return element("sendTask", id, inner, messageRef=message and f"message_{message}")


def receive(id: str, message: str, **given: str) -> Piece:
    """A receive task."""
    return element("receiveTask", id, extensions(properties(given)), messageRef=f"message_{message}")


def catch(id: str, *, timer: str | None = None, message: str | None = None, **given: str) -> Piece:
    """An intermediate catch event."""
    return element("intermediateCatchEvent", id, extensions(properties(given)) + event_definition(timer=timer, message=message))


def throw(id: str, *, message: str | None = None, **given: str) -> Piece:
    """An intermediate throw event, without a message: a mere milestone (a place for a status word)."""
    return element("intermediateThrowEvent", id, extensions(properties(given)) + event_definition(message=message))


def boundary(
    id: str,
    host: str,
    *,
    timer: str | None = None,
    message: str | None = None,
    error: str | None = None,
    interrupting: bool = True,
    **given: str,
) -> Piece:
    """A boundary event on `host`; `error=""` catches every code."""
    inner = extensions(properties(given)) + event_definition(timer=timer, message=message, error=error)
    return element("boundaryEvent", id, inner, attachedToRef=host, cancelActivity=None if interrupting else "false")


def exclusive(id: str, default: str | None = None) -> Piece:
    """An exclusive gateway; `default` is the id of a flow."""
    return element("exclusiveGateway", id, default=default, name=id)


def parallel(id: str) -> Piece:
    """A parallel gateway."""
    return element("parallelGateway", id)


def first_event(id: str) -> Piece:
    """An event-based gateway: the first of the events behind it decides."""
    return element("eventBasedGateway", id)


def subprocess(id: str, *pieces: Piece, **given: object) -> Piece:
    """An embedded subprocess with its own start and end events."""
    return Piece(element("subProcess", id, "".join(p.xml for p in pieces), **given).xml, tuple(pair for p in pieces for pair in p.lanes))


def call(id: str, process: str) -> Piece:
    """A call activity."""
    return element("callActivity", id, calledElement=process, name=id)


def flow(source: str, target: str, condition: str | None = None, *, id: str | None = None) -> Piece:
    """A sequence flow, named `source-target` unless an id is given."""
    inner = ""
    if condition is not None:
        inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}</bpmn:conditionExpression>'
    return element("sequenceFlow", id or f"{source}-{target}", inner, sourceRef=source, targetRef=target)


def chain(*ids: str) -> Piece:
    """Unconditional flows from each of the ids to the next."""
    return Piece("".join(flow(a, b).xml for a, b in pairwise(ids)))


def lane_set(pairs: Iterable[tuple[str, str]]) -> str:
    """The lanes of a process, from (lane, node) pairs."""
    lanes: dict[str, list[str]] = {}
    for lane, node in pairs:
        lanes.setdefault(lane, []).append(node)
    inner = ""
    for number, (lane, nodes) in enumerate(lanes.items(), start=1):
        refs = "".join(f"<bpmn:flowNodeRef>{escape(node)}</bpmn:flowNodeRef>" for node in nodes)
        inner += f"<bpmn:lane{attributes({'id': f'lane_{number}', 'name': lane})}>{refs}</bpmn:lane>"
    return f'<bpmn:laneSet id="lanes">{inner}</bpmn:laneSet>' if inner else ""


def process(*pieces: Piece, id: str = "business", name: str = "业务", executable: bool = True, **given: str | None) -> str:
    """One process; further arguments are properties of the process (parties, by default an authority; …). Each element is on a line of its own."""
    body = "\n".join(p.xml for p in pieces)
    lanes = lane_set(pair for p in pieces for pair in p.lanes)
    head = attributes({"id": id, "name": name, "isExecutable": str(executable).lower()})
    return f"<bpmn:process{head}>\n{extensions(properties({'parties': AUTHORITY, **given}))}{lanes}\n{body}\n</bpmn:process>"


def definitions(*parts: str, messages: Iterable[str] | None = None, errors: Iterable[str] | None = None) -> bytes:
    """A whole file. Messages and errors are declared as referred to, or exactly those given."""
    body = "\n".join(parts)
    if messages is None:
        messages = sorted(set(re.findall(r'messageRef="message_([^"]+)"', body)))
    if errors is None:
        errors = sorted(set(re.findall(r'errorRef="error_([^"]+)"', body)))
    declared = [f"<bpmn:message{attributes({'id': f'message_{m}', 'name': m})}/>" for m in messages]
    declared += [f"<bpmn:error{attributes({'id': f'error_{e}', 'name': e, 'errorCode': e})}/>" for e in errors]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<bpmn:definitions {NAMESPACES} id="file">', *declared, body, "</bpmn:definitions>"]
    return "\n".join(lines).encode()


def bpmn(*pieces: Piece, id: str = "business", name: str = "业务", **given: str | None) -> bytes:
    """A whole file with one process."""
    return definitions(process(*pieces, id=id, name=name, **given))
