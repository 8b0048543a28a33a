"""Compiles checked diagrams into SpiffWorkflow specs: directly from our model, without the library's parser.

The library's parser mixes up ids, loses properties and evaluates timers as Python; none of that is needed here. Compiled once per
bundle and process, and shared by all cases: a spec never changes at run time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from workflow_runtime.decisions import Decision
from workflow_runtime.diagram.model import INBOX, SUBPROCESSES, Event, Node, Process, Scope
from workflow_runtime.engine import events, specs
from workflow_runtime.expressions import compile_expression
from workflow_runtime.schedules import read_schedule


@dataclass(frozen=True)
class Program:
    """The compiled processes of one bundle: the library's specs by process id or `process/subprocess`."""

    business: str
    specs: Mapping[str, Any]

    @property
    def main(self) -> Any:
        """The business process's own spec."""
        return self.specs[self.business]


def compile_program(business: str, processes: Mapping[str, Process], decisions: Mapping[str, Decision]) -> Program:
    """Compile every scope of every process. The processes must have passed the contract."""
    compiled: dict[str, Any] = {}
    for process in processes.values():
        for scope in process.scopes.values():
            compiled[scope_key(process.id, scope.id)] = _Compiler(process, scope, decisions).compile()
    return Program(business, compiled)


def scope_key(process: str, scope: str) -> str:
    """The name of a scope's spec: subprocess ids are unique only within their process."""
    return process if scope == process else f"{process}/{scope}"


class _Compiler:
    """Compiles one scope."""

    def __init__(self, process: Process, scope: Scope, decisions: Mapping[str, Decision]) -> None:
        self.process, self.scope, self.decisions = process, scope, decisions
        self.spec = BpmnProcessSpec(name=scope_key(process.id, scope.id))
        self.made: dict[str, Any] = {}
        self.entries: dict[str, Any] = {}

    def compile(self) -> Any:
        for node in self.scope.nodes.values():
            task = self._make(node)
            task.node = node
            self.made[node.id] = self.entries[node.id] = task
        for node in self.scope.nodes.values():
            if attached := self.scope.boundary_events(node.id):
                self._attach(node, attached)
        for node in self.scope.nodes.values():
            self._connect(node)
        for start in self.scope.starts:
            self.spec.start.connect(self.entries[start.id])
        return self.spec

    def _make(self, node: Node) -> Any:
        name = specs.spec_name(node.id)
        kind = node.event.kind if node.event else "none"
        if node.type in INBOX:
            return specs.InboxTask(self.spec, name)
        if node.type == "exclusiveGateway":
            return specs.ExclusiveGateway(self.spec, name)
        if node.type == "parallelGateway":
            return specs.ParallelGateway(self.spec, name)
        if node.type == "eventBasedGateway":
            return specs.EventGateway(self.spec, name)
        if node.type == "businessRuleTask":
            task = specs.DecisionTask(self.spec, name)
            task.decision = self.decisions[node.decision or ""]
            return task
        if node.type in SUBPROCESSES:
            inner = node.called if node.type == "callActivity" else scope_key(self.process.id, node.id)
            return specs.Subprocess(self.spec, name, inner)
        if node.type == "boundaryEvent":
            return specs.Boundary(self.spec, name, self._definition(node), node.interrupting)
        if node.type in ("intermediateCatchEvent", "receiveTask"):
            return specs.Catch(self.spec, name, self._definition(node))
        if node.operator is not None:
            return specs.ServiceTask(self.spec, name)
        if kind == "message":
            return specs.MessageThrow(self.spec, name)
        if node.type == "endEvent" and kind == "error":
            return specs.ErrorEnd(self.spec, name)
        if node.type == "endEvent" and kind == "terminate":
            return specs.TerminateEnd(self.spec, name)
        return specs.Pass(self.spec, name)

    def _definition(self, node: Node) -> Any:
        event = node.event or Event("none")
        if event.kind == "timer":
            schedule = read_schedule(event.text)
            repeats = schedule.repetitions != 1 and node.attached_to is not None and not node.interrupting
            return events.CycleDefinition(schedule) if repeats else events.TimerDefinition(schedule)
        if event.kind == "message":
            return events.MessageDefinition(event.name or "")
        return events.ErrorDefinition(event.name)

    def _attach(self, node: Node, attached: list[Node]) -> None:
        task = self.made[node.id]
        split = BoundaryEventSplit(self.spec, f"{task.name}.split")
        join = BoundaryEventJoin(self.spec, f"{task.name}.join", split_task=split.name, cancel=True)
        split.connect(task)
        task.connect(join)
        for event in attached:
            split.connect(self.made[event.id])
            self.made[event.id].connect(join)
        self.entries[node.id] = split

    def _connect(self, node: Node) -> None:
        task = self.made[node.id]
        flows = self.scope.outgoing(node.id)
        for flow in flows:
            target = self.entries[flow.target]
            if node.type == "exclusiveGateway" and flow.condition is not None and flow.id != node.default:
                task.connect_if(specs.Condition(compile_expression(flow.condition)), target)
            else:
                task.connect(target)
            if node.type == "eventBasedGateway":
                self._race(task, target)
        if not flows:
            task.connect(self.spec.end)

    def _race(self, gateway: Any, catch: Any) -> None:
        """The gateway waits in place of the catch event; the winner then lets the token pass."""
        gateway.alternatives[catch.name] = catch.event_definition
        catch.event_definition = NoneEventDefinition()
