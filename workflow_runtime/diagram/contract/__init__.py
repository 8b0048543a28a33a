"""The diagram contract: what a diagram may say, and what an analyst is told when it says something else.

Nothing of a file is evaluated here; the rules look at the model, compile expressions, and follow the flows.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from workflow_runtime.diagram.contract import (
    calls,
    conditions,
    data,
    deciding,
    elements,
    events,
    flows,
    lanes,
    messages,
    order,
    paths,
    properties,
    references,
    timers,
    waiting,
)
from workflow_runtime.diagram.contract.subject import Parts, Subject
from workflow_runtime.diagram.model import Process
from workflow_runtime.errors import Finding, Text

__all__ = ["RULES", "WHEN_FLOWS_ARE_SOUND", "Parts", "check"]

Rule = Callable[[Subject], Iterator[Finding]]

MAX_NODES = 1_000
"""Nodes and MAX_FLOWS flows of one process: far more than a person can read, few enough to be checked within a second."""
MAX_FLOWS = 3_000
MAX_PROCESSES = 20
"""Processes of one file that are looked into; a file holds one."""
MOST_FINDINGS = 300
"""Findings of one rule about one process: nobody reads more, and the nearest known name is not looked up for every one of a hundred thousand."""

FLOW_RULES: tuple[Rule, ...] = (
    elements.supported,
    elements.starts,
    events.boundary_events,
    flows.ends,
    flows.ways_out,
    paths.reachable,
    paths.ending,
)
RULES: tuple[Rule, ...] = (
    elements.one_process,
    elements.ids,
    elements.ids_for_editors,
    events.definitions,
    elements.operators,
    elements.names,
    flows.conditions,
    flows.event_gateways,
    paths.spinning,
    references.operators,
    references.forms,
    references.decisions,
    references.calls,
    references.lanes,
    lanes.starts,
    lanes.unambiguous,
    lanes.lane_parties,
    messages.sent,
    properties.due_days,
    properties.bulk,
    properties.outcomes,
    properties.toolbar,
    properties.names,
    timers.texts,
    timers.due,
    timers.repeats,
    conditions.grammar,
    conditions.names,
    conditions.wholes_compared,
    conditions.outcomes_compared,
    conditions.outcomes_read,
    deciding.decisive,
    data.variable_names,
    data.party_names,
    data.shared_variables,
    calls.cycles,
    calls.raised,
    calls.caught,
    waiting.unending,
    waiting.piling_up,
)
WHEN_FLOWS_ARE_SOUND: tuple[Rule, ...] = (paths.soundness, data.parallel_writers, order.written_before)
"""Rules that follow tokens: they would only repeat what FLOW_RULES have found."""


def check(parts: Parts) -> list[Finding]:
    """Everything that is wrong with these processes, all at once, sorted by file and line; an empty list: they can be deployed."""
    found = {finding: None for process in _looked_into(parts) for finding in _check(Subject(process, parts))}
    return sorted(found, key=lambda f: (f.file, f.line, f.element, f.code))


def _looked_into(parts: Parts) -> Iterator[Process]:
    counts: Counter[str] = Counter()
    for process in parts.processes.values():
        counts[process.file] += 1
        if counts[process.file] <= MAX_PROCESSES:
            yield process


def _check(subject: Subject) -> Iterator[Finding]:
    if _too_large(subject.process):
        yield subject.error(
            "PROCESS_TOO_LARGE",
            subject.process,
            Text(
                f"流程超过 {MAX_NODES} 个节点或 {MAX_FLOWS} 条连线。", f"The process has more than {MAX_NODES} nodes or {MAX_FLOWS} flows."
            ),
            Text("拆成几个流程，用调用活动连接。", "Split it into several processes, linked by call activities."),
        )
        return
    shape = list(_found(FLOW_RULES, subject))
    yield from shape
    yield from _found(RULES, subject)
    if not any(finding.severity == "error" for finding in shape):
        yield from _found(WHEN_FLOWS_ARE_SOUND, subject)


def _found(rules: tuple[Rule, ...], subject: Subject) -> Iterator[Finding]:
    for rule in rules:
        yield from islice(rule(subject), MOST_FINDINGS)


def _too_large(process: Process) -> bool:
    nodes = sum(len(scope.nodes) for scope in process.scopes.values())
    return nodes > MAX_NODES or sum(len(scope.flows) for scope in process.scopes.values()) > MAX_FLOWS
