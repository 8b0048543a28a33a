"""Files of old registers: found, understood, and refused with their reason where they are no such thing."""

import io
import resource
import struct
import zipfile
from datetime import date

import openpyxl
import pytest
from old_registers import HEAD, OTHER_NAMES, csv_of, entry, messy_workbook, saved, workbook_of

from registry.legacy_import import reading, refused
from registry.legacy_import.refused import FileRefused
from registry.legacy_import.register import read_register

TODAY = date(2026, 3, 2)


def read(content, name="登记簿"):
    return read_register(name, content, TODAY)


def codes(register):
    return [problem.code for problem in register.problems]


def refusal(content):
    with pytest.raises(FileRefused) as refused_:
        read(content)
    told = refused_.value
    assert all((*told.message, *told.remedy))
    return told.code


def test_a_plain_register_is_understood():
    register = read(csv_of(entry("蒙A-1", 出厂编号="TC-1")))
    [row] = register.rows
    assert row.values == {
        "number": "蒙A-1", "category": "T", "model": "TC5610", "manufacturer": "中联重科股份有限公司", "serial_no": "TC-1",
        "made_on": date(2016, 3, 18), "owner_name": "内蒙古蒙建机械租赁有限公司", "issued_on": date(2016, 5, 6),
    }  # fmt: skip
    assert (register.problems, row.place.row) == ([], 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_every_encoding_and_with_every_delimiter(encoding, delimiter):
    register = read(csv_of(entry("蒙A-1", 规格型号='QTZ80,"甲;乙"\n丙'), encoding=encoding, delimiter=delimiter))
    assert [row.text("model") for row in register.rows] == ['QTZ80,"甲;乙"丙']


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_one(line_end):
    lines = [",".join(HEAD), ",".join(entry("1")), "", ",".join(entry("2"))]
    assert [row.place.row for row in read(line_end.join(lines).encode()).rows] == [2, 4]


def test_columns_go_by_many_names_and_stand_in_any_order():
    columns = dict(zip(OTHER_NAMES, entry("蒙A-1"), strict=True))
    names = sorted(columns)
    [row] = read(csv_of([columns[name] for name in names], head=names)).rows
    assert (row.text("number"), row.text("serial_no"), row.values["made_on"]) == ("蒙A-1", "S-蒙A-1", date(2016, 3, 18))


def test_a_messy_workbook_is_understood():
    """Titles, merged cells, a head of two rows, the head once more, totals, numbered blank rows, several sheets, a hidden one."""
    register = read(messy_workbook())
    told = [
        (r.place.sheet, r.place.row, r.text("number"), r.text("category"), r.text("serial_no"), r.text("owner_name")) for r in register.rows
    ]
    assert told == [
        ("新城区", 6, "蒙A-1", "T", "20160088", "甲公司"),
        ("新城区", 7, "蒙A-2", "S", "S－2", "甲公司"),
        ("新城区", 9, "蒙A-3", "W", "W3", "乙公司"),
        ("赛罕区", 2, "蒙A-4", "T", "S-蒙A-4", "丙公司"),
    ]
    first, *_, last = register.rows
    assert (first.text("manufacturer"), first.text("owner_code"), first.remarks) == (
        "中联重科股份有限公司",
        "91150100MA0MJ0001U",
        {"备注": "转入"},
    )
    assert (last.values["made_on"], last.values["issued_on"]) == (date(2016, 3, 18), date(2016, 5, 6))
    assert sorted(codes(register)) == ["HEAD_AGAIN", "ROW_SKIPPED", "ROW_SKIPPED", "SHEET_HIDDEN", "SHEET_SKIPPED"]


def test_a_sheet_of_entries_without_a_head_keeps_the_file_out():
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(entry("1"))))
    book.create_sheet("二").append(entry("2"))
    register = read(saved(book))
    assert register.faulty
    assert codes(register) == ["SHEET_WITHOUT_HEAD"]


def test_other_columns_are_kept_as_remarks_and_columns_without_a_name_by_their_letter():
    [row] = read(csv_of([*entry("1"), "0471-1", "", "另记"], head=(*HEAD, "联系电话", "空"))).rows
    assert row.remarks == {"联系电话": "0471-1", "K": "另记"}


def test_of_two_columns_with_one_meaning_either_may_tell():
    head = (*HEAD, "产权单位名称")
    register = read(
        csv_of([*entry("1", 产权单位=""), "甲"], [*entry("2", 产权单位="乙"), "乙 "], [*entry("3", 产权单位="丙"), "丁"], head=head)
    )
    assert [row.text("owner_name") for row in register.rows] == ["甲", "乙", "丙"]
    [problem] = register.problems
    assert (problem.code, problem.place.row, problem.column, problem.value) == ("COLUMNS_DISAGREE", 4, "产权单位名称", "丁")


def test_a_vague_name_means_a_field_only_where_no_plain_one_does():
    assert read(csv_of(entry("1"), head=["编号", *HEAD[1:]])).rows[0].text("number") == "1"
    [row] = read(csv_of(["7", *entry("1")], head=["编号", *HEAD])).rows
    assert (row.text("number"), row.remarks) == ("1", {"编号": "7"})


@pytest.mark.parametrize(
    ("column", "value", "code", "severity"),
    [
        ("备案编号", "", "NUMBER_MISSING", "error"),
        ("备案编号", "不详", "NUMBER_MISSING", "error"),
        ("备案编号", "2.01600E+15", "LOST_DIGITS", "error"),
        ("备案编号", "长" * 101, "TOO_LONG", "error"),
        ("备案编号", "\ufdfa" * 90, "TOO_LONG", "error"),
        ("产权单位", "/", "OWNER_MISSING", "error"),
        ("产权单位", "长" * 201, "TOO_LONG", "error"),
        ("出厂日期", "19.3.5", "DATE_UNREADABLE", "error"),
        ("出厂日期", "2019-02-30", "DATE_UNREADABLE", "error"),
        ("出厂日期", "2109-03-05", "DATE_IMPLAUSIBLE", "error"),
        ("出厂日期", "1949-10-01", "DATE_IMPLAUSIBLE", "error"),
        ("出厂日期", "2014年4月", "DATE_INCOMPLETE", "warning"),
        ("出厂日期", "2016-05-07", "ISSUED_BEFORE_MADE", "warning"),
        ("制造单位", "", "PART_MISSING", "warning"),
        ("设备类别", "汽车起重机", "CATEGORY_UNKNOWN", "warning"),
        ("状态", "？？", "STATE_UNKNOWN", "error"),
        ("信用代码", "91150100MA0MJ0001X", "OWNER_CODE_WRONG", "warning"),
        ("备注", "长" * 501, "TOO_LONG", "error"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_place_and_cure(column, value, code, severity):
    head = HEAD if column in HEAD else (*HEAD, column)
    register = read(csv_of(entry("1"), entry("2", **{column: value})[: len(head)], head=head))
    assert {(p.code, p.severity, p.place.row, p.column) for p in register.problems} == {
        (code, severity, 3, {"ISSUED_BEFORE_MADE": "发证日期"}.get(code, column))
    }
    assert register.faulty == (severity == "error")
    for problem in register.problems:
        assert all((*problem.message, *problem.cure))
        assert "{" not in "".join(problem.message)


def test_a_machine_needs_a_manufacturer_or_a_serial_number():
    register = read(csv_of(entry("1", 制造单位="", 出厂编号="无")))
    assert codes(register) == ["MACHINE_MISSING"]


def test_a_month_without_a_day_and_a_wrong_code_are_kept_as_remarks():
    [row] = read(csv_of([*entry("1", 出厂日期="2014年4月"), "12345678-9"], head=(*HEAD, "组织机构代码"))).rows
    assert (row.remarks, row.values.get("made_on"), row.text("owner_code")) == (
        {"出厂日期": "2014年4月", "组织机构代码": "12345678-9"},
        None,
        "",
    )


@pytest.mark.parametrize(
    ("column", "word", "state"),
    [
        ("状态", "有效", "valid"),
        ("状态", "已报废", "cancelled"),
        ("是否注销", "是", "cancelled"),
        ("是否注销", "否", "valid"),
        ("是否有效", "否", "cancelled"),
    ],
)
def test_the_state_is_told_in_many_words(column, word, state):
    assert read(csv_of([*entry("1"), word], head=(*HEAD, column))).rows[0].text("state") == state


def test_a_row_that_says_the_same_twice_is_entered_once():
    """Width, hyphens and brackets do not count; what only one of them tells is kept."""
    head = (*HEAD, "备注")
    same = entry("蒙Ａ—１", 制造单位="中联重科（股份）有限公司", 出厂编号="S蒙A1")
    register = read(csv_of([*entry("蒙A-1", 制造单位="中联重科(股份)有限公司"), ""], [*same, "二"], head=head))
    [row] = register.rows
    [problem] = register.problems
    assert (row.text("number"), row.remarks, register.duplicates) == ("蒙A-1", {"备注": "二"}, 1)
    assert (problem.code, problem.severity, problem.place.row, problem.message.zh) == (
        "DUPLICATE_SAME",
        "note",
        3,
        "与第 2 行内容相同，只导入一次。",
    )


def test_rows_that_contradict_each_other_are_both_named():
    register = read(csv_of(entry("1"), entry("2"), entry("1", 产权单位="乙公司", 出厂编号="S-1")))
    [problem] = register.problems
    assert (problem.code, problem.place.row, problem.value) == ("DUPLICATE_DIFFERS", 4, "乙公司")
    assert "第 2 行" in problem.message.zh
    assert "row 2" in problem.message.en


def test_one_machine_under_two_numbers_is_worth_a_look():
    register = read(csv_of(entry("1", 出厂编号="X 1"), entry("2", 出厂编号="x-1")))
    assert codes(register) == ["SAME_MACHINE"]
    assert not register.faulty


def test_a_formula_is_a_text():
    evil = '=HYPERLINK("http://evil.example","点我")'
    assert read(csv_of(entry("1", 制造单位=evil))).rows[0].text("manufacturer") == evil


@pytest.mark.parametrize("value", [12345678901234567.0, 9.2e20])
def test_a_number_that_lost_its_digits_is_not_believed(value):
    assert codes(read(workbook_of(entry(出厂编号=value)))) == ["LOST_DIGITS"]


def test_a_number_that_became_a_date_is_not_believed():
    assert codes(read(workbook_of(entry(出厂编号=date(2016, 3, 1))))) == ["BECAME_DATE"]


def test_a_whole_number_has_no_point():
    assert read(workbook_of(entry(出厂编号=11042.0))).rows[0].text("serial_no") == "11042"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "LEGACY_FILE_EMPTY"),
        (b"\xef\xbb\xbf\r\n \0", "LEGACY_FILE_EMPTY"),
        (b"%PDF-1.7", "LEGACY_FILE_KIND"),
        (b"<html><table>", "LEGACY_FILE_KIND"),
        (b"\xef\xbb\xbf <?xml version='1.0'?>", "LEGACY_FILE_KIND"),
        (b"PK\x03\x04 is no archive", "LEGACY_FILE_UNREADABLE"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 is none", "LEGACY_FILE_UNREADABLE"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "LEGACY_FILE_ENCRYPTED"),
        (b"a,b\0c,d", "LEGACY_ENCODING"),
        (b"\xff\xff\xff\xff", "LEGACY_ENCODING"),
        ("备案编号,产权单位,出厂编号\n1,2,3\n".encode() + b"4,\x00,5", "LEGACY_ENCODING"),
        (b"a,b,c\n1,2,3", "LEGACY_NO_HEAD"),
        (csv_of(head=("备案编号", "型号", "出厂日期")), "LEGACY_NO_HEAD"),
        (csv_of(), "LEGACY_NO_ROWS"),
        (csv_of(entry("1")) + b'"open,', "LEGACY_CSV_QUOTES"),
        (csv_of(entry("1")) + b'"x"y,', "LEGACY_CSV_QUOTES"),
        (csv_of(["x"] * 5000), "LEGACY_TOO_MANY_COLUMNS"),
        (csv_of(entry("1", 规格型号="x" * 20_001)), "LEGACY_CELL_TOO_LONG"),
        (csv_of(entry("1", 规格型号="x" * 200_000)), "LEGACY_CELL_TOO_LONG"),
    ],
)
def test_what_is_no_register_is_refused_with_its_reason(content, code):
    assert refusal(content) == code


def test_a_head_that_lacks_something_is_told_what():
    with pytest.raises(FileRefused) as told:
        read(csv_of(head=("备案编号", "型号", "出厂日期")))
    assert "产权单位、制造单位或出厂编号" in told.value.message.zh
    assert "备案编号、型号、出厂日期" in told.value.message.zh


def test_a_file_is_bounded(monkeypatch):
    monkeypatch.setattr(refused, "MAX_BYTES", 100)
    assert refusal(csv_of(entry("1"))) == "LEGACY_FILE_TOO_LARGE"
    monkeypatch.setattr(refused, "MAX_BYTES", 10_000)
    monkeypatch.setattr(refused, "MAX_ROWS", 2)
    assert refusal(csv_of(entry("1"), entry("2"))) == "LEGACY_TOO_MANY_ROWS"


def sparse_workbook():
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "x", "y"
    return saved(book)


def bomb():
    """A workbook whose only sheet is nearly a gigabyte, and whose archive says that it is small."""
    small = io.BytesIO(workbook_of(entry("1")))
    made = io.BytesIO()
    with zipfile.ZipFile(small) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                at = content.index(b"<row")
                with target.open(name, "w", force_zip64=True) as file:
                    file.write(content[:at] + b"<row><c t='inlineStr'><is><t>")
                    for _ in range(56):
                        file.write(b"x" * (16 * 1024 * 1024))
                    file.write(b"</t></is></c></row>" + content[at:])
            else:
                target.writestr(name, content)
    return made.getvalue()


def lying(content):
    """The same archive, each entry said to hold ten bytes."""
    changed, at = bytearray(content), content.find(b"PK\x01\x02")
    while at >= 0:
        changed[at + 24 : at + 28] = struct.pack("<I", 10)
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def test_a_small_file_gets_no_large_memory():
    """A cell at the far corner of a sheet, and gigabytes in a small archive: refused, and this process has not grown."""
    packed = bomb()
    assert len(packed) < 8 * 1024 * 1024
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {refusal(content) for content in (sparse_workbook(), packed, lying(packed))}
    assert found <= {"LEGACY_FILE_TOO_COSTLY", "LEGACY_FILE_UNREADABLE"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - grown < 100 * 1024


def test_a_reader_that_hangs_is_ended(monkeypatch, tmp_path):
    slow = tmp_path / "reading.py"
    (tmp_path / "spreadsheet.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(reading, "__file__", str(slow))
    monkeypatch.setattr(reading, "SECONDS", 0.2)
    assert refusal(workbook_of(entry("1"))) == "LEGACY_FILE_TOO_COSTLY"
