"""`crane tasks`, `complete`: the inbox at the command line."""

from pathlib import Path

import click

from web.cli.answers import answers_option, attach_files, attach_option, read_answers
from web.cli.cases import MOST, tell_case
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, local, print_json, print_table, say
from workflow_runtime import inbox, queries
from workflow_runtime.search_fields import Reading

LARGEST_ID = 2**63 - 1


@click.command("tasks")
@acting
@as_json
@click.option("--case", "number", help="only of this case")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
def tasks(login: str | None, json_output: bool, number: str | None, limit: int) -> None:
    """待办 · the tasks that the user may work on, the earliest due first."""
    with installation() as runtime, runtime.reading() as uow:
        who = actor(runtime, login)
        items = queries.inbox(uow, who, number=number, limit=limit)
        notes, reading = queries.calendar_notes(uow, items), Reading(uow, who)
        rows = {row.id: row for row in map(uow.cases.by_id, {item.task.case_id for item in items}) if row is not None}
        known = [reading.summary(uow.bundle(rows[item.task.case_id].bundle_id), item.fields) for item in items]
    if json_output:
        print_json(items)
        return
    table = [
        (i.task.id, i.number, i.task.name, i.status, local(i.task.due_at), i.task.claimed_name, told)
        for i, told in zip(items, known, strict=True)
    ]
    print_table("待办 · inbox", ["任务", "案件", "环节", "状态", "截止", "签收人", "摘要"], table)
    for note in notes:
        say(f"{note.zh}\n{note.en}", "yellow")


@click.command("complete")
@click.argument("task_id", type=click.IntRange(1, LARGEST_ID))
@acting
@answers_option
@attach_option
@click.option("--outcome", help="the button, e.g. approve")
@click.option("--opinion", default="", help="审核意见")
@as_json
def complete(
    task_id: int, login: str | None, answers: Path | None, attach: tuple[str, ...], outcome: str | None, opinion: str, json_output: bool
) -> None:
    """办理 · complete a task: the form's answers, the button, the opinion."""
    with installation() as runtime:
        who, given = actor(runtime, login), read_answers(answers)
        with runtime.transaction() as uow:
            attach_files(uow, who, given, attach)
            seen = queries.task(uow, who, task_id).task.revision
            row = inbox.complete(uow, task_id, who, given, seen, outcome=outcome, opinion=opinion)
    tell_case("已办理 completed", row, json_output)


COMMANDS = (tasks, complete)
