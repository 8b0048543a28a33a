"""`crane diff`: what has changed in meaning between two versions of diagrams, forms and decision tables."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from registry.rules import FORM_RULES
from web.changes import comparison_document
from web.cli.command_line import Misused
from web.cli.context import installation
from web.cli.output import as_json, errors, print_findings, print_json, say
from web.cli.paths import read_paths
from workflow_runtime.changes import Comparison, compare
from workflow_runtime.contents import Contents, File, Key, read_files
from workflow_runtime.errors import Failure, Text
from workflow_runtime.versions import bundle_contents, bundle_named, bundle_parts, deployed_contents

DEPLOYED = "deployed"


FILE, VERSION, FOLDER, EVERYTHING = range(4)
"""How much a side stands for."""


@dataclass(frozen=True)
class Side:
    """One side of the comparison: its contents, what it stands for, and the parts that it names."""

    contents: Contents
    breadth: int
    parts: set[Key] = field(default_factory=set)


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@as_json
def diff(before: str, after: str, json_output: bool) -> None:
    """比较 · what has changed in meaning from A to B: files, folders, `deployed`, or the beginning of a version's id.

    Drawing, blanks and the editor's signature are no change. A file, or a version of one business, is compared with what stands under
    the same ids on the other side. Exit status 0: the same meaning, 1: it differs, 2: something cannot be read.
    """
    with _trouble_is_misuse():
        old, new = _side(before), _side(after)
    compared = compare(old.contents, new.contents, _about(old, new))
    if json_output:
        print_json(comparison_document(compared))
    else:
        print_comparison(compared)
    sys.exit(0 if compared.same else 1)


@contextmanager
def _trouble_is_misuse() -> Iterator[None]:
    """Exit status 1 is an answer here, so trouble has to be told by another."""
    try:
        yield
    except Failure as failure:
        raise Misused(failure.message, failure.remedy, code=failure.code) from failure


def _about(old: Side, new: Side) -> set[Key] | None:
    """The parts to compare (None: all): those that the narrower side names. Two folders are compared as wholes."""
    least = min(old.breadth, new.breadth)
    if old.breadth == new.breadth >= FOLDER:
        return None
    return set().union(*(side.parts for side in (old, new) if side.breadth == least))


def _side(named: str) -> Side:
    if Path(named).exists():
        return _files(Path(named))
    with installation() as runtime, runtime.reading() as uow:
        if named == DEPLOYED:
            return Side(deployed_contents(uow), EVERYTHING)
        bundle = bundle_named(uow, named)
        return Side(bundle_contents(uow, bundle), VERSION, bundle_parts(uow, bundle))


def _files(path: Path) -> Side:
    files = read_paths((path,))
    contents = read_files(files, FORM_RULES)
    _ensure_read(files, contents)
    return Side(contents, FOLDER if path.is_dir() else FILE, set(contents.sources))


def _ensure_read(files: list[File], contents: Contents) -> None:
    """A file in which nothing could be read would pass for an empty one."""
    read = {name for name, _ in contents.files.values()}
    lost = [name for name, _ in files if name not in read]
    if not lost:
        return
    print_findings([finding for finding in contents.findings if finding.file in lost], to=errors)
    listed = ", ".join(lost)
    raise Failure(
        Text(f"文件 {listed} 无法读取。", f"Nothing can be read in {listed}."),
        Text("请先按提示修改。", "Mend it first, as the findings say."),
        code="FILE_UNREADABLE",
    )


def print_comparison(compared: Comparison) -> None:
    """The changes by file, each in Chinese and English."""
    for file, changes in compared.by_file.items():
        say(file, "bold")
        for each in changes:
            say(f"  {each.change.message.zh}")
            say(f"    {each.change.message.en}", "dim")
    if compared.redrawn:
        say(f"仅图形或排版有变化 · only the drawing has changed: {', '.join(compared.redrawn)}", "dim")
    if compared.same:
        say("含义相同 · the same meaning", "green")


COMMANDS = (diff,)
