"""Diagrams that are drawn wrongly: element by element, flow by flow. Each with the code and the element of its finding."""

from diagrams import (
    Piece,
    boundary,
    bpmn,
    catch,
    chain,
    definitions,
    element,
    end,
    event_definition,
    exclusive,
    extensions,
    flow,
    operator,
    parallel,
    process,
    receive,
    rule,
    send,
    service,
    start,
    subprocess,
    user,
)


def mutated(data: bytes, old: str, new: str) -> bytes:
    """A valid diagram with one change."""
    assert old in data.decode(), old
    return data.decode().replace(old, new, 1).encode()


def between(*pieces: Piece, via: str, then: tuple[Piece, ...] = (), **given: str) -> bytes:
    """start → `via` → end, with further pieces."""
    return bpmn(start(form="apply"), *pieces, end(), chain("start", via, "end"), *then, **given)


def marked(kind: str, inner: str = "", **given: str) -> tuple[str, str, bytes]:
    """start → `x` of this kind, with something that it may not have → end."""
    return "MARKER_REFUSED", "x", between(element(kind, "x", inner, **given), via="x")


def on_task(name: str, value: str) -> bytes:
    """A user task with one property."""
    return between(user("u", "owner", **{name: value}), via="u")


def condition(text: str | None, outcomes: str = "approve=通过; reject=不通过") -> bytes:
    """A review whose gateway asks `text`."""
    return bpmn(
        start(form="apply"),
        user("r", "authority", "review", outcomes=outcomes),
        exclusive("g", default="d"),
        end(),
        end("end_2"),
        chain("start", "r", "g"),
        flow("g", "end_2", text, id="asked"),
        flow("g", "end", id="d"),
    )


def parameter(text: str, name: str = "owner_code", **more: str) -> bytes:
    """A pre-check with one parameter."""
    return between(service("s", "filing.precheck", {name: text, **more}), via="s")


def timer(text: str) -> bytes:
    """A timer catch event."""
    return between(catch("t", timer=text), via="t")


def event(kind: str, definition: str, **given: object) -> Piece:
    """Any event with any definition."""
    return element(kind, "e", f"<bpmn:{definition}/>", **given)


def beside(first: Piece, second: Piece, *more: Piece) -> bytes:
    """`a` and `b` on parallel branches."""
    return bpmn(
        start(form="apply"),
        parallel("split"),
        first,
        second,
        parallel("join"),
        end(),
        chain("start", "split", "a", "join", "end"),
        chain("split", "b", "join"),
        *more,
    )


U = user("u", "owner")
TASK_ON_THE_WAY = chain("start", "u", "end")
NOTIFY = {"text": "'a'"}


REFUSED_ELEMENTS = {
    f"the element {kind}": ("ELEMENT_REFUSED", "x", between(element(kind, "x"), via="x"))
    for kind in (
        "scriptTask task inclusiveGateway complexGateway adHocSubProcess transaction choreographyTask subChoreography callConversation "
        "implicitThrowEvent nonsense"
    ).split()
}
REFUSED_DATA = {
    f"the data element {kind}": ("ELEMENT_REFUSED", "x", between(U, element(kind, "x"), via="u"))
    for kind in ("dataObject", "dataObjectReference", "dataStoreReference")
}
REFUSED_MARKERS = {
    "a loop marker": marked("userTask", "<bpmn:standardLoopCharacteristics/>", lane="owner"),
    "a multi-instance marker": marked(
        "userTask",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>9</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>",
        lane="owner",
    ),
    "a script before a task": marked("userTask", extensions("<spiffworkflow:preScript>import os</spiffworkflow:preScript>"), lane="owner"),
    "a script after a gateway": marked("exclusiveGateway", extensions("<spiffworkflow:postScript>1</spiffworkflow:postScript>")),
    "a script inside a user task": marked("userTask", "<bpmn:script>1</bpmn:script>", lane="owner"),
    "an event subprocess": (
        "MARKER_REFUSED",
        "x",
        between(subprocess("x", start("s"), end("e"), chain("s", "e"), triggeredByEvent="true"), via="x"),
    ),
    "a compensation task": marked("userTask", lane="owner", isForCompensation="true"),
    "a receive task that starts the process": marked("receiveTask", messageRef="message_m", instantiate="true"),
}
REFUSED_EVENTS = {
    **{
        f"a {kind} start event": ("EVENT_REFUSED", "e", bpmn(event("startEvent", f"{kind}EventDefinition"), end(), chain("e", "end")))
        for kind in ("timer", "message", "signal", "conditional", "error", "escalation", "compensate")
    },
    **{
        f"a {kind} end event": ("EVENT_REFUSED", "e", bpmn(start(), event("endEvent", f"{kind}EventDefinition"), chain("start", "e")))
        for kind in ("signal", "escalation", "compensate", "cancel")
    },
    **{
        f"a {kind} catch event": ("EVENT_REFUSED", "e", between(event("intermediateCatchEvent", f"{kind}EventDefinition"), via="e"))
        for kind in ("signal", "conditional", "link", "terminate", "error")
    },
    **{
        f"a {kind} throw event": ("EVENT_REFUSED", "e", between(event("intermediateThrowEvent", f"{kind}EventDefinition"), via="e"))
        for kind in ("signal", "escalation", "link", "compensate", "timer", "terminate")
    },
    **{
        f"a {kind} boundary event": (
            "EVENT_REFUSED",
            "e",
            between(U, event("boundaryEvent", f"{kind}EventDefinition", attachedToRef="u"), via="u", then=(chain("e", "end"),)),
        )
        for kind in ("signal", "escalation", "conditional", "compensate", "cancel", "terminate")
    },
    "a catch event that waits for nothing": ("EVENT_REFUSED", "c", between(catch("c"), via="c")),
    "a boundary event without a definition": (
        "EVENT_REFUSED",
        "b",
        between(U, boundary("b", "u"), via="u", then=(chain("b", "end"),)),
    ),
    "an event that refers to its definition": (
        "EVENT_REFUSED",
        "e",
        bpmn(start(), element("endEvent", "e", "<bpmn:eventDefinitionRef>x</bpmn:eventDefinitionRef>"), chain("start", "e")),
    ),
    "an event with two definitions": (
        "SEVERAL_EVENTS",
        "c",
        between(element("intermediateCatchEvent", "c", event_definition(timer="P1D") + event_definition(message="m")), via="c"),
    ),
    "a message event without a message": (
        "MESSAGE_UNKNOWN",
        "c",
        between(element("intermediateCatchEvent", "c", "<bpmn:messageEventDefinition/>"), via="c"),
    ),
    "a message that is not in the file": (
        "MESSAGE_UNKNOWN",
        "c",
        definitions(process(start(), catch("c", message="m"), end(), chain("start", "c", "end")), messages=()),
    ),
    "a receive task whose message is not in the file": (
        "MESSAGE_UNKNOWN",
        "c",
        definitions(process(start(), receive("c", "m"), end(), chain("start", "c", "end")), messages=()),
    ),
    "an error end event without an error": ("ERROR_UNKNOWN", "end", bpmn(start(), end(error=""), chain("start", "end"))),
    "an error that is not in the file": (
        "ERROR_UNKNOWN",
        "b",
        definitions(
            process(
                start(), service("s", "notify", NOTIFY), boundary("b", "s", error="X"), end(), chain("start", "s", "end"), chain("b", "end")
            ),
            errors=(),
        ),
    ),
}
STRUCTURE = {
    "two processes in one file": (
        "SEVERAL_PROCESSES",
        "two",
        definitions(process(start(), end(), chain("start", "end"), id="one"), process(start("s"), end("e"), chain("s", "e"), id="two")),
    ),
    "a Chinese process id": ("PROCESS_ID_INVALID", "备案", bpmn(start(), end(), chain("start", "end"), id="备案")),
    "a process id of 65 characters": ("PROCESS_ID_INVALID", "p" * 65, bpmn(start(), end(), chain("start", "end"), id="p" * 65)),
    "a process without an id": ("PROCESS_ID_INVALID", "", mutated(bpmn(start(), end(), chain("start", "end")), ' id="business"', "")),
    "an id with a blank": ("ID_INVALID", "u u", between(user("u u", "owner"), via="u u")),
    "an id of 101 characters": ("ID_INVALID", "u" * 100, between(user("u" * 101, "owner"), via="u" * 101)),
    "a flow without an id": ("ID_INVALID", "", mutated(bpmn(start(), end(), chain("start", "end")), ' id="start-end"', "")),
    "an id used twice": ("DUPLICATE_ID", "end", bpmn(start(), end(), end(), chain("start", "end"))),
    "an id used by a node and a flow": ("DUPLICATE_ID", "u", bpmn(start(), U, end(), flow("start", "u", id="u"), chain("u", "end"))),
    "no start event": ("START_COUNT", "business", bpmn(U, end(), chain("u", "end"))),
    "two start events": ("START_COUNT", "business", bpmn(start(), start("start_2"), U, end(), TASK_ON_THE_WAY, chain("start_2", "u"))),
    "a subprocess without a start event": ("START_COUNT", "s", between(subprocess("s", end("e")), via="s")),
    "a form on the start of a subprocess": (
        "START_FORM_INSIDE",
        "inner",
        between(subprocess("s", start("inner", form="apply"), end("e"), chain("inner", "e")), via="s"),
    ),
    "a service task without an operator": ("TASK_INCOMPLETE", "s", between(element("serviceTask", "s"), via="s")),
    "a send task that sends nothing": ("TASK_INCOMPLETE", "s", between(send("s"), via="s")),
    "a receive task that receives nothing": ("TASK_INCOMPLETE", "s", between(element("receiveTask", "s"), via="s")),
    "an operator on a user task": (
        "OPERATOR_MISPLACED",
        "u",
        between(element("userTask", "u", extensions(operator("notify", NOTIFY)), lane="owner"), via="u"),
    ),
    "a boundary event on nothing": (
        "BOUNDARY_HOST",
        "b",
        between(U, boundary("b", "nobody", timer="P1D"), via="u", then=(chain("b", "end"),)),
    ),
    "a boundary event on a gateway": (
        "BOUNDARY_HOST",
        "b",
        between(exclusive("g"), boundary("b", "g", timer="P1D"), via="g", then=(chain("b", "end"),)),
    ),
    "a boundary event on a decision": (
        "BOUNDARY_HOST",
        "b",
        between(rule("g", "life"), boundary("b", "g", timer="P1D"), via="g", then=(chain("b", "end"),)),
    ),
    "a boundary event on a task of an inner scope": (
        "BOUNDARY_HOST",
        "b",
        between(
            subprocess("s", start("i"), user("inner", "owner"), end("e"), chain("i", "inner", "e")),
            boundary("b", "inner", timer="P1D"),
            via="s",
            then=(chain("b", "end"),),
        ),
    ),
    "an error boundary event on a user task": (
        "BOUNDARY_ERROR_HOST",
        "b",
        between(U, boundary("b", "u", error="X"), via="u", then=(chain("b", "end"),)),
    ),
    "an error boundary event on a send task with a message": (
        "BOUNDARY_ERROR_HOST",
        "b",
        between(send("u", message="m"), boundary("b", "u", error=""), via="u", then=(chain("b", "end"),)),
    ),
    "a non-interrupting error event": (
        "ERROR_NOT_INTERRUPTING",
        "b",
        between(
            service("s", "notify", NOTIFY), boundary("b", "s", error="", interrupting=False), end("e2"), via="s", then=(chain("b", "e2"),)
        ),
    ),
    "a user task without a name": ("NAME_MISSING", "u", mutated(between(U, via="u"), ' name="u"', "")),
    "a gateway that asks without a name": ("NAME_MISSING", "g", mutated(condition("r.opinion = ''"), ' name="g"', "")),
}
SHAPES = REFUSED_ELEMENTS | REFUSED_DATA | REFUSED_MARKERS | REFUSED_EVENTS | STRUCTURE
