"""A form file while it is being read: its text, and what was found wrong with it so far."""

import json
import re
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import LONGEST, MOST_TEXT, Expression, ExpressionError, compile_expression

Json = Mapping[str, Any]

MOST_FINDINGS = 1000
"""Findings that are kept of one file; nobody reads more."""

_NAMING = re.compile(r'"(id|key)"\s*:\s*("(?:[^"\\]|\\.)*")')

REPAIR = Text("请在表单编辑器中更正后重新部署。", "Correct it in the form editor and deploy again.")


class Source:
    """Collects the findings of one file; asking for an attribute of the wrong type is a finding, too."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.findings: list[Finding] = []
        self._compiled = 0

    def refuse(self, code: str, component: Json, message: Text, cure: Text = REPAIR, *, severity: str = "error") -> None:
        """Add a finding about this component (or the root object)."""
        if len(self.findings) == MOST_FINDINGS:
            return
        element = next((v for v in (component.get("id"), component.get("key")) if isinstance(v, str)), "")
        self.findings.append(Finding(code, self.file, element[:100], self._line(component), message, cure, severity))

    def _line(self, component: Json) -> int:
        """The line that holds the component's id or key; JSON readers keep no positions, so it is searched for. 0: not found."""
        named = ((attribute, component.get(attribute)) for attribute in ("id", "key"))
        lines = (self._lines.get((a, json.dumps(v, ensure_ascii=False)), 0) for a, v in named if isinstance(v, str))
        return next((line for line in lines if line), 0)

    @cached_property
    def _lines(self) -> Mapping[tuple[str, str], int]:
        """The line in which each id and each key, as it is written, stands first: the file is searched once, however much is wrong."""
        found: dict[tuple[str, str], int] = {}
        line, end = 1, 0
        for match in _NAMING.finditer(self.text):
            line, end = line + self.text.count("\n", end, match.start()), match.start()
            found.setdefault((match[1], match[2]), line)
        return found

    def refuse_value(self, component: Json, attribute: str, zh: str, en: str) -> None:
        """Add a finding about the value of one attribute: what it should have been."""
        self.refuse("FORM_VALUE", component, Text(f"属性 {attribute} {zh}", f"the attribute {attribute} {en}"))

    def only(self, component: Json, part: Json, allowed: Collection[str], where: str) -> None:
        """Refuse every attribute of `part` that is not allowed; `where` names the part, empty for the component itself.

        What the editor writes as empty or switched off (`"disallowPassedDates": false`) asks for nothing.
        """
        asked = {str(name) for name, value in part.items() if value not in (None, False, "", [], {})}
        for name in sorted(asked - set(allowed)):
            full = f"{where}.{name}"[:100] if where else name[:100]
            message = Text(f"不支持属性 {full}", f"the attribute {full} is not supported")
            known = ", ".join(sorted(allowed))
            self.refuse("FORM_ATTRIBUTE", component, message, Text(f"请删除它；可用：{known}。", f"Remove it; there are: {known}."))

    def expression(self, code: str, component: Json, text: str) -> Expression | None:
        """An expression compiled, None when it is none: then `code` is found. All those of a form are MOST_TEXT characters at most."""
        length = len(text) if len(text) <= LONGEST else 0  # longer ones are refused unread
        self._compiled += length
        if self._compiled > MOST_TEXT:
            if self._compiled - length <= MOST_TEXT:
                message = Text(f"表达式合计超过 {MOST_TEXT} 个字符", f"has more than {MOST_TEXT} characters of expressions")
                self.refuse("FORM_TOO_LARGE", component, message, Text("请拆分为多个表单。", "Split it into several forms."))
            return None
        try:
            return compile_expression(text)
        except ExpressionError as error:
            self.refuse(code, component, error.message, error.remedy)
            return None

    def mapping(self, component: Json, attribute: str) -> Json:
        """An object, empty when absent."""
        value = component.get(attribute)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.refuse_value(component, attribute, "应为对象", "must be an object")
            return {}
        return value

    def items(self, component: Json, attribute: str) -> list[Any]:
        """A list, empty when absent."""
        value = component.get(attribute)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse_value(component, attribute, "应为列表", "must be a list")
            return []
        return value

    def words(self, component: Json, part: Json, attribute: str) -> str:
        """Text, empty when absent. The editor's templating is refused: it would be shown as it stands."""
        value = part.get(attribute)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse_value(component, attribute, "应为文字", "must be text")
            return ""
        if value.startswith("=") or "{{" in value:
            self.refuse_value(component, attribute, "不能含表达式或模板", "must be plain text, no expression or template")
        return value.strip()

    def flag(self, component: Json, part: Json, attribute: str) -> bool:
        """True or false, false when absent."""
        value = part.get(attribute)
        if value is not None and not isinstance(value, bool):
            self.refuse_value(component, attribute, "应为 true 或 false", "must be true or false")
            return False
        return bool(value)

    def number(self, component: Json, part: Json, attribute: str) -> float | None:
        """A number, also written as text (as the editor may), None when absent or blank."""
        value = part.get(attribute)
        if value is None or value == "":
            return None
        text = value if isinstance(value, str) else json.dumps(value)
        if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,10})?", text):
            self.refuse_value(component, attribute, "应为数字", "must be a number")
            return None
        return float(text) if "." in text else int(text)

    def whole(self, component: Json, part: Json, attribute: str, largest: int) -> int | None:
        """A whole number from 0 to `largest`, None when absent."""
        value = self.number(component, part, attribute)
        if value is not None and (value != int(value) or not 0 <= value <= largest):
            self.refuse_value(component, attribute, f"应为 0 到 {largest} 的整数", f"must be a whole number from 0 to {largest}")
            return None
        return None if value is None else int(value)
