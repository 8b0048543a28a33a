"""What a scenario pretends: answers held against the form, results and errors against the handler."""

from collections.abc import Mapping

from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.forms import Field, Form
from workflow_runtime.forms.answers import REQUIRED, read_answers, visible_fields
from workflow_runtime.forms.nested import put, value_at
from workflow_runtime.handler_types import fits, result_fields, type_words
from workflow_runtime.handlers import Handler, Json
from workflow_runtime.scenarios.problems import StepImpossible, nearest

ANYTIME = frozenset({"PARAMETER_INVALID", "HANDLER_FAILED"})
"""Codes of errors that any service task may meet: a parameter of another type, a defect."""

HIDDEN = Text("在这些填写内容下不显示", "is hidden under these answers")


def answered(form: Form | None, answers: Mapping[str, Json], words: Mapping[str, Json], *, whole: bool) -> dict[str, Json]:
    """The values that the form would store. Rules and choices that need the books are not asked, files are taken by name.

    Unless they are `whole`, answers may be left out and hidden questions answered. Raises Invalid.
    """
    if form is None:
        if answers:
            none = Text("此处没有表单，不接受填写内容", "there is no form here that takes answers")
            raise Invalid([FieldError(name, name, none) for name in answers])
        return {}
    values, wrong = read_answers(form.schema, answers)
    known = {question.path: question for question in form.fields}
    found = [_error(known.get(path), path, sentence) for path, sentences in wrong.items() for sentence in sentences]
    if whole:
        found += _incomplete(form, values, words, set(wrong))
    if found:
        raise Invalid(found)
    return _stored(form, values)


def _error(question: Field | None, path: tuple[str, ...], sentence: Text) -> FieldError:
    name = ".".join(path)
    return FieldError(name, name if question is None else question.label.zh, sentence)


def _incomplete(form: Form, values: Mapping[str, Json], words: Mapping[str, Json], wrong: set[tuple[str, ...]]) -> list[FieldError]:
    visible = visible_fields(form.fields, values, words)
    missing = [q for q in visible if q.required and not q.readonly and q.path not in wrong and value_at(values, q.path) in (None, False)]
    shown = {question.path for question in visible}
    hidden = [q for q in form.fields if q.path not in shown and value_at(values, q.path) is not None]
    return [FieldError(q.name, q.label.zh, REQUIRED) for q in missing] + [FieldError(q.name, q.label.zh, HIDDEN) for q in hidden]


def _stored(form: Form, values: Mapping[str, Json]) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for question in form.fields:
        value = question.default if question.readonly else value_at(values, question.path)
        if question.kind == "file" and isinstance(value, list):
            value = [_file(reference) for reference in value]
        if value is not None:
            put(result, question.path, value)
    return result


def _file(reference: Json) -> Json:
    name = reference["id"] if isinstance(reference, dict) else reference
    return {"id": name, "name": name, "size": 1, "type": "application/pdf", "sha256": "0" * 64}


def ensure_result(handler: Handler, value: Json) -> None:
    """The names of a result, and the types of what is there, are those that the handler declares; one that declares none may answer anything.

    Raises StepImpossible.
    """
    declared = result_fields(handler)
    if declared is None:
        return
    for name, given in value.items() if isinstance(value, dict) else ():
        if name not in declared:
            raise StepImpossible(
                Text(f"服务 {handler.name} 的结果中没有 {name}。", f"The handler {handler.name} has no {name} in its result."),
                nearest(name, declared),
            )
        if not fits(given, declared[name]):
            words = type_words(declared[name])
            raise StepImpossible(
                Text(f"服务 {handler.name} 的结果 {name} 的类型不对。", f"The result {name} of {handler.name} has another type."),
                Text(f"应为{words.zh}。", f"It is {words.en}."),
            )


def ensure_error(handler: Handler, code: str) -> None:
    """A business error is one that the handler may raise. Raises StepImpossible."""
    if code not in handler.errors and code not in ANYTIME:
        raise StepImpossible(
            Text(f"服务 {handler.name} 不会产生错误 {code}。", f"The handler {handler.name} never raises {code}."),
            nearest(code, handler.errors),
        )
