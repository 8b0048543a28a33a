"""How `crane lint` tells what it found: folded for people, whole for programs, SARIF for code review."""

import json

from web.cli.output import print_findings
from web.cli.sarif import sarif
from workflow_runtime.errors import Finding, Text


def finding(code="LANE_MISSING", element="u", line=7, severity="error"):
    return Finding(code, "流程.bpmn", element, line, Text("为什么", "why"), Text("怎么办", "what to do"), severity)


def test_many_alike_are_folded_on_the_terminal(capsys):
    """The first three in full, then how many more and where; others are not touched."""
    print_findings([finding(element=f"u{n}", line=n) for n in range(60)] + [finding("DEAD_END")])
    said = capsys.readouterr().out
    assert said.count("why") == 4
    assert "and 57 more LANE_MISSING (u3:3, u4:4" in said
    assert "DEAD_END" in said


def test_four_alike_are_not_folded(capsys):
    print_findings([finding(element=f"u{n}") for n in range(4)])
    assert capsys.readouterr().out.count("why") == 4


def test_sarif_names_rule_file_line_element_and_cure():
    """One rule a code with help, one result a finding, warnings as warnings; addresses are URIs."""
    log = json.loads(
        json.dumps(
            sarif([finding(), finding("NAME_MISSING", severity="warning"), finding(line=0, element="")], {"流程.bpmn": "bpmn/流程.bpmn"})
        )
    )
    [run] = log["runs"]
    assert (log["version"], [rule["id"] for rule in run["tool"]["driver"]["rules"]]) == ("2.1.0", ["LANE_MISSING", "NAME_MISSING"])
    assert run["tool"]["driver"]["rules"][0]["help"]["text"] == "怎么办 / what to do"
    first, second, whole = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"], second["level"]) == ("LANE_MISSING", 0, "error", "warning")
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 7}
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bpmn/%E6%B5%81%E7%A8%8B.bpmn"
    assert first["locations"][0]["logicalLocations"][0]["name"] == "u"
    assert "what to do" in first["message"]["text"]
    assert "region" not in whole["locations"][0]["physicalLocation"]


def test_nothing_found_is_an_empty_run():
    assert sarif([], {})["runs"][0]["results"] == []
