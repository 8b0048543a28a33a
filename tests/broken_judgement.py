"""Diagrams that run and yet cannot be meant: gateways that decide nothing, waits without an end, scripts wherever an engine would run one."""

from broken_shapes import NOTIFY, U, beside, between, condition, marked
from diagrams import (
    boundary,
    bpmn,
    call,
    catch,
    chain,
    element,
    end,
    exclusive,
    extensions,
    first_event,
    flow,
    receive,
    service,
    start,
    subprocess,
    user,
)


def asked_of(*texts: str, targets: tuple[str, ...] = ("end_1", "end_2")) -> bytes:
    """A gateway with these conditions on flows c0, c1, …, each to another end."""
    branches = [flow("g", target, text, id=f"c{n}") for n, (text, target) in enumerate(zip(texts, targets, strict=False))]
    ends = [end(name) for name in dict.fromkeys((*targets[: len(texts)], "end"))]
    return bpmn(
        start(form="apply", lane="owner"), exclusive("g", default="d"), *ends, chain("start", "g"), *branches, flow("g", "end", id="d")
    )


def early(reading: str) -> bytes:
    """A gateway that asks for the review before the review."""
    return bpmn(
        start(form="apply", lane="owner"),
        exclusive("g", default="d"),
        user("r", "authority", "review"),
        end(),
        chain("start", "g"),
        flow("g", "end", reading, id="asked"),
        flow("g", "r", id="d"),
        chain("r", "end"),
    )


DECIDING = {
    "a Chinese id, which editors lose": ("ID_NOT_ASCII", "审核", between(user("审核", "owner"), via="审核")),
    "a condition that is always true": ("CONDITION_CONSTANT", "c0", asked_of("true")),
    "a condition of two constants": ("CONDITION_CONSTANT", "c0", asked_of("1 < 2")),
    "a condition of a constant list": ("CONDITION_CONSTANT", "c0", asked_of("'T' in ['T', 'S']")),
    "one condition twice": ("CONDITION_REPEATED", "c1", asked_of("apply.category = 'T'", "apply.category = 'T'")),
    "one condition written in two ways": ("CONDITION_REPEATED", "c1", asked_of("apply.category = 'T'", '(apply.category == "T")')),
    "branches that lead to one place": ("GATEWAY_UNDECIDED", "g", asked_of("apply.category = 'T'", targets=("end",))),
}
TOO_EARLY = {
    "an answer asked for before the task": ("NAME_TOO_EARLY", "asked", early("review.outcome = 'done'")),
    "a field asked for before the task": ("NAME_TOO_EARLY", "asked", early("exists(review.old_number)")),
    "a parameter from a later result": (
        "NAME_TOO_EARLY",
        "seal",
        bpmn(
            start(form="apply", lane="owner"),
            service("seal", "certificate.seal", {"number": "certificate.number"}),
            service("prepare", "certificate.prepare", result="certificate"),
            end(),
            chain("start", "seal", "prepare", "end"),
        ),
    ),
    "a subprocess that reads what comes behind it": (
        "NAME_TOO_EARLY",
        "n",
        bpmn(
            start(form="apply", lane="owner"),
            subprocess("s", start("i"), service("n", "notify", {"text": "review.opinion"}), end("e"), chain("i", "n", "e")),
            user("r", "authority", "review"),
            end(),
            chain("start", "s", "r", "end"),
        ),
    ),
    "what a called process writes later": (
        "NAME_TOO_EARLY",
        "n",
        bpmn(
            start(form="apply", lane="owner"),
            service("n", "notify", {"text": "certificate.number"}),
            call("c", "shared"),
            end(),
            chain("start", "n", "c", "end"),
        ),
        bpmn(start("i"), service("p", "certificate.prepare", result="certificate"), end("e"), chain("i", "p", "e"), id="shared"),
    ),
    "what the branch of another choice writes": (
        "NAME_TOO_EARLY",
        "n",
        bpmn(
            start(form="apply", lane="owner"),
            exclusive("g", default="d"),
            user("r", "authority", "review"),
            service("n", "notify", {"text": "review.opinion"}),
            end(),
            end("end_2"),
            chain("start", "g"),
            flow("g", "r", "apply.category = 'T'"),
            flow("g", "n", id="d"),
            chain("r", "end"),
            chain("n", "end_2"),
        ),
    ),
}
WAITING = {
    "a receive task without a time limit": ("WAITS_FOREVER", "m", between(receive("m", "certificate.sealed"), via="m")),
    "a message event without a time limit": ("WAITS_FOREVER", "m", between(catch("m", message="certificate.sealed"), via="m")),
    "two messages and no timer behind an event gateway": (
        "WAITS_FOREVER",
        "m",
        bpmn(
            start(),
            first_event("either"),
            catch("m", message="certificate.sealed"),
            catch("n", message="withdraw"),
            end(),
            chain("start", "either", "m", "end"),
            chain("either", "n", "end"),
        ),
    ),
    "a reminder that does not end the wait": (
        "WAITS_FOREVER",
        "m",
        between(
            receive("m", "certificate.sealed"),
            boundary("b", "m", timer="P1D", interrupting=False),
            service("n", "notify", NOTIFY),
            end("reminded"),
            via="m",
            then=(chain("b", "n", "reminded"),),
        ),
    ),
    "a wait inside a subprocess that only an error ends": (
        "WAITS_FOREVER",
        "m",
        bpmn(
            start(),
            subprocess("s", start("i"), receive("m", "certificate.sealed"), end("e", error="ODD"), chain("i", "m", "e")),
            boundary("b", "s", error="ODD"),
            end(),
            chain("start", "s", "end"),
            chain("b", "end"),
        ),
    ),
    "a new task every day, for ever": (
        "TIMER_PILES_UP",
        "b",
        between(
            U,
            boundary("b", "u", timer="R/P1D", interrupting=False),
            user("v", "authority"),
            end("e"),
            via="u",
            then=(chain("b", "v", "e"),),
        ),
    ),
    "a new task every working day, for ever, behind a service": (
        "TIMER_PILES_UP",
        "b",
        between(
            U,
            boundary("b", "u", timer="R/WD1", interrupting=False),
            service("n", "notify", NOTIFY),
            user("v", "authority"),
            end("e"),
            via="u",
            then=(chain("b", "n", "v", "e"),),
        ),
    ),
}
_EVIL = "__import__('os').system('id')"
_IO = (
    '<bpmn:ioSpecification><bpmn:dataInput id="i" name="x"/></bpmn:ioSpecification><bpmn:dataInputAssociation><bpmn:targetRef>i</bpmn:targetRef>'
    f"<bpmn:assignment><bpmn:from>{_EVIL}</bpmn:from><bpmn:to>i</bpmn:to></bpmn:assignment></bpmn:dataInputAssociation>"
)
_LOOP = "<bpmn:{0}LoopCharacteristics><bpmn:{1}>{2}</bpmn:{1}></bpmn:{0}LoopCharacteristics>"
SCRIPTED = {
    "a script as loop cardinality": marked("userTask", _LOOP.format("multiInstance", "loopCardinality", _EVIL), lane="owner"),
    "a script as completion condition": marked("userTask", _LOOP.format("multiInstance", "completionCondition", _EVIL), lane="owner"),
    "a script as loop condition": marked("userTask", _LOOP.format("standard", "loopCondition", _EVIL), lane="owner"),
    "a billion instances": marked("userTask", _LOOP.format("multiInstance", "loopCardinality", 10**9), lane="owner"),
    "a script in an assignment of a script task": ("ELEMENT_REFUSED", "x", between(element("scriptTask", "x", _IO), via="x")),
    "a conditional event with a script": (
        "EVENT_REFUSED",
        "x",
        between(
            element(
                "intermediateCatchEvent",
                "x",
                f"<bpmn:conditionalEventDefinition><bpmn:condition>{_EVIL}</bpmn:condition></bpmn:conditionalEventDefinition>",
            ),
            via="x",
        ),
    ),
    "an ad-hoc subprocess with a scripted end": (
        "ELEMENT_REFUSED",
        "x",
        between(element("adHocSubProcess", "x", f"<bpmn:completionCondition>{_EVIL}</bpmn:completionCondition>"), via="x"),
    ),
    "a script in a foreign condition": ("EXPRESSION_INVALID", "asked", condition("${" + _EVIL + "}")),
    "a script in a FEEL condition": ("EXPRESSION_INVALID", "asked", condition("=" + _EVIL)),
    "a script that returns": ("EXPRESSION_INVALID", "asked", condition("return " + _EVIL + ";")),
    "a script before a call activity": marked(
        "callActivity", extensions(f"<spiffworkflow:preScript>{_EVIL}</spiffworkflow:preScript>"), calledElement="x"
    ),
    "a script after an event": marked(
        "intermediateThrowEvent", extensions(f"<spiffworkflow:postScript>{_EVIL}</spiffworkflow:postScript>")
    ),
    "a process that calls itself in a parallel branch": ("CALL_CYCLE", "a", beside(call("a", "business"), user("b", "owner"))),
}
JUDGEMENTS = DECIDING | TOO_EARLY | WAITING | SCRIPTED
