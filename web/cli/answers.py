"""A form's answers and files, given as files at the command line."""

from pathlib import Path
from typing import Any

import click
import orjson

from workflow_runtime import uploads
from workflow_runtime.actors import Actor
from workflow_runtime.errors import Failure, Text
from workflow_runtime.runtime import UnitOfWork

answers_option = click.option("--answers", type=click.Path(path_type=Path), help="a JSON file with the form's answers")
attach_option = click.option("--attach", multiple=True, metavar="FIELD=FILE", help="upload a file and attach it to this field")


def read_document(path: Path, code: str) -> dict[str, Any]:
    """A JSON object from a file. Raises Failure with this code when it is missing, unreadable, or no JSON object."""
    try:
        value = orjson.loads(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, code, Text("无法读取", "cannot be read"), error.strerror or type(error).__name__) from error
    except orjson.JSONDecodeError as error:
        raise _unreadable(path, code, Text("不是有效的 JSON", "is not valid JSON"), str(error)) from error
    if not isinstance(value, dict):
        raise _unreadable(path, code, Text("应是一个 JSON 对象", "must hold a JSON object"), type(value).__name__)
    return value


def _unreadable(path: Path, code: str, what: Text, reason: str) -> Failure:
    return Failure(
        Text(f"文件 {path} {what.zh}（{reason}）。", f"The file {path} {what.en} ({reason})."),
        Text("请检查文件路径和内容。", "Check the file's path and content."),
        code=code,
    )


def read_answers(path: Path | None) -> dict[str, Any]:
    """Answers from a JSON file; none without one. Raises Failure ANSWERS_UNREADABLE."""
    return {} if path is None else read_document(path, "ANSWERS_UNREADABLE")


def attach_files(uow: UnitOfWork, who: Actor, answers: dict[str, Any], attach: tuple[str, ...]) -> None:
    """Upload each FIELD=FILE and name it in the answers. Raises Failure ATTACH_SYNTAX, ATTACHMENT_UNREADABLE, AttachmentRefused."""
    for pair in attach:
        field, _, name = pair.partition("=")
        if not field or not name:
            raise Failure(
                Text(f"--attach “{pair}”应写成 字段=文件。", f"--attach “{pair}” must read FIELD=FILE."),
                Text("例如 --attach business_licence=营业执照.pdf。", "For example --attach business_licence=licence.pdf."),
                code="ATTACH_SYNTAX",
            )
        row = uploads.upload(uow, who, Path(name).name, _content(Path(name)))
        given = answers.get(field)
        answers[field] = [*(given if isinstance(given, list) else []), {"id": row.id}]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _unreadable(path, "ATTACHMENT_UNREADABLE", Text("无法读取", "cannot be read"), reason) from error
