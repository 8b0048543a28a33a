"""The values of the extension properties: due days, outcomes, toolbar, bulk, and names that look like a slip of the pen."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from workflow_runtime.diagram.contract.subject import Element, Subject, is_inbox
from workflow_runtime.diagram.model import Node
from workflow_runtime.due_days import DueInvalid, read_due_days
from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import ExpressionError

KNOWN = frozenset(
    {"formKey", "formMode", "variableName", "resultVariable", "dueWorkingDays", "outcomes", "toolbar", "bulk", "status", "parties"}
)

_CODE = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)


def due_days(subject: Subject) -> Iterator[Finding]:
    """`dueWorkingDays` is a whole number of working days from 1 to 365, or an expression (which `conditions` looks at)."""
    for node in subject.nodes:
        text = node.properties.get("dueWorkingDays")
        if text is not None:
            try:
                read_due_days(text)
            except DueInvalid as failure:
                yield subject.error(failure.code, node, failure.message, failure.remedy)
            except ExpressionError:
                continue


def bulk(subject: Subject) -> Iterator[Finding]:
    """`bulk` is true or false."""
    for node in subject.nodes:
        text = node.properties.get("bulk", "false")
        if text not in ("true", "false"):
            reason = Text(f"bulk 的值 {text[:100]!r} 无效。", f"The value {text[:100]!r} of bulk is not valid.")
            yield subject.error("BULK_INVALID", node, reason, Text("写 true 或 false。", "Write true or false."))


def outcomes(subject: Subject) -> Iterator[Finding]:
    """`outcomes` lists different codes, each an ASCII identifier, with labels: `approve=审核通过; reject=审核不通过!`."""
    for node in subject.nodes:
        if "outcomes" in node.properties and is_inbox(node):
            wrong = _wrong_outcomes(node)
            if wrong:
                yield subject.error(
                    "OUTCOMES_INVALID",
                    node,
                    Text(f"办理结果 {wrong!r} 无效或重复。", f"The outcome {wrong!r} is not valid or given twice."),
                    Text("写成 approve=审核通过; reject=审核不通过!", "Write approve=Approve; reject=Reject!"),
                )


def _wrong_outcomes(node: Node) -> str | None:
    """The first outcome that is not usable as written; a blank list is one."""
    written = [part.strip() for part in node.properties["outcomes"].replace("；", ";").split(";")]
    seen: set[str] = set()
    for part in filter(None, written):
        code = part.partition("=")[0].strip().rstrip("!！")
        if not _CODE.fullmatch(code) or code in seen:
            return part[:100]
        seen.add(code)
    return None if seen else node.properties["outcomes"][:100] or " "


def toolbar(subject: Subject) -> Iterator[Finding]:
    """`toolbar` names outcomes of the same task: a button above the list that no task could answer would only mislead."""
    for node in subject.nodes:
        if "toolbar" in node.properties and is_inbox(node):
            codes = [outcome.code for outcome in node.outcomes]
            wrong = next((code for code in node.toolbar or ("",) if code not in codes), None)
            if wrong is not None:
                yield subject.error(
                    "TOOLBAR_INVALID",
                    node,
                    Text(f"列表按钮 {wrong[:100]!r} 不是该任务的办理结果。", f"The toolbar's {wrong[:100]!r} is no outcome of this task."),
                    Text(
                        f"从 {'、'.join(codes)[:200]} 中选择，以逗号分隔。", f"Choose from {', '.join(codes)[:200]}, separated by commas."
                    ),
                )


def names(subject: Subject) -> Iterator[Finding]:
    """A property whose name is nearly that of a known one is probably misspelt. Other unknown ones belong to other tools."""
    yield from _names(subject, subject.process, subject.process.properties)
    for node in subject.nodes:
        yield from _names(subject, node, node.properties)


def _names(subject: Subject, element: Element, properties: Mapping[str, str]) -> Iterator[Finding]:
    lower = {name.lower(): name for name in KNOWN}
    for name in properties:
        close = get_close_matches(name.lower()[:100], list(lower), n=1, cutoff=0.75)
        if name not in KNOWN and close:
            yield subject.warning(
                "PROPERTY_UNKNOWN",
                element,
                Text(f"属性 {name[:100]!r} 不起作用。", f"The property {name[:100]!r} has no effect."),
                Text(f"是不是 {lower[close[0]]}？", f"Did you mean {lower[close[0]]}?"),
            )
