"""`crane import`: a diagram from another tool, in the form of this system."""

from pathlib import Path

import click

from web.cli.output import as_json, errors, print_findings, print_json, say
from web.failure_documents import finding_document
from workflow_runtime.diagram.rewriting import rewritten
from workflow_runtime.errors import DiagramRefused, Failure, Text


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="where to write it; without it, to standard output")
@as_json
def import_diagram(file: Path, out: Path | None, json_output: bool) -> None:
    """导入 · rewrite what other engines say of forms, handlers, decisions, conditions and timers in the form of this system.

    All else stays: foreign extensions, the picture, comments. Told is what was read as what, and what has no counterpart here.
    """
    try:
        data, findings = rewritten(file.name, file.read_bytes())
    except OSError as error:
        raise _failed(str(error.filename), error.strerror or type(error).__name__) from error
    if data is None:
        raise DiagramRefused(findings)
    if out is not None:
        try:
            out.write_bytes(data)
        except OSError as error:
            raise _failed(str(out), error.strerror or type(error).__name__) from error
    if json_output:
        print_json({"file": None if out is None else str(out), "findings": [finding_document(f) for f in findings]})
        return
    print_findings(findings, to=errors)
    if out is None:
        click.echo(data, nl=False)
    else:
        say(f"已写入 {out}，请用 crane lint 检查 · written; check it with `crane lint`")


def _failed(name: str, reason: str) -> Failure:
    return Failure(
        Text(f"文件 {name} 无法读写（{reason}）。", f"The file {name} cannot be read or written ({reason})."),
        Text("请检查文件路径。", "Check the path."),
        code="FILE_UNREADABLE",
    )


COMMANDS = (import_diagram,)
