"""Broken diagrams: each is refused with the code and the element that an analyst needs."""

import re
from pathlib import Path

import pytest
from broken_flows import FLOWS
from broken_judgement import JUDGEMENTS
from broken_meanings import MEANINGS
from broken_shapes import SHAPES
from deployment import findings, parts

from workflow_runtime.diagram import contract
from workflow_runtime.diagram.contract import FLOW_RULES, RULES, WHEN_FLOWS_ARE_SOUND
from workflow_runtime.diagram.contract.codes import CODES
from workflow_runtime.diagram.contract.subject import Subject

BROKEN = SHAPES | FLOWS | MEANINGS | JUDGEMENTS
WARNINGS = frozenset(
    {
        "NAME_MISSING",
        "CONDITION_UNUSED",
        "SPLIT_NOT_JOINED",
        "PROPERTY_UNKNOWN",
        "TIMER_FIRES_ONCE",
        "OUTCOME_UNREAD",
        "VARIABLE_SHARED",
        "START_WITHOUT_LANE",
        "MESSAGE_NEVER_SENT",
        "CONDITION_CONSTANT",
        "GATEWAY_UNDECIDED",
        "WAITS_FOREVER",
        "TIMER_PILES_UP",
        "ID_NOT_ASCII",
    }
)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_diagram_is_named_by_code_and_element(broken):
    """The finding has a line, a reason and a cure, in both languages; what is merely odd is a warning."""
    code, element, *files = broken
    found = {(f.code, f.element): f for f in findings(*files)}
    assert (code, element) in found
    finding = found[code, element]
    assert finding.line > 1
    assert all((*finding.message, *finding.cure))
    assert finding.severity == ("warning" if code in WARNINGS else "error")


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_one_fault_is_not_drowned_in_consequences(broken):
    """A diagram with one fault gets few findings."""
    _, _, *files = broken
    assert len(findings(*files)) <= 6


@pytest.mark.parametrize("rule", [*FLOW_RULES, *RULES, *WHEN_FLOWS_ARE_SOUND], ids=lambda rule: f"{rule.__module__}.{rule.__name__}")
def test_without_this_rule_a_broken_diagram_would_pass(rule):
    """Every rule is the only one to give some code that a broken diagram is expected to get."""
    expected = {code for code, *_ in BROKEN.values()}
    for _, _, *files in BROKEN.values():
        deployed, _ = parts(*files)
        for process in deployed.processes.values():
            if expected & {finding.code for finding in rule(Subject(process, deployed))}:
                return
    raise AssertionError("no diagram needs this rule")


ELSEWHERE = frozenset(
    {"FILE_OVERVIEW", "FILE_NAME", "UNKNOWN_FILE", "DEFINED_TWICE", "LEFT_OUT", "DIALECT_READ", "DIALECT_UNSUPPORTED", "TOKENS_UNCHECKED"}
    | {"XML_INVALID", "XML_DOCTYPE", "XML_TOO_LARGE", "XML_TOO_DEEP", "NOT_BPMN", "NO_PROCESS", "PROCESS_TOO_LARGE"}
)
"""Codes of whole files and of several: their examples are hostile, foreign and deployed files (test_contract_hostile, test_foreign_files, …)."""


def test_every_code_has_a_description_and_an_example():
    """No code is told that the list of codes does not explain, and none is explained for which no diagram stands."""
    shown = {code for code, *_ in BROKEN.values()}
    assert shown - set(CODES) == set()
    assert set(CODES) - shown == ELSEWHERE


def test_every_code_in_the_source_is_in_the_list():
    folder = Path(contract.__file__).parents[2]
    written = set()
    for file in [*folder.glob("diagram/**/*.py"), folder / "checking.py", folder / "overview.py", folder / "bundles.py"]:
        text = file.read_text(encoding="utf-8")
        written |= set(re.findall(r'(?:error|warning|Finding|_bad_id|_note)\(\s*(?:subject, )?"([A-Z]+(?:_[A-Z]+)*)"', text))
    assert len(written) > 50
    assert written - set(CODES) == set()


def test_there_are_enough_broken_diagrams():
    assert len(BROKEN) >= 220
