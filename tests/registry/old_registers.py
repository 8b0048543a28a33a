"""Old registers as authorities have them, made by the tests: CSV in many encodings, workbooks with all that people do to them."""

import csv
import io
from datetime import date

import openpyxl

HEAD = ("备案编号", "设备类别", "规格型号", "制造单位", "出厂编号", "出厂日期", "产权单位", "发证日期")
OTHER_NAMES = ("产权备案号", "机械种类", "型号规格", "生产厂家（全称）", "出厂号", "出厂时间", "产权人", "登记时间")


def entry(number="蒙A-1", **changes):
    """The cells of one row below HEAD."""
    cells = {
        "备案编号": number, "设备类别": "塔式起重机", "规格型号": "TC5610", "制造单位": "中联重科股份有限公司", "出厂编号": f"S-{number}",
        "出厂日期": "2016-03-18", "产权单位": "内蒙古蒙建机械租赁有限公司", "发证日期": "2016-05-06", **changes,
    }  # fmt: skip
    return [cells[name] for name in HEAD] + [value for name, value in cells.items() if name not in HEAD]


def csv_of(*rows, encoding="utf-8", delimiter=",", head=HEAD):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([head, *rows] if head else rows)
    return text.getvalue().encode(encoding)


def workbook_of(*rows, head=HEAD):
    book = openpyxl.Workbook()
    for row in [head, *rows]:
        book.active.append(list(row))
    return saved(book)


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def messy_workbook():
    """Two sheets with registers, one with notes, one hidden; titles, merged cells, a head of two rows, totals, a page's head once more."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "新城区"
    sheet["B1"] = "呼和浩特市建筑起重机械备案登记簿"
    sheet.merge_cells("B1:J1")
    sheet["B2"] = "（2016年度）"
    rows = [
        ("序号", "设备", None, "备案编号*", "制造", None, "产权单位", None, "备注"),
        (None, "类别", "规格型号", None, "单位", "编号", "名称", "统一社会\n信用代码", None),
        (1, "塔机", "TC5610", "蒙A-1", "中联重科\n股份有限公司", 20160088, "甲公司", "91150100MA0MJ0001U", "'转入"),
        (2, "施工电梯", "SC200", "蒙A-2", "中联重科股份有限公司", "S－2", None, None, None),
        ("序号", "类别", "规格型号", "备案编号*", "单位", "编号", "名称", "统一社会\n信用代码", "备注"),
        (3, "物料提升机", "SSE160", "蒙A-3", "呼市机械厂", "Ｗ３", "乙公司", None, None),
        (4, None, None, None, None, None, None, None, None),
        ("合计", "3台", None, None, None, None, None, None, None),
    ]
    for at, row in enumerate(rows, start=4):
        for column, value in enumerate(row, start=2):
            sheet.cell(at, column, value)
    sheet.merge_cells("C4:D4")
    sheet.merge_cells("F4:G4")
    sheet.merge_cells("H4:I4")
    sheet.merge_cells("H6:H7")
    sheet.merge_cells("I6:I7")
    notes = book.create_sheet("说明")
    notes["A1"] = "本登记簿由甲科室保管"
    other = book.create_sheet("赛罕区")
    for row in [OTHER_NAMES, [*entry("蒙A-4")[:5], date(2016, 3, 18), "丙公司", 42496]]:
        other.append(row)
    hidden = book.create_sheet("旧版")
    hidden.append(HEAD)
    hidden.append(entry("蒙A-5"))
    hidden.sheet_state = "hidden"
    return saved(book)
