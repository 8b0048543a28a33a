"""Decision tables: cells as editors write them, hit policies, and what the deploy check finds."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timing import within

from workflow_runtime.decisions import Decision, read_decisions
from workflow_runtime.errors import Finding

DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def table(
    rules: Sequence[Sequence[str]],
    inputs: Sequence[str] = ("x",),
    outputs: Sequence[str] = ("y",),
    head: str = "",
    allowed: str = "",
    type_ref: str = "",
    results: str = "",
    id_: str = "d",
) -> str:
    """A decision element; every rule lists its input cells, then its output cells."""
    columns = "".join(
        f'<input id="i{n}" label="{escape(text)}"><inputExpression typeRef="{type_ref}"><text>{escape(text)}</text></inputExpression>'
        + (f"<inputValues><text>{escape(allowed)}</text></inputValues>" if allowed else "")
        + "</input>"
        for n, text in enumerate(inputs)
    )
    ends = "".join(
        f'<output name="{name}">' + (f"<outputValues><text>{escape(results)}</text></outputValues>" if results else "") + "</output>"
        for name in outputs
    )
    rows = "".join(f'\n<rule id="r{n}">{_cells(rule, len(inputs))}</rule>' for n, rule in enumerate(rules, start=1))
    return f'<decision id="{id_}" name="表"><decisionTable id="t" {head}>{columns}{ends}{rows}</decisionTable></decision>'


def _cells(rule: Sequence[str], inputs: int) -> str:
    kinds = ["inputEntry"] * inputs + ["outputEntry"] * (len(rule) - inputs)
    return "".join(f"<{kind}><text>{escape(cell)}</text></{kind}>" for kind, cell in zip(kinds, rule, strict=True))


def document(*decisions: str) -> bytes:
    body = "".join(decisions)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{DMN}" id="f" name="f">{body}</definitions>'.encode()


def read(*args: object, **kwargs: object) -> tuple[list[Decision], list[Finding]]:
    return read_decisions("life.dmn", document(table(*args, **kwargs)))  # type: ignore[arg-type]


def sound(*args: object, **kwargs: object) -> Decision:
    decisions, findings = read(*args, **kwargs)
    assert [finding for finding in findings if finding.severity == "error"] == []
    return decisions[0]


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


SERVICE_LIFE = [
    ['"T"', "< 630", "-", "10"],
    ['"T"', "[630..1250)", "-", "15"],
    ['"T"', ">= 1250", "-", "20"],
    ['"S"', "-", '"SC"', "8"],
    ['"S"', "-", '"SS"', "5"],
]


@pytest.mark.parametrize(
    ("kind", "moment", "drive", "years"),
    [
        ("T", 629.9, None, 10),
        ("T", 630, None, 15),
        ("T", 1249, "SC", 15),
        ("T", 1250, None, 20),
        ("S", None, "SC", 8),
        ("S", 1, "SS", 5),
        ("T", None, None, None),
        ("W", 630, "SC", None),
        (None, None, None, None),
    ],
)
def test_the_service_life_is_a_decision_table(kind, moment, drive, years):
    """JGJ/T 189-2009 3.0.2."""
    decision = sound(SERVICE_LIFE, ["apply.kind", "apply.moment", "apply.drive"], ["years"])
    assert decision.decide({"apply": {"kind": kind, "moment": moment, "drive": drive}}) == {"years": years}


@pytest.mark.parametrize(
    ("cell", "takes", "leaves"),
    [
        ("-", [1, "a", None, True, []], []),
        ("", [1, None], []),
        ('"T"', ["T"], ["S", 1, None, ["T"]]),
        ('"T","S"', ["T", "S"], ["W", None]),
        ('="T"', ["T"], ["S"]),
        ("5", [5, 5.0], [6, "5", True, None]),
        ("-5", [-5], [5]),
        ("1, 3, > 10", [1, 3, 11], [2, 10]),
        ("> 630", [630.1], [630, None, "700", True]),
        ("<= 5", [5, -1], [5.1, None]),
        ("[630..1250)", [630, 1249.9], [629, 1250]),
        ("[630..1250[", [630], [1250]),
        ("]630..1250[", [631], [630, 1250]),
        ("(630..1250]", [1250], [630]),
        ("[-5..-1.5]", [-5, -1.5], [-1]),
        ('not("T")', ["S"], ["T", None, 5]),
        ('not("T", "S")', ["W"], ["T", "S", None]),
        ("not(> 5)", [5], [6, None]),
        ("true", [True], [False, 1, None, "true"]),
        ("false", [False], [True, 0, None]),
        ("null", [None], [0, "", False]),
        ("not(null)", [1, "a"], [None]),
        ('< date("2020-01-01")', ["2019-12-31", "2019-12-31T08:00:00+08:00"], ["2020-01-01", "abc", "", None, 5]),
        ('[date("2020-01-01")..date("2020-12-31")]', ["2020-01-01", "2020-12-31"], ["2021-01-01", "2019-12-31"]),
        ('date("2020-01-01")', ["2020-01-01"], ["2020-01-02"]),
    ],
)
def test_a_cell_takes_and_leaves(cell, takes, leaves):
    decision = sound([[cell, "1"]], head='hitPolicy="FIRST"')
    assert [value for value in takes if decision.rule({"x": value}) != (1,)] == []
    assert [value for value in leaves if decision.rule({"x": value}) != ()] == []


@pytest.mark.parametrize(
    "cell",
    ["T", "x > 5", "> x", '> "a"', "< true", "[5..1]", "[1..2", "[1,2]", "[1..]", "not(1", "not 1", "1,", "..", "${x}", "len(1)", "1 + 1", "> null",
     'date("2020-02-30")', 'date("x")', "“T”", "> 5 and < 9", "((1..2))", "9" * 3000, "(" * 100],
)  # fmt: skip
def test_a_cell_outside_the_grammar_is_found_with_rule_and_line(cell):
    decisions, findings = read([["1", "1"], [cell, "2"]])
    assert decisions == []
    assert codes(findings) == ["DECISION_CELL"]
    assert "规则 2" in findings[0].message.zh
    assert findings[0].line == 4
    assert findings[0].cure.zh


def test_every_error_is_told_at_once():
    decisions, findings = read([["T", "1 +"], ["x", "2"]], inputs=["a b"])
    assert decisions == []
    assert codes(findings) == ["DECISION_CELL"] * 4


def test_first_takes_the_first_rule_that_applies():
    decision = sound([["> 5", '"big"'], ["-", '"small"']], head='hitPolicy="FIRST"')
    assert decision.decide({"x": 6}) == {"y": "big"}
    assert decision.decide({"x": 5}) == {"y": "small"}
    assert decision.rule({"x": 6}) == (1,)


def test_a_unique_table_without_a_rule_for_the_input_gives_null_outputs():
    decision = sound([["1", '"a"', "true"]], outputs=["y", "z"])
    assert decision.decide({"x": 1}) == {"y": "a", "z": True}
    assert decision.decide({"x": 2}) == {"y": None, "z": None}


def test_collect_lists_what_applies_in_the_order_of_the_rules():
    decision = sound([["> 1", '"a"'], ["> 2", '"b"'], ["> 9", '"c"']], head='hitPolicy="COLLECT"')
    assert decision.decide({"x": 3}) == [{"y": "a"}, {"y": "b"}]
    assert decision.rule({"x": 3}) == (1, 2)
    assert decision.decide({}) == []


@pytest.mark.parametrize(
    ("aggregation", "of_three", "of_nothing"), [("SUM", 7.5, None), ("MIN", 1, None), ("MAX", 4, None), ("COUNT", 3, 0)]
)
def test_collect_can_aggregate(aggregation, of_three, of_nothing):
    decision = sound([["> 1", "2.5"], ["> 2", "4"], ["> 0", "1"]], head=f'hitPolicy="COLLECT" aggregation="{aggregation}"')
    assert decision.decide({"x": 3}) == {"y": of_three}
    assert decision.decide({"x": 0}) == {"y": of_nothing}


@pytest.mark.parametrize("aggregation", ["SUM", "MIN", "MAX"])
def test_what_is_no_number_cannot_be_aggregated(aggregation):
    decision = sound([["-", "1"], ["-", '"a"']], head=f'hitPolicy="COLLECT" aggregation="{aggregation}"')
    assert decision.decide({}) == {"y": None}


def test_inputs_and_outputs_are_expressions():
    decision = sound([["> 10", "apply.made", "-"]], inputs=["years_between(apply.made, case.opened)"], outputs=["since", "none"])
    variables = {"apply": {"made": "2010-01-01"}, "case": {"opened": "2026-01-01T00:00:00+08:00"}}
    assert decision.decide(variables) == {"since": "2010-01-01", "none": None}
    assert decision.names == {"apply.made", "case.opened"}
    assert [expression.text for expression in decision.inputs] == ["years_between(apply.made, case.opened)"]
    assert (decision.id, decision.name, decision.outputs) == ("d", "表", ("since", "none"))


@pytest.mark.parametrize(
    ("cells", "example"),
    [
        (["<= 630", ">= 630"], "x = 630"),
        (["[1..5]", "(4..9]"], "x = 5"),
        (['"T"', '"S","T"'], 'x = "T"'),
        (["-", "5"], "x = 5"),
        (['not("T")', 'not("S")'], 'x = "…"'),
        (["true", "true"], "x = true"),
        (["null", "null"], "x = null"),
        (["-", "null"], "x = null"),
        (['< date("2020-01-02")', '>= date("2020-01-01")'], "x = 2020-01-01"),
        (["not(1)", "2"], "x = 2"),
        (["> 5", 'not("T")'], "x = 6"),
        (["(1..2)", "(1..3]"], "x = 1.5"),
    ],
)
def test_overlapping_rules_of_a_unique_table_are_refused_with_an_example(cells, example):
    decisions, findings = read([[cell, str(n)] for n, cell in enumerate(cells)])
    assert decisions == []
    overlap = next(finding for finding in findings if finding.code == "DECISION_OVERLAP")
    assert overlap.severity == "error"
    assert "rules 1 and 2" in overlap.message.en
    assert overlap.message.en.endswith(example)
    assert (overlap.element, overlap.line) == ("r2", 4)


@pytest.mark.parametrize(
    "cells",
    [["< 630", ">= 630"], ["[1..5)", "[5..9]"], ['"T"', 'not("T")'], ["true", "false"], ["1", "null"], ['not("T")', "null"], ["1", '"1"', "true"]],
)  # fmt: skip
def test_rules_that_do_not_meet_are_taken(cells):
    assert sound([[cell, str(n)] for n, cell in enumerate(cells)])


def test_rules_overlap_only_if_they_do_in_every_column():
    assert codes(read([["1", "1", "0"], ["1", "2", "0"]], inputs=["a", "b"])[1]) == ["DECISION_GAP"]
    assert "DECISION_OVERLAP" in codes(read([["1", "1", "0"], ["1", "-", "0"]], inputs=["a", "b"])[1])


def test_without_inputs_two_rules_overlap():
    assert codes(read([["1"], ["2"]], inputs=[])[1]) == ["DECISION_OVERLAP"]


@pytest.mark.parametrize(
    ("cells", "example"),
    [
        (["< 630", "> 630"], "x = 630"),
        (["[1..5]", "> 5"], "x = 0"),
        (["< 1", "[1..5]", "> 6"], "x = 6"),
        (['"T"'], 'x = "…"'),
        (["true"], "x = false"),
        (['<= date("2020-01-01")', '> date("2020-01-02")'], "x = 2020-01-02"),
    ],
)
def test_a_gap_is_a_warning_with_an_example(cells, example):
    decisions, findings = read([[cell, "0"] for cell in cells])
    assert len(decisions) == 1
    assert codes(findings) == ["DECISION_GAP"]
    assert findings[0].severity == "warning"
    assert findings[0].message.en.endswith(example)


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        (["< 630", ">= 630"], {}),
        (["-"], {}),
        (['"T"', 'not("T")'], {}),
        (["true", "false"], {}),
        (['"T"', '"S"'], {"allowed": '"T","S"'}),
        (["[0..5]", "(5..9]"], {"allowed": "[0..9]"}),
        (["<= 5", ">= 6"], {"type_ref": "integer"}),
        (["<= 5", ">= 6"], {"type_ref": "feel:integer"}),
        (["null", "not(null)"], {}),
    ],
)
def test_a_complete_table_has_no_findings(cells, options):
    decisions, findings = read([[cell, "0"] for cell in cells], **options)
    assert len(decisions) == 1
    assert findings == []


def test_a_gap_is_found_across_columns():
    _, findings = read([["true", "-", "0"], ["false", "< 5", "0"]], inputs=["a", "b"])
    assert codes(findings) == ["DECISION_GAP"]
    assert "a = false, b = 5" in findings[0].message.en


def test_a_value_that_is_not_allowed_is_read_as_null():
    decision = sound([['"T"', "1"], ['not("T")', "2"], ["null", "3"]], allowed='"T","S"')
    assert [decision.decide({"x": value}) for value in ("T", "S", "W", 5)] == [{"y": 1}, {"y": 2}, {"y": 3}, {"y": 3}]


def test_a_fraction_among_whole_numbers_is_read_as_null():
    decision = sound([["< 6", "1"], ["> 5", "2"]], type_ref="integer")
    assert [decision.decide({"x": value}) for value in (5, 6.0, 5.5)] == [{"y": 1}, {"y": 2}, {"y": None}]


@pytest.mark.parametrize(
    ("cell", "options"),
    [('"W"', {"allowed": '"T","S"'}), ("(5..5)", {}), ("(5..6)", {"type_ref": "integer"}), ("> 9", {"allowed": "[0..9]"})],
)
def test_a_rule_that_can_never_apply_is_refused(cell, options):
    decisions, findings = read([[cell, "0"]], head='hitPolicy="FIRST"', **options)
    assert decisions == []
    assert codes(findings) == ["DECISION_DEAD_RULE"]


def test_an_output_that_is_not_allowed_is_refused():
    assert sound([["-", '"warn"']], results='"warn","block"')
    assert codes(read([["-", '"wran"']], results='"warn","block"')[1]) == ["DECISION_CELL"]


@pytest.mark.parametrize("policy", ["ANY", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "nonsense"])
def test_other_hit_policies_are_refused_by_name(policy):
    decisions, findings = read([["-", "1"]], head=f'hitPolicy="{policy}"')
    assert decisions == []
    assert codes(findings) == ["DECISION_POLICY"]
    assert policy in findings[0].message.zh


@pytest.mark.parametrize("head", ['aggregation="SUM"', 'hitPolicy="COLLECT" aggregation="AVG"', 'hitPolicy="FIRST" aggregation="MIN"'])
def test_an_aggregation_that_does_not_fit_is_refused(head):
    assert codes(read([["-", "1"]], head=head)[1]) == ["DECISION_POLICY"]


def test_several_outputs_cannot_be_aggregated():
    assert codes(read([["-", "1", "2"]], outputs=["a", "b"], head='hitPolicy="COLLECT" aggregation="SUM"')[1]) == ["DECISION_UNSUPPORTED"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('<decision id="d"', "<decision", "DECISION_ID"),
        ('name="y"', 'name=""', "DECISION_OUTPUT"),
        ('name="y"', 'name="a b"', "DECISION_OUTPUT"),
        ('<output name="y"></output>', '<output name="y"/><output name="y"/>', "DECISION_OUTPUT"),
        ('<output name="y"></output>', "", "DECISION_OUTPUT"),
        ("<outputEntry>", "<outputEntry><text>1</text></outputEntry><outputEntry>", "DECISION_SHAPE"),
        ('<output name="y">', '<output name="y"><defaultOutputEntry><text>1</text></defaultOutputEntry>', "DECISION_UNSUPPORTED"),
        ("<decisionTable ", '<informationRequirement><requiredDecision href="#e"/></informationRequirement><decisionTable ', "DECISION_UNSUPPORTED"),
        ("decisionTable", "literalExpression", "DECISION_UNSUPPORTED"),
        ("decision ", "knowledge ", "DECISION_MISSING"),
        ("<text>x</text>", "", "DECISION_CELL"),
        (DMN, "http://www.omg.org/spec/BPMN/20100524/MODEL", "DECISION_FILE"),
        ("<definitions", "<definitions", ""),
    ],
)  # fmt: skip
def test_what_a_file_may_not_have(old, new, code):
    text = document(table([["-", "1"]])).decode().replace(old, new)
    if "knowledge" in new:
        text = text.replace("</decision>", "</knowledge>")
    decisions, findings = read_decisions("life.dmn", text.encode())
    assert bool(decisions) is (code == "")
    assert code in codes(findings) or not code
    assert all(finding.file == "life.dmn" and finding.message.zh and finding.cure.en for finding in findings)


def test_a_table_without_rules_is_refused():
    assert codes(read([])[1]) == ["DECISION_EMPTY"]


def test_a_file_may_hold_several_decisions_with_ids_of_their_own():
    one, two = table([["-", "1"]], id_="one"), table([["-", "2"]], id_="two")
    decisions, findings = read_decisions("a.dmn", document(one, two))
    assert [decision.id for decision in decisions] == ["one", "two"]
    assert findings == []
    assert codes(read_decisions("a.dmn", document(one, one))[1]) == ["DECISION_REPEATED"]


def test_a_faulty_decision_does_not_hide_the_sound_one():
    decisions, findings = read_decisions("a.dmn", document(table([["T", "1"]], id_="bad"), table([["-", "1"]], id_="good")))
    assert [decision.id for decision in decisions] == ["good"]
    assert codes(findings) == ["DECISION_CELL"]


def test_comments_and_processing_instructions_do_not_count():
    text = document(table([["5", "1"]])).replace(b"<text>5</text>", b"<text><!-- five -->5<?five?></text>")
    text = text.replace(b"<output ", b"<!-- output --><?output?><output ")
    assert read_decisions("a.dmn", text)[0][0].rule({"x": 5}) == (1,)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x00\xff", b"<", b"plain", b"<a/>", b'<?xml version="1.0" encoding="klingon"?><a/>',
        b"<!DOCTYPE a><a/>",
        f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]><definitions xmlns="{DMN}">&l9;</definitions>'.encode(),
        f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]><definitions xmlns="{DMN}" name="&l9;"/>'.encode(),
        f'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/hostname">]><definitions xmlns="{DMN}">&f;</definitions>'.encode(),
        f'<!DOCTYPE d><definitions xmlns="{DMN}"/>'.encode("utf-16"),
        b"<a>" * 100_000,
        document(" " * 1_000_001), document(table([["1" + ",1" * 900, "0"]] * 60)),
    ],
)  # fmt: skip
def test_a_harmful_or_foreign_file_is_refused_fast(data):
    decisions, findings = within(1, lambda: read_decisions("evil.dmn", data))
    assert decisions == []
    assert codes(findings) == ["DECISION_FILE"]


def test_a_doctype_is_named():
    data = document(table([["-", "1"]])).replace(b"<definitions", b"<!DOCTYPE definitions>\n<definitions", 1)
    assert "DOCTYPE" in read_decisions("evil.dmn", data)[1][0].message.en


@pytest.mark.parametrize(
    ("rules", "inputs"),
    [
        ([[str(n), "0"] for n in range(3000)], 1),
        ([["-"] * 1500 + ["0"]], 1500),
        ([[",".join(map(str, range(n, n + 300))), "0"] for n in range(0, 9000, 300)], 1),
        ([[f"{'1' if n == m else '-'}" for m in range(60)] + ["0"] for n in range(60)], 60),
        ([[">= " + str((n * 7 + m) % 11) for m in range(30)] + ["0"] for n in range(60)], 30),
    ],
)
def test_the_check_of_a_huge_table_stays_within_bounds(rules, inputs):
    _, findings = within(5, lambda: read(rules, inputs=[f"x{n}" for n in range(inputs)]))
    assert set(codes(findings)) <= {"DECISION_UNCHECKED", "DECISION_OVERLAP", "DECISION_GAP"}
    assert len(findings) < 30


def test_a_table_too_large_to_check_is_deployed_with_a_warning():
    decisions, findings = read([[f">= {n}", "0"] for n in range(3000)])
    assert len(decisions) == 1
    assert [(finding.code, finding.severity) for finding in findings] == [("DECISION_UNCHECKED", "warning")]


def test_no_more_findings_are_told_than_anybody_reads():
    decisions, findings = read([["T", "1"]] * 2000)
    assert decisions == []
    assert len(findings) == 1000


def test_the_work_of_the_check_is_bounded_for_the_whole_file():
    one = [[f">= {n}", str(n), "0"] for n in range(500)]
    decisions, findings = read_decisions("a.dmn", document(*[table(one, ["x", "y"], id_=f"d{n}") for n in range(5)]))
    assert len(decisions) == 5
    assert set(codes(findings)) == {"DECISION_GAP", "DECISION_UNCHECKED"}


YES_OR_NO = [[("true", "false")[n >> bit & 1] for bit in range(10)] + ["0"] for n in range(1024)]
ONE_IS_TRUE = [["true" if n == m else "-" for m in range(20)] + ["0"] for n in range(21)]


def test_the_check_gives_up_where_combinations_are_too_many():
    _, findings = read(ONE_IS_TRUE, inputs=[f"x{n}" for n in range(20)])
    assert codes(findings)[-1] == "DECISION_UNCHECKED"


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (YES_OR_NO, []),
        (YES_OR_NO[:-1], ["DECISION_GAP"]),
        ([[f"[{n}..{n + 1})", "-", '"T"', str(n)] for n in range(1000)], ["DECISION_GAP"]),
        ([[f"[{n}..{n + 1}{']' if n == 500 else ')'}", "-", '"T"', str(n)] for n in range(1000)], ["DECISION_OVERLAP", "DECISION_GAP"]),
        ([[f"[{2026 + n}-01-01..{2027 + n}-01-01)", "> P5Y", str(n)] for n in range(1000)], ["DECISION_GAP"]),
    ],
)
def test_a_table_of_a_thousand_rules_is_checked_to_the_end_at_once(rules, found):
    _, findings = within(2, lambda: read(rules, inputs=[f"x{n}" for n in range(len(rules[0]) - 1)]))
    assert codes(findings) == found


def test_many_columns_with_few_distinctions_are_checked_to_the_end():
    assert read([["true,false"] * 30 + ["0"]], inputs=[f"x{n}" for n in range(30)])[1] == []


def test_size_is_no_matter_where_overlaps_are_allowed():
    assert read([[str(n), "0"] for n in range(3000)], head='hitPolicy="FIRST"')[1] == []


def test_the_first_and_the_last_day_of_the_calendar_are_no_stumbling_block():
    assert codes(read([['date("0001-01-01"), date("9999-12-31")', "0"]])[1]) == ["DECISION_GAP"]


def test_any_other_text_is_told_from_the_texts_that_the_table_names():
    assert read([['"…"', "0"]])[1][0].message.en.endswith('x = "……"')


CELLS = st.sampled_from(
    [
        "-",
        "null",
        "not(null)",
        "true",
        '"a"',
        '"b"',
        '"a","b"',
        'not("a")',
        "1",
        "2",
        "< 2",
        ">= 2",
        "[1..2)",
        "(1..3]",
        "not(2)",
        'date("2020-01-01")',
        '< date("2020-01-02")',
        '"2020-01-01"',
    ]
)
VALUES = st.sampled_from([None, True, False, "a", "b", "c", "", 0, 1, 1.5, 2, 2.5, 3, 4, "2019-01-01", "2020-01-01", "2021-01-01", []])


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4), VALUES, VALUES)
def test_a_unique_table_that_passed_never_has_two_rules_to_choose_from(cells, a, b):
    rules = [[*pair, "0"] for pair in cells]
    decisions, findings = read(rules, inputs=["a", "b"])
    collected = sound(rules, inputs=["a", "b"], head='hitPolicy="COLLECT"').rule({"a": a, "b": b})
    assert len(collected) < 2 or not decisions
    if decisions and "DECISION_GAP" not in codes(findings) and all(c.read({"a": a, "b": b}) is not None for c in decisions[0].columns):
        assert len(collected) == 1


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_in_cells_is_read_or_found(cell, result):
    try:
        data = document(table([[cell, result]]))
    except UnicodeEncodeError:
        return
    decisions, findings = read_decisions("a.dmn", data)
    assert decisions or findings


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_found(data):
    decisions, findings = read_decisions("a.dmn", data)
    assert decisions or findings
