"""Test cases of decision tables: what a spreadsheet saves is read, what the table decides otherwise is told, and `crane decide` shows both."""

import json

import pytest
from click.testing import CliRunner
from test_decisions import document, sound, table

from web.cli import main
from workflow_runtime.decisions.cases import CasesInvalid, Difference, nested, read_cases, run_cases, typed

LIFE = [['"T"', "< 630", "10"], ['"T"', ">= 630", "15"], ['"S"', "-", "8"]]


def life():
    return sound(LIFE, inputs=["apply.kind", "apply.moment"], outputs=["years"])


def outcome(text, decision=None, encoding="utf-8"):
    decision = decision or life()
    return run_cases(decision, read_cases(decision, "life.csv", text.encode(encoding)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cases_are_read_as_spreadsheets_save_them(encoding, end):
    lines = ["# 说明,apply.kind,apply.moment,years", "轻型,T,629.9,10", ',"T",630,15', "", "升降机,S,,8", ",,,"]
    found = outcome(end.join(lines), encoding=encoding)
    assert (found.cases, found.passed, list(found.unhit)) == (3, True, [])


def test_what_the_table_decides_otherwise_is_told_by_line():
    found = outcome("apply.kind,apply.moment,years\nT,1,10\nT,700,20\nW,1,8\n")
    assert found.differences == [Difference(3, "years", 20, 15), Difference(4, "years", 8, None)]
    assert not found.passed
    assert found.unhit == [3]


def test_columns_may_be_called_as_people_call_them():
    text = table([['"T"', "10"]], inputs=["apply.kind"], outputs=["years"]).replace('label="apply.kind"', 'label="设备类别"')
    text = text.replace('name="years"', 'name="years" label="年限"')
    from workflow_runtime.decisions import read_decisions

    (decision,) = read_decisions("a.dmn", document(text))[0]
    assert outcome("设备类别,年限\nT,10\n", decision).passed


COLLECTED = [['"T"', '"a"', '"block"'], ["-", '"b"', '"warn"']]


@pytest.mark.parametrize(
    ("line", "passed"),
    [
        ("T,a; b,block; warn", True),
        ("T,b；a,warn；block", True),
        ("T,a; b,warn; block", False),
        ("T,a,block", False),
        ("S,b,warn", True),
        ("S,,", False),
    ],
)
def test_what_collect_lists_stands_in_one_cell_in_any_order(line, passed):
    decision = sound(COLLECTED, inputs=["kind"], outputs=["field", "severity"], head='hitPolicy="COLLECT"')
    assert outcome(f"kind,field,severity\n{line}\n", decision).passed is passed


def test_an_empty_cell_is_an_empty_list_of_a_collect_table():
    decision = sound([['"T"', '"a"']], inputs=["kind"], outputs=["field"], head='hitPolicy="COLLECT"')
    assert outcome("kind,field\nQ,\n", decision).passed


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("", None), ("null", None), ("TRUE", True), ("false", False), ("630", 630), ("1.5", 1.5), ("-3", -3), ('"630"', "630"),
        ("2026/3/2", "2026-03-02"), ("2026/13/2", "2026/13/2"), ("2026-03-02", "2026-03-02"), ("P10Y", "P10Y"), ("塔式", "塔式"),
        ("1" * 30, "1" * 30), ("1e5", "1e5"),
    ],
)  # fmt: skip
def test_a_cell_means_what_it_looks_like(cell, value):
    assert typed(cell) == value
    assert type(typed(cell)) is type(value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no case"),
        ("apply.kind,years\n", "no case"),
        ("apply.kin,years\nT,1\n", "apply.kin"),
        ("years,yeers\n1,1\n", "yeers"),
        ("apply.kind,years\nT,10,more\n", "line 2"),
        ('apply.kind,years\n"T,10\n', "CSV"),
        ("apply.kind,apply.kind,years\nT,S,10\n", "apply.kind"),
        ("apply.kind,years\n" + "T,10\n" * 10_001, "10000"),
        ("apply.kind,years\n" + "T" * 6_000_000, "5 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_what_to_do(text, told):
    with pytest.raises(CasesInvalid) as failure:
        outcome(text)
    assert told in failure.value.message.en
    assert failure.value.remedy.zh


def test_any_bytes_are_read_or_refused():
    for data in (b"\x00", b"\xff\xfe\x00", bytes(range(256)), "表,年限\nT,10".encode("utf-16")):
        with pytest.raises(CasesInvalid):
            read_cases(life(), "x.csv", data)


def test_a_name_may_not_be_the_beginning_of_another():
    assert nested({"a.b": 1, "a.c": 2, "d": 3}) == {"a": {"b": 1, "c": 2}, "d": 3}
    for names in ({"a": 1, "a.b": 2}, {"a.b": 1, "a": 2}):
        with pytest.raises(CasesInvalid):
            nested(names)


# --- the command


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cases").mkdir()
    (tmp_path / "life.dmn").write_bytes(document(table(LIFE, inputs=["apply.kind", "apply.moment"], outputs=["years"], id_="life")))
    (tmp_path / "cases" / "life.csv").write_text("apply.kind,apply.moment,years\nT,1,10\nT,700,15\nS,,8\n", encoding="utf-8")
    return tmp_path


def crane(*arguments):
    return CliRunner().invoke(main, ["decide", *map(str, arguments)])


def test_the_command_runs_the_cases_beside_the_table(folder):
    """A file or its folder will do; nothing is printed but the count when all is well."""
    for target in (folder, folder / "life.dmn"):
        ended = crane(target)
        assert (ended.exit_code, "3 of 3 rules" in ended.output) == (0, True)


def test_the_command_shows_differences_and_rules_that_no_case_reaches(folder):
    (folder / "other.csv").write_text("apply.kind,apply.moment,years\nT,1,99\n", encoding="utf-8")
    ended = crane(folder / "life.dmn", "--cases", folder / "other.csv")
    assert ended.exit_code == 1
    assert all(word in ended.output for word in ("99", "10", "no case reaches rule 2", "no case reaches rule 3", "1 differ"))
    ended = crane(folder / "life.dmn", "--cases", folder / "other.csv", "--json")
    (told,) = json.loads(ended.output)
    assert told["differences"] == [{"line": 2, "output": "years", "expected": 99, "got": 10}]
    assert (told["passed"], told["unhit"], ended.exit_code) == (False, [2, 3], 1)


def test_the_command_tells_which_rule_applies(folder):
    ended = crane(folder / "life.dmn", "apply.kind=T", "apply.moment=630")
    assert (ended.exit_code, "rule 2" in ended.output, "years = 15" in ended.output) == (0, True, True)
    assert json.loads(crane(folder / "life.dmn", "apply.kind=W", "--json").output) == {
        "decision": "life",
        "rules": [],
        "result": {"years": None},
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["life.dmn", "apply.kind"], "CASES_INVALID"),
        (["life.dmn", "apply.knd=T"], "CASES_INVALID"),
        (["life.dmn", "years=5"], "CASES_INVALID"),
        (["life.dmn", "--cases", "none.csv"], "FILE_UNREADABLE"),
        (["life.dmn", "--decision", "other"], "DECISION_UNKNOWN"),
        (["none.dmn"], "FILE_UNREADABLE"),
        (["lonely/two.dmn"], "NO_CASES"),
        (["lonely/two.dmn", "x=1"], "DECISION_AMBIGUOUS"),
        (["lonely/bad.dmn"], "DIAGRAM_REFUSED"),
    ],
)
def test_what_the_command_cannot_do_is_told_plainly(folder, monkeypatch, arguments, code):
    lonely = folder / "lonely"
    lonely.mkdir()
    (lonely / "two.dmn").write_bytes(document(table([["-", "1"]], id_="one"), table([["-", "2"]], id_="two")))
    (lonely / "bad.dmn").write_bytes(document(table([["T", "1"]])))
    monkeypatch.chdir(folder)
    ended = crane(*arguments)
    assert ended.exit_code == 1
    assert code in ended.output
