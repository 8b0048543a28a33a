"""What a report says of a row: where, what is wrong, and what to do about it. One table of everything that can be said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from workflow_runtime.errors import Text

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES: Mapping[str, Text] = {ERROR: Text("错误", "error"), WARNING: Text("提醒", "warning"), NOTE: Text("说明", "note")}
"""An error keeps the whole file out; a warning is worth a look; a note tells what was done without harm."""

LONGEST_VALUE = 120


class Place(NamedTuple):
    """A row of a file as its reader sees it; `sheet` is "" in CSV."""

    sheet: str
    row: int

    @property
    def words(self) -> Text:
        """For a sentence."""
        if not self.sheet:
            return Text(f"第 {self.row} 行", f"row {self.row}")
        return Text(f"“{self.sheet}”第 {self.row} 行", f"'{self.sheet}' row {self.row}")


class Kind(NamedTuple):
    """What is wrong, and the cure; `{}` in a sentence is told by the problem."""

    severity: str
    message: Text
    cure: Text


_RETYPE = Text("请把该列设为“文本”格式后重新填写。", "Format the column as text and type it again.")
_NO_NEED = Text("不需要处理。", "Nothing needs to be done.")
_CHECK = Text("请核对；确认无误的不需要处理。", "Check it; if it is right, nothing needs to be done.")

KINDS: Mapping[str, Kind] = {
    "NUMBER_MISSING": Kind(
        ERROR, Text("没有备案编号。", "There is no number."), Text("请填写编号，或删除这一行。", "Fill it in, or remove the row.")
    ),
    "OWNER_MISSING": Kind(ERROR, Text("没有产权单位。", "There is no owner."), Text("请填写产权单位。", "Fill it in.")),
    "MACHINE_MISSING": Kind(
        ERROR,
        Text("制造单位和出厂编号都没有填写。", "There is neither a manufacturer nor a serial number."),
        Text("请至少填写一项，最好两项都填写。", "Fill in one of them, better both."),
    ),
    "LOST_DIGITS": Kind(ERROR, Text("电子表格已把它变成数，末尾的数字丢失。", "A spreadsheet made it a number and lost its last digits."), _RETYPE),
    "BECAME_DATE": Kind(ERROR, Text("电子表格已把它变成日期。", "A spreadsheet made it a date."), _RETYPE),
    "TOO_LONG": Kind(ERROR, Text("超过 {} 个字。", "It has more than {} characters."), Text("请缩短，或检查是否填错了列。", "Shorten it, or see whether it stands in the wrong column.")),
    "DATE_UNREADABLE": Kind(
        ERROR,
        Text("看不出是哪一天。", "It tells no day."),
        Text("请写成 2019-03-05 的样子（年份四位）；不知道的留空。", "Write it as 2019-03-05, the year in four digits; leave it blank if unknown."),
    ),
    "DATE_IMPLAUSIBLE": Kind(
        ERROR,
        Text("日期应在 {} 至 {} 之间。", "The day must be between {} and {}."),
        Text("请更正；不知道的留空。", "Correct it; leave it blank if unknown."),
    ),
    "STATE_UNKNOWN": Kind(
        ERROR, Text("看不出是有效还是注销。", "It does not tell whether the filing is valid."), Text("请写“有效”或“注销”。", "Write 有效 (valid) or 注销 (cancelled).")
    ),
    "COLUMNS_DISAGREE": Kind(
        ERROR,
        Text("与“{}”列（{}）的内容“{}”不同，这两列表示同一项。", "It differs from the column '{}' ({}), '{}', and both mean the same."),
        Text("请更正其中一列，或给其中一列改名。", "Correct one of them, or rename a column."),
    ),
    "DUPLICATE_DIFFERS": Kind(
        ERROR,
        Text("编号与{}相同，但{}不同：那里是“{}”。", "The number is that of {}, but {} differs: there it is '{}'."),
        Text("请核对原件，更正或删除其中一行。", "Check the originals, and correct or remove one of the rows."),
    ),
    "REGISTER_DIFFERS": Kind(
        ERROR,
        Text("登记簿中已有该编号，{}为“{}”。", "The register has this number, with '{1}' as {0}."),
        Text("以文件为准的，选择“更新”后导入；否则请更正文件。", "If the file is right, import it with updating; otherwise correct the file."),
    ),
    "SHEET_WITHOUT_HEAD": Kind(
        ERROR,
        Text("工作表有内容，但没有找到表头。", "The sheet holds something, but no head was found."),
        Text("请补上表头；不是登记内容的，请删除这个工作表。", "Give it a head; if it is no part of the register, remove the sheet."),
    ),
    "UPDATED": Kind(WARNING, Text("{}由“{}”更新。", "{} is updated; it was '{}'."), _CHECK),
    "REISSUED_STAYS": Kind(
        WARNING,
        Text("该编号已换发，登记簿中的内容（{}：“{}”）保持不变。", "It has been reissued, and stays in the register as it is ({}: '{}')."),
        _NO_NEED,
    ),
    "NUMBER_ISSUED": Kind(
        WARNING,
        Text("本系统已签发该编号的电子证照；换发以电子证照为准。", "This system has issued a certificate of this number; a reissue goes by that one."),
        Text("请核对编号；确是同一张备案证的，不需要处理。", "Check the number; if it is the same filing, nothing needs to be done."),
    ),
    "DATE_INCOMPLETE": Kind(
        WARNING,
        Text("只有年月，没有日：按原文记在备注中，日期留空。", "Only a month or a year: kept as a remark, the date stays blank."),
        Text("知道日期的，请补上。", "Add the day if it is known."),
    ),
    "PART_MISSING": Kind(
        WARNING,
        Text("没有{}；换发时无法核对设备。", "There is no {}; a reissue cannot compare the machine."),
        Text("请按铭牌补上，或导入后在登记簿中更正。", "Add it from the name plate, or correct the entry later."),
    ),
    "OWNER_CODE_WRONG": Kind(
        WARNING,
        Text("不是有效的统一社会信用代码：记在备注中，代码留空。", "It is no valid credit code: kept as a remark, the code stays blank."),
        Text("请对照营业执照更正；换发时按单位名称核对。", "Correct it from the business licence; a reissue compares the name."),
    ),
    "CATEGORY_UNKNOWN": Kind(
        WARNING,
        Text("不是已知的设备类别：记在备注中，类别留空。", "It is no known category: kept as a remark, the category stays blank."),
        Text("请写塔式起重机、施工升降机或物料提升机。", "Write 塔式起重机, 施工升降机 or 物料提升机."),
    ),
    "ISSUED_BEFORE_MADE": Kind(WARNING, Text("早于出厂日期 {}。", "It is before the date of manufacture, {}."), _CHECK),
    "SAME_MACHINE": Kind(
        WARNING, Text("与{}是同一台设备（制造单位、出厂编号相同），编号不同。", "It is the machine of {} (same manufacturer and serial number) under another number."), _CHECK
    ),
    "SHEET_SKIPPED": Kind(WARNING, Text("工作表中没有登记内容，未导入。", "The sheet holds no register and was left out."), _CHECK),
    "SHEET_HIDDEN": Kind(WARNING, Text("隐藏的工作表未导入。", "A hidden sheet was left out."), Text("需要导入的，请取消隐藏。", "Show it if it is to be imported.")),
    "DUPLICATE_SAME": Kind(NOTE, Text("与{}内容相同，只导入一次。", "It says the same as {}, and is entered once."), _NO_NEED),
    "HEAD_AGAIN": Kind(NOTE, Text("重复的表头，已跳过。", "The head once more: left out."), _NO_NEED),
    "ROW_SKIPPED": Kind(NOTE, Text("合计、备注等说明，已跳过。", "A total or a remark: left out."), _NO_NEED),
}  # fmt: skip
"""Everything that a report can say, by its code."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the report. `column` is the head as written ("" for the whole row), `facts` what its sentences tell."""

    code: str
    place: Place
    column: str = ""
    value: str = ""
    facts: tuple[Text | str, ...] = ()

    @property
    def severity(self) -> str:
        """See `SEVERITIES`."""
        return KINDS[self.code].severity

    @property
    def message(self) -> Text:
        """What is wrong."""
        said = KINDS[self.code].message
        return Text(said.zh.format(*self._in(0)), said.en.format(*self._in(1)))

    @property
    def cure(self) -> Text:
        """What to do about it."""
        return KINDS[self.code].cure

    def _in(self, language: int) -> list[str]:
        return [fact[language] if isinstance(fact, Text) else fact for fact in self.facts]


def shortened(value: object) -> str:
    """A value as a report shows it."""
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
