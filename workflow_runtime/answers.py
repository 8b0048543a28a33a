"""Answers of a form on their way into a case: checked by the form, files bound to the case, searchable ones remembered."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow_runtime.actors import Actor
from workflow_runtime.attachments import AttachmentFacts
from workflow_runtime.errors import FieldError, Invalid, Text, WrongState
from workflow_runtime.forms import Form, FormContext
from workflow_runtime.handlers import Json
from workflow_runtime.runtime import UnitOfWork


@dataclass(frozen=True)
class Loaded:
    """Checked answers, the ids of the files in them, and the texts for searching."""

    values: dict[str, Json]
    files: tuple[str, ...]
    searchable: dict[str, str]

    def keep(self, uow: UnitOfWork, case_id: int) -> None:
        """Bind the files to the case and remember the searchable answers. Raises WrongState when another case has just taken a file."""
        if not uow.attachments.bind(self.files, case_id):
            raise WrongState(
                Text("所附文件刚刚已提交到另一案件。", "A file that is attached here has just been submitted in another case."),
                Text("请重新上传该文件。", "Upload the file again."),
            )
        if self.searchable:
            uow.cases.keep_fields(case_id, self.searchable)
            uow.search.touch(case_id)


def load_answers(
    uow: UnitOfWork, form: Form | None, answers: Mapping[str, Any], actor: Actor, *, case_id: int | None, variables: Mapping[str, Json]
) -> Loaded:
    """The answers as values. Without a form nothing may be answered. Raises Invalid."""
    if form is None:
        if answers:
            unknown = Text("该任务没有表单，不接受填写内容。", "This task has no form and takes no answers.")
            raise Invalid([FieldError(name, name, unknown) for name in answers])
        return Loaded({}, (), {})

    def attachment(attachment_id: str) -> AttachmentFacts | None:
        row = uow.attachments.facts(attachment_id)
        mine = row is not None and (row.case_id == case_id if row.case_id is not None else row.party == actor.party)
        return AttachmentFacts(row.name, row.type, row.size, row.sha256) if row is not None and mine else None

    context = FormContext(uow.connection, uow.now, actor.party, variables, attachment)
    values = form.load(answers, context)
    files = tuple(
        str(item["id"]) for field in form.fields if field.kind == "file" for item in _at(values, field.path) or () if isinstance(item, dict)
    )
    texts = {field.name: _text(_at(values, field.path)) for field in form.searchable}
    return Loaded(values, files, {name: text for name, text in texts.items() if text})


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, dict) else None
    return values


def _text(value: Json) -> str:
    return "" if value is None else unicodedata.normalize("NFC", str(value))
