"""Findings and warnings as a case keeps them: plain JSON with a code, a severity, a field, a sentence and a remedy in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.findings import PrecheckFinding
from tasks.platforms.national import Remark
from tasks.platforms.refusals import NATIONAL, explained
from workflow_runtime.errors import Text


def spoken(text: Text) -> dict[str, str]:
    """A sentence in both languages as JSON."""
    return {"zh": text.zh, "en": text.en}


@dataclass(frozen=True)
class Finding:
    """One remark; `severity` is `block` or `warn`, `field` the filing form's key or empty, `case` another case that it is about or empty."""

    code: str
    severity: str
    field: str
    message: Mapping[str, str]
    remedy: Mapping[str, str]
    case: str = ""


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: every finding at once; `blocked` when at least one of them blocks."""

    blocked: bool
    findings: Sequence[Finding]

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "Checked":
        """The outcome of these findings."""
        return cls(any(f.severity == "block" for f in findings), list(findings))


def from_precheck(finding: PrecheckFinding) -> Finding:
    """A finding of the books' own pre-check."""
    return Finding(finding.code, finding.severity, finding.field, spoken(finding.message), spoken(finding.remedy), finding.case)


def from_national(remark: Remark, severity: str) -> Finding:
    """An error or warning of the national platform in plain words; its code gets the prefix `NATIONAL_`."""
    told = explained(NATIONAL, remark.code, remark.said)
    code = f"NATIONAL_{remark.code or 'UNNAMED'}"
    return Finding(code, severity, told.field, spoken(told.message), spoken(told.remedy))
