"""What expressions may say: they compile, and every name that they read has a writer."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_runtime.diagram.contract import variables
from workflow_runtime.diagram.contract.subject import Subject, is_inbox, nearest
from workflow_runtime.diagram.contract.variables import Read
from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import Expression, ExpressionError
from workflow_runtime.expressions.tree import Comparison, ListOf, Literal, Name, walk
from workflow_runtime.expressions.tree import Node as Tree


def grammar(subject: Subject) -> Iterator[Finding]:
    """Every expression is inside the grammar."""
    for element, expression in variables.expressions(subject.parts, subject.process):
        if isinstance(expression, ExpressionError):
            yield subject.error("EXPRESSION_INVALID", element, expression.message, expression.remedy)


def names(subject: Subject) -> Iterator[Finding]:
    """Every name read is written somewhere in the case, and what stands after the dot exists in what is written."""
    known = variables.visible(subject.parts, subject.process)
    writers = variables.writers(subject.parts, subject.process)
    for read in variables.reads(subject.parts, subject.process):
        for name in sorted(read.names):
            variable, _, rest = name.partition(".")
            if known is not None and variable not in known:
                reason = Text(f"没有任何节点写入变量 {variable[:100]}。", f"Nothing writes the variable {variable[:100]}.")
                yield subject.error("NAME_UNKNOWN", read.element, reason, nearest(variable, known))
            elif rest:
                yield from _part(subject, read, variable, rest.partition(".")[0], writers.get(variable, []))


def _part(subject: Subject, read: Read, variable: str, part: str, writers: list[Node]) -> Iterator[Finding]:
    """`part` must stand under the variable after one of its writers, if all of them are known."""
    known: set[str] = set()
    for node in writers:
        names = variables.parts_of(subject.parts, node, variable)
        if names is None:
            return
        known |= names
    if writers and part not in known:
        reason = Text(f"变量 {variable} 里没有 {part[:100]}。", f"There is no {part[:100]} in the variable {variable}.")
        yield subject.error("FIELD_UNKNOWN", read.element, reason, nearest(part, known))


def wholes_compared(subject: Subject) -> Iterator[Finding]:
    """What a form, a handler or a decision table leaves in a variable is a mapping: it is compared part by part, never as a whole."""
    writers = variables.writers(subject.parts, subject.process)
    for read in variables.reads(subject.parts, subject.process):
        for variable in _wholes(read.expression) if read.expression is not None else ():
            known = [variables.parts_of(subject.parts, node, variable) for node in writers.get(variable, [])]
            parts = sorted(name for names in known if names is not None for name in names)
            if parts and None not in known:
                yield subject.error(
                    "WHOLE_COMPARED",
                    read.element,
                    Text(
                        f"{variable[:100]} 里有多项内容，整个拿来比较，结果永远一样。",
                        f"{variable[:100]} holds several things: compared as a whole, it always comes out the same.",
                    ),
                    Text(f"写明是哪一项，例如 {variable}.{parts[0]}。", f"Say which of them, for example {variable}.{parts[0]}."),
                )


def _wholes(expression: Expression) -> list[str]:
    """The variables that are compared, undotted, with a constant or by their order."""
    found: dict[str, None] = {}
    for part in walk(expression.tree):
        if isinstance(part, Comparison):
            for one, other in ((part.left, part.right), (part.right, part.left)):
                constant = isinstance(other, ListOf) or (isinstance(other, Literal) and other.value is not None)
                if isinstance(one, Name) and len(one.path) == 1 and (constant or part.operator in _ORDERED):
                    found[one.path[0]] = None
    return list(found)


_ORDERED = frozenset({"<", "<=", ">", ">="})


@dataclass
class Asked:
    """Which outcomes of one variable are asked for by name, and whether it is also read otherwise."""

    values: set[object]
    otherwise: bool = False


def outcomes_compared(subject: Subject) -> Iterator[Finding]:
    """`<variable>.outcome` is compared only with outcomes of the tasks that write the variable."""
    writers = variables.writers(subject.parts, subject.process)
    for read in variables.reads(subject.parts, subject.process):
        for variable, asked in _asked([read.expression]).items():
            tasks = [node for node in writers.get(variable, []) if is_inbox(node)]
            codes = {outcome.code for task in tasks for outcome in task.outcomes}
            for value in sorted(map(str, asked.values - codes)) if tasks else ():
                yield subject.error(
                    "OUTCOME_UNKNOWN",
                    read.element,
                    Text(f"{variable} 没有办理结果 {value[:100]!r}。", f"{variable} has no outcome {value[:100]!r}."),
                    nearest(value, codes),
                )


def outcomes_read(subject: Subject) -> Iterator[Finding]:
    """Gateways tell the outcomes of a task apart: all but one are asked for by name (the last may be the default).

    What is shown to a person beside another task is read by him.
    """
    relatives = variables.family(subject.parts, subject.process)
    told = {name for process in relatives for node in process.nodes if is_inbox(node) for name in node.form_modes}
    asked = _asked([read.expression for process in relatives for read in variables.reads(subject.parts, process)])
    for node in subject.nodes:
        codes = [outcome.code for outcome in node.outcomes] if is_inbox(node) else []
        found = asked.get(node.variable, Asked(set()))
        unread = [code for code in codes if code not in found.values]
        if len(unread) > 1 and not found.otherwise and node.variable not in told:
            listed = ", ".join(unread)[:200]
            yield subject.warning(
                "OUTCOME_UNREAD",
                node,
                Text(f"办理结果 {listed} 没有网关区分。", f"No gateway tells the outcomes {listed} apart."),
                Text("在后面的排他网关里写条件。", "Ask for them in the gateway behind the task."),
            )


def _asked(expressions: list[Expression | None]) -> dict[str, Asked]:
    result: dict[str, Asked] = {}
    for expression in filter(None, expressions):
        balance: dict[str, int] = {}
        for part in walk(expression.tree):
            if (variable := _outcome_of(part)) is not None:
                balance[variable] = balance.get(variable, 0) + 1
            elif isinstance(part, Comparison):
                for variable, values in _compared(part):
                    balance[variable] = balance.get(variable, 0) - 1
                    result.setdefault(variable, Asked(set())).values |= values
        for variable, count in balance.items():
            result.setdefault(variable, Asked(set())).otherwise |= count > 0
    return result


def _outcome_of(tree: Tree) -> str | None:
    """`review` for the name `review.outcome`."""
    return tree.path[0] if isinstance(tree, Name) and len(tree.path) == 2 and tree.path[1] == "outcome" else None


def _compared(comparison: Comparison) -> Iterator[tuple[str, set[object]]]:
    for one, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        variable = _outcome_of(one)
        items = other.items if isinstance(other, ListOf) else (other,)
        values = [item.value for item in items if isinstance(item, Literal)]
        if variable is not None and len(values) == len(items):
            yield variable, {value for value in values if value is not None}
