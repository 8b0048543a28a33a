"""What has changed in a form: its questions, their rules and their order. Rows and columns of the editor's grid have no meaning."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workflow_runtime.changes.change import Change, order_changed, value_changed
from workflow_runtime.errors import Text
from workflow_runtime.expressions import Expression
from workflow_runtime.forms import Form
from workflow_runtime.forms.model import Block, Field, Group, Option, TextBlock

KINDS = {
    "text": Text("单行文字", "text"),
    "textarea": Text("多行文字", "long text"),
    "number": Text("数字", "number"),
    "date": Text("日期", "date"),
    "select": Text("下拉选择", "select"),
    "radio": Text("单选", "radio"),
    "checkbox": Text("勾选", "checkbox"),
    "checklist": Text("多选", "checklist"),
    "file": Text("文件", "file"),
}

VALUES = {
    "description": Text("说明", "description"),
    "hint": Text("示例", "hint"),
    "default": Text("默认值", "default"),
    "min_length": Text("最少字数", "least characters"),
    "max_length": Text("最多字数", "most characters"),
    "pattern": Text("格式（正则表达式）", "pattern"),
    "format": Text("格式", "format"),
    "minimum": Text("最小值", "minimum"),
    "maximum": Text("最大值", "maximum"),
    "decimals": Text("小数位数", "decimals"),
    "unit": Text("单位", "unit"),
    "option_source": Text("选项来源", "source of options"),
    "validator": Text("校验规则", "rule"),
    "accept": Text("可上传的类型", "accepted files"),
    "max_files": Text("文件数上限", "most files"),
    "max_size": Text("文件大小上限（字节）", "largest file (bytes)"),
}
"""Properties of a question that are told by their value."""

FLAGS = {
    "required": (Text("改为必填", "is now required"), Text("改为选填", "is now optional")),
    "readonly": (Text("改为只读", "is now read-only"), Text("改为可以填写", "can now be filled in")),
    "searchable": (Text("改为可供查询", "can now be searched"), Text("不再可供查询", "can no longer be searched")),
}


@dataclass(frozen=True)
class _Asked:
    """A question with the headings of the groups around it."""

    field: Field
    groups: str


def compare_forms(old: Form, new: Form) -> Iterator[Change]:
    """Every change of meaning between two versions of a form."""
    subject = Text(f"表单“{new.title.zh}”", f"form “{new.title.en}”")
    yield from value_changed(
        "form.title", new.key, Text(f"表单 {new.key} ", f"form {new.key}"), Text("标题", "title"), old.title, new.title
    )
    before = {asked.field.name: asked for asked in _asked(old.blocks)}
    after = {asked.field.name: asked for asked in _asked(new.blocks)}
    for name, asked in before.items():
        if name not in after:
            word = _word(asked.field)
            yield Change("field.removed", name, Text(f"删除{word.zh}", f"{word.en} removed"))
        else:
            yield from _compare(asked, after[name])
    for name, asked in after.items():
        if name not in before:
            word, must = _word(asked.field), Text("（必填）", " (required)") if asked.field.required else Text("", "")
            yield Change("field.added", name, Text(f"新增{word.zh}{must.zh}", f"{word.en}{must.en} added"))
    yield from order_changed("form.order", new.key, subject, Text("填写项", "questions"), before, after)
    yield from _texts(old, new, subject)


def _asked(blocks: Sequence[Block], groups: str = "") -> Iterator[_Asked]:
    for block in blocks:
        if isinstance(block, Group):
            yield from _asked(block.blocks, f"{groups} / {block.label.zh}".removeprefix(" / "))
        elif isinstance(block, Field):
            yield _Asked(block, groups)


def _word(question: Field) -> Text:
    return Text(f"填写项“{question.label.zh}”", f"question “{question.label.en}”")


def _compare(old_asked: _Asked, new_asked: _Asked) -> Iterator[Change]:
    old, new, subject = old_asked.field, new_asked.field, _word(new_asked.field)
    named = Text(f"填写项 {new.name} ", f"question {new.name}")
    yield from value_changed("field.label", new.name, named, Text("标题", "label"), old.label, new.label)
    yield from value_changed("field.type", new.name, subject, Text("类型", "type"), KINDS[old.kind], KINDS[new.kind])
    yield from value_changed("field.group", new.name, subject, Text("分组", "group"), old_asked.groups, new_asked.groups)
    for flag, (on, off) in FLAGS.items():
        if getattr(old, flag) != getattr(new, flag):
            said = on if getattr(new, flag) else off
            yield Change(f"field.{flag}", new.name, Text(subject.zh + said.zh, f"{subject.en} {said.en}"))
    for name, what in VALUES.items():
        yield from value_changed(f"field.{name}", new.name, subject, what, _told(getattr(old, name)), _told(getattr(new, name)))
    if not _same_conditions(old.hidden_if, new.hidden_if):
        what = Text("隐藏条件", "condition for hiding")
        yield from value_changed("field.condition", new.name, subject, what, _conditions(old.hidden_if), _conditions(new.hidden_if))
    if (old.prefill and old.prefill.tree) != (new.prefill and new.prefill.tree):
        was, now = ("" if prefill is None else prefill.text for prefill in (old.prefill, new.prefill))
        yield from value_changed("field.prefill", new.name, subject, Text("预填", "prefill"), was, now)
    yield from _options(old.options, new.options, new.name, subject)


def _told(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, tuple) and not isinstance(value, Text) else value


def _conditions(conditions: Sequence[Expression]) -> str:
    return " or ".join(condition.text for condition in conditions)


def _same_conditions(old: Sequence[Expression], new: Sequence[Expression]) -> bool:
    return [condition.tree for condition in old] == [condition.tree for condition in new]


def _options(old: Sequence[Option], new: Sequence[Option], name: str, subject: Text) -> Iterator[Change]:
    before, after = {option.value: option for option in old}, {option.value: option for option in new}
    for value in dict.fromkeys((*before, *after)):
        was, now = before.get(value), after.get(value)
        what = Text(f"选项 {value} ", f"option {value}")
        yield from value_changed("field.options", name, subject, what, was and was.text, now and now.text)
    yield from order_changed("field.options", name, subject, Text("选项", "options"), before, after)


def _texts(old: Form, new: Form, subject: Text) -> Iterator[Change]:
    before, after = list(_words_between(old.blocks)), list(_words_between(new.blocks))
    if before != after:
        yield Change(
            "form.text", new.key, Text(f"{subject.zh}中的说明文字有改动", f"{subject.en}: the words between the questions have changed")
        )


def _words_between(blocks: Sequence[Block]) -> Iterator[tuple[Text, str]]:
    """The text blocks with their conditions. Groups without a question have no other trace, so their headings count as words."""
    for block in blocks:
        if isinstance(block, TextBlock):
            yield block.text, _conditions(block.hidden_if)
        elif isinstance(block, Group):
            if not any(True for _ in _asked(block.blocks)):
                yield block.label, ""
            yield from _words_between(block.blocks)
