"""The decision tables that come with the product: their cases hold and reach every rule, and they fit forms, handlers and each other."""

import re
from pathlib import Path

import pytest

from registry.decided import category, limit_years, materials, severities
from registry.rules import FORM_RULES
from workflow_runtime.decisions import read_decisions
from workflow_runtime.decisions.cases import read_cases, run_cases
from workflow_runtime.forms import read_form

ROOT = Path(__file__).parent.parent
DECISIONS = {d.id: d for path in sorted((ROOT / "bpmn").glob("*.dmn")) for d in read_decisions(path.name, path.read_bytes())[0]}
MACHINES = [{"category": kind, "purpose": purpose, "made_on": "2026-01-01"} for kind in "TSW" for purpose in ("rent", "own")]


@pytest.mark.parametrize("name", DECISIONS)
def test_the_cases_of_a_table_hold_and_reach_every_rule(name):
    path = ROOT / "bpmn" / "cases" / f"{name}.csv"
    outcome = run_cases(DECISIONS[name], read_cases(DECISIONS[name], path.name, path.read_bytes()))
    assert list(outcome.differences) == []
    assert list(outcome.unhit) == []


def decided(name, apply, **more):
    return DECISIONS[name].decide({"apply": apply, "case": {"business": "new_filing", "today": "2026-03-02"}, **more})


@pytest.mark.parametrize("business", ["new_filing", "reissue", "change"])
def test_every_finding_of_the_precheck_has_its_row(business):
    """So an analyst finds all of them in the table; those of materials are graded where the materials are listed."""
    said = severities(DECISIONS["precheck_severities"].decide({"case": {"business": business}}))
    source = (ROOT / "registry" / "findings.py").read_text(encoding="utf-8")
    raised = dict(re.findall(r'PrecheckFinding\(\s*"([A-Z_]+)", "(block|warn)"', source))
    authority = dict.fromkeys(re.findall(r'Precondition\(\s*"(\w+)"', (ROOT / "registry" / "authorities.py").read_text(encoding="utf-8")))
    raised |= {f"AUTHORITY_{key.upper()}": "warn" for key in authority}
    raised.pop("SAFETY_ASSESSMENT_MISSING")
    assert said == raised


@pytest.mark.parametrize("apply", MACHINES)
def test_the_form_requires_no_material_that_the_table_does_not(apply):
    """The table decides; a form that insisted on more would contradict it."""
    form, _ = read_form("apply.form", (ROOT / "forms" / "apply.form").read_bytes(), FORM_RULES)
    needed = materials(decided("required_attachments", apply, service_life=decided("service_life", apply)))
    files = {field.path[0]: field.required for field in form.fields if field.kind == "file"}
    assert {name for name, required in files.items() if required} <= {m.field for m in needed if m.severity == "block"}
    assert {m.field for m in needed} <= set(files)


def test_every_category_of_the_form_has_a_letter_and_a_service_life():
    for machine in MACHINES:
        assert category(decided("number_letters", machine), machine["category"]) is not None
        assert limit_years(decided("service_life", machine)) is None
        assert (
            limit_years(decided("service_life", {**machine, "rated_moment": 700, "drive": "SC"}))
            == {"T": 15, "S": 8, "W": None}[machine["category"]]
        )
