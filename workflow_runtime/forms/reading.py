"""Reading a `.form` file: what bpmn.io's form editor writes, in the profile that the product understands."""

from typing import Any

import orjson

from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import Expression
from workflow_runtime.forms.answers import RESERVED
from workflow_runtime.forms.component import read_field
from workflow_runtime.forms.form import Form
from workflow_runtime.forms.model import Block, FormRules, Group, TextBlock
from workflow_runtime.forms.profile import (
    COMPONENTS,
    DEEPEST_GROUP,
    GROUP,
    INSTEAD,
    LONGEST_KEY,
    MOST_BYTES,
    MOST_COMPONENTS,
    RESERVED_KEYS,
    ROOT,
    SPACING,
    TEXT_BLOCK,
    TRANSLATED,
    WORDS,
)
from workflow_runtime.forms.source import REPAIR, Json, Source


def read_form(file: str, data: bytes, rules: FormRules | None) -> tuple[Form | None, list[Finding]]:
    """The form in the bytes of `file`, and everything that is wrong with it; no form when a finding is an error. Never raises.

    With a rule book, every named validator and option source must be in it, and the form checks answers with it.
    """
    source = Source(file, data[:MOST_BYTES].decode("utf-8", "replace"))
    document = _parsed(source, data)
    if document is None:
        return None, source.findings
    key = _checked_root(source, document)
    reader = FormReader(source, rules)
    blocks = reader.blocks(source.items(document, "components"), (), ())
    if any(f.severity == "error" for f in source.findings):
        return None, source.findings
    title, blocks = _titled(key, blocks)
    return Form(key, title, blocks, rules or FormRules()), source.findings


def _parsed(source: Source, data: bytes) -> Json | None:
    if len(data) > MOST_BYTES:
        source.refuse("FORM_TOO_LARGE", {}, Text("表单文件超过 1 MB", "the form file is larger than 1 MB"), REPAIR)
        return None
    try:
        document = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        source.refuse("FORM_UNREADABLE", {}, Text(f"不是有效的 JSON：{error}", f"is not JSON: {error}"), REPAIR)
        return None
    if not isinstance(document, dict) or document.get("type") != "default":
        source.refuse(
            "FORM_UNREADABLE", {}, Text("不是 form-js 表单（type 应为 default）", "is no form-js form (its type must be default)")
        )
        return None
    return document


def _checked_root(source: Source, document: Json) -> str:
    """The key of the form: its id."""
    source.only(document, document, ROOT, "")
    key = document.get("id")
    if not _is_key(key):
        message = Text("表单的 id 缺失或不是标识符", "the form's id is missing or no identifier")
        source.refuse(
            "FORM_ID", document, message, Text("请把 id 设为文件名（不含 .form）。", "Set the id to the file's name without .form.")
        )
        return ""
    stem = source.file.replace("\\", "/").rpartition("/")[2].removesuffix(".form")
    if stem != key:
        message = Text(f"表单的 id {key} 与文件名 {stem} 不同", f"the form's id {key} is not the file's name {stem}")
        source.refuse(
            "FORM_ID", document, message, Text("请改为一致，便于查找。", "Make them the same, so that it is found."), severity="warning"
        )
    return str(key)


def _is_key(key: Any) -> bool:
    return isinstance(key, str) and len(key) <= LONGEST_KEY and key.isidentifier() and key not in WORDS and not key.startswith("_")


def _titled(key: str, blocks: tuple[Block, ...]) -> tuple[Text, tuple[Block, ...]]:
    """The title is the heading (`# …`) with which the form begins; the editor shows it there, too."""
    first = blocks[0] if blocks else None
    if isinstance(first, TextBlock) and first.text.zh.startswith("# ") and "\n" not in first.text.zh:
        return Text(first.text.zh[2:].strip(), first.text.en.removeprefix("# ").strip()), blocks[1:]
    return Text(key, key), blocks


class FormReader:
    """Walks the components of one file; remembers the questions before the one that is being read."""

    def __init__(self, source: Source, rules: FormRules | None) -> None:
        self.source = source
        self.rules = rules
        self.names: set[str] = set()
        self.group_paths: set[str] = set()
        self.count = 0

    def blocks(self, components: list[Any], path: tuple[str, ...], hidden_if: tuple[Expression, ...], depth: int = 0) -> tuple[Block, ...]:
        """The blocks that these components make; `path` and `hidden_if` come from the groups around them."""
        found = [self._block(c, path, hidden_if, depth) for c in components if self._countable(c)]
        return tuple(b for b in found if b is not None)

    def _countable(self, component: Any) -> bool:
        self.count += 1
        if self.count == MOST_COMPONENTS + 1:
            message = Text(f"组件超过 {MOST_COMPONENTS} 个", f"has more than {MOST_COMPONENTS} components")
            self.source.refuse("FORM_TOO_LARGE", {}, message, Text("请拆分为多个表单。", "Split it into several forms."))
        if not isinstance(component, dict):
            self.source.refuse("FORM_COMPONENT", {}, Text("组件应为对象", "a component must be an object"))
        return isinstance(component, dict) and self.count <= MOST_COMPONENTS

    def _block(self, component: Json, path: tuple[str, ...], hidden_if: tuple[Expression, ...], depth: int) -> Block | None:
        kind = component.get("type")
        hidden_if = (*hidden_if, *self._condition(component))
        if kind == "text":
            return self._text(component, hidden_if)
        if kind == "group":
            return self._group(component, path, hidden_if, depth)
        if isinstance(kind, str) and kind in COMPONENTS:
            name = self._name(component, path)
            question = read_field(self.source, component, name, hidden_if, self.rules)
            self.names.add(name)
            return question
        if str(kind) not in SPACING:
            self._refuse_type(component, str(kind)[:40])
        return None

    def _refuse_type(self, component: Json, kind: str) -> None:
        message = Text(f"不支持的组件类型 {kind}", f"the component type {kind} is not supported")
        known = ", ".join(sorted([*COMPONENTS, "group", "text"]))
        self.source.refuse("FORM_COMPONENT", component, message, INSTEAD.get(kind) or Text(f"可用：{known}。", f"There are: {known}."))

    def _condition(self, component: Json) -> tuple[Expression, ...]:
        conditional = self.source.mapping(component, "conditional")
        self.source.only(component, conditional, {"hide"}, "conditional")
        text = conditional.get("hide")
        if text is None or text == "":
            return ()
        if not isinstance(text, str):
            self.source.refuse_value(component, "conditional.hide", "应为表达式", "must be an expression")
            return ()
        condition = self.source.expression("FORM_CONDITION", component, text)
        if condition is None:
            return ()
        self._check_names(component, condition)
        return (condition,)

    def _check_names(self, component: Json, condition: Expression) -> None:
        for name in sorted(condition.names - self.names - set(RESERVED)):
            self.source.refuse(
                "FORM_CONDITION",
                component,
                Text(
                    f"条件读取的 {name[:100]} 不是此前的填写项", f"the condition reads {name[:100]}, which is no question before this one"
                ),
                Text(
                    "条件只能读取排在前面的填写项，以及 outcome、opinion。",
                    "A condition may read the questions before it, and outcome and opinion.",
                ),
            )

    def _text(self, component: Json, hidden_if: tuple[Expression, ...]) -> TextBlock:
        properties = self.source.mapping(component, "properties")
        self.source.only(component, component, TEXT_BLOCK, "")
        self.source.only(component, properties, TRANSLATED, "properties")
        zh = self.source.words(component, component, "text")
        return TextBlock(Text(zh, self.source.words(component, properties, "en") or zh), hidden_if)

    def _group(self, component: Json, path: tuple[str, ...], hidden_if: tuple[Expression, ...], depth: int) -> Group | None:
        if depth >= DEEPEST_GROUP:
            self.source.refuse("FORM_TOO_DEEP", component, Text("分组嵌套过深", "groups are nested too deeply"))
            return None
        properties = self.source.mapping(component, "properties")
        self.source.only(component, component, GROUP, "")
        self.source.only(component, properties, TRANSLATED, "properties")
        zh = self.source.words(component, component, "label")
        label = Text(zh, self.source.words(component, properties, "en") or zh)
        inner = self._group_path(component, path)
        return Group(label, self.blocks(self.source.items(component, "components"), inner, hidden_if, depth + 1), hidden_if)

    def _group_path(self, component: Json, path: tuple[str, ...]) -> tuple[str, ...]:
        if component.get("path") in (None, ""):
            return path
        inner = (*path, self._identifier(component, "path"))
        name = ".".join(inner)
        if name in self.names:
            self._refuse_duplicate(component, name)
        self.group_paths.add(name)
        return inner

    def _name(self, component: Json, path: tuple[str, ...]) -> str:
        name = ".".join((*path, self._identifier(component, "key")))
        if name in self.names or name in self.group_paths:
            self._refuse_duplicate(component, name)
        return name

    def _identifier(self, component: Json, attribute: str) -> str:
        key = component.get(attribute)
        if _is_key(key) and key not in RESERVED_KEYS:
            return str(key)
        shown = str(component.get(attribute, ""))[:LONGEST_KEY]
        self.source.refuse(
            "FORM_KEY",
            component,
            Text(f"{attribute} “{shown}”缺失、不是标识符或为保留字", f"the {attribute} “{shown}” is missing, no identifier, or reserved"),
            Text(
                "请用字母、数字、下划线，不以下划线开头，也不用 outcome、opinion；嵌套请用分组的 path。",
                "Use letters, digits and underscores, not beginning with an underscore, not outcome or opinion; nest by a group's path.",
            ),
        )
        return f"unnamed{self.count}"

    def _refuse_duplicate(self, component: Json, name: str) -> None:
        message = Text(f"键 {name} 重复", f"the key {name} is used twice")
        self.source.refuse(
            "FORM_KEY_DUPLICATE", component, message, Text("请为每个填写项取不同的键。", "Give every question a key of its own.")
        )
