"""How the command talks: tables for people, JSON for programs, failures in a plain sentence with a remedy."""

import functools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Failure

P = ParamSpec("P")
R = TypeVar("R")

console = Console()
errors = Console(stderr=True)

as_json = click.option("--json", "json_output", is_flag=True, help="JSON for programs")


def local(moment: datetime | None) -> str:
    """An instant as people here read it."""
    return "" if moment is None else moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def print_json(value: Any) -> None:
    """A value as JSON on standard output."""
    sys.stdout.write(orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2).decode() + "\n")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows as a table."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[Text(str("" if cell is None else cell)) for cell in row])
    console.print(table)


def print_failure(failure: Failure) -> None:
    """Code, sentence and remedy, in Chinese and English."""
    errors.print(Text(f"✗ {failure.code}", style="bold red"))
    for line in (failure.message.zh, failure.message.en):
        errors.print(Text(f"  {line}"))
    if failure.remedy.zh:
        errors.print(Text(f"  → {failure.remedy.zh}", style="green"))
        errors.print(Text(f"  → {failure.remedy.en}", style="green"))


def tells_failures(command: Callable[P, R]) -> Callable[P, R]:
    """A command that answers a failure with its words and exit status 1, never with a traceback."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Failure as failure:
            if kwargs.get("json_output"):
                print_json({"error": {"code": failure.code, "message": failure.message._asdict(), "remedy": failure.remedy._asdict()}})
            else:
                print_failure(failure)
            sys.exit(1)

    return wrapped
