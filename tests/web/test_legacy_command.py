"""`crane legacy`: an old register is previewed, imported whole or not at all, and looked up."""

import csv

import pytest
from desk import HOHHOT, ROOT

REGISTER = ROOT / "web" / "demonstration" / "legacy_register.csv"
GOOD = "备案编号,产权单位,制造单位,出厂编号\n蒙A-1,甲公司,中联重科,S-1\n"
BAD = GOOD + "蒙A-2,,中联重科,=S-2\n"


@pytest.fixture
def desk(at):
    return at("prepared")


def bring(desk, content, *options, name="register.csv"):
    return desk.run("legacy", "import", desk.write(name, content), "--authority", HOHHOT, *options)


def test_the_demonstration_s_register_is_imported(desk):
    said = desk.crane("legacy", "import", REGISTER, "--authority", HOHHOT)
    assert "新增 new 11" in said.out
    [entry] = desk.data("legacy", "list", "tc-2016-0088")
    assert (entry["number"], entry["category"], entry["model"]) == ("蒙A-2016-0088", "T", "TC5610")
    assert "新增 new 0 · 更新 updated 0 · 未变 unchanged 11" in desk.crane("legacy", "import", REGISTER, "--authority", HOHHOT).out


def test_a_preview_writes_nothing(desk):
    before = desk.books()
    said = bring(desk, GOOD, "--preview")
    assert (said.status, "预览" in said.out, "A 备案编号 → 原备案编号" in said.out, "蒙A-1" in said.out) == (0, True, True, True)
    assert desk.books() == before


def test_a_file_with_errors_is_refused_whole_and_the_report_names_each(desk):
    before, report = desk.books(), desk.folder / "report.csv"
    said = bring(desk, BAD, "--report", report)
    assert said.status == 1
    assert "LEGACY_IMPORT_REFUSED" in said.err
    assert "第 3 行 产权单位  OWNER_MISSING" in said.out
    [line] = csv.DictReader(report.read_text("utf-8-sig").splitlines())
    assert (line["行"], line["栏目"], line["代码"], line["severity"]) == ("3", "产权单位", "OWNER_MISSING", "error")
    assert desk.books() == before


def test_no_cell_of_the_report_is_a_formula(desk):
    report = desk.folder / "report.csv"
    bring(desk, GOOD + "蒙A-1,甲公司,中联重科,=1+1\n", "--report", report)
    [line] = csv.DictReader(report.read_text("utf-8-sig").splitlines())
    assert line["内容"] == "'=1+1"


def test_programs_get_the_whole_report_as_json(desk):
    said = bring(desk, BAD, "--json")
    told = said.json
    assert (said.status, told["imported"], told["error"]["code"]) == (1, False, "LEGACY_IMPORT_REFUSED")
    assert told["counts"] | {"rows": 2, "new": 2, "errors": 1} == told["counts"]
    [problem] = told["problems"]
    assert (problem["code"], problem["row"], problem["message"]["en"]) == ("OWNER_MISSING", 3, "There is no owner.")
    assert told["sheets"][0]["columns"][0] == {"column": "A", "head": "备案编号", "field": "number"}
    assert bring(desk, GOOD, "--json").json["imported"] is True


def test_what_differs_is_updated_only_when_asked_for(desk):
    bring(desk, GOOD)
    other = GOOD.replace("甲公司", "乙公司")
    assert "REGISTER_DIFFERS" in bring(desk, other).out
    assert "UPDATED" in bring(desk, other, "--update").out
    [entry] = desk.data("legacy", "list", "蒙A-1")
    shown = desk.data("legacy", "show", entry["id"])
    assert (shown["owner_name"], shown["revision"], [event["event"] for event in shown["history"]]) == ("乙公司", 2, ["updated"])
    assert "产权单位 Owner：乙公司" in desk.crane("legacy", "show", entry["id"]).out


def test_a_report_that_cannot_be_written_keeps_the_file_out(desk):
    before = desk.books()
    said = bring(desk, GOOD, "--report", desk.folder / "nowhere" / "report.csv")
    assert (said.status, "FILE_UNWRITABLE" in said.err, desk.books() == before) == (1, True, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("import", "nowhere.csv", "--authority", HOHHOT), "FILE_UNREADABLE"),
        (("import", REGISTER, "--authority", "111"), "AUTHORITY_UNKNOWN"),
        (("import", REGISTER, "--authority", HOHHOT, "--as", "li.150100"), "NOT_ALLOWED"),
        (("import", ROOT / "README.md", "--authority", HOHHOT), "LEGACY_NO_HEAD"),
        (("list", "--as", "zhang"), "NOT_ALLOWED"),
        (("show", "7"), "LEGACY_UNKNOWN"),
    ],
)
def test_what_cannot_be_done_is_told(desk, arguments, code):
    said = desk.run("legacy", *arguments)
    assert (said.status, f"✗ {code}" in said.err) == (1, True)


def test_a_reviewer_looks_up(desk):
    bring(desk, GOOD)
    assert "蒙A-1" in desk.crane("legacy", "list", "甲", "--as", "li.150100", "--state", "valid", "--authority", HOHHOT).out
