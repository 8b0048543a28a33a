"""What the engine is given from outside while it moves tokens: time, variables, and somebody who runs local handlers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Failure
from workflow_runtime.handlers import Json
from workflow_runtime.working_days import WorkingDays


class Ran(Enum):
    """How far a service task came inside the step."""

    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True)
class Refused:
    """A business error: `code` is looked for on error boundary events, `details` go to the catching event's variable."""

    code: str
    details: dict[str, Json] = field(default_factory=dict)


def _park(token: str, node: Node) -> Ran | Refused:
    return Ran.PARKED


def _no_due(node: Node) -> datetime | None:
    return None


Seen = Callable[[Node | None, Node], None]
"""Is told of every arrival: the element that the token comes from (None at the beginning of a scope), and the one that it comes to."""


@dataclass
class Surroundings:
    """One step's world.

    `variables` is the case's own dictionary and is changed in place. `service(token, node)` runs a local handler or parks the task.
    `due(node)` is the due date of a user task that is reached now; it may raise DueInvalid. `sent` collects the names of messages thrown by
    the diagram, `unreadable` the elements whose timer or due date has a value that is no time: they are not due until the value is mended,
    `decided` the rules of a decision table that applied, by the element that asked it.
    While the case is `suspended` no timer fires, though what was begun outside may still move tokens. `seen` looks on; a token that passes a
    parallel join is told once, as coming from the last of its flows.
    """

    now: datetime
    calendar: WorkingDays
    variables: dict[str, Json]
    service: Callable[[str, Node], Ran | Refused] = _park
    due: Callable[[Node], datetime | None] = _no_due
    sent: list[str] = field(default_factory=list)
    unreadable: dict[str, Failure] = field(default_factory=dict)
    decided: dict[str, tuple[int, ...]] = field(default_factory=dict)
    suspended: bool = False
    seen: Seen | None = None

    def due_now(self, instant: datetime | None) -> bool:
        """A timer of this instant fires now."""
        return instant is not None and instant <= self.now and not self.suspended
