"""Files that a command is given: diagrams, decision tables and forms, alone or by the folder."""

from pathlib import Path

import click

from workflow_runtime.contents import KINDS, File
from workflow_runtime.errors import Failure, Text

DEFAULT_FOLDERS = ("bpmn", "forms")

paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


def read_paths(given: tuple[Path, ...]) -> list[File]:
    """The diagram, decision and form files of these files and folders (default: bpmn/ and forms/).

    Raises Failure NO_FILES, FILE_UNREADABLE (missing, unreadable, or named although it is of no such kind).
    """
    try:
        return [(path.name, path.read_bytes()) for path in found_paths(given)]
    except OSError as error:
        raise unreadable(str(error.filename), error.strerror or type(error).__name__) from error


def found_paths(given: tuple[Path, ...]) -> list[Path]:
    """Where those files lie, in the same order. Raises as `read_paths` does, but opens nothing."""
    roots = given or tuple(Path(folder) for folder in DEFAULT_FOLDERS if Path(folder).exists())
    found = sorted({path for root in roots for path in _files(root)})
    if not found:
        names = "、".join(str(root) for root in roots or DEFAULT_FOLDERS)
        raise Failure(
            Text(f"{names} 中没有 .bpmn、.dmn 或 .form 文件。", f"There is no .bpmn, .dmn or .form file in {names}."),
            Text("请给出文件或文件夹。", "Name files or folders."),
            code="NO_FILES",
        )
    return found


def _files(root: Path) -> list[Path]:
    if root.is_dir():
        return [path for path in root.rglob("*") if path.suffix in KINDS and path.is_file()]
    if not root.exists():
        raise unreadable(str(root), "不存在 does not exist")
    if root.suffix not in KINDS:
        raise unreadable(str(root), "应为 .bpmn、.dmn 或 .form 文件 expected .bpmn, .dmn or .form")
    return [root]


def unreadable(name: str, reason: str) -> Failure:
    """A file that cannot be read, and why."""
    return Failure(
        Text(f"文件 {name} 无法读取（{reason}）。", f"The file {name} cannot be read ({reason})."),
        Text("请检查文件路径。", "Check the path."),
        code="FILE_UNREADABLE",
    )
