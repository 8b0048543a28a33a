"""New files at the command line: all of them or none, and never over one that is there."""

from collections.abc import Collection, Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from web.cli.output import say
from workflow_runtime.errors import Failure, Text


def ensure_free(paths: Collection[Path]) -> None:
    """None of these files is there. Raises Failure FILE_EXISTS."""
    if taken := [str(path) for path in paths if path.exists()]:
        names = "、".join(taken)
        raise Failure(
            Text(f"{names} 已存在，未写入任何文件。", f"{names} already there; nothing was written."),
            Text("请换一个名称，或先移走该文件。", "Choose another name, or move the file away first."),
            code="FILE_EXISTS",
        )


def filled_in(template: str, values: Mapping[str, str]) -> str:
    """A template of web/cli/templates with these values."""
    return Template(files("web.cli").joinpath("templates", template).read_text(encoding="utf-8")).substitute(values)


def write_new(path: Path, content: str) -> None:
    """Write a file that is not there yet, and say so. Raises Failure FILE_UNWRITABLE."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise unwritable(path, error) from error
    say(f"已写入 · written: {path}")


def unwritable(path: Path, error: OSError) -> Failure:
    """A file that cannot be written, with the system's reason."""
    reason = error.strerror or type(error).__name__
    return Failure(
        Text(f"文件 {path} 无法写入（{reason}）。", f"The file {path} cannot be written ({reason})."),
        Text("请检查文件夹及其权限。", "Check the folder and its permissions."),
        code="FILE_UNWRITABLE",
    )
