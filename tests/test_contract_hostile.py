"""Hostile files: refused with findings, quickly, without evaluating anything, and never with a traceback."""

import tracemalloc

import pytest
from deployment import findings, parts, raw
from diagrams import (
    Piece,
    bpmn,
    call,
    catch,
    chain,
    definitions,
    element,
    end,
    exclusive,
    flow,
    parallel,
    process,
    service,
    start,
    subprocess,
    user,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from timing import within

from workflow_runtime.diagram.contract import check
from workflow_runtime.diagram.contract.tokens import MAX_STATES
from workflow_runtime.diagram.reader import MAX_BYTES

SMALL = bpmn(start(form="apply", lane="owner"), end(), chain("start", "end"))


def with_doctype(declaration: str, body: str = "") -> bytes:
    """A small diagram after a DOCTYPE."""
    return SMALL.replace(b"?>\n", f"?>\n<!DOCTYPE x [{declaration}]>\n".encode(), 1).replace(
        b"</bpmn:process>", f"{body}</bpmn:process>".encode()
    )


def nested(depth: int) -> bytes:
    """Subprocesses inside each other."""
    inner = Piece("")
    for level in range(depth):
        inner = subprocess(f"s{level}", inner)
    return bpmn(inner)


def chained(count: int) -> bytes:
    """A long row of service tasks."""
    names = [f"s{n}" for n in range(count)]
    return bpmn(start(), *(service(name, "notify", {"text": "'a'"}) for name in names), end(), chain("start", *names, "end"))


def choices_side_by_side(branches: int) -> bytes:
    """Parallel branches with two tasks and a choice each: the number of token distributions explodes."""
    pieces = [start(form="apply", lane="owner"), parallel("split"), parallel("join"), end(), chain("start", "split"), chain("join", "end")]
    for n in range(branches):
        pieces += [exclusive(f"g{n}", default=f"d{n}"), user(f"a{n}", "owner"), user(f"b{n}", "owner"), exclusive(f"m{n}")]
        pieces += [chain("split", f"g{n}", f"a{n}", f"m{n}", "join"), flow(f"g{n}", f"b{n}", id=f"d{n}"), chain(f"b{n}", f"m{n}")]
    return bpmn(*pieces)


LAUGHS = "<!ENTITY a 'ha'>" + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghi", "bcdefghij", strict=True))
FILES = {
    "nothing": (b"", "XML_INVALID"),
    "no XML": (b"PK\x03\x04 this is a zip", "XML_INVALID"),
    "zeros": (b"\x00" * 1000, "XML_INVALID"),
    "half a file": (SMALL[: len(SMALL) // 2], "XML_INVALID"),
    "bytes that are no UTF-8": (SMALL.replace("业务".encode(), b"\xff\xfe\xfa"), "XML_INVALID"),
    "a wrong encoding": (SMALL.replace(b'encoding="UTF-8"', b'encoding="UTF-16"'), "XML_INVALID"),
    "an unknown encoding": (SMALL.replace(b'encoding="UTF-8"', b'encoding="klingon"'), "XML_INVALID"),
    "an attribute twice": (SMALL.replace(b'id="start"', b'id="start" id="start"', 1), "XML_INVALID"),
    "an unbound prefix": (SMALL.replace(b"bpmn:endEvent", b"nobody:endEvent"), "XML_INVALID"),
    "an empty DOCTYPE": (with_doctype(""), "XML_DOCTYPE"),
    "a billion laughs": (with_doctype(LAUGHS, "<bpmn:documentation>&j;</bpmn:documentation>"), "XML_"),
    "a quadratic blow-up": (with_doctype(f"<!ENTITY a '{'x' * 50_000}'>", "&a;" * 5_000), "XML_"),
    "an external entity": (
        with_doctype("<!ENTITY a SYSTEM 'file:///etc/passwd'>", "<bpmn:documentation>&a;</bpmn:documentation>"),
        "XML_DOCTYPE",
    ),
    "an external entity over the network": (with_doctype("<!ENTITY a SYSTEM 'http://127.0.0.1:9/x'>", "&a;"), "XML_DOCTYPE"),
    "a parameter entity": (with_doctype("<!ENTITY % a SYSTEM 'file:///etc/passwd'> %a;"), "XML_"),
    "an external DTD": (SMALL.replace(b"?>\n", b"?>\n<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'>\n", 1), "XML_DOCTYPE"),
    "more bytes than allowed": (SMALL + b" " * MAX_BYTES, "XML_TOO_LARGE"),
    "a hundred thousand elements": (raw("<bpmn:process id='p'>" + "<bpmn:a/>" * 100_000 + "</bpmn:process>"), "XML_TOO_DEEP"),
    "elements nested 200 deep": (
        raw("<bpmn:process id='p'>" + "<bpmn:subProcess>" * 200 + "</bpmn:subProcess>" * 200 + "</bpmn:process>"),
        "XML_TOO_DEEP",
    ),
    "elements nested 100,000 deep": (raw("<bpmn:subProcess>" * 50_000 + "</bpmn:subProcess>" * 50_000), "XML_"),
    "another kind of XML": (b"<html><body><script>alert(1)</script></body></html>", "NOT_BPMN"),
    "BPMN of another version": (SMALL.replace(b"20100524", b"20091001"), "NOT_BPMN"),
    "no process": (raw(""), "NO_PROCESS"),
    "a choreography": (raw('<bpmn:choreography id="c"/><bpmn:process id="p"/>'), "ELEMENT_REFUSED"),
    "a global script task": (
        raw('<bpmn:globalScriptTask id="c"><bpmn:script>1</bpmn:script></bpmn:globalScriptTask><bpmn:process id="p"/>'),
        "ELEMENT_REFUSED",
    ),
    **{
        f"a script in a {place}": (
            SMALL.replace(
                b"</bpmn:process>",
                f'<bpmn:{place} id="x"><bpmn:extensionElements><spiffworkflow:preScript>import os</spiffworkflow:preScript>'
                f"</bpmn:extensionElements></bpmn:{place}></bpmn:process>".encode(),
            ),
            "ELEMENT_REFUSED",
        )
        for place in ("lane", "laneSet", "sequenceFlow")
    },
    "a script in the process": (
        SMALL.replace(
            b"<bpmn:startEvent",
            b"<bpmn:extensionElements><spiffworkflow:postScript>1</spiffworkflow:postScript></bpmn:extensionElements><bpmn:startEvent",
            1,
        ),
        "ELEMENT_REFUSED",
    ),
    "a script straight in the process": (
        SMALL.replace(b"<bpmn:startEvent", b"<bpmn:script>1</bpmn:script><bpmn:startEvent", 1),
        "ELEMENT_REFUSED",
    ),
    "a process of 2,000 tasks": (chained(2_000), "PROCESS_TOO_LARGE"),
    "subprocesses nested 50 deep without starts": (nested(50), "START_COUNT"),
    "thirty parallel choices": (choices_side_by_side(30), "CONDITION_MISSING"),
    "an expression of a million characters": (
        bpmn(start(), service("s", "notify", {"text": "1+" * 500_000}), end(), chain("start", "s", "end")),
        "EXPRESSION_INVALID",
    ),
    "a timer of a million characters": (
        bpmn(start(), catch("t", timer="P" + "1" * 1_000_000), end(), chain("start", "t", "end")),
        "TIMER_INVALID",
    ),
    "an operator's name of a million characters": (
        bpmn(start(), service("s", "x" * 1_000_000), end(), chain("start", "s", "end")),
        "OPERATOR_UNKNOWN",
    ),
    "a thousand unknown properties": (
        bpmn(
            start(),
            user("u", "owner", **{f"formKe{n}": "x" for n in range(1_000)}),
            user("v", None),
            end(),
            chain("start", "u", "v", "end"),
        ),
        "LANE_MISSING",
    ),
    "everything without an id": (SMALL.replace(b" id=", b" name2="), "ID_INVALID"),
    "every id the same": (bpmn(start("x"), user("x", "owner"), end("x"), flow("x", "x", id="x"), id="x"), "DUPLICATE_ID"),
}


@pytest.mark.parametrize(("data", "code"), FILES.values(), ids=FILES)
def test_a_hostile_file_is_refused_within_a_second(data, code):
    """Findings, no exception; at most a second and 200 MB."""
    tracemalloc.start()
    found = within(4, lambda: findings(data))  # tracing memory costs a factor
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert any(finding.code.startswith(code) for finding in found), [f.code for f in found]
    assert peak < 200_000_000


def test_a_finding_does_not_repeat_a_hostile_text_at_length():
    long = "x" * 100_000
    found = findings(
        bpmn(start(), service(long, long), user("u", long), end(), chain("start", long, "u", "end", long), flow("u", long, long))
    )
    assert {f.code for f in found} > {"ID_INVALID", "OPERATOR_UNKNOWN", "LANE_UNKNOWN"}
    assert all(len(str(finding)) < 2_000 for finding in found)


def test_too_many_combinations_are_said_not_to_have_been_checked():
    """Fifteen independent choices side by side are more than the check follows."""
    pieces = [start(form="apply", lane="owner"), parallel("split"), parallel("join"), end(), chain("start", "split"), chain("join", "end")]
    for n in range(15):
        pieces += [exclusive(f"g{n}", default=f"d{n}"), user(f"a{n}", "owner"), user(f"b{n}", "owner"), exclusive(f"m{n}")]
        pieces += [chain("split", f"g{n}"), flow(f"g{n}", f"a{n}", "apply.category = 'T'"), flow(f"g{n}", f"b{n}", id=f"d{n}")]
        pieces += [chain(f"a{n}", f"m{n}", "join"), chain(f"b{n}", f"m{n}")]
    found = within(2, lambda: findings(bpmn(*pieces)))
    assert [(f.code, f.severity) for f in found] == [("TOKENS_UNCHECKED", "warning")]
    assert str(MAX_STATES) in found[0].message.en


def test_the_longest_allowed_process_is_checked_within_a_second():
    assert within(2, lambda: findings(chained(990))) == []


def test_two_hundred_processes_that_call_each_other_in_layers_are_checked_quickly():
    """Every process calls two of the next layer: as many paths as grains of sand, as many processes as files."""
    files = []
    for layer in range(100):
        for side in "ab":
            calls = (
                [call(f"c{s}", f"p{layer + 1}{s}") for s in "ab"] if layer < 99 else [service("s", "notify", {"text": "apply.category"})]
            )
            names = ["ca", "cb"] if layer < 99 else ["s"]
            pieces = (start(form="apply" if layer == 0 else None, lane="owner"), *calls, end(), chain("start", *names, "end"))
            files.append(bpmn(*pieces, id=f"p{layer}{side}"))
    assert within(10, lambda: findings(*files)) == []


NAMES = st.sampled_from(["a", "b", "c", "d", "start", "end", "业务", "business", ""])
KINDS = st.sampled_from(
    "startEvent endEvent userTask serviceTask callActivity subProcess exclusiveGateway parallelGateway eventBasedGateway boundaryEvent "
    "intermediateCatchEvent scriptTask businessRuleTask".split()
)
NODES = st.builds(
    lambda kind, name, host, called, inner: element(kind, name, inner, attachedToRef=host, calledElement=called, default=host),
    KINDS,
    NAMES,
    st.none() | NAMES,
    st.none() | NAMES,
    st.sampled_from(
        [
            "",
            "<bpmn:terminateEventDefinition/>",
            '<bpmn:errorEventDefinition errorRef="error_a"/>',
            '<bpmn:startEvent id="start"/><bpmn:subProcess id="a"/>',
            "<bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>",
            '<bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="notify"/></bpmn:extensionElements>',
        ]
    ),
)
ARROWS = st.builds(lambda a, b, c: flow(a, b, c, id=f"{a}-{b}"), NAMES, NAMES, st.none() | st.text(max_size=20).filter(str.isprintable))


@settings(max_examples=150)
@given(st.lists(NODES, max_size=8), st.lists(ARROWS, max_size=12), NAMES, st.lists(NODES, max_size=3))
def test_whatever_is_drawn_gives_findings_and_never_an_exception(nodes, arrows, name, others):
    deployed, _ = parts(definitions(process(*nodes, *arrows, id=name), process(*others, id="a")), bpmn(*others, *arrows, id="b"))
    check(deployed)
