"""`crane new-business`: a small diagram with its forms and scenarios, sound at once, to be drawn on."""

import json
import re
import shlex
from pathlib import Path
from xml.sax.saxutils import escape

import click

from web.cli.output import say, visible
from web.cli.workspace import read_around
from web.cli.writing import ensure_free, filled_in, write_new
from web.composition import Settings, shipped
from workflow_runtime.diagram.contract.variables import GIVEN
from workflow_runtime.errors import Failure, Text
from workflow_runtime.expressions import ExpressionError, compile_expression

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_TITLE = 40


@click.command("new-business")
@click.argument("key", metavar="KEY")
@click.option("--title", default="新业务", metavar="名称", help="the name that people read")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR", help="the folder that holds bpmn/ and forms/"
)
def new_business(key: str, title: str, into: Path) -> None:
    """新建业务 · write a small business KEY (as dismantling): diagram, forms, scenarios; they pass lint and try at once."""
    _ensure_key(key)
    _ensure_title(title)
    diagram, scenarios = into / "bpmn" / f"{key}.bpmn", into / "bpmn" / "scenarios" / f"{key}.toml"
    forms = into / "forms" / f"{key}.form", into / "forms" / f"{key}_review.form"
    ensure_free((diagram, scenarios, *forms))
    _ensure_not_taken(key, into)
    write_new(diagram, filled_in("business.bpmn.txt", {"key": key, "title": escape(title, {'"': "&quot;"})}))
    write_new(forms[0], filled_in("request.form.txt", {"key": key, "title": json.dumps(title, ensure_ascii=False)[1:-1]}))
    write_new(forms[1], filled_in("review.form.txt", {"key": key}))
    write_new(scenarios, filled_in("scenario.toml.txt", {"key": key}))
    folders = (into / "bpmn", into / "forms")
    for words, command in (
        ("检查 check", ("lint", *folders)),
        ("试运行 try", ("try", diagram)),
        ("覆盖 coverage", ("coverage", diagram, "--out", "var/coverage")),
        ("部署 deploy", ("deploy", *folders)),
    ):
        say(f"{words}: {shlex.join(('crane', *map(str, command)))}", "green")
    say(f"用 bpmn.io 或 Camunda Modeler 打开 {diagram} 修改流程，用 form-js 编辑器修改表单。", "dim")
    say("Draw on in bpmn.io or Camunda Modeler, and in the form-js editor.", "dim")


def _ensure_key(key: str) -> None:
    if not KEY.fullmatch(key) or key in GIVEN or not _is_name(key):
        raise Failure(
            Text(f"“{visible(key)[:60]}”不能作为业务编号。", f"“{visible(key)[:60]}” cannot be the id of a business."),
            Text(
                "请用小写英文字母、数字和下划线，以字母开头，最多 40 个字符，如 dismantling；不能是表达式中的词（如 case、and）。",
                "Lower-case letters, digits and underscores, a letter first, 40 at most, as dismantling; no word of expressions (case, and).",
            ),
            code="BUSINESS_KEY",
        )


def _is_name(key: str) -> bool:
    """Expressions read the form's answers as `key.…`."""
    try:
        return compile_expression(f"{key}.x").names == {f"{key}.x"}
    except ExpressionError:
        return False


def _ensure_title(title: str) -> None:
    if not title.strip() or len(title) > LONGEST_TITLE or not title.isprintable():
        raise Failure(
            Text("业务名称不可用。", "The title of the business cannot be used."),
            Text(f"请用一行文字，最多 {LONGEST_TITLE} 个字。", f"Give one line of text, {LONGEST_TITLE} characters at most."),
            code="BUSINESS_TITLE",
        )


def _ensure_not_taken(key: str, into: Path) -> None:
    """No process and no form here has the name already, in whichever file."""
    there = [folder for folder in (into / "bpmn", into / "forms", Path("bpmn"), Path("forms")) if folder.is_dir()]
    for folder in there:
        contents = read_around(folder, shipped(Settings.read())[2])
        names = {*contents.processes, *contents.forms}
        if taken := names & {key, f"{key}_review"}:
            raise Failure(
                Text(f"编号 {min(taken)} 已被使用。", f"The id {min(taken)} is taken."),
                Text("请换一个编号。", "Choose another one."),
                code="BUSINESS_TAKEN",
            )


COMMANDS = (new_business,)
