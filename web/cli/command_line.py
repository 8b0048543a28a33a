"""The command line as a whole: every failure ends in its words and an exit status, whichever command met it."""

import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from web.cli.output import errors, print_failure, print_json, say
from web.failure_documents import failure_document
from workflow_runtime.errors import Failure, Text

FAILED = 1
MISUSED = 2
INTERRUPTED = 130
"""Exit status of a command that Ctrl-C ended (128 + SIGINT), as shells have it."""


class Misused(Failure):
    """The command line itself cannot be read: an unknown command or option, a missing or malformed value."""

    code = "USAGE"


class CommandLine(click.Group):
    """A group of commands that answers a failure with code, sentence and remedy (as JSON with `--json`), never with a traceback.

    `modules` names the module in whose COMMANDS each command stands: it is imported when the command is asked for, so that none waits
    for what only another one needs. Exit status: 0 done, 1 failed, 2 misused, 130 interrupted.
    """

    def __init__(self, name: str, *, help: str, modules: Mapping[str, str]) -> None:  # noqa: A002 click's own word
        super().__init__(name, help=help)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, None when there is none."""
        module = self.modules.get(cmd_name)
        found: Sequence[click.Command] = () if module is None else importlib.import_module(module).COMMANDS
        return next((command for command in found if command.name == cmd_name), None)

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **options: Any) -> Any:
        """Run the command that `args` (default: this process's) name, and exit."""
        given = list(sys.argv[1:] if args is None else args)
        _write_what_the_terminal_can()
        try:
            _ensure_text(given)
            status = super().main(given, prog_name or self.name, **{**options, "standalone_mode": False})
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as help_wanted:
            help_wanted.show()
            status = MISUSED
        except click.UsageError as error:
            _tell(_misuse(error), given)
            status = MISUSED
        except Failure as failure:
            _tell(failure, given)
            status = MISUSED if isinstance(failure, Misused) else FAILED
        except click.Abort:
            say("已中断 · interrupted", "yellow", to=errors)
            status = INTERRUPTED
        except BrokenPipeError:
            # The reader (`| head`) has seen enough; the interpreter must not write to the pipe again at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = FAILED
        sys.exit(status)


def _write_what_the_terminal_can() -> None:
    """A sign that the terminal's encoding lacks is written as its number, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _ensure_text(given: Sequence[str]) -> None:
    try:
        "".join(given).encode()
    except UnicodeEncodeError:
        raise Misused(
            Text("命令行含有无法识别的字符。", "The command line holds bytes that are no text."),
            Text("请使用 UTF-8 终端，并检查参数。", "Use a UTF-8 terminal and check the arguments."),
        ) from None


def _misuse(error: click.UsageError) -> Misused:
    path = error.ctx.command_path if error.ctx is not None else "crane"
    said = error.format_message()
    return Misused(
        Text(f"命令写法有误：{said}", f"The command cannot be read: {said}"),
        Text(f"请用 {path} --help 查看用法。", f"See `{path} --help`."),
    )


def _tell(failure: Failure, given: Sequence[str]) -> None:
    if "--json" in given:
        print_json({"error": failure_document(failure)})
    else:
        print_failure(failure)
