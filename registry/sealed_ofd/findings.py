"""What the checks of a file found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from registry.sealed_ofd.archive import printable
from registry.sealed_ofd.problems import CHECKS, PROBLEMS


@dataclass(frozen=True)
class Step:
    """One check: whether it held, None when an earlier failure kept it from being made; the problem's code, and what was found."""

    check: str
    ok: bool | None
    problem: str = ""
    detail: str = ""


class Findings:
    """Checks that were made, and the first problem of each."""

    def __init__(self) -> None:
        self._made: dict[str, Step] = {}
        self._without: set[str] = set()

    def has_none(self, check: str) -> None:
        """The file has nothing that this check is about."""
        self._without.add(check)

    def made(self, *checks: str) -> None:
        """These checks were made; they hold unless they fail."""
        for check in checks:
            self._made.setdefault(check, Step(check, True))

    def fails(self, code: str, detail: str = "") -> None:
        """The check that this problem is of does not hold; its first problem is kept."""
        check = PROBLEMS[code].check
        if (before := self._made.get(check)) is None or before.ok:
            self._made[check] = Step(check, False, code, printable(detail))

    def steps(self, checks: Sequence[str]) -> list[Step]:
        """These checks in their order."""
        steps = [self._made.get(check, Step(check, None)) for check in CHECKS if check in checks]
        return [step for step in steps if step.ok is False or step.check not in self._without]


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Steps in the order of `CHECKS`, a verifier's own ones at the end."""
    order = {check: place for place, check in enumerate(CHECKS)}
    return sorted(steps, key=lambda step: order.get(step.check, len(order)))
