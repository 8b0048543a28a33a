"""`crane verify`: whether e-certificate files are what they say to be."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from registry.certificates import STATES
from registry.sealed_ofd.archive import MOST_PACKED
from registry.sealed_ofd.findings import Step
from registry.sealed_ofd.trust import read_trust
from registry.sealed_ofd.verdict import judge
from registry.verification_report import Check, Verification, told_check
from web.cli.context import installation
from web.cli.output import as_json, errors, local, print_json, say
from web.composition import DatabaseNotReady
from workflow_runtime.clock import SystemClock
from workflow_runtime.errors import Failure, Text
from workflow_runtime.operations import run_operation
from workflow_runtime.runtime import Runtime

OPERATION = "certificate.verify"
IN_FORCE = "valid"
MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("–", "dim")}


@click.command("verify")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--trust",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="judge by the seal alone, as this directory of trust says; no database is asked",
)
@as_json
def verify(files: tuple[Path, ...], trust: Path | None, json_output: bool) -> None:
    """核验 · verify sealed e-certificates (OFD): every check by its name. A folder stands for all OFD files in it.

    What the database knows of a certificate is compared with its file; a file of elsewhere is judged by its seal alone. Whom to trust stands
    in the directory of CRANE_TRUST. Exit status 0 when every check of every file holds, 1 when one does not: it tells of the file. Whether the
    certificate is still in force is its state (`state` in JSON).
    """
    paths = [path for given in files for path in _files(given)]
    if not paths:
        raise _nothing()
    with _verifier(trust) as verified:
        told = [(path, verified(_content(path))) for path in _shown(paths, quiet=json_output or len(paths) == 1)]
    if json_output:
        print_json([{"file": _named(path), **_document(found)} for path, found in told])
    else:
        for path, found in told:
            _print(path, found, whole=len(told) == 1, asked=trust is None)
        refused = sum(not found.ok for _, found in told)
        if len(told) > 1:
            say(f"{len(told)} 个文件，{refused} 个不通过 · {len(told)} files, {refused} refused", "bold")
    sys.exit(0 if told and all(found.ok for _, found in told) else 1)


def _nothing() -> Failure:
    return Failure(
        Text("没有可核验的 OFD 文件。", "There is no OFD file to be verified."),
        Text("请给出 OFD 文件，或者放有 OFD 文件的目录。", "Name OFD files, or a folder that has some."),
        code="FILE_UNKNOWN",
    )


def _files(given: Path) -> Iterator[Path]:
    if given.is_file():
        yield given
        return
    yield from sorted(path for path in given.rglob("*") if path.suffix.lower() == ".ofd" and path.is_file())


@contextmanager
def _verifier(trust: Path | None) -> Iterator[Callable[[bytes], Verification]]:
    if trust is not None:
        believed, clock = read_trust(trust), SystemClock()
        yield lambda content: Verification.alone(judge(content, believed, clock.now()))
        return
    with _books() as runtime:
        yield lambda content: cast(Verification, run_operation(runtime, OPERATION, content=content))


@contextmanager
def _books() -> Iterator[Runtime]:
    try:
        with installation() as runtime:
            yield runtime
    except DatabaseNotReady as failure:
        raise Failure(
            failure.message,
            Text(
                "只核验签章请用 crane verify --trust 信任目录；与备案数据比对请先运行 crane db upgrade。",
                "For the seal alone: `crane verify --trust DIRECTORY`; to compare with the filings, `crane db upgrade` first.",
            ),
            code=failure.code,
        ) from None


def _content(path: Path) -> bytes:
    """Of a file that is larger than any certificate, enough to refuse it for that."""
    with path.open("rb") as file:
        return file.read(MOST_PACKED + 1)


def _named(path: Path) -> str:
    """A file's name as it may be shown, whatever its bytes are."""
    return os.fsencode(path).decode("utf-8", "replace")


def _shown(paths: Sequence[Path], *, quiet: bool) -> Iterator[Path]:
    if quiet:
        yield from paths
        return
    columns = (TextColumn("核验 verifying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors) as progress:
        yield from progress.track(paths)


def _document(found: Verification) -> dict[str, Any]:
    held = found.certificate
    return {
        "ok": found.ok,
        "number": found.number,
        "identifier": found.identifier,
        "state": None if held is None else held.state,
        "compared": held is not None,
        "checks": [_told(step) for step in found.steps],
        "seals": found.seals,
    }


def _told(step: Step) -> dict[str, Any]:
    told = told_check(step)
    words = {"about": told.about} | ({} if step.ok is not False else {"message": told.problem, "remedy": told.remedy})
    return {**asdict(step), **{name: text._asdict() for name, text in words.items()}}


def _print(path: Path, found: Verification, *, whole: bool, asked: bool) -> None:
    held = found.certificate
    state = STATES[held.state] if held is not None else None
    unknown = "本库没有签发过这张证照 not issued by this system" if asked else ""
    known = f"{state.zh} {state.en}" if state is not None else unknown
    count = len(found.steps)
    alone = f"只核验了文件和签章（{count} 项），没有与备案数据比对 · file and seal alone ({count} checks), compared with no filing"
    mark, style = MARKS[found.ok]
    if found.ok and held is not None and held.state != IN_FORCE:
        style = "yellow"
    say(f"{mark} {_named(path)}  {found.number or '（无编号 no number）'}  {known}", style)
    for seal in found.seals if whole else ():
        say(f"  签章 seal     {seal.name} · {local(seal.sealed_at)} · {seal.signer}", "dim")
        say(f"  制章者 maker  {seal.maker} · 厂商 vendor {seal.vendor} · V{seal.version}", "dim")
    for check in map(told_check, found.steps):
        if whole or check.ok is False:
            _print_check(check)
    if whole and any(step.ok is None for step in found.steps):
        say("  – 未核验：前面的问题使它无法核验 · not checked, for what went before", "dim")
    if whole and held is None:
        say(f"  {alone}", "yellow")


def _print_check(check: Check) -> None:
    mark, style = MARKS[check.ok]
    say(f"  {mark} {check.about.zh} · {check.about.en}", style)
    if check.ok is False:
        say(f"      {check.problem.zh}{f'（{check.detail}）' if check.detail else ''} · {check.problem.en}", style)
        say(f"      → {check.remedy.zh} · {check.remedy.en}", "green")


COMMANDS = (verify,)
