"""The migration forecast: of all running cases of a business, how many can move to a version, how many cannot, and why. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import Bundle
from workflow_runtime.deployment import ANALYST
from workflow_runtime.guards import ADMINISTRATOR, ensure_role
from workflow_runtime.migration import reasons
from workflow_runtime.migration.chosen import ensure_cases, ensure_mapped
from workflow_runtime.migration.mapping import ElementMap
from workflow_runtime.migration.planning import Plan, Planner
from workflow_runtime.migration.verdict import Reason
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.batches import RunningCase

SHOWN = 20
"""Case numbers that are told of each reason."""


@dataclass
class Group:
    """A reason with the cases that it holds for: how many, and the numbers of the first."""

    reason: Reason
    count: int = 0
    numbers: list[str] = field(default_factory=list)

    def take(self, number: str) -> None:
        """One case more."""
        self.count += 1
        if self.count <= SHOWN:
            self.numbers.append(number)


@dataclass(frozen=True)
class Forecast:
    """What a migration of a business to a bundle would do. `there`: cases that are on it already.

    `staying` are the reasons why cases cannot move (one case may have several), `changing` what changes for those that can.
    """

    business: str
    title: str
    bundle_id: str
    there: int
    movable: int
    stay: int
    staying: tuple[Group, ...]
    changing: tuple[Group, ...]

    @property
    def total(self) -> int:
        """Cases under way on other versions."""
        return self.movable + self.stay


def plan_migration(
    uow: UnitOfWork, actor: Actor, business: str, bundle_id: str, mapping: ElementMap | None = None, numbers: Sequence[str] | None = None
) -> Forecast:
    """The forecast for a stored bundle; of these cases only, if `numbers` are given. Raises NotAllowed, NotFound, Invalid (map, numbers)."""
    ensure_role(actor, ANALYST, ADMINISTRATOR)
    new, wanted = uow.bundle(bundle_id), mapping or ElementMap()
    ensure_cases(uow, business, numbers)
    ensure_mapped(uow, wanted, [new], numbers)
    return forecast(uow, new, wanted, numbers)


def forecast(uow: UnitOfWork, new: Bundle, mapping: ElementMap, numbers: Sequence[str] | None = None) -> Forecast:
    """The forecast for a bundle that need not be stored yet."""
    planner = Planner(new, mapping)
    jobs = uow.batches.open_jobs(new.business)
    movable, stay = 0, 0
    staying: dict[Reason, Group] = {}
    changing: dict[Reason, Group] = {}
    asking: dict[frozenset[str], list[RunningCase]] = {}
    for case in uow.batches.running(new.business, new.id, numbers):
        plan = planner.plan(uow, case.bundle_id, case.tokens, case.parties, jobs.get(case.id, ()), alike=True)
        movable, stay = (movable + 1, stay) if plan.moves else (movable, stay + 1)
        _count(changing if plan.moves else staying, plan, case.number)
        if missing := planner.missing(uow, case.bundle_id, plan):
            asking.setdefault(missing, []).append(case)
    for names, cases in asking.items():
        _count_missing(uow, changing, names, cases)
    there = uow.batches.on_bundle(new.business, new.id)
    return Forecast(new.business, new.process.name, new.id, there, movable, stay, _largest(staying), _largest(changing))


def _count(groups: dict[Reason, Group], plan: Plan, number: str) -> None:
    for reason in plan.verdict.notices if plan.moves else plan.verdict.reasons:
        groups.setdefault(reason, Group(reason)).take(number)


def _count_missing(uow: UnitOfWork, groups: dict[Reason, Group], names: frozenset[str], cases: Sequence[RunningCase]) -> None:
    numbers = {case.id: case.number for case in cases}
    for case_id, variables in uow.batches.variables(list(numbers)):
        for name in sorted(names - variables.keys()):
            reason = reasons.variable_missing(name)
            groups.setdefault(reason, Group(reason)).take(numbers[case_id])


def _largest(groups: dict[Reason, Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups.values(), key=lambda group: -group.count))
