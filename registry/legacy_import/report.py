"""A plan as people and programs read it: columns, first rows, counts, and the report line by line."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from registry.legacy_fields import FIELDS, Value
from registry.legacy_import.columns import IGNORED, Column
from registry.legacy_import.plan import Plan
from registry.legacy_import.problems import SEVERITIES, Problem
from registry.legacy_import.rows import LegacyRow

FIRST = 5
"""Rows that are shown as they were understood."""

COLUMNS = ("级别", "工作表", "行", "栏目", "内容", "代码", "问题", "处理", "severity", "message", "cure")
"""Of the report as a table."""

OUTCOMES = {
    "rows": ("登记行", "rows"),
    "new": ("新增", "new"),
    "changed": ("更新", "updated"),
    "unchanged": ("未变", "unchanged"),
    "duplicates": ("重复", "duplicates"),
    "errors": ("错误", "errors"),
    "warnings": ("提醒", "warnings"),
    "notes": ("说明", "notes"),
}
"""The counts of a plan, in words."""


def lines(problems: Sequence[Problem]) -> Iterator[tuple[object, ...]]:
    """The report as a table with `COLUMNS`."""
    for p in problems:
        severity, row = SEVERITIES[p.severity], p.place.row or ""
        yield severity.zh, p.place.sheet, row, p.column, p.value, p.code, p.message.zh, p.cure.zh, severity.en, p.message.en, p.cure.en


def gravest(problems: Sequence[Problem], most: int) -> list[Problem]:
    """At most so many, errors before warnings before notes."""
    order = list(SEVERITIES)
    return sorted(problems, key=lambda p: order.index(p.severity))[:most]


def meaning(column: Column) -> str:
    """What becomes of a column: a field, `remarks`, or nothing."""
    return "remarks" if not column.field else "" if column.field == IGNORED else column.field


def document(plan: Plan) -> dict[str, Any]:
    """The whole of it, for programs."""
    sheets = [
        {
            "sheet": sheet.name,
            "head_row": sheet.head.last,
            "rows": sheet.rows,
            "columns": [{"column": c.letter, "head": c.label, "field": meaning(c)} for c in sheet.head.columns],
        }
        for sheet in plan.register.sheets
    ]
    return {
        "file": plan.register.name,
        "sha256": plan.register.sha256,
        "authority": plan.authority,
        "update": plan.replacing,
        "sheets": sheets,
        "first": [_row(row) for row in plan.register.rows[:FIRST]],
        "counts": plan.counts,
        "problems": [_problem(problem) for problem in plan.problems],
    }


def _row(row: LegacyRow) -> dict[str, Any]:
    values = {name: _plain(row.values[name]) for name in FIELDS if name in row.values}
    return {"sheet": row.place.sheet, "row": row.place.row, **values, "remarks": row.remarks}


def _plain(value: Value) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _problem(p: Problem) -> dict[str, Any]:
    told = {"severity": p.severity, "code": p.code, "sheet": p.place.sheet, "row": p.place.row, "column": p.column, "value": p.value}
    return {**told, "message": p.message._asdict(), "cure": p.cure._asdict()}
