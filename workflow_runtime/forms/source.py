"""A form file while it is being read: its text, and what was found wrong with it so far."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from workflow_runtime.errors import Finding, Text

Json = Mapping[str, Any]

REPAIR = Text("请在表单编辑器中更正后重新部署。", "Correct it in the form editor and deploy again.")


class Source:
    """Collects the findings of one file; asking for an attribute of the wrong type is a finding, too."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.findings: list[Finding] = []

    def refuse(self, code: str, component: Json, message: Text, cure: Text = REPAIR, *, severity: str = "error") -> None:
        """Add a finding about this component (or the root object)."""
        element = next((v for v in (component.get("id"), component.get("key")) if isinstance(v, str)), "")
        self.findings.append(Finding(code, self.file, element[:100], self._line(component), message, cure, severity))

    def _line(self, component: Json) -> int:
        """The line that holds the component's id or key; JSON readers keep no positions, so it is searched for. 0: not found."""
        for attribute in ("id", "key"):
            value = component.get(attribute)
            if isinstance(value, str):
                found = re.search(rf'"{attribute}"\s*:\s*{re.escape(json.dumps(value, ensure_ascii=False))}', self.text)
                if found:
                    return self.text.count("\n", 0, found.start()) + 1
        return 0

    def refuse_value(self, component: Json, attribute: str, zh: str, en: str) -> None:
        """Add a finding about the value of one attribute: what it should have been."""
        self.refuse("FORM_VALUE", component, Text(f"属性 {attribute} {zh}", f"the attribute {attribute} {en}"))

    def only(self, component: Json, part: Json, allowed: Collection[str], where: str) -> None:
        """Refuse every attribute of `part` that is not allowed; `where` names the part, empty for the component itself."""
        for name in sorted(set(map(str, part)) - set(allowed)):
            full = f"{where}.{name}"[:100] if where else name[:100]
            message = Text(f"不支持属性 {full}", f"the attribute {full} is not supported")
            known = ", ".join(sorted(allowed))
            self.refuse("FORM_ATTRIBUTE", component, message, Text(f"请删除它；可用：{known}。", f"Remove it; there are: {known}."))

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
