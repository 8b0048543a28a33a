"""`crane verify`: whether e-certificate files are what they say to be."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from registry.certificates import STATES
from registry.verification_report import Check, told_check
from web.cli.context import installation
from web.cli.output import as_json, errors, local, print_json, say
from workflow_runtime.operations import run_operation
from workflow_runtime.runtime import Runtime

MOST_BYTES = 32 * 1024 * 1024
OPERATION = "certificate.verify"
MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("–", "dim")}


@click.command("verify")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@as_json
def verify(files: tuple[Path, ...], json_output: bool) -> None:
    """核验 · verify sealed e-certificates (OFD): every check by its name. A folder stands for all OFD files in it.

    What the database knows of a certificate is compared with its file; a file of elsewhere is judged by its seal alone. Whom to trust stands
    in the directory of CRANE_TRUST. Exit status 0 when every check of every file holds, 1 when one does not.
    """
    paths = [path for given in files for path in _files(given)]
    with installation() as runtime:
        told = [(path, _verified(runtime, path)) for path in _shown(paths, quiet=json_output or len(paths) == 1)]
    if json_output:
        print_json([{"file": str(path), **_document(found)} for path, found in told])
    else:
        for path, found in told:
            _print(path, found, whole=len(told) == 1)
        refused = sum(not found.ok for _, found in told)
        if len(told) > 1:
            say(f"{len(told)} 个文件，{refused} 个不通过 · {len(told)} files, {refused} refused", "bold")
    sys.exit(0 if told and all(found.ok for _, found in told) else 1)


def _files(given: Path) -> Iterator[Path]:
    if not given.is_dir():
        yield given
        return
    yield from sorted(path for path in given.rglob("*") if path.suffix.lower() == ".ofd" and path.is_file())


def _verified(runtime: Runtime, path: Path) -> Any:
    """A file that is larger than any certificate is read only as far as needed to be refused."""
    with path.open("rb") as file:
        return run_operation(runtime, OPERATION, content=file.read(MOST_BYTES))


def _shown(paths: Sequence[Path], *, quiet: bool) -> Iterator[Path]:
    if quiet:
        yield from paths
        return
    columns = (TextColumn("核验 verifying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors) as progress:
        yield from progress.track(paths)


def _document(found: Any) -> dict[str, Any]:
    held = found.certificate
    return {
        "ok": found.ok,
        "number": found.number,
        "identifier": found.identifier,
        "state": None if held is None else held.state,
        "checks": found.steps,
        "seals": found.seals,
    }


def _print(path: Path, found: Any, *, whole: bool) -> None:
    held = found.certificate
    state = STATES[held.state] if held is not None else None
    known = f"{state.zh} {state.en}" if state is not None else "本库没有签发过这张证照 not issued by this system"
    mark, style = MARKS[found.ok]
    say(f"{mark} {path}  {found.number or '（无编号 no number）'}  {known}", style)
    for seal in found.seals if whole else ():
        say(f"  签章 seal  {seal.name} · {local(seal.sealed_at)} · {seal.signer}", "dim")
    for check in map(told_check, found.steps):
        if whole or check.ok is False:
            _print_check(check)


def _print_check(check: Check) -> None:
    mark, style = MARKS[check.ok]
    say(f"  {mark} {check.about.zh} · {check.about.en}", style)
    if check.ok is False:
        say(f"      {check.problem.zh}{f'（{check.detail}）' if check.detail else ''} · {check.problem.en}", style)
        say(f"      → {check.remedy.zh}", "green")


COMMANDS = (verify,)
