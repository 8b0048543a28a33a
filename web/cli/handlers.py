"""`crane handlers`: what service tasks may call."""

from typing import Any

import click

from web.cli.element_templates import element_template
from web.cli.output import as_json, print_json, print_table, say
from web.composition import Settings, shipped
from workflow_runtime.errors import NotFound, Text
from workflow_runtime.handler_types import about, result_fields, type_words
from workflow_runtime.handlers import Handler
from workflow_runtime.scenarios.problems import nearest

AGAIN = {
    "local": Text(
        "在步骤内执行，只改本系统的数据，与步骤一同生效或撤销", "runs inside the step on our own data: takes effect with it, or not at all"
    ),
    "key": Text("可以重试：对方按幂等键识别重复", "may be tried again: the other side knows a repetition by its key"),
    "inquire": Text("重试前先向对方查询上一次是否成功", "asks first whether the earlier attempt has arrived"),
    "manual": Text("不自动重试：结果不明时成为异常，由人处理", "never by itself: an unknown outcome becomes an incident for a person"),
}
"""How a second attempt is safe."""


@click.command("handlers")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--element-templates", is_flag=True, help="as element templates for Camunda Modeler and bpmn.io (JSON)")
@as_json
def handlers(name: str | None, element_templates: bool, json_output: bool) -> None:
    """服务任务 · the handlers that diagrams may name: parameters, results, errors, how a second attempt is safe; NAME: one of them in detail."""
    catalogue = shipped(Settings.read())[1]
    known = catalogue.handlers
    if name is not None and name not in known:
        raise NotFound(Text(f"没有服务 {name}。", f"There is no handler {name}."), nearest(name, known), code="HANDLER_UNKNOWN")
    found = [known[each] for each in sorted(known) if name in (None, each)]
    if element_templates:
        print_json([element_template(handler) for handler in found])
    elif json_output:
        print_json({"handlers": [_document(handler) for handler in found], "receivers": sorted(catalogue.receivers)})
    elif name is not None:
        _tell_one(found[0])
    else:
        for handler in found:
            _tell(handler)
        say("接收 · receivers: " + ", ".join(sorted(catalogue.receivers)))


def _again(handler: Handler) -> Text:
    return AGAIN["local" if handler.local else handler.replay]


def _tell(handler: Handler) -> None:
    say(f"{handler.name}({', '.join(p.name + ('' if p.required else '?') for p in handler.parameters)})", style="bold")
    say(f"  {about(handler)}")
    if results := result_fields(handler):
        say(f"  结果 result: {', '.join(results)}")
    if handler.errors:
        say(f"  业务错误 errors: {', '.join(handler.errors)}")
    say(f"  {_again(handler).zh} · {_again(handler).en}", style="dim")


def _tell_one(handler: Handler) -> None:
    say(handler.name, style="bold")
    say("\n".join(line.strip() for line in (handler.function.__doc__ or "").strip().split("\n")))
    columns = ["名称", "类型 type", "必填 required"]
    print_table("参数 · parameters", columns, [(p.name, _words(p.type), "是 yes" if p.required else "") for p in handler.parameters])
    results = result_fields(handler)
    if results is not None:
        print_table("结果 · result", columns[:2], [(key, _words(kind)) for key, kind in results.items()])
    say(f"业务错误 errors: {', '.join(handler.errors) or '—'}")
    say(f"再次执行 second attempt: {_again(handler).zh} · {_again(handler).en}")
    if not handler.local:
        retry = handler.retry
        say(f"超时 time-out: {handler.timeout:g} s · 尝试 attempts: {retry.attempts} · 间隔 pause: {retry.first:g} s × {retry.factor:g}")


def _words(annotation: Any) -> str:
    words = type_words(annotation)
    return f"{words.zh} {words.en}"


def _document(handler: Handler) -> dict[str, Any]:
    results = result_fields(handler)
    return {
        "name": handler.name,
        "about": about(handler),
        "description": (handler.function.__doc__ or "").strip(),
        "parameters": [{"name": p.name, "type": type_words(p.type), "required": p.required} for p in handler.parameters],
        "results": None if results is None else [{"name": key, "type": type_words(kind)} for key, kind in results.items()],
        "errors": list(handler.errors),
        "local": handler.local,
        "replay": "local" if handler.local else handler.replay,
        "again": _again(handler),
        "timeout": handler.timeout,
        "attempts": handler.retry.attempts,
    }


COMMANDS = (handlers,)
