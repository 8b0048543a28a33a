"""Why a file as a whole cannot be read as an old register."""

from workflow_runtime.errors import Failure, Text

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELL = 20_000
"""Bytes of a file; rows of all its sheets; filled columns of a row; characters of a cell."""


class FileRefused(Failure):
    """The file cannot be read as an old register; nothing of it was entered."""

    code = "LEGACY_FILE"


def _refused(code: str, zh: str, en: str, cure_zh: str, cure_en: str) -> FileRefused:
    return FileRefused(Text(zh, en), Text(cure_zh, cure_en), code=code)


def empty() -> FileRefused:
    """Nothing in it."""
    return _refused("LEGACY_FILE_EMPTY", "文件是空的。", "The file is empty.", "请检查原文件。", "Check the original file.")


def too_large() -> FileRefused:
    """More bytes than are read."""
    limit = f"{MAX_BYTES // 1024 // 1024} MB"
    return _refused(
        "LEGACY_FILE_TOO_LARGE",
        f"文件超过 {limit}。",
        f"The file is larger than {limit}.",
        "请删除图片等无关内容，或分成几个文件分别导入。",
        "Remove pictures and the like, or split it and import the parts.",
    )


def too_many_rows() -> FileRefused:
    """More rows than a register has."""
    return _refused(
        "LEGACY_TOO_MANY_ROWS",
        f"文件超过 {MAX_ROWS} 行。",
        f"The file has more than {MAX_ROWS} rows.",
        "请分成几个文件分别导入。",
        "Split it and import the parts.",
    )


def too_wide(sheet: str, row: int) -> FileRefused:
    """More columns than a register has."""
    place, where = _place(sheet, row)
    return _refused(
        "LEGACY_TOO_MANY_COLUMNS",
        f"{place}有内容的列超过 {MAX_COLUMNS} 列。",
        f"{where} has more than {MAX_COLUMNS} columns.",
        "请删除登记簿以外的列，或检查分隔符后重新保存。",
        "Remove the columns that are no part of the register, or check the delimiter and save again.",
    )


def too_long(sheet: str, row: int) -> FileRefused:
    """A cell that is no answer of a register."""
    place, where = _place(sheet, row)
    return _refused(
        "LEGACY_CELL_TOO_LONG",
        f"{place}有一格超过 {MAX_CELL} 个字。",
        f"A cell of {where} has more than {MAX_CELL} characters.",
        "请检查这一格：CSV 文件通常是缺少一个引号。",
        "Check this cell: in a CSV file, a quotation mark is usually missing.",
    )


def too_costly() -> FileRefused:
    """Reading it asks for more memory or time than a register may."""
    return _refused(
        "LEGACY_FILE_TOO_COSTLY",
        "读取该文件需要的内存或时间超过限度。",
        "Reading the file takes more memory or time than is given.",
        "请把登记簿的内容复制到新的工作簿（只粘贴值），另存为 xlsx 后导入。",
        "Copy the register into a new workbook (values only), save it as xlsx and import that.",
    )


def encrypted() -> FileRefused:
    """It asks for a password."""
    return _refused(
        "LEGACY_FILE_ENCRYPTED",
        "文件已加密。",
        "The file is encrypted.",
        "请打开文件，取消密码后另存，再导入。",
        "Open it, remove the password, save it and import that.",
    )


def unreadable() -> FileRefused:
    """It begins like a spreadsheet, and is none."""
    return _refused(
        "LEGACY_FILE_UNREADABLE",
        "文件已损坏，或者不是电子表格。",
        "The file is damaged, or no spreadsheet.",
        "请用电子表格软件打开并另存为 xlsx 后导入。",
        "Open it in a spreadsheet program, save it as xlsx and import that.",
    )


def other_kind() -> FileRefused:
    """A PDF, a picture, a web page that is called .xls …"""
    return _refused(
        "LEGACY_FILE_KIND",
        "文件不是 xlsx、xls 或 CSV。",
        "The file is no xlsx, xls or CSV.",
        "请用电子表格软件打开并另存为 xlsx 或 CSV 后导入（扩展名为 xls 的网页也要另存）。",
        "Open it in a spreadsheet program and save it as xlsx or CSV (also a web page that is called .xls).",
    )


def unknown_encoding() -> FileRefused:
    """No text in an encoding that is read."""
    return _refused(
        "LEGACY_ENCODING",
        "无法识别文件的文字编码（支持 UTF-8、UTF-16、GB18030）。",
        "The file's encoding is not known (UTF-8, UTF-16 and GB18030 are).",
        "请用电子表格软件打开并另存为“CSV UTF-8”或 xlsx 后导入。",
        "Open it in a spreadsheet program, save it as 'CSV UTF-8' or xlsx and import that.",
    )


def broken_csv(row: int) -> FileRefused:
    """A quotation mark that is never closed, or something behind a closed one."""
    return _refused(
        "LEGACY_CSV_QUOTES",
        f"第 {row} 行的引号不成对。",
        f"The quotation marks of row {row} do not match.",
        "请补全或删除这一行的引号；也可以另存为 xlsx 后导入。",
        "Mend the quotation marks of this row, or save the file as xlsx and import that.",
    )


def no_head(seen: str, missing: tuple[str, str]) -> FileRefused:
    """No row names the columns that a register has. `seen` is the row that came nearest, `missing` what it lacks."""
    return _refused(
        "LEGACY_NO_HEAD",
        f"没有找到表头：缺少 {missing[0]}。最接近的一行是：{seen or '（无）'}",
        f"There is no head: {missing[1]} are missing. The nearest row is: {seen or '(none)'}",
        "请在表头中写明备案编号、产权单位，以及制造单位或出厂编号；可用的名称见 registry/data/legacy_columns.csv。",
        "Name the number, the owner, and manufacturer or serial number in the head; registry/data/legacy_columns.csv lists the names.",
    )


def no_rows() -> FileRefused:
    """A head, and nothing below."""
    return _refused(
        "LEGACY_NO_ROWS", "表头下面没有登记内容。", "There is nothing below the head.", "请检查原文件。", "Check the original file."
    )


def _place(sheet: str, row: int) -> tuple[str, str]:
    return (f"工作表“{sheet}”第 {row} 行", f"sheet '{sheet}', row {row},") if sheet else (f"第 {row} 行", f"row {row}")
