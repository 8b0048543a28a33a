"""Failures and findings as documents: what `--json`, the interface and pages tell of them."""

from dataclasses import asdict
from typing import Any

from workflow_runtime.errors import Conflict, DiagramRefused, Failure, Finding, Invalid


def finding_document(finding: Finding) -> dict[str, Any]:
    """A finding with its two languages named."""
    return {**asdict(finding), "message": finding.message._asdict(), "cure": finding.cure._asdict()}


def failure_document(failure: Failure) -> dict[str, Any]:
    """Code, message and remedy; with every wrong field, or every finding."""
    told: dict[str, Any] = {"code": failure.code, "message": failure.message._asdict(), "remedy": failure.remedy._asdict()}
    if isinstance(failure, Conflict):
        told["who"], told["when"] = failure.who, failure.when.isoformat() if failure.when is not None else None
    if isinstance(failure, Invalid):
        told["fields"] = [{"field": f.field, "label": f.label, "message": f.message._asdict()} for f in failure.fields]
    if isinstance(failure, DiagramRefused):
        count = len(failure.findings)
        told["message"] = {"zh": f"流程图未部署，共 {count} 个问题。", "en": f"Not deployed, {count} finding(s)."}
        told["findings"] = [finding_document(f) for f in failure.findings]
    return told
