"""From what a client sent to what is stored: every rule of a form over all its answers, every error at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError

from workflow_runtime.attachments import AttachmentFacts
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.forms.model import Field, FormContext, FormRules
from workflow_runtime.forms.nested import put, value_at
from workflow_runtime.forms.values import LARGEST_NUMBER, LONGEST_TEXT, REFERENCE_KEYS, fitting, not_offered, wrong
from workflow_runtime.handlers import Json

Path = tuple[str, ...]

REQUIRED = Text("请填写此项", "must be filled in")
REQUIRED_BY_KIND: Mapping[str, Text] = {
    "checkbox": Text("请勾选此项", "must be ticked"),
    "file": Text("请上传文件", "needs a file"),
    "select": Text("请选择", "needs a choice"),
    "radio": Text("请选择", "needs a choice"),
    "checklist": Text("请至少选择一项", "needs at least one choice"),
    "date": Text("请选择日期", "needs a date"),
}

RESERVED = ("outcome", "opinion")
"""What a condition may read beside the form's own answers: the button that was pressed and the opinion written with it."""

MOST_UNKNOWN = 20
"""Unknown answers that are named; a client that sends more has learnt enough."""

LONGEST_DRAFT_LIST = 100
LONGEST_DRAFT_ITEM = 500


def load_answers(questions: Sequence[Field], schema: Schema, rules: FormRules, answers: Any, context: FormContext) -> dict[str, Json]:
    """The values to store, of the visible questions only, with files as the store knows them.

    Raises Invalid with every error: those of the questions in reading order, then the answers that the form does not know.
    """
    values, errors = read_answers(schema, answers)
    put_computed(questions, values, context.variables)
    result: dict[str, Json] = {}
    found: list[FieldError] = []
    for question in visible_fields(questions, values, context.variables):
        try:
            value = _checked(question, values, errors, rules, context)
        except ValidationError as error:
            sentences: Any = error.messages
            found.extend(FieldError(question.name, question.label.zh, sentence) for sentence in sentences)
        else:
            if value is not None:
                put(result, question.path, value)
    found.extend(_unknown(errors, {q.path for q in questions}))
    if found:
        raise Invalid(found)
    return result


def put_computed(questions: Sequence[Field], answers: dict[str, Any], variables: Mapping[str, Json]) -> None:
    """Give the read-only questions that are prefilled their answers, whatever was sent: what the case knows, null where it knows nothing."""
    for question in questions:
        if question.readonly and question.prefill is not None:
            put(answers, question.path, fitting(question, question.prefill.evaluate(variables)))


def read_answers(schema: Schema, answers: Any) -> tuple[dict[str, Any], dict[Path, list[Text]]]:
    """The answers that could be read, nested as in the form, and by path what is wrong with the others."""
    try:
        return dict(schema.load(answers)), {}
    except ValidationError as error:
        values: Any = error.valid_data
        return values, dict(_flat(error.messages, ()))


def _flat(messages: Any, path: Path) -> Iterator[tuple[Path, list[Text]]]:
    if not isinstance(messages, Mapping):
        yield path, list(messages)
        return
    for key, inner in messages.items():
        yield from _flat(inner, path if key == "_schema" else (*path, str(key)))


def visible_fields(questions: Sequence[Field], values: Mapping[str, Any], variables: Mapping[str, Json]) -> list[Field]:
    """The questions that are not hidden under these answers.

    A condition reads questions that stand before it (the deploy check holds this), so one pass decides; a hidden answer reads as null.
    """
    scope: dict[str, Any] = {name: variables.get(name) for name in RESERVED}
    visible = []
    for question in questions:
        if any(condition.holds(scope) for condition in question.hidden_if):
            continue
        visible.append(question)
        put(scope, question.path, _given(question, values))
    return visible


def _given(question: Field, values: Mapping[str, Any]) -> Json:
    """The answer; an unticked box says false, a read-only question its default, or what it is prefilled with."""
    value: Json = question.default if question.readonly and question.prefill is None else value_at(values, question.path)
    return False if value is None and question.kind == "checkbox" else value


def _checked(question: Field, values: Mapping[str, Any], errors: Mapping[Path, list[Text]], rules: FormRules, context: FormContext) -> Json:
    """The value to store, or None. Raises ValidationError."""
    value = _given(question, values)
    if question.readonly:
        return value
    if question.path in errors:
        raise ValidationError(list(errors[question.path]))
    if value is None or value is False:
        if question.required:
            raise ValidationError([REQUIRED_BY_KIND.get(question.kind, REQUIRED)])
        return value
    if question.option_source:
        _check_offered(question, value, rules, context)
    if question.kind == "file":
        value = _stored_files(question, value, context)
    if question.validator:
        _check_named(question.validator, value, rules, context)
    return value


def _check_offered(question: Field, value: Json, rules: FormRules, context: FormContext) -> None:
    source = rules.options.get(question.option_source)
    if source is None:
        raise _not_installed(question.option_source)
    offered = {option[0] for option in source(context)}
    if not offered.issuperset(value if isinstance(value, list) else [value]):
        raise not_offered()


def _check_named(name: str, value: Json, rules: FormRules, context: FormContext) -> None:
    validator = rules.validators.get(name)
    if validator is None:
        raise _not_installed(name)
    problem = validator(context, value)
    if problem is not None:
        raise ValidationError([problem])


def _not_installed(name: str) -> ValidationError:
    """A rule that is missing refuses: an answer is never taken unchecked."""
    return wrong(
        f"校验规则 {name} 未安装，请联系系统管理员", f"cannot be checked: the rule {name} is not installed; tell the administrator"
    )


def _stored_files(question: Field, references: Any, context: FormContext) -> list[Json]:
    stored: list[Json] = []
    problems: list[Text] = []
    for reference in references:
        identity = reference["id"]
        facts = context.attachment(identity)
        problem = _file_problem(question, facts)
        if problem is not None:
            problems.append(problem)
        elif facts is not None:
            stored.append({"id": identity, "name": facts.name, "size": facts.size, "type": facts.type, "sha256": facts.sha256})
    if problems:
        raise ValidationError(problems)
    return stored


def _file_problem(question: Field, facts: AttachmentFacts | None) -> Text | None:
    if facts is None:
        return Text("文件不存在或已被删除，请重新上传", "the file does not exist or was removed: upload it again")
    if question.max_size is not None and facts.size > question.max_size:
        limit = f"{question.max_size / 1024 / 1024:g} MB"
        return Text(f"文件“{facts.name}”超过 {limit}", f"the file “{facts.name}” is larger than {limit}")
    if question.accept and not any(_accepts(token, facts) for token in question.accept):
        accepted = ", ".join(question.accept)
        return Text(f"文件“{facts.name}”不是可接受的类型（{accepted}）", f"the file “{facts.name}” is of none of the kinds {accepted}")
    return None


def _accepts(token: str, facts: AttachmentFacts) -> bool:
    """Whether a file matches one entry of `accept`: an extension, a media type, or all of one (`image/*`)."""
    if token.startswith("."):
        return facts.name.lower().endswith(token)
    return facts.type.startswith(token[:-1]) if token.endswith("/*") else facts.type == token


def _unknown(errors: Mapping[Path, list[Text]], known: set[Path]) -> list[FieldError]:
    paths = sorted(path for path in errors if path not in known)[:MOST_UNKNOWN]
    return [FieldError(name, name or "表单", m) for path in paths for name in [_printable(path)] for m in errors[path]]


def _printable(path: Path) -> str:
    return ".".join(path).encode("utf-8", "replace").decode()[:100]


def draft_answers(questions: Sequence[Field], answers: Any) -> dict[str, Json]:
    """What of unfinished answers can be kept: JSON of bounded size for known questions, unchecked; the rest is left out."""
    result: dict[str, Json] = {}
    for question in questions:
        value = _kept(value_at(answers, question.path))
        if value is not None and not question.readonly:
            put(result, question.path, value)
    return result


def _kept(value: Any) -> Json:
    if isinstance(value, list):
        return [k for k in map(_kept_item, value[:LONGEST_DRAFT_LIST]) if k is not None]
    return _kept_item(value) if isinstance(value, Mapping) else _kept_scalar(value, LONGEST_TEXT)


def _kept_item(value: Any) -> Json:
    if isinstance(value, Mapping):
        return {k: _kept_scalar(v, LONGEST_DRAFT_ITEM) for k, v in value.items() if k in REFERENCE_KEYS}
    return _kept_scalar(value, LONGEST_DRAFT_ITEM)


def _kept_scalar(value: Any, longest: int) -> Json:
    if isinstance(value, str):
        return value[:longest].encode("utf-8", "ignore").decode()
    if isinstance(value, int | float) and abs(value) <= LARGEST_NUMBER:  # never true of not-a-number
        return value
    return None
