"""The pre-check of a filing: every rule that can be tested against the filing and the books, all findings at once (一次性告知)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from registry.authorities import authority as authority_of
from registry.authorities import preconditions
from registry.certificates import in_force
from registry.codes import WRONG_CODE, is_credit_code
from registry.configuration import PrecheckRules, Severity
from registry.decided import MOST_YEARS, Decisions, Row, category, limit_years, materials, severities
from registry.folding import fold_number, machine_key
from registry.legacy_reissue import of_machine
from registry.machines import Machine, claim_machine, machine_by_key
from registry.parties import owner_party, party_code
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Invalid, NotFound, Text
from workflow_runtime.expressions.spans import months_later

_DEFAULT_RULES = PrecheckRules()
_NO_DECISIONS = Decisions()
_ASSESSMENT = Text("请上传合格的安全评估报告。", "Attach the report of a passed safety assessment.")


@dataclass(frozen=True)
class PrecheckFinding:
    """One thing found: `severity` is `block` (must be corrected first) or `warn` (the reviewer decides); `field` is the form's key.

    `case` is another case that it is about: its number is told to those alone who may see that case.
    """

    code: str
    severity: Severity
    field: str
    message: Text
    remedy: Text
    case: str = ""


def precheck(
    connection: Connection,
    filing: Mapping[str, Any],
    *,
    authority: str | None,
    case: str,
    now: datetime,
    filer: str | None = None,
    decisions: Decisions = _NO_DECISIONS,
    replaces: str | None = None,
    rules: PrecheckRules = _DEFAULT_RULES,
) -> list[PrecheckFinding]:
    """Every finding about a filing; an empty list means that nothing speaks against it.

    `filing` holds the form's answers, `authority` the credit code of the authority that shall decide, `filer` the party that files: an owner
    files for itself only. `replaces` is the number of the certificate that a re-issue replaces.
    Raises Failure SERVICE_LIFE_INVALID, TABLE_RESULT_INVALID when a decision cannot be used.
    The case claims the machine in passing, so that of two cases that file it at the same moment one is told.
    """
    today = now.astimezone(SHANGHAI).date()
    found = [
        *_missing({"authority": authority, **filing}, rules),
        *_owner_code(filing, filer),
        *_category(filing, decisions.number_letters),
        *_licence(filing, rules),
        *_made_on(filing, today),
        *(over_age := list(_over_age(filing, today, limit_years(decisions.service_life)))),
        *(
            _missing_assessment(filing, bool(over_age))
            if decisions.required_attachments is None
            else _missing_material(filing, decisions.required_attachments)
        ),
        *_beyond_makers_limit(filing, today),
        *_duplicates(connection, filing, case, now, replaces, filer),
        *(_legacy(connection, filing, authority) if authority and not replaces else ()),
        *_authority(connection, authority),
        *_other_authority(filing, authority),
    ]
    graded = severities(decisions.precheck_severities or ())
    judged = [replace(f, severity=graded.get(f.code, f.severity)) for f in found]
    return [f for f in judged if f.severity != "off"]


def _text(filing: Mapping[str, Any], field: str) -> str:
    value = filing.get(field)
    return "" if value is None else str(value).strip()


def _missing(filing: Mapping[str, Any], rules: PrecheckRules) -> Iterator[PrecheckFinding]:
    for field, label in rules.required.items():
        if not _text(filing, field):
            message = Text(f"未填写{label.zh}", f"{label.en} is missing")
            yield PrecheckFinding("FIELD_MISSING", "block", field, message, Text(f"请填写{label.zh}。", f"Fill in: {label.en}."))


def _owner_code(filing: Mapping[str, Any], filer: str | None) -> Iterator[PrecheckFinding]:
    code = _text(filing, "owner_code")
    if code and filer is not None and filer.startswith("owner:") and filer != owner_party(code):
        message = Text(f"统一社会信用代码 {code} 不是申报单位的代码", f"{code} is not the credit code of the company that files")
        remedy = Text(
            "产权单位只能为本单位设备申请备案，请更正或用产权单位的账号申报。", "An owner files its own machines; correct the code."
        )
        yield PrecheckFinding("OWNER_NOT_FILER", "block", "owner_code", message, remedy)
    if code and not is_credit_code(code):
        remedy = Text("请对照营业执照核对统一社会信用代码。", "Compare the credit code with the business licence.")
        yield PrecheckFinding("OWNER_CODE_INVALID", "block", "owner_code", WRONG_CODE, remedy)


def _category(filing: Mapping[str, Any], number_letters: Row | None) -> Iterator[PrecheckFinding]:
    code = _text(filing, "category")
    if code and category(number_letters, code) is None:
        message = Text(f"设备类别“{code}”不在目录中", f"Category '{code}' is not in the list")
        yield PrecheckFinding("CATEGORY_UNKNOWN", "block", "category", message, Text("请从列表中选择设备类别。", "Choose one of the list."))


def _date(filing: Mapping[str, Any], field: str) -> date | None:
    try:
        return date.fromisoformat(_text(filing, field))
    except ValueError:
        return None


def _licence(filing: Mapping[str, Any], rules: PrecheckRules) -> Iterator[PrecheckFinding]:
    licence, made_on = _text(filing, "licence_no"), _date(filing, "made_on")
    if not licence:
        return
    match = re.fullmatch(rules.licence_pattern, fold_number(licence))
    remedy = Text("请对照特种设备生产许可证核对。", "Compare with the manufacturing licence.")
    if match is None:
        message = Text(f"生产许可证编号“{licence}”与常见格式不符", f"Licence number '{licence}' has an unusual shape")
        yield PrecheckFinding("LICENCE_SHAPE", "warn", "licence_no", message, remedy)
    elif made_on is not None and (year := match.groupdict().get("year")) and made_on.year > int(year):
        message = Text(f"出厂日期 {made_on} 晚于生产许可证年份 {year}", f"Made on {made_on}, after the licence's year {year}")
        yield PrecheckFinding("MADE_AFTER_LICENCE", "warn", "made_on", message, remedy)


def _made_on(filing: Mapping[str, Any], today: date) -> Iterator[PrecheckFinding]:
    remedy = Text("请对照产品合格证核对出厂日期。", "Compare with the product certificate.")
    made_on, written = _date(filing, "made_on"), _text(filing, "made_on")
    if written and made_on is None:
        message = Text(f"出厂日期“{written}”不是有效日期", f"'{written}' is not a date")
        yield PrecheckFinding("MADE_ON_INVALID", "block", "made_on", message, remedy)
    if made_on is not None and made_on > today:
        message = Text(f"出厂日期 {made_on} 晚于今天", f"Made on {made_on}, which is in the future")
        yield PrecheckFinding("MADE_IN_FUTURE", "block", "made_on", message, remedy)


def _older(made_on: date, years: int, today: date) -> bool:
    """Whether that many years are over: from the day after the anniversary."""
    anniversary = months_later(made_on, 12 * years)
    return anniversary is not None and today > anniversary


def _over_age(filing: Mapping[str, Any], today: date, limit: int | None) -> Iterator[PrecheckFinding]:
    made_on = _date(filing, "made_on")
    if limit is not None and made_on is not None and _older(made_on, limit, today):
        message = Text(
            f"出厂已超过 {limit} 年，须经安全评估合格方可继续使用", f"Older than {limit} years: needs a passed safety assessment"
        )
        yield PrecheckFinding("OVER_AGE", "warn", "made_on", message, _ASSESSMENT)


def _missing_material(filing: Mapping[str, Any], needed: Sequence[Row]) -> Iterator[PrecheckFinding]:
    for field, label, severity in materials(needed):
        if not filing.get(field):
            message = Text(f"未上传{label.zh}", f"{label.en} is not attached")
            yield PrecheckFinding("ATTACHMENT_MISSING", severity, field, message, Text(f"请上传{label.zh}。", f"Attach: {label.en}."))


def _missing_assessment(filing: Mapping[str, Any], over_age: bool) -> Iterator[PrecheckFinding]:
    """What a diagram that asks no table of materials has always asked for."""
    if over_age and not filing.get("safety_assessment"):
        missing = Text("超过使用年限但未上传安全评估报告", "Over age, but no safety assessment is attached")
        yield PrecheckFinding("SAFETY_ASSESSMENT_MISSING", "block", "safety_assessment", missing, _ASSESSMENT)


def _beyond_makers_limit(filing: Mapping[str, Any], today: date) -> Iterator[PrecheckFinding]:
    """The manufacturer's own limit: beyond it the authority may refuse (建质〔2008〕76号, 不予备案 (二))."""
    written, made_on = _text(filing, "service_years"), _date(filing, "made_on")
    if made_on is None or not written.isdecimal() or int(written) > MOST_YEARS or not _older(made_on, int(written), today):
        return
    message = Text(f"已超过制造厂家规定的使用年限 {written} 年", f"Beyond the manufacturer's service life of {written} years")
    remedy = Text("请发证机关核实是否属于不予备案的情形。", "The authority decides whether the filing has to be refused.")
    yield PrecheckFinding("SERVICE_YEARS_EXCEEDED", "warn", "service_years", message, remedy)


def _duplicates(
    connection: Connection, filing: Mapping[str, Any], case: str, now: datetime, replaces: str | None, filer: str | None
) -> Iterator[PrecheckFinding]:
    try:
        key = machine_key(_text(filing, "manufacturer"), _text(filing, "serial_no"))
    except Invalid as wrong:
        # an empty field is told as missing already
        for error in (e for e in wrong.fields if _text(filing, e.field)):
            remedy = Text("请按铭牌填写。", "Fill it in as on the machine's plate.")
            yield PrecheckFinding("MACHINE_UNNAMED", "block", error.field, error.message, remedy)
        return
    holder = claim_machine(connection, key, case, now)
    if holder is not None:
        message = Text("已有其他案件正在办理同一设备", "Another open case files the same machine")
        remedy = Text("请核对出厂编号；如无误，请联系发证机关。", "Check the serial number; if it is right, ask the authority.")
        yield PrecheckFinding("MACHINE_CLAIMED", "block", "serial_no", message, remedy, case=holder)
    if (known := machine_by_key(connection, key)) is not None:
        yield from _certified(connection, known, case, replaces, told=filer == owner_party(known.owner_code))
        yield from _known_owner(known, _text(filing, "owner_code"))


def _certified(connection: Connection, known: Machine, case: str, replaces: str | None, *, told: bool) -> Iterator[PrecheckFinding]:
    """`told`: the one who files is the machine's owner. With the serial number, the certificate's own opens its face to anybody."""
    held = in_force(connection, known.equipment_no)
    if held is not None and held.case != case and (replaces is None or fold_number(replaces) != fold_number(held.number)):
        number = f" {held.number}" if told else ""
        message = Text(f"该设备已有有效备案证{number}", f"The machine already holds the valid certificate{number}")
        remedy = Text("请办理换发，或由原产权单位先注销。", "File a reissue, or have the former owner cancel first.")
        yield PrecheckFinding("MACHINE_CERTIFIED", "block", "serial_no", message, remedy)


def _legacy(connection: Connection, filing: Mapping[str, Any], authority: str) -> Iterator[PrecheckFinding]:
    """The old number is not told: whoever files may be anybody."""
    if of_machine(connection, _text(filing, "manufacturer"), _text(filing, "serial_no"), authority) is not None:
        message = Text("该设备在原登记簿中，请办理换发", "The machine stands in the old register: file a reissue")
        remedy = Text("有纸质备案证的，撤回后改办换发；没有的，由发证机关核实。", "With a paper certificate, withdraw and file a reissue.")
        yield PrecheckFinding("LEGACY_ENTRY", "warn", "serial_no", message, remedy)


def _known_owner(known: Machine, owner_code: str) -> Iterator[PrecheckFinding]:
    if owner_code and known.owner_code != owner_code:
        message = Text("该设备曾登记在另一产权单位名下", "The machine was registered for another owner before")
        remedy = Text("请核对购销合同或发票，确认产权已转移。", "Check contract or invoice: has the machine been sold?")
        yield PrecheckFinding("OWNER_CHANGES", "warn", "owner_code", message, remedy)


def _authority(connection: Connection, code: str | None) -> Iterator[PrecheckFinding]:
    if not code:
        return  # told as a missing field already
    try:
        body = authority_of(connection, code)
    except NotFound as unknown:
        yield PrecheckFinding("AUTHORITY_UNKNOWN", "block", "authority", unknown.message, unknown.remedy)
        return
    if not body.number_prefix:
        message = Text(f"{body.name}不直接核发备案证", f"{body.name} does not issue certificates itself")
        remedy = Text("请选择注册地的发证机关。", "Choose the authority of the place of registration.")
        yield PrecheckFinding("AUTHORITY_CANNOT_ISSUE", "block", "authority", message, remedy)
    for check in preconditions(body):
        if not check.ok:
            message = Text(f"发证机关尚不具备条件：{check.message.zh}", f"Not yet fulfilled by the authority: {check.message.en}")
            yield PrecheckFinding(f"AUTHORITY_{check.key.upper()}", "warn", "authority", message, check.remedy)


def _other_authority(filing: Mapping[str, Any], code: str | None) -> Iterator[PrecheckFinding]:
    chosen = _text(filing, "authority")
    if chosen and code and (party_code(chosen) or chosen) != code:
        message = Text("申请受理后不能改报另一发证机关", "The authority cannot be changed once the filing is open")
        remedy = Text("请选回原发证机关，或撤回后重新申报。", "Choose the first authority again, or withdraw and file anew.")
        yield PrecheckFinding("AUTHORITY_CHANGED", "block", "authority", message, remedy)
