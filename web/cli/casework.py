"""`crane cases`, `case`, `start`, `tasks`, `complete`, `withdraw`, `incidents`, `retry`, `resolve`: casework at the command line."""

from pathlib import Path
from typing import Any

import click
import orjson

from web.cli.context import acting, actor, installation
from web.cli.output import as_json, console, local, print_json, print_table, tells_failures
from workflow_runtime import cases as case_use_cases
from workflow_runtime import inbox, incidents, queries, uploads
from workflow_runtime.actors import Actor
from workflow_runtime.errors import Failure, Text
from workflow_runtime.runtime import Runtime

answers_option = click.option(
    "--answers", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="a JSON file with the form's answers"
)
attach_option = click.option("--attach", multiple=True, metavar="FIELD=FILE", help="upload a file and attach it to this field")


def read_answers(path: Path | None) -> dict[str, Any]:
    """Answers from a JSON file. Raises Failure ANSWERS_UNREADABLE."""
    if path is None:
        return {}
    try:
        value = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise Failure(
            Text(f"{path} 不是有效的 JSON：{error}", f"{path} is not valid JSON: {error}"),
            Text("请检查文件。", "Check the file."),
            code="ANSWERS_UNREADABLE",
        ) from error
    if not isinstance(value, dict):
        raise Failure(Text(f"{path} 应是一个 JSON 对象。", f"{path} must hold a JSON object."), code="ANSWERS_UNREADABLE")
    return value


def attach_files(runtime: Runtime, who: Actor, answers: dict[str, Any], attach: tuple[str, ...]) -> None:
    """Upload each FIELD=FILE and name it in the answers."""
    for pair in attach:
        field, _, name = pair.partition("=")
        path = Path(name)
        if not field or not path.is_file():
            raise Failure(
                Text(f"“{pair}”应写成 字段=文件。", f"“{pair}” must read FIELD=FILE."),
                Text("请检查文件路径。", "Check the path."),
                code="ATTACHMENT_NAME",
            )
        with runtime.transaction() as uow:
            row = uploads.upload(uow, who, path.name, path.read_bytes())
        answers.setdefault(field, []).append({"id": row.id})


@click.command("cases")
@acting
@as_json
@click.option("--status", help="only this status")
@click.option("--business", help="only this business")
@click.option("--containing", help="part of a searchable answer")
@click.option("--limit", default=50, show_default=True)
@tells_failures
def cases(login: str | None, json_output: bool, status: str | None, business: str | None, containing: str | None, limit: int) -> None:
    """案件列表 · the cases that the user may see, newest first."""
    with installation() as runtime, runtime.reading() as uow:
        rows = queries.cases(uow, actor(runtime, login), status=status, business=business, containing=containing, limit=limit)
        fields = uow.cases.fields([row.id for row in rows])
    if json_output:
        print_json(
            [
                {"number": r.number, "business": r.business, "status": r.status, "state": r.state, "fields": fields.get(r.id, {})}
                for r in rows
            ]
        )
        return
    table = [(r.number, r.business, r.status, r.state, local(r.opened_at), " ".join(fields.get(r.id, {}).values())) for r in rows]
    print_table("案件 · cases", ["编号", "业务", "状态", "", "受理", "摘要"], table)


@click.command("case")
@click.argument("number")
@acting
@as_json
@tells_failures
def case(number: str, login: str | None, json_output: bool) -> None:
    """案件详情 · one case with its open tasks, jobs, incidents and timeline."""
    with installation() as runtime, runtime.reading() as uow:
        who = actor(runtime, login)
        view = queries.case(uow, who, number)
        told = queries.timeline(uow, who, number)
    if json_output:
        print_json({"case": view.case, "tasks": view.tasks, "jobs": view.jobs, "incidents": view.incidents, "timeline": told})
        return
    console.print(f"[bold]{view.title} {number}[/] · {view.case.status}（{view.case.state}）")
    print_table("办理记录 · timeline", ["时间", "人员", "", "环节", "结果", "意见", "状态"],
                [(local(e.at), e.who, e.action, e.name, e.label, e.opinion, e.status) for e in told])  # fmt: skip
    if view.incidents:
        print_table(
            "异常 · incidents",
            ["编号", "环节", "代码", "说明"],
            [(i.id, i.element, i.error["code"], i.error["message"]["zh"]) for i in view.incidents],
        )


@click.command("start")
@click.argument("business")
@acting
@answers_option
@attach_option
@tells_failures
def start(business: str, login: str | None, answers: Path | None, attach: tuple[str, ...]) -> None:
    """发起业务 · open a case of a business with the answers of its form."""
    with installation() as runtime:
        who = actor(runtime, login)
        given = read_answers(answers)
        attach_files(runtime, who, given, attach)
        with runtime.transaction() as uow:
            row = case_use_cases.start(uow, business, who, given)
    console.print(f"已受理 · {row.number} · {row.status}", highlight=False)


@click.command("tasks")
@acting
@as_json
@click.option("--case", "number", help="only of this case")
@tells_failures
def tasks(login: str | None, json_output: bool, number: str | None) -> None:
    """待办 · the tasks that the user may work on, the earliest due first."""
    with installation() as runtime, runtime.reading() as uow:
        items = queries.inbox(uow, actor(runtime, login), number=number)
    if json_output:
        print_json(items)
        return
    rows = [
        (i.task.id, i.number, i.task.name, i.status, local(i.task.due_at), i.task.claimed_name, " ".join(i.fields.values())) for i in items
    ]
    print_table("待办 · inbox", ["任务", "案件", "环节", "状态", "截止", "签收人", "摘要"], rows)


@click.command("complete")
@click.argument("task_id", type=int)
@acting
@answers_option
@attach_option
@click.option("--outcome", help="the button, e.g. approve")
@click.option("--opinion", default="", help="审核意见")
@tells_failures
def complete(task_id: int, login: str | None, answers: Path | None, attach: tuple[str, ...], outcome: str | None, opinion: str) -> None:
    """办理 · complete a task: the form's answers, the button, the opinion."""
    with installation() as runtime:
        who = actor(runtime, login)
        given = read_answers(answers)
        attach_files(runtime, who, given, attach)
        with runtime.transaction() as uow:
            view = queries.task(uow, who, task_id)
            row = inbox.complete(uow, task_id, who, given, view.task.revision, outcome=outcome, opinion=opinion)
    console.print(f"已办理 · {row.number} · {row.status}", highlight=False)


@click.command("withdraw")
@click.argument("number")
@acting
@click.option("--reason", default="")
@tells_failures
def withdraw(number: str, login: str | None, reason: str) -> None:
    """撤回 · the owner takes an application back."""
    with installation() as runtime, runtime.transaction() as uow:
        row = case_use_cases.withdraw(uow, number, actor(runtime, login), reason)
    console.print(f"{row.number} · {row.status}", highlight=False)


@click.command("incidents")
@acting
@as_json
@click.option("--all", "everything", is_flag=True, help="settled ones as well")
@tells_failures
def show_incidents(login: str | None, json_output: bool, everything: bool) -> None:
    """异常 · what a person has to look at, with its remedy."""
    with installation() as runtime, runtime.reading() as uow:
        found = queries.incidents(uow, actor(runtime, login), only_open=not everything)
    if json_output:
        print_json([{"number": number, "incident": incident} for incident, number in found])
        return
    rows = [(i.id, n, i.element, i.error["code"], i.error["message"]["zh"], i.error["remedy"]["zh"], i.attempts, i.state) for i, n in found]
    print_table("异常 · incidents", ["编号", "案件", "环节", "代码", "说明", "处理办法", "次数", "状态"], rows)


@click.command("retry")
@click.argument("incident_id", type=int)
@acting
@click.option("--reason", default="")
@tells_failures
def retry(incident_id: int, login: str | None, reason: str) -> None:
    """重试 · let an incident's job try again."""
    with installation() as runtime, runtime.transaction() as uow:
        row = incidents.retry_incident(uow, incident_id, actor(runtime, login), reason)
    console.print(f"已重试 · {row.number}", highlight=False)


@click.command("resolve")
@click.argument("incident_id", type=int)
@acting
@answers_option
@click.option("--reason", required=True, help="how the result is known")
@tells_failures
def resolve(incident_id: int, login: str | None, answers: Path | None, reason: str) -> None:
    """登记结果 · say by hand what the job's result is (a JSON file), and let the case go on."""
    with installation() as runtime, runtime.transaction() as uow:
        row = incidents.resolve_incident(uow, incident_id, actor(runtime, login), read_answers(answers), reason)
    console.print(f"已登记 · {row.number}", highlight=False)


COMMANDS = (cases, case, start, tasks, complete, withdraw, show_incidents, retry, resolve)
