"""Diagrams that are drawn wrongly: element by element, flow by flow. Each with the code and the element of its finding."""

from diagrams import (
    Piece,
    boundary,
    bpmn,
    call,
    catch,
    chain,
    definitions,
    element,
    end,
    event_definition,
    exclusive,
    extensions,
    first_event,
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
from test_contract import FILING


def mutated(data: bytes, old: str, new: str) -> bytes:
    """A valid diagram with one change."""
    assert old in data.decode(), old
    return data.decode().replace(old, new, 1).encode()


def between(*pieces: Piece, via: str, then: tuple[Piece, ...] = (), **given: str) -> bytes:
    """start → `via` → end, with further pieces."""
    return bpmn(start(form="apply"), *pieces, end(), chain("start", via, "end"), *then, **given)


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
    "a loop marker": (
        "MARKER_REFUSED",
        "x",
        between(element("userTask", "x", "<bpmn:standardLoopCharacteristics/>", lane="owner"), via="x"),
    ),
    "a multi-instance marker": (
        "MARKER_REFUSED",
        "x",
        between(
            element(
                "userTask",
                "x",
                "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>9</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>",
                lane="owner",
            ),
            via="x",
        ),
    ),
    "a script before a task": (
        "MARKER_REFUSED",
        "x",
        between(
            element("userTask", "x", extensions("<spiffworkflow:preScript>import os</spiffworkflow:preScript>"), lane="owner"), via="x"
        ),
    ),
    "a script after a gateway": (
        "MARKER_REFUSED",
        "x",
        between(element("exclusiveGateway", "x", extensions("<spiffworkflow:postScript>1</spiffworkflow:postScript>")), via="x"),
    ),
    "a script inside a user task": (
        "MARKER_REFUSED",
        "x",
        between(element("userTask", "x", "<bpmn:script>1</bpmn:script>", lane="owner"), via="x"),
    ),
    "an event subprocess": (
        "MARKER_REFUSED",
        "x",
        between(subprocess("x", start("s"), end("e"), chain("s", "e"), triggeredByEvent="true"), via="x"),
    ),
    "a compensation task": (
        "MARKER_REFUSED",
        "x",
        between(element("userTask", "x", lane="owner", isForCompensation="true"), via="x"),
    ),
    "a receive task that starts the process": (
        "MARKER_REFUSED",
        "x",
        between(element("receiveTask", "x", messageRef="message_m", instantiate="true"), via="x"),
    ),
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
FLOWS = {
    "a flow to nowhere": ("FLOW_DANGLING", "u-nobody", bpmn(start(), U, end(), TASK_ON_THE_WAY, flow("u", "nobody"))),
    "a flow from nowhere": ("FLOW_DANGLING", "nobody-u", bpmn(start(), U, end(), TASK_ON_THE_WAY, flow("nobody", "u"))),
    "a flow without ends": ("FLOW_DANGLING", "f", bpmn(start(), U, end(), TASK_ON_THE_WAY, element("sequenceFlow", "f"))),
    "a flow into a subprocess's inside": (
        "FLOW_DANGLING",
        "u-e",
        bpmn(start(), U, subprocess("s", start("i"), end("e"), chain("i", "e")), end(), chain("start", "u", "s", "end"), flow("u", "e")),
    ),
    "a flow back into the start event": ("FLOW_INTO_EVENT", "u-start", bpmn(start(), U, end(), TASK_ON_THE_WAY, flow("u", "start"))),
    "a flow into a boundary event": (
        "FLOW_INTO_EVENT",
        "u-b",
        bpmn(start(), U, boundary("b", "u", timer="P1D"), end(), chain("start", "u", "b", "end")),
    ),
    "a flow out of an end event": ("FLOW_OUT_OF_END", "end-u", bpmn(start(), U, end(), TASK_ON_THE_WAY, flow("end", "u"))),
    "a task with two ways out": ("SEVERAL_WAYS_OUT", "u", bpmn(start(), U, end(), end("e2"), TASK_ON_THE_WAY, flow("u", "e2"))),
    "a start event with two ways out": ("SEVERAL_WAYS_OUT", "start", bpmn(start(), U, end(), TASK_ON_THE_WAY, flow("start", "end"))),
    "a boundary event with two ways out": (
        "SEVERAL_WAYS_OUT",
        "b",
        bpmn(start(), U, boundary("b", "u", timer="P1D"), end(), end("e2"), TASK_ON_THE_WAY, chain("b", "end"), flow("b", "e2")),
    ),
    "a task that leads nowhere": ("DEAD_END", "u", bpmn(start(), U, exclusive("g"), end(), chain("start", "g", "end"), flow("g", "u"))),
    "a boundary event that leads nowhere": ("DEAD_END", "b", between(U, boundary("b", "u", timer="P1D"), via="u")),
    "a start event that leads nowhere": ("DEAD_END", "start", bpmn(start())),
    "a task that nothing leads to": ("UNREACHABLE", "u", bpmn(start(), U, end(), chain("start", "end"), flow("u", "end"))),
    "an island of two tasks": (
        "UNREACHABLE",
        "b",
        bpmn(start(), user("a", "owner"), user("b", "owner"), end(), chain("start", "end"), chain("a", "b", "a")),
    ),
    "an end event that nothing leads to": ("UNREACHABLE", "e2", between(U, end("e2"), via="u")),
    "a loop without a way out": ("NO_WAY_OUT", "start", bpmn(start(), U, user("v", "owner"), chain("start", "u", "v", "u"))),
    "a branch that never ends": (
        "NO_WAY_OUT",
        "u",
        bpmn(
            start(form="apply"),
            exclusive("g", default="d"),
            U,
            end(),
            chain("start", "g"),
            flow("g", "u", "apply.category = 'T'"),
            flow("g", "end", id="d"),
            chain("u", "u"),
        ),
    ),
    "a condition on a task's flow": (
        "CONDITION_MISPLACED",
        "u-end",
        bpmn(start(), U, end(), chain("start", "u"), flow("u", "end", "1 = 1")),
    ),
    "a condition on a parallel branch": (
        "CONDITION_MISPLACED",
        "split-b",
        mutated(
            beside(user("a", "owner"), user("b", "owner")),
            'sourceRef="split" targetRef="b">',
            'sourceRef="split" targetRef="b"><bpmn:conditionExpression>true</bpmn:conditionExpression>',
        ),
    ),
    "a condition on the only way out of a gateway": (
        "CONDITION_MISPLACED",
        "g-end",
        bpmn(start(), exclusive("g"), end(), chain("start", "g"), flow("g", "end", "true")),
    ),
    "a branch without a condition": ("CONDITION_MISSING", "asked", condition(None)),
    "a condition on the default flow": (
        "CONDITION_UNUSED",
        "d",
        bpmn(
            start(form="apply"),
            exclusive("g", default="d"),
            end(),
            end("e2"),
            chain("start", "g"),
            flow("g", "end", "true", id="d"),
            flow("g", "e2", "apply.category = 'T'"),
        ),
    ),
    "a gateway without a default": ("DEFAULT_MISSING", "g", mutated(condition("r.opinion = ''"), ' default="d"', "")),
    "a default that is another gateway's": ("DEFAULT_INVALID", "g", mutated(condition("r.opinion = ''"), ' default="d"', ' default="r-g"')),
    "a default that does not exist": ("DEFAULT_INVALID", "approved", mutated(FILING, 'default="again"', 'default="agian"')),
    "an event gateway with one event": (
        "EVENT_GATEWAY_TARGETS",
        "g",
        bpmn(start(), first_event("g"), catch("c", timer="P1D"), end(), chain("start", "g", "c", "end")),
    ),
    "an event gateway before a task": (
        "EVENT_GATEWAY_TARGET",
        "u",
        bpmn(start(), first_event("g"), catch("c", timer="P1D"), U, end(), chain("start", "g", "c", "end"), chain("g", "u", "end")),
    ),
    "an event with a second way in": (
        "EVENT_GATEWAY_TARGET",
        "c",
        bpmn(
            start(),
            first_event("g"),
            catch("c", timer="P1D"),
            catch("d", message="m"),
            U,
            end(),
            chain("start", "g", "c", "end"),
            chain("g", "d", "u", "c"),
        ),
    ),
    "a receive task with a boundary event behind an event gateway": (
        "EVENT_GATEWAY_TARGET",
        "r",
        bpmn(
            start(),
            first_event("g"),
            catch("c", timer="P1D"),
            receive("r", "m"),
            boundary("b", "r", timer="P2D"),
            end(),
            chain("start", "g", "c", "end"),
            chain("g", "r", "end"),
            chain("b", "end"),
        ),
    ),
    "a gateway loop in which nothing waits": (
        "LOOP_NEVER_WAITS",
        "m",
        bpmn(
            start(form="apply"),
            exclusive("m"),
            service("p", "certificate.prepare"),
            exclusive("g", default="d"),
            end(),
            chain("start", "m", "p", "g"),
            flow("g", "m", "apply.category = 'T'"),
            flow("g", "end", id="d"),
        ),
    ),
    "an error loop of a local handler": (
        "LOOP_NEVER_WAITS",
        "p",
        bpmn(
            start(form="apply"),
            service("p", "filing.precheck", {"owner_code": "apply.owner_code"}),
            boundary("b", "p", error="BLOCKED"),
            end(),
            chain("start", "p", "end"),
            chain("b", "p"),
        ),
    ),
    "a loop over a called process that never waits": (
        "LOOP_NEVER_WAITS",
        "c",
        bpmn(
            start(form="apply"),
            call("c", "quick"),
            exclusive("g", default="d"),
            end(),
            chain("start", "c", "g"),
            flow("g", "c", "apply.category = 'T'"),
            flow("g", "end", id="d"),
        ),
        bpmn(start("s"), end("e"), chain("s", "e"), id="quick"),
    ),
    "a loop over a subprocess that never waits": (
        "LOOP_NEVER_WAITS",
        "c",
        bpmn(
            start(form="apply"),
            subprocess("c", start("s"), end("e"), chain("s", "e")),
            exclusive("g", default="d"),
            end(),
            chain("start", "c", "g"),
            flow("g", "c", "apply.category = 'T'"),
            flow("g", "end", id="d"),
        ),
    ),
    "exclusive branches into a parallel join": (
        "DEADLOCK",
        "join",
        bpmn(
            start(form="apply"),
            exclusive("g", default="d"),
            user("a", "owner"),
            user("b", "owner"),
            parallel("join"),
            end(),
            chain("start", "g"),
            flow("g", "a", "apply.category = 'T'"),
            flow("g", "b", id="d"),
            chain("a", "join", "end"),
            chain("b", "join"),
        ),
    ),
    "a loop back into a parallel join": (
        "DEADLOCK",
        "join",
        bpmn(
            start(form="apply"),
            parallel("join"),
            user("a", "owner"),
            exclusive("g", default="d"),
            end(),
            chain("start", "join", "a", "g"),
            flow("g", "join", "apply.category = 'T'"),
            flow("g", "end", id="d"),
        ),
    ),
    "an interrupted branch that never joins": (
        "DEADLOCK",
        "join",
        beside(user("a", "owner"), user("b", "owner"), boundary("late", "a", timer="P1D"), end("gone"), chain("late", "gone")),
    ),
    "a deadlock inside a subprocess": (
        "DEADLOCK",
        "j",
        between(
            subprocess(
                "s",
                start("i"),
                first_event("g"),
                catch("x", timer="P1D"),
                catch("y", message="m"),
                parallel("j"),
                end("e"),
                chain("i", "g", "x", "j", "e"),
                chain("g", "y", "j"),
            ),
            via="s",
        ),
    ),
    "parallel branches merged exclusively": (
        "TWO_TOKENS",
        "join",
        bpmn(
            start(),
            parallel("split"),
            user("a", "owner"),
            user("b", "owner"),
            exclusive("join"),
            user("c", "owner"),
            end(),
            chain("start", "split", "a", "join", "c", "end"),
            chain("split", "b", "join"),
        ),
    ),
    "parallel branches straight into one task": (
        "TWO_TOKENS",
        "c",
        bpmn(
            start(),
            parallel("split"),
            user("a", "owner"),
            user("b", "owner"),
            user("c", "owner"),
            end(),
            chain("start", "split", "a", "c", "end"),
            chain("split", "b", "c"),
        ),
    ),
    "a parallel split inside a loop that keeps a token": (
        "TWO_TOKENS",
        "split",
        bpmn(
            start(),
            exclusive("m"),
            user("u", "owner"),
            parallel("split"),
            user("v", "owner"),
            end(),
            chain("start", "m", "u", "split", "m"),
            chain("split", "v", "end"),
        ),
    ),
    "a reminder that runs into the main flow": (
        "SIDE_BRANCH_JOINS",
        "b",
        bpmn(
            start(),
            U,
            user("v", "owner"),
            boundary("b", "u", timer="P1D", interrupting=False),
            end(),
            chain("start", "u", "v", "end"),
            chain("b", "v"),
        ),
    ),
    "two reminders that wait for each other": (
        "DEADLOCK",
        "join",
        bpmn(
            start(),
            U,
            boundary("b", "u", timer="P1D", interrupting=False),
            boundary("c", "u", timer="P2D", interrupting=False),
            parallel("join"),
            end(),
            end("e2"),
            TASK_ON_THE_WAY,
            chain("b", "join", "e2"),
            chain("c", "join"),
        ),
    ),
    "a reminder without an end of its own, in a loop": (
        "NO_WAY_OUT",
        "b",
        bpmn(
            start(),
            U,
            boundary("b", "u", timer="P1D", interrupting=False),
            user("v", "owner"),
            end(),
            TASK_ON_THE_WAY,
            chain("b", "v", "v"),
        ),
    ),
    "a split without a join": (
        "SPLIT_NOT_JOINED",
        "split",
        bpmn(
            start(),
            parallel("split"),
            user("a", "owner"),
            user("b", "owner"),
            end(),
            end("e2"),
            chain("start", "split", "a", "end"),
            chain("split", "b", "e2"),
        ),
    ),
}

SHAPES = REFUSED_ELEMENTS | REFUSED_DATA | REFUSED_MARKERS | REFUSED_EVENTS | STRUCTURE | FLOWS
