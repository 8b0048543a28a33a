"""A scenario as plain data: what happens to one case, and what is expected of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from workflow_runtime.handlers import Json

ANY = "…"
"""Stands in an expected path for any number of elements."""


@dataclass(frozen=True)
class Expected:
    """What should be so; what is None is not asked.

    `status` is the status word that is shown now, `statuses` every one from the beginning, in order (in the file both are `status`, one word or
    a list). `path` are the ids of the elements in the
    order of the visits, `…` for any. `ends` is the id of the end event that ended the case, or whether it has ended. `waits` are the elements
    where tokens wait (of boundary events nothing is said), `accepts` the messages that somebody waits for. `variables` are values by dotted
    name, `calls` the parameters that service tasks were called with last, by element.
    """

    status: str | None = None
    statuses: tuple[str, ...] | None = None
    path: tuple[str, ...] | None = None
    ends: str | bool | None = None
    waits: tuple[str, ...] | None = None
    accepts: tuple[str, ...] | None = None
    variables: Mapping[str, Json] = field(default_factory=dict)
    calls: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)


@dataclass(frozen=True)
class Complete:
    """A person completes a user task: the button (needless when there is one only), the opinion, the answers, those of other forms edited."""

    element: str
    outcome: str | None
    opinion: str
    answers: Mapping[str, Json]
    edits: Mapping[str, Mapping[str, Json]]


@dataclass(frozen=True)
class Result:
    """The handler of a service task answers."""

    element: str
    value: Json


@dataclass(frozen=True)
class Refusal:
    """The handler of a service task raises a business error; with `incident` it is one that no boundary event takes, and the task stays."""

    element: str
    code: str
    message: str
    incident: bool


@dataclass(frozen=True)
class Message:
    """A message about the case comes in; with `early` nobody need wait for it yet: it is kept."""

    name: str
    payload: Mapping[str, Json]
    early: bool


@dataclass(frozen=True)
class Wait:
    """Time passes: a duration, working days, an instant, `due` (with a distance), or `next`: until the next timer fires."""

    text: str


@dataclass(frozen=True)
class Check:
    """Something is so at this point of the scenario."""

    expected: Expected


Step = Complete | Result | Refusal | Message | Wait | Check


@dataclass(frozen=True)
class Scenario:
    """One case: where it begins, what happens, what is expected at the end.

    `results` are the handlers' answers whenever a token comes to a service task, by element id; those of `held` wait for a step of their own.
    `given` are variables that are there from the beginning. With `whole` every answer must be what the form would accept, nothing left out.
    """

    process: str
    name: str
    now: datetime
    case: Mapping[str, Json]
    given: Mapping[str, Json]
    start: Mapping[str, Json]
    results: Mapping[str, Json]
    held: frozenset[str]
    whole: bool
    steps: tuple[Step, ...]
    expected: Expected
