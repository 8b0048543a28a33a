"""A BPMN file as plain data.

The reader fills it without judging; the contract judges it; the engine compiles it. Every part knows its line for messages.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"

CATCHING = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"})
INBOX = frozenset({"userTask", "manualTask"})
SUBPROCESSES = frozenset({"subProcess", "callActivity"})


@dataclass(frozen=True)
class Event:
    """An event definition: `kind` is the BPMN name without "EventDefinition" (timer, message, error, terminate, signal, …).

    `text` is the timer's text; `name` the message's name or the error's code, as resolved from the file's `message`/`error` elements
    (None when the reference is missing or leads nowhere); `reference` is the reference as written.
    """

    kind: str
    name: str | None = None
    text: str = ""
    timer: str = ""
    reference: str | None = None


@dataclass(frozen=True)
class Operator:
    """A service task's operator: the handler's name, its parameters as expression texts, the variable for the result."""

    handler: str
    parameters: Mapping[str, str]
    result_variable: str | None
    line: int


@dataclass(frozen=True)
class Outcome:
    """A button under a user task: its code, its label, whether an opinion must be given."""

    code: str
    label: str
    opinion_required: bool


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `condition` is the expression's text, None where there is none."""

    id: str
    source: str
    target: str
    condition: str | None
    name: str
    line: int


@dataclass(frozen=True)
class Node:
    """A flow node of any BPMN type, also of those that are refused; `type` is the element's local name.

    `contested` are the lanes that hold it when it lies in several beside each other; `lane` is the last of them then.
    """

    id: str
    type: str
    name: str
    line: int
    process: str
    lane: str | None = None
    contested: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    event: Event | None = None
    events: int = 0
    operator: Operator | None = None
    called: str | None = None
    decision: str | None = None
    attached_to: str | None = None
    interrupting: bool = True
    default: str | None = None
    markers: tuple[str, ...] = ()
    documentation: str = ""

    @property
    def form(self) -> str | None:
        """The key of the form that is filled in here."""
        return self.properties.get("formKey") or None

    @property
    def variable(self) -> str:
        """The case variable under which this element's answers, result or payload go."""
        return self.properties.get("variableName") or self._default_variable

    @property
    def _default_variable(self) -> str:
        if self.operator is not None and self.operator.result_variable:
            return self.operator.result_variable
        return self.properties.get("resultVariable") or self.form or self.decision or self.id

    @property
    def writes(self) -> str | None:
        """The case variable that this element writes, if it writes one."""
        if self.type in INBOX or (self.type == "startEvent" and self.form):
            return self.variable
        if self.operator is not None:
            given = self.operator.result_variable or self.properties.get("variableName") or self.properties.get("resultVariable")
            return given or None
        if self.type == "businessRuleTask":
            return self.variable
        if self.event is not None and self.event.kind == "message" and self.type in CATCHING:
            return self.variable
        if self.event is not None and self.event.kind == "error" and self.type == "boundaryEvent":
            return self.properties.get("variableName") or "error"
        return None

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The buttons of a user task; without the property there is one: `done=完成`."""
        return read_outcomes(self.properties.get("outcomes", "")) or (Outcome("done", "完成", False),)

    @property
    def toolbar(self) -> tuple[str, ...]:
        """The codes of the outcomes that have a button above the list (`approve, reject`)."""
        return tuple(code.strip() for code in self.properties.get("toolbar", "").replace("，", ",").split(",") if code.strip())

    @property
    def form_modes(self) -> Mapping[str, str]:
        """Other forms that are shown beside the task's own: the variable of their answers → read or edit (`apply:read,review:edit`)."""
        pairs = (part.partition(":") for part in self.properties.get("formMode", "").replace("，", ",").split(",") if part.strip())
        return {key.strip(): mode.strip() or "read" for key, _, mode in pairs}


def read_outcomes(text: str) -> tuple[Outcome, ...]:
    """`approve=审核通过; reject=审核不通过!` as outcomes; the exclamation mark demands an opinion."""
    result = []
    for part in text.replace("；", ";").replace("！", "!").split(";"):
        code, _, label = part.strip().partition("=")
        if code.strip():
            needs = label.strip().endswith("!") or (not label and code.strip().endswith("!"))
            result.append(Outcome(code.strip().rstrip("!"), (label.strip() or code.strip()).rstrip("!"), needs))
    return tuple(result)


@dataclass(frozen=True)
class Scope:
    """A process or an embedded subprocess: its nodes and flows. Nodes of inner subprocesses are in their own scopes."""

    id: str
    name: str
    line: int
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]

    def outgoing(self, node: str) -> list[Flow]:
        """The flows that leave a node, in the order of the file."""
        return [f for f in self.flows if f.source == node]

    def incoming(self, node: str) -> list[Flow]:
        """The flows that enter a node, in the order of the file."""
        return [f for f in self.flows if f.target == node]

    def boundary_events(self, node: str) -> list[Node]:
        """The boundary events attached to a node, in the order of the file."""
        return [n for n in self.nodes.values() if n.attached_to == node]

    @property
    def starts(self) -> list[Node]:
        """The start events."""
        return [n for n in self.nodes.values() if n.type == "startEvent"]


@dataclass(frozen=True)
class Lane:
    """A lane: its name is looked up in the role table."""

    id: str
    name: str
    line: int
    nodes: frozenset[str]


@dataclass(frozen=True)
class Process:
    """A BPMN process: `id` is the business key, `name` its Chinese title; `scopes` holds itself and all embedded subprocesses.

    `origin` names the tool that wrote the file, where it says so and is another engine's; empty for ours and for plain editors.
    """

    id: str
    name: str
    file: str
    line: int
    properties: Mapping[str, str]
    scopes: Mapping[str, Scope]
    lanes: tuple[Lane, ...]
    documentation: str = ""
    origin: str = ""

    @property
    def scope(self) -> Scope:
        """The outermost scope."""
        return self.scopes[self.id]

    @property
    def start(self) -> Node | None:
        """The start event, if there is exactly one."""
        starts = self.scope.starts
        return starts[0] if len(starts) == 1 else None

    @property
    def is_business(self) -> bool:
        """An owner can start it: its start event has a form."""
        return self.start is not None and self.start.form is not None

    @property
    def nodes(self) -> Iterator[Node]:
        """All nodes of all scopes."""
        for scope in self.scopes.values():
            yield from scope.nodes.values()

    def node(self, element: str) -> Node | None:
        """The node of this id in any scope."""
        return next((n for n in self.nodes if n.id == element), None)


def forms_by_variable(processes: Iterable[Process]) -> dict[str, str]:
    """The variables that people fill in, each with the key of its form: the first one's, where several forms fill the same."""
    found: dict[str, str] = {}
    for process in processes:
        for node in process.nodes:
            if node.form:
                found.setdefault(node.variable, node.form)
    return found
