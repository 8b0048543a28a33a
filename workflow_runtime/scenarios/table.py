"""A table of a scenario file, taken apart key by key: what is left over or of another kind is told with its place."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Text
from workflow_runtime.handlers import Json, as_json
from workflow_runtime.scenarios.problems import ScenarioInvalid, nearest


class Table:
    """The keys of one table; `where` is the place that is told, as the analyst would look for it."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        self.where = where
        self._left = dict(content)
        self._asked: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty. Raises ScenarioInvalid when it is missing and there is no default."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not (value.strip() or default is not None):
            raise self._wrong(key, Text("一段文字", "a text"), value)
        return value

    def optional_text(self, key: str) -> str | None:
        """A text, or None when the key is not there."""
        return self.text(key) if self.has(key) else None

    def flag(self, key: str, default: bool) -> bool:
        """A yes or no."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, Text("true 或 false", "true or false"), value)
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts, or None when the key is not there."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, Text('文字的列表，例如 ["a", "b"]', 'a list of texts, as ["a", "b"]'), value)
        return tuple(value)

    def one_or_more(self, key: str) -> str | tuple[str, ...] | None:
        """A text or a list of texts, or None when the key is not there."""
        return self.text(key) if isinstance(self._left.get(key), str) else self.texts(key)

    def json(self, key: str) -> Json:
        """Any value; dates and times become ISO 8601 text."""
        return as_json(self._take(key))

    def values(self, key: str) -> dict[str, Json]:
        """A table of values; empty when the key is not there."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, Text("一个表，例如 { a = 1 }", "a table, as { a = 1 }"), value)
        return {name: as_json(item) for name, item in value.items()}

    def tables(self, key: str) -> dict[str, dict[str, Json]]:
        """A table of tables; empty when the key is not there."""
        found = {}
        for name, value in self.values(key).items():
            if not isinstance(value, dict):
                raise self._wrong(f"{key}.{name}", Text("一个表，例如 { a = 1 }", "a table, as { a = 1 }"), value)
            found[name] = value
        return found

    def items(self, key: str) -> "list[Table]":
        """A list of tables; empty when the key is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, Text("表的列表", "a list of tables"), value)
        return [Table(item, f"{self.where} · {key} {number}") for number, item in enumerate(value, 1)]

    def instant(self, key: str) -> datetime | None:
        """A date and time; without a zone it is Asia/Shanghai."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, datetime):
            raise self._wrong(key, Text("日期和时间，例如 2026-03-02T09:00:00", "a date and time, as 2026-03-02T09:00:00"), value)
        return value if value.tzinfo is not None else value.replace(tzinfo=SHANGHAI)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        self._asked.add(key)
        return key in self._left

    def finish(self) -> None:
        """Raises ScenarioInvalid for a key that nobody has asked for."""
        if self._left:
            key = next(iter(self._left))
            raise ScenarioInvalid(Text(f"{self.where}：不认识“{key}”。", f"{self.where}: “{key}” is not known."), nearest(key, self._asked))

    def _take(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return self._left.pop(key, default)

    def _wrong(self, key: str, wanted: Text, value: object) -> ScenarioInvalid:
        shown = "（缺少）" if value is None else f"{value!r:.60}"
        return ScenarioInvalid(
            Text(f"{self.where}：“{key}”应为{wanted.zh}，实际为 {shown}。", f"{self.where}: “{key}” must be {wanted.en}, not {shown}."),
            Text("请修改情景文件。", "Mend the scenario file."),
        )
