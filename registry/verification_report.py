"""What the verification of a sealed file found, and its checks in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from registry.certificates import Certificate
from registry.sealed_ofd.comparison import IDENTIFIER_LABEL
from registry.sealed_ofd.findings import Step
from registry.sealed_ofd.problems import CHECKS, PROBLEMS
from registry.sealed_ofd.verdict import OF_FILE, SealFacts, Verdict
from workflow_runtime.errors import NO_REMEDY, Text


@dataclass(frozen=True)
class Verification:
    """Every check of a file, its seals, and the issued certificate that it says to be; None when the books know none, or were not asked.

    `number` and `identifier` are the file's own words, "" where it has none.
    """

    steps: Sequence[Step]
    seals: Sequence[SealFacts]
    number: str
    identifier: str
    certificate: Certificate | None = None

    @classmethod
    def alone(cls, verdict: Verdict) -> "Verification":
        """What a file says without the books."""
        return cls(verdict.steps, verdict.seals, verdict.custom.get("编号", ""), verdict.custom.get(IDENTIFIER_LABEL, ""))

    @property
    def ok(self) -> bool:
        """Whether every check was made and held."""
        return all(step.ok for step in self.steps)

    @property
    def for_anybody(self) -> "Verification":
        """What anybody may be told. Of a file that is not ours to the last byte, nothing that the books know: else whoever makes files learned it."""
        if any(step.check == "digest" and step.ok for step in self.steps):
            return self
        return replace(self, steps=[step for step in self.steps if step.check in OF_FILE], certificate=None)


@dataclass(frozen=True)
class Check:
    """One check, and whether it held, None when an earlier failure kept it from being made; what was wrong, what to do, what was found."""

    about: Text
    ok: bool | None
    problem: Text = NO_REMEDY
    remedy: Text = NO_REMEDY
    detail: str = ""


def told_checks(report: Mapping[str, Any] | None) -> Sequence[Check]:
    """The checks of a report in their order; words that this version does not know are told as they are."""
    return [told_check(Step(**{"problem": "", "detail": "", **each})) for each in (report or {}).get("checks", ())]


def told_check(step: Step) -> Check:
    """One check in words."""
    name, code = step.check, step.problem
    problem = PROBLEMS.get(code)
    words = (problem.message, problem.remedy) if problem is not None else (Text(code, code), NO_REMEDY)
    return Check(CHECKS.get(name, Text(name, name)), step.ok, *words, step.detail)
