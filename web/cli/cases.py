"""`crane cases`, `case`, `start`, `withdraw`: whole cases at the command line."""

from pathlib import Path

import click

from web.cli.answers import answers_option, attach_files, attach_option, read_answers
from web.cli.context import acting, actor, installation, reason
from web.cli.output import as_json, local, print_incident, print_json, print_table, say
from web.showing.case_words import ACTIONS, said
from workflow_runtime import cases as case_use_cases
from workflow_runtime import queries
from workflow_runtime.bundles import Bundle
from workflow_runtime.queries import CaseView, TimelineEntry
from workflow_runtime.search_fields import Reading
from workflow_runtime.store.rows import CaseRow

MOST = 1000
"""Rows of one list."""

PUBLIC = ("number", "business", "status", "state", "parties", "variables", "opened_at", "opened_by", "ended_at", "next_due")
"""What JSON tells of a case: the rest is the engine's and the audit's own."""

STATES = {"running": "办理中", "suspended": "已中止", "ended": "已办结", "cancelled": "已终止"}
"""Whether a case goes on."""

SETTLED = ("done", "cancelled")
"""States of jobs for which nobody waits any more."""


def tell_case(did: str, row: CaseRow, json_output: bool) -> None:
    """What became of a case."""
    if json_output:
        print_json({"number": row.number, "status": row.status, "state": row.state})
    else:
        say(f"{did} · {row.number} · {row.status}")


@click.command("cases")
@acting
@as_json
@click.option("--status", help="only this status")
@click.option("--business", help="only this business")
@click.option("--containing", help="part of a searchable answer")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
def cases(login: str | None, json_output: bool, status: str | None, business: str | None, containing: str | None, limit: int) -> None:
    """案件列表 · the cases that the user may see, newest first."""
    with installation() as runtime, runtime.reading() as uow:
        who = actor(runtime, login)
        rows = queries.cases(uow, who, status=status, business=business, containing=containing, limit=limit)
        fields, reading = uow.cases.fields([row.id for row in rows]), Reading(uow, who)
        known = [reading.summary(uow.bundle(row.bundle_id), fields.get(row.id, {})) for row in rows]
    if json_output:
        names = ("number", "business", "status", "state", "opened_at")
        print_json([{**{name: getattr(r, name) for name in names}, "fields": fields.get(r.id, {})} for r in rows])
        return
    table = [(r.number, r.business, r.status, STATES[r.state], local(r.opened_at), told) for r, told in zip(rows, known, strict=True)]
    print_table("案件 · cases", ["编号", "业务", "状态", "进展", "受理", "摘要"], table)


@click.command("case")
@click.argument("number")
@acting
@as_json
def case(number: str, login: str | None, json_output: bool) -> None:
    """案件详情 · one case with its tasks, jobs, incidents and timeline."""
    with installation() as runtime, runtime.reading() as uow:
        who = actor(runtime, login)
        view, told = queries.case(uow, who, number), queries.timeline(uow, who, number)
        bundle = uow.bundle(view.case.bundle_id)
    if json_output:
        document = {name: getattr(view.case, name) for name in PUBLIC}
        print_json({"case": document, "tasks": view.tasks, "jobs": view.jobs, "incidents": view.incidents, "timeline": told})
    else:
        _show(view, told, bundle)


def _show(view: CaseView, told: list[TimelineEntry], bundle: Bundle) -> None:
    state = STATES[view.case.state]
    going_on = "" if state == view.case.status else f"（{state}）"
    say(f"{view.title} {view.case.number} · {view.case.status}{going_on}", "bold")
    rows = [(local(e.at), e.who, e.name, e.label or said(ACTIONS, e.action), e.opinion, e.status) for e in told]
    print_table("办理记录 · timeline", ["时间", "人员", "环节", "结果", "意见", "状态"], rows)
    _show_tasks(view, bundle)
    jobs = [(j.id, j.element, j.handler, j.state, j.attempts, local(j.run_at)) for j in view.jobs if j.state not in SETTLED]
    if jobs:
        print_table("未完成的服务任务 · open jobs", ["编号", "环节", "处理程序", "状态", "次数", "下次执行"], jobs)
    if view.case.next_due is not None:
        say(f"定时器等到 {local(view.case.next_due)} · timers wait until then")
    for incident in view.incidents:
        print_incident(incident, view.case.number)


def _show_tasks(view: CaseView, bundle: Bundle) -> None:
    """Who has to do something now, with the buttons that `crane complete --outcome` takes."""
    rows = [
        (t.id, t.name, f"{t.role}@{t.party}", local(t.due_at), " ".join(o.code for o in bundle.node(t.process, t.element).outcomes))
        for t in view.tasks
        if t.state == "open"
    ]
    if rows:
        print_table("待办任务 · open tasks", ["任务", "环节", "办理方", "截止", "可选结果"], rows)


@click.command("start")
@click.argument("business")
@acting
@answers_option
@attach_option
@as_json
def start(business: str, login: str | None, answers: Path | None, attach: tuple[str, ...], json_output: bool) -> None:
    """发起业务 · open a case of a business with the answers of its form."""
    with installation() as runtime:
        who, given = actor(runtime, login), read_answers(answers)
        with runtime.transaction() as uow:
            attach_files(uow, who, given, attach)
            row = case_use_cases.start(uow, business, who, given)
    tell_case("已受理 started", row, json_output)


@click.command("withdraw")
@click.argument("number")
@acting
@reason
@as_json
def withdraw(number: str, login: str | None, reason: str, json_output: bool) -> None:
    """撤回 · the owner takes an application back."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            row = case_use_cases.withdraw(uow, number, who, reason)
    tell_case("已撤回 withdrawn", row, json_output)


COMMANDS = (cases, case, start, withdraw)
