"""Migrating in bulk: a batch is begun with a reason, each of its cases moves in a transaction of its own, and the batch can be taken back.

A batch that was interrupted goes on where it stopped: moving a case and noting that it was moved are one commit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from workflow_runtime.actors import Actor
from workflow_runtime.audit import Details
from workflow_runtime.deployment import ANALYST, STREAM
from workflow_runtime.errors import Text
from workflow_runtime.guards import ADMINISTRATOR, ensure_role, not_found, reason_given
from workflow_runtime.migration.chosen import ensure_cases, ensure_mapped
from workflow_runtime.migration.mapping import ElementMap
from workflow_runtime.migration.moving import Outcome, by_itself, move_case
from workflow_runtime.migration.planning import Planner
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.store.rows import BatchRow

AT_ONCE = 100
"""Cases between two notes of how far the batch has come."""

MOST_AT_ONCE = 500
"""Cases that one request of a page or a program moves: some seconds; the next request goes on."""

PAGE = 20


@dataclass(frozen=True)
class BatchView:
    """A batch: how many cases it has moved, how many of them were brought back, how many it has not looked at yet."""

    batch: BatchRow
    moved: int
    undone: int
    left: int


def begin_migration(
    uow: UnitOfWork,
    actor: Actor,
    business: str,
    bundle_id: str,
    mapping: ElementMap,
    reason: str,
    numbers: Sequence[str] | None = None,
) -> BatchRow:
    """Begin a batch, or go on with one of the same business, version, map and cases that was interrupted.

    Raises NotAllowed, NotFound (version), Invalid (reason, map, numbers).
    """
    ensure_role(actor, ANALYST, ADMINISTRATOR)
    reason = reason_given(reason, needed=True)
    new = uow.bundle(bundle_id)
    if new.business != business:
        raise not_found(Text(f"业务 {business[:64]} 的版本 {bundle_id[:12]} ", f"Version {bundle_id[:12]} of {business[:64]}"))
    ensure_cases(uow, business, numbers)
    ensure_mapped(uow, mapping, [new], numbers)
    wanted = (bundle_id, dict(mapping.pairs), None if numbers is None else sorted(numbers))
    for earlier in uow.batches.unfinished(business):
        if (earlier.bundle_id, earlier.mapping, earlier.numbers) == wanted:
            return earlier
    batch = uow.batches.add(BatchRow(0, business, *wanted, reason, uow.now, actor.id, actor.name))
    details: Details = {"batch": batch.id, "to": bundle_id, "mapping": dict(mapping.pairs)}
    uow.audit.record(STREAM, actor, "migration.begun", business, details, reason)
    return batch


def run_batch(runtime: Runtime, actor: Actor, batch_id: int, limit: int | None = None) -> Iterator[Outcome]:
    """Move the batch's cases (at most `limit` of them now), each in a transaction of its own; one outcome a case.

    Each case is looked at anew under its lock: one that has moved on since the forecast is planned as it stands. Raises NotAllowed,
    NotFound, Unavailable; what was moved until then stays moved, and calling again goes on.
    """
    ensure_role(actor, ANALYST, ADMINISTRATOR)
    done = 0
    with runtime.reading() as uow:
        batch = _batch(uow, batch_id)
        planner = Planner(uow.bundle(batch.bundle_id), ElementMap(batch.mapping))
    while batch.finished_at is None and (limit is None or done < limit):
        with runtime.reading() as uow:
            following = uow.batches.candidates(batch, AT_ONCE if limit is None else min(AT_ONCE, limit - done))
        for case_id in following:
            outcome = by_itself(runtime, case_id, partial(move_case, actor=actor, batch=batch, planner=planner, case_id=case_id))
            done += 1
            if outcome is not None:
                yield outcome
        with runtime.transaction() as uow:
            if following:
                uow.batches.advance(batch.id, following[-1])
            else:
                uow.batches.finish(batch.id, uow.now)
            # It may have been taken back meanwhile.
            batch = _batch(uow, batch.id)


def _batch(uow: UnitOfWork, batch_id: int) -> BatchRow:
    batch = uow.batches.get(batch_id)
    if batch is None:
        raise not_found(Text(f"迁移批次 {batch_id} ", f"Batch {batch_id}"))
    return batch


def batches(uow: UnitOfWork, actor: Actor, business: str | None = None, limit: int = PAGE) -> list[BatchView]:
    """The batches (of a business), the newest first. Raises NotAllowed."""
    ensure_role(actor, ANALYST, ADMINISTRATOR)
    return [BatchView(row, moved, undone, _left(uow, row)) for row, moved, undone in uow.batches.listed(limit, business)]


def _left(uow: UnitOfWork, row: BatchRow) -> int:
    return uow.batches.left(row) if row.finished_at is None else 0


def batch(uow: UnitOfWork, actor: Actor, batch_id: int) -> BatchRow:
    """One batch. Raises NotAllowed, NotFound."""
    ensure_role(actor, ANALYST, ADMINISTRATOR)
    return _batch(uow, batch_id)


Progress = Callable[[Outcome], None]
"""Told of every case."""


@dataclass(frozen=True)
class MigrationReport:
    """What a batch has done: cases moved, and those that stay with their reasons."""

    batch: BatchRow
    moved: int
    stayed: tuple[Outcome, ...]


def migrate(
    runtime: Runtime,
    actor: Actor,
    business: str,
    bundle_id: str,
    reason: str,
    *,
    mapping: ElementMap | None = None,
    numbers: Sequence[str] | None = None,
    limit: int | None = None,
    told: Progress = lambda outcome: None,
) -> MigrationReport:
    """Move the running cases of a business to a stored bundle (at most `limit` of them now), or go on with an interrupted batch.

    Raises NotAllowed, NotFound, Invalid, Unavailable.
    """
    with runtime.transaction() as uow:
        begun = begin_migration(uow, actor, business, bundle_id, mapping or ElementMap(), reason, numbers)
    moved, stayed = 0, []
    for outcome in run_batch(runtime, actor, begun.id, limit):
        told(outcome)
        moved += outcome.moved
        if not outcome.moved:
            stayed.append(outcome)
    with runtime.reading() as uow:
        return MigrationReport(_batch(uow, begun.id), moved, tuple(stayed))
