"""The marshmallow schema of a form: its shape, and every rule that needs nothing but the one answer.

Whether an answer is required depends on what is hidden; choices of a named source, stored files and named validators need the books. All
of these are checked in `answers`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields, missing

from workflow_runtime.errors import Text
from workflow_runtime.forms.model import Field
from workflow_runtime.forms.values import READERS, is_blank
from workflow_runtime.handlers import Json

UNKNOWN = Text("表单中没有这一项", "is not a field of this form")
NOT_OBJECT = Text("应为一组填写项", "must be a group of answers")


class Answer(fields.Field[Any]):
    """The answer to one question; a blank one is left out of what is loaded."""

    def __init__(self, question: Field) -> None:
        super().__init__(attribute=question.key, data_key=question.key)
        self.question = question

    def deserialize(self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any) -> Any:
        """See marshmallow."""
        return missing if is_blank(value) else super().deserialize(value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Json:
        return READERS[self.question.kind](self.question, value)


def build_schema(questions: Sequence[Field]) -> Schema:
    """The schema of these questions; unknown answers are refused. Loading does not change it: one serves all threads."""
    tree: dict[str, Any] = {}
    for question in questions:
        branch = tree
        for part in question.path[:-1]:
            branch = branch.setdefault(part, {})
        branch[question.key] = Answer(question)
    return _schema_of(tree)


def _schema_of(tree: Mapping[str, Any]) -> Schema:
    # The prefix keeps a question that is named like a member of Schema apart from it.
    members: dict[str, fields.Field[Any]] = {f"answer_{key}": m if isinstance(m, Answer) else _nested(key, m) for key, m in tree.items()}
    schema = Schema.from_dict(members)()
    messages: dict[str, Any] = {"unknown": UNKNOWN, "type": NOT_OBJECT}
    schema.error_messages = schema.error_messages | messages
    return schema


def _nested(key: str, tree: Mapping[str, Any]) -> fields.Nested:
    messages: dict[str, Any] = {"null": [NOT_OBJECT]}
    return fields.Nested(_schema_of(tree), attribute=key, data_key=key, error_messages=messages)
