"""One question of a form file: from the editor's component to a `Field`."""

import re
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from workflow_runtime.errors import Text
from workflow_runtime.expressions import Expression
from workflow_runtime.forms.model import Field, FormRules, Option
from workflow_runtime.forms.patterns import FORMATS, LONGEST_PATTERN, compile_pattern
from workflow_runtime.forms.profile import COMPONENTS, Component
from workflow_runtime.forms.source import Json, Source
from workflow_runtime.forms.values import LONGEST_TEXT, READERS, is_blank

MOST_FILES = 50
MOST_OPTIONS = 1000
MOST_DECIMALS = 10
SIZE = re.compile(r"([0-9]{1,4})\s?(KB|MB)", re.IGNORECASE)
ACCEPT = re.compile(r"\.[a-z0-9]{1,10}|[a-z]+/(\*|[a-z0-9.+-]+)")


def read_field(source: Source, component: Json, name: str, hidden_if: tuple[Expression, ...], rules: FormRules | None) -> Field:
    """The question that a component of a known type describes; what is wrong with it becomes findings of the source.

    `name` is its dotted path, `hidden_if` its own condition and those of its groups. Without a rule book, named rules are not looked up.
    """
    profile = COMPONENTS[component["type"]]
    validate, properties = source.mapping(component, "validate"), source.mapping(component, "properties")
    source.only(component, component, profile.attributes, "")
    source.only(component, validate, profile.validate, "validate")
    question = Field(
        name=name,
        kind=profile.kind,
        label=_label(source, component, properties),
        description=_translated(source, component, component, properties, "description", "enDescription"),
        hint=_translated(source, component, properties, properties, "hint", "enHint"),
        required=source.flag(component, validate, "required"),
        readonly=source.flag(component, component, "readonly") | source.flag(component, component, "disabled"),
        searchable=_yes(source, component, properties, "searchable"),
        validator=_named_validator(source, component, properties, rules),
        hidden_if=hidden_if,
        prefill=_prefill(source, component, properties),
        **_layout(source, component),
        **_text_rules(source, component, validate),
        **_number_rules(source, component, validate, properties),
        **_choices(source, component, profile, properties, rules),
        **_file_rules(source, component, properties),
    )
    _check_properties(source, component, profile, properties, question)
    _check_ranges(source, component, question)
    return _with_default(source, component, question)


def _label(source: Source, component: Json, properties: Json) -> Text:
    zh = source.words(component, component, "dateLabel") or source.words(component, component, "label")
    if not component.get("dateLabel") and not component.get("label"):
        source.refuse("FORM_LABEL", component, Text("填写项没有标题", "the question has no label"))
    if component.get("subtype", "date") != "date":
        source.refuse_value(component, "subtype", "只支持 date（日期）", "may only be date")
    return Text(zh, source.words(component, properties, "en") or zh)


def _translated(source: Source, component: Json, part: Json, properties: Json, attribute: str, english: str) -> Text:
    zh = source.words(component, part, attribute)
    return Text(zh, source.words(component, properties, english) or zh)


def _yes(source: Source, component: Json, part: Json, attribute: str) -> bool:
    """A custom property is always text: "true" or "false"."""
    value = part.get(attribute, "false")
    if value not in ("true", "false"):
        source.refuse_value(component, attribute, "应为 true 或 false", 'must be "true" or "false"')
    return bool(value == "true")


def _named_validator(source: Source, component: Json, properties: Json, rules: FormRules | None) -> str:
    name = source.words(component, properties, "validate")
    if name and rules is not None and name not in rules.validators:
        _refuse_rule(source, component, name, list(rules.validators))
    return name


def _prefill(source: Source, component: Json, properties: Json) -> Expression | None:
    """The expression of the custom property, with or without the `=` of the editor."""
    text = properties.get("prefill")
    if text is None or text == "":
        return None
    if not isinstance(text, str) or component["type"] == "filepicker":
        source.refuse_value(component, "prefill", "应为表达式；文件不能预填", "must be an expression; files cannot be prefilled")
        return None
    return source.expression("FORM_PREFILL", component, text)


def _refuse_rule(source: Source, component: Json, name: str, known: list[str]) -> None:
    source.refuse(
        "FORM_RULE",
        component,
        Text(f"没有名为 {name[:100]} 的规则", f"there is no rule named {name[:100]}"),
        Text(f"可用：{', '.join(sorted(known))}。", f"There are: {', '.join(sorted(known))}."),
    )


def _layout(source: Source, component: Json) -> dict[str, Any]:
    layout = source.mapping(component, "layout")
    source.only(component, layout, {"row", "columns"}, "layout")
    return {"row": source.words(component, layout, "row"), "columns": source.whole(component, layout, "columns", 16)}


def _text_rules(source: Source, component: Json, validate: Json) -> dict[str, Any]:
    kind = source.words(component, validate, "validationType") or "custom"
    if kind != "custom" and kind not in FORMATS:
        source.refuse_value(component, "validationType", "应为 email、phone 或 custom", "must be email, phone or custom")
    return {
        "min_length": source.whole(component, validate, "minLength", LONGEST_TEXT),
        "max_length": source.whole(component, validate, "maxLength", LONGEST_TEXT),
        "format": kind if kind in FORMATS else "",
        "pattern": "" if kind in FORMATS else _pattern(source, component, validate),
    }


def _pattern(source: Source, component: Json, validate: Json) -> str:
    pattern = validate.get("pattern") or ""
    try:
        compile_pattern(pattern)
    except (ValueError, TypeError) as error:
        source.refuse(
            "FORM_PATTERN",
            component,
            Text(f"正则表达式不可用：{error}", f"the regular expression cannot be used: {error}"),
            Text(
                f"请用不超过 {LONGEST_PATTERN} 个字符、不含环视和反向引用的正则表达式。",
                f"Use one of at most {LONGEST_PATTERN} characters without look-around and back-references.",
            ),
        )
        return ""
    return str(pattern)


def _number_rules(source: Source, component: Json, validate: Json, properties: Json) -> dict[str, Any]:
    appearance = source.mapping(component, "appearance")
    source.only(component, appearance, {"prefixAdorner", "suffixAdorner"}, "appearance")
    unit = source.words(component, properties, "unit") or source.words(component, appearance, "suffixAdorner")
    return {
        "minimum": source.number(component, validate, "min"),
        "maximum": source.number(component, validate, "max"),
        "decimals": source.whole(component, component, "decimalDigits", MOST_DECIMALS),
        "unit": Text(unit, source.words(component, properties, "enUnit") or unit),
    }


def _choices(source: Source, component: Json, profile: Component, properties: Json, rules: FormRules | None) -> dict[str, Any]:
    if "values" not in profile.attributes:
        return {}
    named = source.words(component, component, "valuesKey")
    options = _options(source, component, properties)
    if bool(named) == bool(component.get("values")):
        message = Text("应有固定选项或选项来源 valuesKey，二者取一", "needs either options or a named source (valuesKey), not both")
        source.refuse("FORM_OPTIONS", component, message)
    if named and rules is not None and named not in rules.options:
        _refuse_rule(source, component, named, list(rules.options))
    return {"options": options, "option_source": named}


def _options(source: Source, component: Json, properties: Json) -> tuple[Option, ...]:
    options = []
    for value in source.items(component, "values")[:MOST_OPTIONS]:
        if not isinstance(value, dict) or not all(isinstance(value.get(k), str) and value[k].strip() for k in ("label", "value")):
            source.refuse("FORM_OPTIONS", component, Text("选项缺少文字的 label 或 value", "an option lacks its label or value as text"))
            continue
        translation = source.words(component, properties, f"en.{value['value']}")
        options.append(Option(value["value"].strip(), source.words(component, value, "label"), translation))
    if len({o.value for o in options}) < len(options):
        source.refuse("FORM_OPTIONS", component, Text("选项的 value 重复", "two options have the same value"))
    return tuple(options)


def _file_rules(source: Source, component: Json, properties: Json) -> dict[str, Any]:
    multiple = source.flag(component, component, "multiple")
    most = source.whole(component, properties, "maxFiles", MOST_FILES)
    if most == 0 or (most is not None and most > 1 and not multiple):
        source.refuse_value(component, "maxFiles", "至少为 1；大于 1 时须勾选 multiple", "must be at least 1, and needs multiple above 1")
    accept = [t.strip().lower() for t in source.words(component, component, "accept").split(",") if t.strip()]
    if not all(ACCEPT.fullmatch(t) for t in accept):
        source.refuse_value(component, "accept", "应为 .pdf 或 image/png 之类，逗号分隔", "must list entries such as .pdf or image/png")
    return {
        "max_files": most or (10 if multiple else 1),
        "accept": tuple(accept),
        "max_size": _size(source, component, properties),
    }


def _size(source: Source, component: Json, properties: Json) -> int | None:
    text = source.words(component, properties, "maxSize")
    size = SIZE.fullmatch(text)
    if text and size is None:
        source.refuse_value(component, "maxSize", "应写作 20MB 或 500KB", "must be written as 20MB or 500KB")
    return int(size[1]) * (1024 if size[2].upper() == "KB" else 1024 * 1024) if size else None


def _check_properties(source: Source, component: Json, profile: Component, properties: Json, question: Field) -> None:
    translations = {f"en.{o.value}" for o in question.options}
    source.only(component, properties, profile.properties | translations, "properties")


def _check_ranges(source: Source, component: Json, question: Field) -> None:
    for low, high, name in (
        (question.min_length, question.max_length, "minLength"),
        (question.minimum, question.maximum, "min"),
    ):
        if low is not None and high is not None and low > high:
            source.refuse_value(component, name, "大于上限", "is greater than the maximum")


def _with_default(source: Source, component: Json, question: Field) -> Field:
    """The question with its default value, which must itself be a right answer."""
    default = component.get("defaultValue")
    if is_blank(default):
        return question
    try:
        return replace(question, default=READERS[question.kind](question, default))
    except ValidationError as error:
        messages: Any = error.messages
        source.refuse_value(component, "defaultValue", *messages[0])
        return question
