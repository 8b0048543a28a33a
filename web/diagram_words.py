"""What the shipped diagrams say to people, for the catalogue of sentences: names, status words, buttons."""

from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from workflow_runtime.diagram.model import Process
from workflow_runtime.diagram.reader import read_bpmn

Message = tuple[int, None, str, list[str]]


def extract(file: BinaryIO, keywords: Any, comment_tags: Collection[str], options: Any) -> Iterator[Message]:
    """Every word of a BPMN file that a page shows, as Babel wants messages (its `extract` protocol, of which only the file is needed)."""
    processes, _ = read_bpmn("diagram.bpmn", file.read())
    for process in processes:
        for line, text in _words(process):
            if text:
                yield line, None, text, []


def _words(process: Process) -> Iterator[tuple[int, str]]:
    yield process.line, process.name
    for node in process.nodes:
        yield node.line, node.name
        yield node.line, node.properties.get("status", "")
        yield node.line, node.lane or ""
        if node.type == "startEvent":  # what the list of businesses says about one
            yield node.line, node.documentation
        for outcome in node.outcomes:
            yield node.line, outcome.label
