"""What the national platform checks in a record, and the codes that it answers with.

A code never changes its meaning; `ErrorMsg`/`WarnMsg` is the sentence of `CODES`, followed by `：` and the field's name or other detail where
there is one.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from typing import Any, NamedTuple

CODES = {
    "E1000": "报文格式不正确",
    "E1001": "必填项为空",
    "E1002": "数据项格式不正确",
    "E1003": "括号须为全角",
    "E2001": "证书编号已存在",
    "E2002": "同一设备已由其他产权单位备案，原备案尚未注销",
    "E2003": "同一设备已在其他省份备案，外省注销信息尚未到达",
    "E2004": "产权单位名称与统一社会信用代码不符",
    "E2005": "出厂日期晚于特种设备生产许可证有效期",
    "E2006": "eCertID已存在",
    "E3001": "ID不存在，请先赋码",
    "E3002": "该赋码已被新的赋码取代",
    "E3003": "已归集，不得重复",
    "E3004": "证照标识已用于其他证书",
    "E4001": "证照标识未归集",
    "W2001": "同一设备已有其他备案编号",
    "W3001": "预览地址不是https",
    "W3002": "单位名称疑似测试数据",
}
"""Every code and its sentence."""

MACHINE_FIELDS = ("provinceNum", "companyName", "creditCode", "manufactureName", "factoryNumber")
FACE_FIELDS = ("deviceNumber", "deviceCategory", "deviceModel", "manufactureDate", "licenceNumber", "technicalParameters")
ISSUE_FIELDS = ("eCertID", "certNum", "issuAuth", "issuAuthCode", "issuDate", "certState", "operateType")

REQUIRED = {
    "check": MACHINE_FIELDS,
    "fm": ISSUE_FIELDS + MACHINE_FIELDS + FACE_FIELDS,
    "gj": ("ID", "zzeCertID", "url"),
    "update": ("zzeCertID", "certState", "operateType"),
}
"""Fields that each call must carry, as texts that are not blank."""

CERT_STATES = frozenset({"01", "02", "03", "04", "05", "99"})
RELEASING_STATES = frozenset({"03", "04", "05"})
"""撤销, 注销, 失效: the machine is free for another filing."""
OPERATE_TYPES = frozenset({"01", "02", "03", "04", "05", "06", "07", "08"})
REPLACING_TYPES = frozenset({"02", "08"})
"""延续, 变更: `associatedZzeCertID` must name the certificate that is replaced."""

SHAPES = {
    "eCertID": r"[0-9a-fA-F]{32}",
    "ID": r"[0-9a-fA-F]{32}",
    "provinceNum": r"\d{6}",
    "creditCode": r"[0-9A-Z]{18}",
    "issuAuthCode": r"[0-9A-Z]{18}",
    "certState": "|".join(sorted(CERT_STATES)),
    "operateType": "|".join(sorted(OPERATE_TYPES)),
    "url": r"https?://\S+",
}
DATES = ("issuDate", "manufactureDate")
LICENCE_YEAR = re.compile(r"-(20\d{2})$")
DASHES = str.maketrans(dict.fromkeys("－—–‐‑−", "-"))


class Remark(NamedTuple):
    """One error or warning: a key of `CODES`, and the detail (a field's name, another number …) or nothing."""

    code: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The sentence for people."""
        return f"{CODES[self.code]}：{self.detail}" if self.detail else CODES[self.code]


class Filed(NamedTuple):
    """A live 赋码 of a machine, as the rules need it."""

    certificate: str
    owner: str
    province: str


def companies() -> dict[str, str]:
    """The platform's register of companies: name by credit code. A code that is not in it is not checked."""
    loaded: dict[str, str] = json.loads((files("sandbox") / "data" / "companies.json").read_text("utf-8"))
    return loaded


def folded(text: str) -> str:
    """One form for comparing: compatible width, one kind of dash, upper case, no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text.translate(DASHES))).translate(DASHES).upper()


def shape_errors(call: str, record: Mapping[str, Any]) -> list[Remark]:
    """Everything wrong with a record's form (E1001, E1002, E1003), all at once."""
    missing = [Remark("E1001", name) for name in required_fields(call, record) if not _is_filled(record.get(name))]
    texts = {name: value for name, value in record.items() if name != "businessInformation" and value is not None}
    wrong = [Remark("E1002", name) for name, value in texts.items() if not _is_well_formed(name, value)]
    half_width = [Remark("E1003", name) for name, value in _all_texts(record) if name != "url" and re.search(r"[()]", value)]
    return missing + wrong + half_width


def required_fields(call: str, record: Mapping[str, Any]) -> list[str]:
    """The fields that this record must carry: the call's own and those that its values ask for."""
    names = list(REQUIRED[call])
    if record.get("certState") == "99":
        names.append("certStatusDescription")
    if call == "fm" and record.get("operateType") in REPLACING_TYPES:
        names.append("associatedZzeCertID")
    return names


def machine_errors(record: Mapping[str, str], filed: Iterable[Filed], known: Mapping[str, str]) -> list[Remark]:
    """The business rules about machine and owner (E2002 to E2005). `filed`: live 赋码 of the same machine; `known`: see `companies`."""
    owner, province = record["creditCode"], record["provinceNum"]
    errors = []
    for other in filed:
        if other.province != province:
            errors.append(Remark("E2003", other.certificate))
        elif other.owner != owner:
            errors.append(Remark("E2002", other.certificate))
    if folded(known.get(owner, record["companyName"])) != folded(record["companyName"]):
        errors.append(Remark("E2004", record["companyName"]))
    year = LICENCE_YEAR.search(record.get("licenceNumber", "").strip())
    made = record.get("manufactureDate", "")
    if year and made and int(made[:4]) > int(year.group(1)):
        errors.append(Remark("E2005", record["licenceNumber"]))
    return errors


def machine_warnings(record: Mapping[str, str], filed: Iterable[Filed]) -> list[Remark]:
    """W2001 (the owner has filed this machine under another number and names no certificate to replace), W3002."""
    number = folded(record.get("certNum", ""))
    others = [other.certificate for other in filed if folded(other.certificate) != number]
    named = record.get("associatedZzeCertID")
    return ([Remark("W2001", others[0])] if others and not named else []) + company_warnings(record)


def company_warnings(record: Mapping[str, str]) -> list[Remark]:
    """W3002: the owner's name looks like test data."""
    name = record.get("companyName") or ""
    return [Remark("W3002", name)] if "测试" in name else []


def aggregation_warnings(record: Mapping[str, str]) -> list[Remark]:
    """W3001 (address that is not https), W3002."""
    url = [] if record["url"].startswith("https://") else [Remark("W3001", record["url"])]
    return url + company_warnings(record)


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_well_formed(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    if not value.strip():
        return True  # said already as a missing field where it is required
    if name in DATES:
        return _is_date(value)
    return re.fullmatch(SHAPES.get(name, r"[\s\S]*"), value) is not None


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _all_texts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [(name, value) for name, value in record.items() if isinstance(value, str)]
    for item in record.get("businessInformation") or ():
        if isinstance(item, dict):
            found += [(f"businessInformation.{key}", value) for key, value in item.items() if isinstance(value, str)]
    return found
