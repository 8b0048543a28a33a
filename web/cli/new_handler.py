"""`crane new-handler`: the file of a service-task handler and its test, ready to be run and then filled in."""

import keyword
import re
from pathlib import Path

import click

from web.cli.output import say
from web.cli.writing import ensure_free, filled_in, write_new
from workflow_runtime.errors import Failure, Text

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
LONGEST = 60
PACKAGE = re.compile(r"[a-z][a-z0-9_]*")
TASKS = Path("tasks")


@click.command("new-handler")
@click.argument("name", metavar="NAME")
@click.option("--into", type=click.Path(path_type=Path), metavar="FOLDER", help="a package of your own, made if it is not there")
def new_handler(name: str, into: Path | None) -> None:
    """新建服务任务 · write a handler NAME (as weather.warning) and its test, both small and green at once."""
    module = _module_of(name)
    folder = TASKS if into is None else into
    tests = Path("tests") / "tasks" if into is None else into.parent / "tests"
    package = _package_of(folder, own=into is not None)
    values = {"name": name, "module": module, "package": package, "result": _class_of(module)}
    wanted = {folder / f"{module}.py": "handler.py.txt", tests / f"test_{module}.py": "test_handler.py.txt"}
    ensure_free(wanted)
    for path, template in wanted.items():
        write_new(path, filled_in(template, values))
    if into is not None:
        _make_package(folder)
        say(f'pyproject.toml: [project.entry-points."crane.tasks"] {package} = "{package}"', "dim")
    say(f"试运行 · try it: pytest {tests / f'test_{module}.py'}", "green")


def _module_of(name: str) -> str:
    module = name.replace(".", "_")
    if not NAME.fullmatch(name) or len(name) > LONGEST or keyword.iskeyword(module):
        raise Failure(
            Text(f"“{name}”不能作为服务任务的名称。", f"“{name}” cannot be the name of a handler."),
            Text(
                "请用小写英文字母、数字和下划线，以字母开头，各段用点分开，如 weather.warning，最多 60 个字符。",
                "Use lower-case letters, digits and underscores, letters first, dots between the parts, as weather.warning; 60 at most.",
            ),
            code="HANDLER_NAME",
        )
    return module


def _class_of(module: str) -> str:
    return "".join(part.capitalize() for part in module.split("_")) + "Result"


def _package_of(folder: Path, *, own: bool) -> str:
    name = folder.resolve().name
    if not own and not (TASKS / "__init__.py").is_file():
        raise Failure(
            Text("当前文件夹中没有 tasks/。", "There is no tasks/ in this folder."),
            Text(
                "请在产品的根文件夹中运行，或用 --into 指定自己的包。",
                "Run it in the product's folder, or name a package of your own with --into.",
            ),
            code="NO_TASKS_FOLDER",
        )
    if not PACKAGE.fullmatch(name) or keyword.iskeyword(name):
        raise Failure(
            Text(f"文件夹 {folder} 的名称不能作为 Python 包名。", f"The name of the folder {folder} cannot be that of a Python package."),
            Text("请用小写英文字母、数字和下划线，以字母开头。", "Use lower-case letters, digits and underscores, a letter first."),
            code="PACKAGE_NAME",
        )
    return name


def _make_package(folder: Path) -> None:
    if not (folder / "__init__.py").exists():
        write_new(folder / "__init__.py", '"""Service-task handlers: one function a file, found by being there."""\n')


COMMANDS = (new_handler,)
