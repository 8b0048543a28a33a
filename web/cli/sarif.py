"""Findings as SARIF 2.1.0 (OASIS), the form in which code review and editors show what a checker found."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from workflow_runtime.diagram.contract.codes import about
from workflow_runtime.errors import Finding, Text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: Sequence[Finding], places: Mapping[str, str]) -> dict[str, Any]:
    """A log of one run: a rule for each code that was found, a result for each finding with its place and its cure.

    `places` says where a file lies, by its name: code review looks for it there.
    """
    codes = sorted({finding.code for finding in findings})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "crane lint", "language": "zh-CN", "rules": [_rule(code, findings) for code in codes]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, codes.index(finding.code), places.get(finding.file, finding.file)) for finding in findings],
            }
        ],
    }


def _rule(code: str, findings: Sequence[Finding]) -> dict[str, Any]:
    example = next(finding for finding in findings if finding.code == code)
    told = about(code)
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in code.split("_")),
        "shortDescription": {"text": _both(told)},
        "help": {"text": _both(example.cure)},
        "defaultConfiguration": {"level": _level(example)},
    }


def _result(finding: Finding, rule: int, place: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place)}}
    if finding.line > 0:
        physical["region"] = {"startLine": finding.line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.element:
        location["logicalLocations"] = [
            {"name": finding.element, "fullyQualifiedName": f"{finding.file}#{finding.element}", "kind": "element"}
        ]
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _level(finding),
        "message": {"text": f"{_both(finding.message)}\n{_both(finding.cure)}"},
        "locations": [location],
        "properties": {"message": finding.message._asdict(), "cure": finding.cure._asdict()},
    }


def _level(finding: Finding) -> str:
    return "error" if finding.severity == "error" else "warning"


def _both(text: Text) -> str:
    return f"{text.zh} / {text.en}"
