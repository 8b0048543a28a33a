"""What the rules look at: one process, everything that is deployed with it, and its flows indexed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, wraps
from typing import Any, Protocol, TypeVar

from workflow_runtime.decisions import Decision
from workflow_runtime.diagram.contract.graph import Graph
from workflow_runtime.diagram.contract.tokens import MAX_STATES, Exploration, explore
from workflow_runtime.diagram.model import INBOX, Node, Process, Scope
from workflow_runtime.errors import Finding, Text
from workflow_runtime.forms import Form
from workflow_runtime.handlers import Handler

LONGEST_SHOWN = 100
"""Characters of an id that a finding repeats; longer ids are refused anyway."""


@dataclass(frozen=True)
class Parts:
    """Everything that is deployed together.

    `lanes` is the role table: lane → its party's expression (`authority/科室`). `receivers` are the names of the messages that other
    systems send; none: they are not known. `unread` are keys of forms that are there and have errors of their own.
    """

    processes: Mapping[str, Process]
    forms: Mapping[str, Form]
    decisions: Mapping[str, Decision]
    handlers: Mapping[str, Handler]
    lanes: Mapping[str, str]
    receivers: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    @cached_property
    def call_sites(self) -> Mapping[str, list[tuple[Process, Node]]]:
        """For every called process the call activities that call it, each with its own process."""
        sites: dict[str, list[tuple[Process, Node]]] = {}
        for caller in self.processes.values():
            for node in caller.nodes:
                target = self.callee(node)
                if target is not None:
                    sites.setdefault(target.id, []).append((caller, node))
        return sites

    @cached_property
    def calls(self) -> Mapping[str, list[Process]]:
        """For every process those that it calls directly."""
        found: dict[str, dict[str, Process]] = {}
        for target, sites in self.call_sites.items():
            for caller, _ in sites:
                found.setdefault(caller.id, {})[target] = self.processes[target]
        return {caller: list(targets.values()) for caller, targets in found.items()}

    @cached_property
    def first_of_file(self) -> Mapping[str, Process]:
        """For every file the process that stands first in it."""
        ordered = sorted(self.processes.values(), key=lambda process: process.line, reverse=True)
        return {process.file: process for process in ordered}

    @cached_property
    def memory(self) -> dict[tuple[object, str], Any]:
        """What `once_a_process` has found so far, by function and process."""
        return {}

    def callee(self, node: Node) -> Process | None:
        """The process that a call activity calls, if it is among these."""
        return self.processes.get(node.called) if node.type == "callActivity" and node.called else None


Found = TypeVar("Found")


def once_a_process(find: Callable[[Parts, Process], Found]) -> Callable[[Parts, Process], Found]:
    """What such a function finds of a process is kept: callers and rules ask for it many times. It is not to be changed."""

    @wraps(find)
    def remembered(parts: Parts, process: Process) -> Found:
        key = (find, process.id)
        if key not in parts.memory:
            parts.memory[key] = find(parts, process)
        found: Found = parts.memory[key]
        return found

    return remembered


class Element(Protocol):
    """A part of a process that a finding can point at."""

    @property
    def id(self) -> str:
        """The element's id."""
        ...

    @property
    def line(self) -> int:
        """The line of the file, from 1."""
        ...


@dataclass(frozen=True)
class Subject:
    """One process under examination."""

    process: Process
    parts: Parts

    @cached_property
    def graphs(self) -> list[Graph]:
        """The flows of every scope."""
        return [Graph.of(scope) for scope in self.process.scopes.values()]

    @cached_property
    def explorations(self) -> list[tuple[Graph, Exploration]]:
        """How tokens move, from the start event and from every non-interrupting boundary event of every scope."""
        found: list[tuple[Graph, Exploration]] = []
        left = MAX_STATES
        for graph in self.graphs:
            for entry in entries(graph):
                exploration = explore(graph, entry, left)
                left = max(0, left - exploration.states)
                found.append((graph, exploration))
        return found

    @property
    def nodes(self) -> Iterator[Node]:
        """All nodes of all scopes."""
        return self.process.nodes

    def handler(self, node: Node) -> Handler | None:
        """The handler that a node calls, None when it calls none or an unknown one."""
        return self.parts.handlers.get(node.operator.handler) if node.operator is not None else None

    def error(self, code: str, element: Element, message: Text, cure: Text) -> Finding:
        """A finding that refuses the file."""
        return Finding(code, self.process.file, element.id[:LONGEST_SHOWN], element.line, message, cure)

    def warning(self, code: str, element: Element, message: Text, cure: Text) -> Finding:
        """A finding that is worth a look."""
        return Finding(code, self.process.file, element.id[:LONGEST_SHOWN], element.line, message, cure, "warning")


def entries(graph: Graph) -> list[str]:
    """Where tokens come from: the start event, and every non-interrupting boundary event (its branch runs beside the rest)."""
    side = [event.id for events in graph.boundaries.values() for event in events if not event.interrupting]
    return [start.id for start in graph.scope.starts] + side


def inner_scope(process: Process, node: Node) -> Scope | None:
    """The scope of an embedded subprocess."""
    return process.scopes.get(node.id) if node.id != process.id else None


def can_fail(node: Node) -> bool:
    """Whether an error may come out of this node: it calls a handler, or holds nodes that may fail."""
    return node.type in ("serviceTask", "subProcess", "callActivity") or (node.type == "sendTask" and node.operator is not None)


def is_inbox(node: Node) -> bool:
    """Whether a person works this node."""
    return node.type in INBOX


def nearest(name: str, known: Mapping[str, object] | frozenset[str] | set[str]) -> Text:
    """A cure for an unknown name: the nearest known one, else all of them (at most ten)."""
    close = get_close_matches(name[:200], list(known), n=1, cutoff=0.5)
    if close:
        return Text(f"是不是 {close[0]}？", f"Did you mean {close[0]}?")
    listed = ", ".join(sorted(known)[:10])
    if not listed:
        return Text("目前一个都没有，请先添加。", "There are none yet; add it first.")
    return Text(f"已有：{listed}。", f"Known are: {listed}.")
