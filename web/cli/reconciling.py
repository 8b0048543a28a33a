"""`crane reconcile`: after a backup was restored, what the platforms have and the database lacks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from registry.reconciliation import Told, reconcile, reserve_taken
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, errors, print_json, print_table, say

PLATFORMS = {"national": "全国平台 national", "provincial": "政务服务网 provincial"}
EFFECTS = {"code": "赋码 code", "number": "编号 number", "seal": "签章申请 seal request", "sealed": "签章证照 sealed certificate"}
INCOMPLETE = 2
"""Exit status when a platform has not answered every question."""


@click.command("reconcile")
@click.option(
    "--reserve-numbers", is_flag=True, help="take numbers that the national platform has out of use, or keep them for their cases"
)
@acting
@as_json
def reconcile_platforms(reserve_numbers: bool, login: str | None, json_output: bool) -> None:
    """核对 · after a restore: ask both platforms, and name every effect that they have and the database lacks. Changes nothing by itself.

    Exit status 0 when nothing is missing, 1 when something is, 2 when a platform could not be asked everything.
    """
    with installation() as runtime:
        who = actor(runtime, login)
        with _progress(json_output) as told:
            found = reconcile(runtime, who, told)
        kept: list[tuple[str, str]] = []
        if reserve_numbers:
            taken = [(m.number, m.case if m.effect == "code" else "") for m in found.missing if m.effect in ("code", "number")]
            with runtime.transaction() as uow:
                kept = reserve_taken(uow, who, taken)
    if json_output:
        report = {"asked": found.asked, "missing": found.missing, "unasked": found.unasked, "unsent": found.unsent}
        print_json({**report, "reserved": [{"number": number, "state": state} for number, state in kept]})
    else:
        _show(found, kept)
    sys.exit(INCOMPLETE if found.unasked else 1 if found.missing else 0)


def _show(found: Any, kept: list[tuple[str, str]]) -> None:
    for title, rows in (
        ("平台有而本库没有 · at the platforms, not in the database", [(m, EFFECTS[m.effect]) for m in found.missing]),
        ("未能询问 · could not be asked", [(u, u.code) for u in found.unasked]),
    ):
        if rows:
            lines = [(PLATFORMS[r.platform], what, r.case, r.number, *r.message, *r.remedy) for r, what in rows]
            print_table(title, ["平台", "", "案件", "编号", "说明", "", "处理办法", ""], lines)
    if found.unsent:
        numbers = "、".join(u.number for u in found.unsent)
        say(f"归集与否无法查询，再次推送时平台会认出：{numbers}", "dim")
        say("Whether they were aggregated cannot be asked; pushed again, the platform recognises them.", "dim")
    for number, state in kept:
        say(f"编号 {number} · {state}", "green")
    answer = f"询问 {found.asked} 项，缺少 {len(found.missing)} 项，未能询问 {len(found.unasked)} 项"
    say(f"{answer} · {found.asked} questions, {len(found.missing)} missing, {len(found.unasked)} not asked", "bold")


@contextmanager
def _progress(json_output: bool) -> Iterator[Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=json_output or not errors.is_terminal) as bars:
        task = bars.add_task("询问 asking", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


COMMANDS = (reconcile_platforms,)
