"""What a browser posts of a form: every answer under `<prefix>.<name>`, so that no question can be taken for a part of the page itself."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from werkzeug.datastructures import FileStorage, MultiDict

from web.current import actor, runtime
from workflow_runtime import uploads
from workflow_runtime.attachments import AttachmentRefused
from workflow_runtime.errors import FieldError, Text
from workflow_runtime.forms import Field, Form
from workflow_runtime.forms.nested import put, value_at
from workflow_runtime.store.rows import AttachmentRow

REMOVE = "remove:"
"""Before the name of a file question: the ids of the files that shall go."""

LONGEST_REFERENCE = 2000
"""Characters in which a page remembers an uploaded file."""

MOST_REFERENCES = 100
LONGEST_ID = 100

Posted = MultiDict[str, str]


def answers_from(form: Form, posted: Posted, prefix: str = "answers") -> dict[str, Any]:
    """The answers as they were typed; read-only questions and what is not of this form are left out."""
    answers: dict[str, Any] = {}
    for question in form.fields:
        value = None if question.readonly else _read(question, posted, f"{prefix}.{question.name}")
        if value not in (None, "", []):
            put(answers, question.path, value)
    return answers


def _read(question: Field, posted: Posted, name: str) -> Any:
    match question.kind:
        case "file":
            gone = set(posted.getlist(REMOVE + name))
            found = [_reference(text) for text in posted.getlist(name)[:MOST_REFERENCES]]
            return [f for f in found if f is not None and f["id"] not in gone]
        case "checklist":
            return posted.getlist(name)
        case "checkbox":
            return True if posted.get(name) else None
        case _:
            return posted.get(name)


def reference_of(file: Mapping[str, Any]) -> str:
    """An uploaded file as the page remembers it in a hidden input: its id counts, name and size are for showing."""
    return orjson.dumps({key: file[key] for key in ("id", "name", "size") if key in file}).decode()


def _reference(text: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text) if len(text) <= LONGEST_REFERENCE else None
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or not is_file_id(value.get("id")):
        return None
    kept = {"id": value["id"], "name": value.get("name"), "size": value.get("size")}
    return {k: v for k, v in kept.items() if isinstance(v, int if k == "size" else str)}


def is_file_id(value: Any) -> bool:
    """Whether this can be the id of an uploaded file."""
    return isinstance(value, str) and value.isascii() and value.isalnum() and len(value) <= LONGEST_ID


def as_answer(row: AttachmentRow) -> dict[str, Any]:
    """An uploaded file as an answer."""
    return {"id": row.id, "name": row.name, "size": row.size}


def take_files(form: Form, files: "MultiDict[str, FileStorage]", answers: dict[str, Any], prefix: str = "answers") -> list[FieldError]:
    """Upload the files that came with the post, each for itself, and add them to the answers; gives what is wrong with the others.

    Where one file is asked for, a new one takes the place of the old one.
    """
    errors = []
    for question in form.fields:
        given = [f for f in files.getlist(f"{prefix}.{question.name}") if f.filename] if question.kind == "file" else []
        for file in given:
            try:
                row = stored(file)
            except AttachmentRefused as refused:
                errors.append(FieldError(question.name, question.label.zh, said(refused)))
            else:
                before = value_at(answers, question.path) or []
                put(answers, question.path, [*(before if question.max_files > 1 else []), as_answer(row)])
    return errors


def with_refused(errors: Sequence[FieldError], refused: Sequence[FieldError]) -> list[FieldError]:
    """All errors at once; where a file was refused, that it is missing need not be told as well."""
    named = {e.field for e in refused}
    return [*refused, *(e for e in errors if e.field not in named)]


def stored(file: FileStorage) -> AttachmentRow:
    """One file of a post, stored in a transaction of its own. Raises AttachmentRefused."""
    with runtime().transaction() as uow:
        return uploads.upload(uow, actor(), file.filename or "", file.read())


def said(refused: AttachmentRefused) -> Text:
    """What is wrong with a file, and the remedy, as one sentence."""
    return Text(f"{refused.message.zh}。{refused.remedy.zh}", f"{refused.message.en}. {refused.remedy.en}")
