"""What scenarios of one process are played on: the compiled diagrams, with the forms, tables and handlers that they name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from workflow_runtime.diagram.contract import Parts
from workflow_runtime.diagram.model import Flow, Node, Process, Scope
from workflow_runtime.engine.compiler import Program, compile_program
from workflow_runtime.errors import Text
from workflow_runtime.scenarios.problems import ScenarioInvalid, nearest
from workflow_runtime.working_days import WorkingDays


@dataclass(frozen=True)
class Stage:
    """The process `key` with everything that it reaches among `parts`, which have passed the contract."""

    key: str
    parts: Parts
    calendar: WorkingDays

    @cached_property
    def processes(self) -> Mapping[str, Process]:
        """The process and those that it calls, directly or not. Raises ScenarioInvalid when it is not there."""
        if self.key not in self.parts.processes:
            raise ScenarioInvalid(
                Text(f"没有流程 {self.key}。", f"There is no process {self.key}."), nearest(self.key, set(self.parts.processes))
            )
        found: dict[str, Process] = {}
        todo = [self.key]
        while todo:
            process = self.parts.processes[todo.pop()]
            if process.id not in found:
                found[process.id] = process
                todo += [node.called for node in process.nodes if node.called and node.called in self.parts.processes]
        return found

    @property
    def process(self) -> Process:
        """The process that is started."""
        return self.processes[self.key]

    @cached_property
    def program(self) -> Program:
        """The processes, compiled."""
        return compile_program(self.key, self.processes, self.parts.decisions)

    @cached_property
    def nodes(self) -> list[Node]:
        """Every element of every process."""
        return [node for process in self.processes.values() for node in process.nodes]

    def named(self, element: str) -> list[Node]:
        """The elements of this id; `process/element` when two processes have the same."""
        process, _, own = element.rpartition("/")
        return [node for node in self.nodes if node.id == own and process in ("", node.process)]

    def scope(self, node: Node) -> Scope:
        """The process or subprocess in which an element lies."""
        return next(s for s in self.processes[node.process].scopes.values() if s.nodes.get(node.id) is node)

    def flows(self, source: Node, target: Node) -> list[Flow]:
        """The flows from one element to the other."""
        return [flow for flow in self.scope(source).outgoing(source.id) if flow.target == target.id]

    def messages(self) -> Iterator[str]:
        """The names of the messages that somebody may wait for."""
        return (n.event.name for n in self.nodes if n.event is not None and n.event.kind == "message" and n.event.name)
