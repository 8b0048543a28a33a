"""The JSON schema of a form's answers (JSON Schema 2020-12, as OpenAPI 3.1 has it)."""

from collections.abc import Sequence

from workflow_runtime.errors import Text
from workflow_runtime.forms.model import Field
from workflow_runtime.forms.values import EARLIEST_YEAR, LARGEST_NUMBER, LONGEST_TEXT
from workflow_runtime.handlers import Json

FILE_REFERENCE: dict[str, Json] = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 100},
        "name": {"type": "string"},
        "size": {"type": "integer", "minimum": 1},
        "type": {"type": "string"},
        "sha256": {"type": "string"},
    },
}
"""An uploaded file; only the id counts, the other facts come from the store."""


def json_schema(title: Text, questions: Sequence[Field]) -> dict[str, Json]:
    """An object without unknown members; `required` lists what is required whatever else is answered."""
    schema = _object(1, questions)
    schema["title"] = title.zh
    schema["description"] = title.en
    return schema


def _object(depth: int, questions: Sequence[Field]) -> dict[str, Json]:
    properties: dict[str, Json] = {}
    required: list[Json] = []
    for key in dict.fromkeys(q.path[depth - 1] for q in questions):
        inner = [q for q in questions if q.path[depth - 1] == key]
        is_group = len(inner[0].path) > depth
        properties[key] = _object(depth + 1, inner) if is_group else _question(inner[0])
        if any(q.required and not q.hidden_if and not q.readonly for q in inner):
            required.append(key)
    schema: dict[str, Json] = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | {"required": required} if required else schema


def _question(question: Field) -> dict[str, Json]:
    schema: dict[str, Json] = {"title": question.label.zh, "description": _description(question)}
    schema |= _TYPES[question.kind](question)
    if question.default is not None:
        schema["default"] = question.default
    if question.readonly:
        schema["readOnly"] = True
    return schema


def _description(question: Field) -> str:
    hidden = " or ".join(c.text.lstrip("= ") for c in question.hidden_if)
    parts = [
        question.label.en,
        question.description.en,
        question.hint.en,
        f"Unit: {question.unit.en}." if question.unit.en else "",
        f"At most {question.decimals} digits after the decimal point." if question.decimals else "",
        f"Checked by the rule {question.validator}." if question.validator else "",
        f"Left out when {hidden}{', otherwise required' if question.required else ''}." if hidden else "",
    ]
    return " ".join(p for p in parts if p)


def _text(question: Field) -> dict[str, Json]:
    shortest = question.min_length or (1 if question.required else 0)
    schema: dict[str, Json] = {"type": "string", "maxLength": question.max_length or LONGEST_TEXT}
    schema |= {"minLength": shortest} if shortest else {}
    schema |= {"pattern": question.pattern} if question.pattern else {}
    return schema | ({"format": "email"} if question.format == "email" else {})


def _number(question: Field) -> dict[str, Json]:
    low, high = question.minimum, question.maximum
    schema: dict[str, Json] = {
        "type": "integer" if question.decimals == 0 else "number",
        "minimum": -LARGEST_NUMBER if low is None else low,
        "maximum": LARGEST_NUMBER if high is None else high,
    }
    return schema


def _date(question: Field) -> dict[str, Json]:
    return {"type": "string", "format": "date", "description": f"{_description(question)} yyyy-MM-dd, {EARLIEST_YEAR} or later."}


def _choice(question: Field) -> dict[str, Json]:
    if question.option_source:
        return {"type": "string", "x-option-source": question.option_source}
    return {"type": "string", "enum": [o.value for o in question.options]}


def _checklist(question: Field) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "array", "uniqueItems": True, "items": _choice(question)}
    return schema | ({"minItems": 1} if question.required else {})


def _checkbox(question: Field) -> dict[str, Json]:
    return {"type": "boolean"} | ({"const": True} if question.required else {})


def _files(question: Field) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "array", "maxItems": question.max_files, "items": FILE_REFERENCE}
    return schema | ({"minItems": 1} if question.required else {})


_TYPES = {
    "text": _text,
    "textarea": _text,
    "number": _number,
    "date": _date,
    "select": _choice,
    "radio": _choice,
    "checkbox": _checkbox,
    "checklist": _checklist,
    "file": _files,
}
