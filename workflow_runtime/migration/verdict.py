"""What is said of one case: why it cannot move, and what is worth knowing when it does."""

from dataclasses import dataclass

from workflow_runtime.diagram.model import Node
from workflow_runtime.engine.places import Marking
from workflow_runtime.errors import Text


@dataclass(frozen=True)
class Reason:
    """Why a case cannot move, or what changes for it; `code` is stable, `element` the id in the old version (may be empty)."""

    code: str
    element: str
    message: Text


@dataclass(frozen=True)
class Stand:
    """A token with the element where it stands in the old version and in the new."""

    token: str
    old: Node
    new: Node


@dataclass(frozen=True)
class JobFacts:
    """What counts of an open job."""

    handler: str
    started: bool


@dataclass(frozen=True)
class Verdict:
    """One case, or all cases that stand alike. `marking` is where the tokens stand in the new version; None when the case stays.

    `tasks` and `jobs` are the user tasks and service tasks that wait; `anew` the tokens of jobs that begin anew.
    """

    reasons: tuple[Reason, ...]
    notices: tuple[Reason, ...]
    marking: Marking | None
    tasks: tuple[Stand, ...] = ()
    jobs: tuple[Stand, ...] = ()
    anew: frozenset[str] = frozenset()
