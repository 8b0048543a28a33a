"""The part of form-js that the product understands: which components there are, and what each may say.

Whatever is not listed here is refused at deploy. An attribute that were silently ignored would look right in the editor and do nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workflow_runtime.errors import Text
from workflow_runtime.forms.model import Kind

COMMON = frozenset({"type", "id", "label", "description", "key", "disabled", "readonly", "validate", "conditional", "properties", "layout"})
CHOICES = frozenset({"values", "valuesKey"})
TRANSLATED = frozenset({"en"})
NAMED = frozenset({"en", "enDescription", "hint", "enHint", "validate", "prefill"})

ROOT = frozenset({"type", "id", "schemaVersion", "components", "exporter", "executionPlatform", "executionPlatformVersion", "versionTag"})
"""What the file itself may say."""

PRESENTATION = frozenset({"type", "id", "conditional", "properties", "layout"})
TEXT_BLOCK = PRESENTATION | {"text"}
GROUP = PRESENTATION | {"label", "components", "path", "showOutline", "verticalAlignment"}

SPACING = frozenset({"spacer", "separator"})
"""Components that only keep others apart: the pages have a spacing of their own."""

_LISTED = Text(
    "请分成若干填写项，或用文件（filepicker）上传清单。", "Ask by several questions, or let a list be uploaded as a file (filepicker)."
)
_WORDS = Text("请用文字块（text）写出要说的话。", "Say it by a text block (text).")
INSTEAD: Mapping[str, Text] = {
    "button": Text("请删除；按钮写在用户任务的属性 outcomes 中。", "Remove it: buttons are the property outcomes of the user task."),
    "taglist": Text("请改用多选框组（checklist）。", "Use a checklist."),
    "expression": Text("请删除；计算写在决策表或服务任务中。", "Remove it: calculate in a decision table or a service task."),
    "documentPreview": Text("请改用文件（filepicker）。", "Use a filepicker."),
    **dict.fromkeys(("dynamiclist", "table"), _LISTED),
    **dict.fromkeys(("image", "html", "iframe"), _WORDS),
}
"""What serves instead of components that the editor offers and the product does not have."""

RESERVED_KEYS = frozenset({"outcome", "opinion"})
"""Keys that the runtime writes beside the form's answers."""

WORDS = frozenset({"and", "or", "not", "in", "is", "true", "false", "null", "True", "False", "None"})
"""Words of the expression grammar: no condition could read a question named like one of them."""

MOST_BYTES = 1_000_000
MOST_COMPONENTS = 500
DEEPEST_GROUP = 5
LONGEST_KEY = 64


@dataclass(frozen=True)
class Component:
    """One type of question: its kind, and the attributes, `validate` keys and custom `properties` it may have."""

    kind: Kind
    attributes: frozenset[str]
    validate: frozenset[str]
    properties: frozenset[str]


def _component(kind: Kind, attributes: frozenset[str], validate: str, properties: str) -> Component:
    return Component(kind, COMMON | attributes, frozenset(["required", *validate.split()]), NAMED | set(properties.split()))


DEFAULT = frozenset({"defaultValue"})

COMPONENTS: Mapping[str, Component] = {
    "textfield": _component("text", DEFAULT | {"appearance"}, "minLength maxLength pattern validationType", "searchable unit enUnit"),
    "textarea": _component("textarea", DEFAULT, "minLength maxLength", ""),
    "number": _component("number", DEFAULT | {"appearance", "decimalDigits", "increment"}, "min max", "searchable unit enUnit"),
    "datetime": _component("date", DEFAULT | {"subtype", "dateLabel"}, "", "searchable"),
    "select": _component("select", DEFAULT | CHOICES | {"searchable"}, "", "searchable"),
    "radio": _component("radio", DEFAULT | CHOICES, "", "searchable"),
    "checkbox": _component("checkbox", DEFAULT, "", ""),
    "checklist": _component("checklist", DEFAULT | CHOICES, "", ""),
    "filepicker": _component("file", frozenset({"accept", "multiple"}), "", "maxFiles maxSize"),
}
"""The questions, by the editor's `type`."""
