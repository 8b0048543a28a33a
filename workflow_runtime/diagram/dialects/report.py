"""What a rewriting tells: one finding for each spelling, however often it stands in the file."""

from dataclasses import dataclass, field

from lxml import etree

from workflow_runtime.diagram.xml import line_of
from workflow_runtime.errors import Finding, Text

MOST = 60
"""Different spellings that are told; a file that has more is no better understood by a longer list."""

_WRITE = Text("可用 crane import 写成本系统的写法。", "`crane import` writes it in the form of this system.")


@dataclass
class Report:
    """What was read as what, and what could not be, in one file."""

    file: str
    _told: dict[tuple[str, str], tuple[Text, Text, list[etree._Element]]] = field(default_factory=dict)

    def read_as(self, element: etree._Element, spelling: str, meaning: Text) -> None:
        """A foreign spelling was understood."""
        self._note("DIALECT_READ", spelling, Text(f"{spelling} 读作{meaning.zh}", f"{spelling} is read as {meaning.en}"), _WRITE, element)

    def unsupported(self, element: etree._Element, spelling: str, cure: Text) -> None:
        """A foreign spelling says something that has no counterpart here."""
        self._note("DIALECT_UNSUPPORTED", spelling, Text(f"{spelling} 在这里不起作用", f"{spelling} has no effect here"), cure, element)

    def _note(self, code: str, spelling: str, message: Text, cure: Text, element: etree._Element) -> None:
        self._told.setdefault((code, f"{spelling} {message.en}"), (message, cure, []))[2].append(element)

    def findings(self) -> list[Finding]:
        """One warning for each spelling, at the first element that has it."""
        return [
            Finding(
                code, self.file, elements[0].get("id", "")[:100], line_of(elements[0]), _counted(message, len(elements)), cure, "warning"
            )
            for (code, _), (message, cure, elements) in list(self._told.items())[:MOST]
        ]


def _counted(message: Text, count: int) -> Text:
    return Text(f"{message.zh}（{count} 处）。", f"{message.en} ({count} place{'s' if count > 1 else ''}).")
