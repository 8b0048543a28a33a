"""What the decision tables say of a filing, read and checked: an analyst may change a table at any time, and a slip must name the table.

A table that a diagram does not ask (None) leaves what is said here in the code.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast, get_args

from registry.configuration import CATEGORIES, Severity
from workflow_runtime.errors import Failure, Text

MOST_YEARS = 200
"""No service life is longer; a date so much later can still be written."""

Row = Mapping[str, Any]
_STRICTEST_LAST: tuple[Severity, ...] = ("off", "warn", "block")


@dataclass(frozen=True)
class Decisions:
    """What the decision tables say of this filing, as their results stand in the case; None where the diagram does not ask the table.

    `service_life`: years after which a safety assessment is needed (JGJ/T 189-2009 3.0.2); `required_attachments`: the materials;
    `precheck_severities`: how grave each finding is; `number_letters`: letter and name of the category.
    """

    service_life: Row | None = None
    required_attachments: Sequence[Row] | None = None
    precheck_severities: Sequence[Row] | None = None
    number_letters: Row | None = None


class Category(NamedTuple):
    """A category of machines (设备类别): its letter in the certificate number and its name on the certificate's face."""

    letter: str
    name: str


class Material(NamedTuple):
    """A material that a filing needs (建质〔2008〕76号 art. 6): the form's key, its name, and how grave it is that it is missing."""

    field: str
    label: Text
    severity: Severity


def limit_years(service_life: Row | None) -> int | None:
    """Years after which a machine needs a safety assessment, None for no limit.

    Raises Failure SERVICE_LIFE_INVALID when the decision `{"limit_years": n}` is no whole number of years.
    """
    limit = (service_life or {}).get("limit_years")
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit not in range(MOST_YEARS + 1):
        raise Failure(
            Text(
                f"使用年限规则给出的年限“{limit}”不是 0–200 的整数",
                f"The service-life decision gave '{limit}', not whole years from 0 to 200",
            ),
            Text("请分析人员检查使用年限决策表。", "Have the analyst check the service-life decision table."),
            code="SERVICE_LIFE_INVALID",
        )
    return int(limit)


def category(number_letters: Row | None, code: str) -> Category | None:
    """The category with this code in the form: what the decision `{"letter": "T", "name": "塔式起重机"}` says; None for one without a letter.

    Raises Failure TABLE_RESULT_INVALID when the letter is no capital letter or the name is missing.
    """
    if number_letters is None:
        return Category(code, CATEGORIES[code].zh) if code in CATEGORIES else None
    letter, name = number_letters.get("letter"), number_letters.get("name")
    if letter is None:
        return None
    if not re.fullmatch("[A-Z]", str(letter)) or not isinstance(name, str) or not name.strip():
        raise _invalid("number_letters", f"{letter} {name}")
    return Category(str(letter), name.strip())


def materials(required_attachments: Sequence[Row]) -> list[Material]:
    """The required materials, each once and with its strictest severity; those that are `off` are left out.

    Of rows `{"field": "business_licence", "label": "营业执照", "label_en": "business licence", "severity": "block"}`.
    Raises Failure TABLE_RESULT_INVALID.
    """
    found: dict[str, Material] = {}
    for row in required_attachments:
        field, label = row.get("field"), row.get("label")
        if not isinstance(field, str) or not field or not isinstance(label, str) or not label:
            raise _invalid("required_attachments", f"{field} {label}")
        severity = _severity("required_attachments", row)
        if field in found:
            severity = _stricter(severity, found[field].severity)
        found[field] = Material(field, Text(label, str(row.get("label_en") or label)), severity)
    return [material for material in found.values() if material.severity != "off"]


def severities(precheck_severities: Sequence[Row]) -> dict[str, Severity]:
    """The severity of findings by their code, of rows `{"code": "OVER_AGE", "severity": "warn"}`; of several rows the strictest counts.

    Raises Failure TABLE_RESULT_INVALID.
    """
    found: dict[str, Severity] = {}
    for row in precheck_severities:
        code = row.get("code")
        if not isinstance(code, str) or not code:
            raise _invalid("precheck_severities", str(code))
        severity = _severity("precheck_severities", row)
        found[code] = _stricter(severity, found.get(code, severity))
    return found


def _severity(table: str, row: Row) -> Severity:
    severity = row.get("severity")
    if severity not in get_args(Severity):
        raise _invalid(table, str(severity))
    return cast(Severity, severity)


def _stricter(one: Severity, other: Severity) -> Severity:
    return max(one, other, key=_STRICTEST_LAST.index)


def _invalid(table: str, said: str) -> Failure:
    return Failure(
        Text(f"决策表 {table} 的结果“{said[:100]}”无法使用", f"The decision table {table} said '{said[:100]}', which cannot be used"),
        Text(
            "请分析人员按业务人员手册“决策表”一节改正该表的输出。",
            "Have the analyst correct the table's outputs as the analysts' manual says.",
        ),
        code="TABLE_RESULT_INVALID",
    )
