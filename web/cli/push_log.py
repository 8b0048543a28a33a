"""`crane push-log`: every call to the two platforms for a case."""

import click

from registry.exchanges import exchanges
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, local, print_json, print_table
from workflow_runtime import queries
from workflow_runtime.guards import ensure_role


@click.command("push-log")
@click.argument("number")
@acting
@as_json
def push_log(number: str, login: str | None, json_output: bool) -> None:
    """推送日志 · every call to the platforms for a case, oldest first (for operators, administrators and auditors)."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            ensure_role(who, *queries.SEES_ALL)
        with runtime.reading() as uow:
            queries.visible_case(uow, who, number)
            found = exchanges(uow.connection, number)
    if json_output:
        print_json(found)
        return
    rows = [(e.id, local(e.opened_at), e.platform, e.operation, e.status, e.outcome or "未结束 open", e.duration_ms) for e in found]
    print_table(f"推送日志 · push log {number}", ["编号", "时间", "平台", "操作", "HTTP", "结果", "毫秒"], rows)


COMMANDS = (push_log,)
