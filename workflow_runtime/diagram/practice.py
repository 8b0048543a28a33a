"""Good practice of drawing: the rules of bpmn.io's bpmnlint that add to the contract, as warnings in two languages.

The library is a port in pure Python: it is loaded only when somebody asks, reads at most LARGEST bytes of a file that our own reader has
taken, and whatever it stumbles over is no finding and no failure.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lxml import etree

from workflow_runtime.diagram.xml import bpmn, line_of, local_name, parse_xml
from workflow_runtime.errors import Finding, Text

LARGEST = 120_000
"""Bytes of a file that are looked at: larger ones would keep an analyst waiting for what is only advice."""
MOST = 200
"""Findings of one file; who draws that many boxes over each other knows it."""


MOST_NAMED = 200
"""Messages, errors and signals of a file that are looked at: the rule compares each with each."""


class Advice(NamedTuple):
    """What a rule says here: the reason, the cure, and the elements of which nothing is said: they are meant so, or the contract speaks of them."""

    reason: Text
    cure: Text
    left_out: frozenset[str] = frozenset()


ADVICE: Mapping[str, Advice] = {
    "no-bpmndi": Advice(
        Text("图上没有画出这个元素，页面上看不到它。", "The picture does not show this element; nobody sees it on a page."),
        Text("在编辑器里把它画到图上。", "Draw it in the editor."),
        frozenset({"lane", "laneSet", "process", "participant", "collaboration", "textAnnotation", "association", "group"}),
    ),
    "no-overlapping-elements": Advice(
        Text("它与别的元素重叠，或画到了外框之外。", "It overlaps another element, or lies outside of its frame."),
        Text("把它移开。", "Move it."),
        frozenset({"dataObjectReference", "dataStoreReference"}),
    ),
    "no-duplicate-sequence-flows": Advice(
        Text("两个元素之间有重复的连线。", "Two flows join the same elements."), Text("删去多余的一条。", "Take one of them away.")
    ),
    "superfluous-gateway": Advice(
        Text("这个网关只有一进一出，没有作用。", "This gateway has one way in and one way out: it decides nothing."),
        Text("删去它，把两头连起来。", "Remove it and join its ends."),
    ),
    "no-gateway-join-fork": Advice(
        Text("这个网关既汇合又分支，不好读。", "This gateway joins and forks at once, which is hard to read."),
        Text("用两个网关：先汇合，再分支。", "Use two gateways: one to join, one to fork."),
        frozenset({"eventBasedGateway"}),  # whoever polls comes back to the gateway that waits
    ),
    "superfluous-termination": Advice(
        Text("这里没有别的分支可终止。", "There is nothing else that this end event could terminate."),
        Text("改为普通结束事件。", "Make it a plain end event."),
    ),
    "global": Advice(
        Text(
            "这个消息、错误或信号没有名称、没有用到，或与别的同名。",
            "This message, error or signal has no name, is not used, or shares its name.",
        ),
        Text("写上名称，或删去它。", "Give it a name of its own, or remove it."),
    ),
}


def practice(file: str, data: bytes) -> list[Finding]:
    """Advice for one BPMN file, BPMNLINT_… warnings; nothing for what is no BPMN, and nothing for a file larger than LARGEST."""
    if len(data) > LARGEST:
        return []
    root, _ = parse_xml(file, data)
    if root is None or root.tag != bpmn("definitions"):
        return []
    elements = {element.get("id", ""): element for element in root.iter() if isinstance(element.tag, str) and element.get("id")}
    found: dict[tuple[str, str], Finding] = {}
    for rule, identity in _reports(etree.tostring(root, encoding="unicode"), _rules(root)):
        element = elements.get(identity)
        kind = "" if element is None else local_name(element)
        if kind not in ADVICE[rule].left_out:
            found.setdefault((rule, identity), _finding(file, rule, identity, 0 if element is None else line_of(element)))
    return list(found.values())[:MOST]


def _finding(file: str, rule: str, identity: str, line: int) -> Finding:
    code = f"BPMNLINT_{rule.upper().replace('-', '_')}"
    return Finding(code, file, identity[:100], line, ADVICE[rule].reason, ADVICE[rule].cure, "warning")


def _rules(root: etree._Element) -> list[str]:
    """The rules that are asked. A diagram that is not drawn at all is fine: pages then tell it in words."""
    drawn = any(local_name(child) == "BPMNDiagram" and len(child) for child in root)
    named = sum(1 for child in root if local_name(child) in ("message", "error", "escalation", "signal"))
    return [rule for rule in ADVICE if (drawn or rule != "no-bpmndi") and (named <= MOST_NAMED or rule != "global")]


def _reports(text: str, rules: list[str]) -> Iterator[tuple[str, str]]:
    """(rule, element) of every report."""
    from bpmn_io import BpmnModdle
    from bpmn_io.lint.rules import RULES
    from bpmn_io.lint.test_rule import test_rule

    try:
        model: Any = BpmnModdle().from_xml(text).root_element
    except Exception:  # noqa: BLE001 a port of another language's parser may raise anything, and advice must not
        return
    for rule in rules:
        try:
            reports = test_rule(model, RULES[rule]({}))
        except Exception:  # noqa: BLE001, S112 as above, rule by rule
            continue
        yield from ((rule, str(report.get("id") or "")) for report in reports)
