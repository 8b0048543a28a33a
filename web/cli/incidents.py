"""`crane incidents`, `retry`, `resolve`: what the operator looks after."""

from pathlib import Path

import click

from web.cli.answers import answers_option, read_answers
from web.cli.cases import MOST, tell_case
from web.cli.context import acting, actor, installation, reason
from web.cli.output import as_json, print_incident, print_json, say
from web.cli.tasks import LARGEST_ID
from workflow_runtime import incidents as use_cases
from workflow_runtime import queries

incident = click.argument("incident_id", type=click.IntRange(1, LARGEST_ID))


@click.command("incidents")
@acting
@as_json
@click.option("--all", "everything", is_flag=True, help="settled ones as well")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
def incidents(login: str | None, json_output: bool, everything: bool, limit: int) -> None:
    """异常 · what a person has to look at, with its remedy."""
    with installation() as runtime, runtime.reading() as uow:
        found = queries.incidents(uow, actor(runtime, login), only_open=not everything, limit=limit)
    if json_output:
        print_json([{"number": number, "incident": row} for row, number in found])
        return
    for row, number in found:
        print_incident(row, number)
    say(f"{len(found)} 项异常 · {len(found)} incidents")


@click.command("retry")
@incident
@acting
@reason
@as_json
def retry(incident_id: int, login: str | None, reason: str, json_output: bool) -> None:
    """重试 · let an incident's job try again."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            row = use_cases.retry_incident(uow, incident_id, who, reason)
    tell_case("已重试 retried", row, json_output)


@click.command("resolve")
@incident
@acting
@answers_option
@click.option("--reason", required=True, help="how the result is known; kept in the audit")
@as_json
def resolve(incident_id: int, login: str | None, answers: Path | None, reason: str, json_output: bool) -> None:
    """登记结果 · say by hand what the job's result is (a JSON file), and let the case go on."""
    with installation() as runtime:
        who, result = actor(runtime, login), read_answers(answers)
        with runtime.transaction() as uow:
            row = use_cases.resolve_incident(uow, incident_id, who, result, reason)
    tell_case("已登记 resolved", row, json_output)


COMMANDS = (incidents, retry, resolve)
