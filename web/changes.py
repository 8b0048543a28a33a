"""Changes of meaning as JSON, for the command and the interface."""

from typing import Any

from workflow_runtime.changes import Comparison


def comparison_document(compared: Comparison) -> dict[str, Any]:
    """Every change with its kind, file, part, element and words, and the files of which only the drawing has changed."""
    return {
        "same": compared.same,
        "changes": [
            {
                "kind": each.change.kind,
                "file": each.file,
                "part": each.part,
                "element": each.change.element,
                "message": each.change.message._asdict(),
            }
            for each in compared.changes
        ],
        "redrawn": list(compared.redrawn),
    }
