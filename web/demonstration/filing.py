"""Runs a filing the way people do: each acts when a task is waiting for him, everybody else waits."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from web.demonstration.papers import pdf
from workflow_runtime import cases, inbox, queries, uploads
from workflow_runtime.actors import Actor
from workflow_runtime.errors import Failure, Text
from workflow_runtime.queries import TimelineEntry
from workflow_runtime.runtime import Runtime

PAPERS = {
    "business_licence": "business licence",
    "manufacturing_licence": "manufacturing licence",
    "product_certificate": "product certificate",
    "supervision_certificate": "supervision certificate",
    "purchase_proof": "invoice",
}
"""The materials of 建质〔2008〕76号 article 6 (一)–(五), by the form's fields."""

OLD_PAPER = {"paper_certificate": "paper certificate"}
"""What a reissue asks for besides."""

LOOK_AGAIN = 0.02
"""Seconds between two looks at a case that is on its way."""


@dataclass(frozen=True)
class Move:
    """What somebody does when a task of this element waits: the button, the opinion, the form's answers.

    `corrected`: the task asks for the application anew; these of its answers differ from the first ones.
    """

    actor: Actor
    outcome: str | None = None
    opinion: str = ""
    corrected: Mapping[str, Any] | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


class Stuck(Failure):
    """A demonstration case did not come to its end in time."""

    code = "DEMONSTRATION_STUCK"


def with_papers(runtime: Runtime, owner: Actor, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with a freshly uploaded paper in each file field."""
    result = dict(answers)
    for name, title in (PAPERS | OLD_PAPER if "old_number" in answers else PAPERS).items():
        with runtime.transaction() as uow:
            row = uploads.upload(uow, owner, f"{name}.pdf", pdf(title))
        result[name] = [{"id": row.id}]
    return result


def run_filing(
    runtime: Runtime,
    business: str,
    owner: Actor,
    answers: Mapping[str, Any],
    moves: Mapping[str, list[Move]],
    tell: Callable[[TimelineEntry], None],
    *,
    watcher: Actor | None = None,
    seconds: float = 60.0,
) -> str:
    """Start a case and act for everybody until it has ended; returns its number. `tell` gets each step as it happens, as
    `watcher` (the owner, if nobody is named) may read it.

    `moves` says what happens when a user task waits, by element id, in order of its rounds. Raises Stuck.
    """
    given = with_papers(runtime, owner, answers)
    with runtime.transaction() as uow:
        number = cases.start(uow, business, owner, given).number
    left = {element: list(each) for element, each in moves.items()}
    told, deadline = 0, time.monotonic() + seconds
    while True:
        with runtime.reading() as uow:
            entries = queries.timeline(uow, watcher or owner, number)
            case = queries.visible_case(uow, owner, number)
        for entry in entries[told:]:
            tell(entry)
        told = len(entries)
        if case.state != "running":
            return number
        if not _act(runtime, number, left, given):
            if time.monotonic() > deadline:
                raise Stuck(
                    Text(f"案件 {number} 停在“{case.status}”。", f"Case {number} has stopped at “{case.status}”."),
                    Text("请用 crane case 和 crane incidents 查看原因。", "See `crane case` and `crane incidents`."),
                )
            time.sleep(LOOK_AGAIN)


def _act(runtime: Runtime, number: str, moves: dict[str, list[Move]], answers: Mapping[str, Any]) -> bool:
    """Do the next move whose task waits; False when nothing waits for anybody."""
    with runtime.reading() as uow:
        row = uow.cases.by_number(number)
        waiting = [] if row is None else uow.tasks.of_case(row.id, only_open=True)
    for task in waiting:
        if moves.get(task.element):
            move = moves[task.element].pop(0)
            given = {**answers, **move.corrected} if move.corrected is not None else dict(move.answers)
            with runtime.transaction() as uow:
                inbox.complete(uow, task.id, move.actor, given, task.revision, outcome=move.outcome, opinion=move.opinion)
            return True
    return False
