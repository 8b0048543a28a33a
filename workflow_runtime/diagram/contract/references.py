"""What a diagram names must exist: handlers and their parameters, forms, decision tables, called processes, lanes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from workflow_runtime.diagram.contract.subject import Subject, is_inbox, nearest
from workflow_runtime.diagram.contract.variables import filled
from workflow_runtime.diagram.model import Node, Operator
from workflow_runtime.errors import BusinessError, Finding, Text
from workflow_runtime.expressions import ExpressionError, compile_expression
from workflow_runtime.handlers import Handler

MODES = frozenset({"read", "edit"})


def operators(subject: Subject) -> Iterator[Finding]:
    """Every operator is a known handler and gets the parameters that it declares."""
    for node in subject.nodes:
        if node.operator is None or not node.operator.handler:
            continue
        handler = subject.handler(node)
        if handler is None:
            name = node.operator.handler[:100]
            yield subject.error(
                "OPERATOR_UNKNOWN",
                node,
                Text(f"没有服务 {name!r}。", f"There is no handler {name!r}."),
                nearest(name, subject.parts.handlers),
            )
        else:
            yield from _parameters(subject, node, node.operator, handler)


def _parameters(subject: Subject, node: Node, operator: Operator, handler: Handler) -> Iterator[Finding]:
    known = {parameter.name: parameter for parameter in handler.parameters}
    for name, text in operator.parameters.items():
        if name not in known:
            reason = Text(f"服务 {handler.name} 没有参数 {name!r}。", f"The handler {handler.name} has no parameter {name!r}.")
            yield subject.error("PARAMETER_UNKNOWN", node, reason, nearest(name, known))
        else:
            yield from _literal(subject, node, replace(handler, parameters=(known[name],)), name, text)
    for name, parameter in known.items():
        if parameter.required and name not in operator.parameters:
            yield subject.error(
                "PARAMETER_MISSING",
                node,
                Text(f"服务 {handler.name} 缺少参数 {name}。", f"The handler {handler.name} needs the parameter {name}."),
                Text("在属性面板里填写。", "Give it in the properties panel."),
            )


def _literal(subject: Subject, node: Node, handler: Handler, name: str, text: str) -> Iterator[Finding]:
    """A constant can be checked against the parameter's type now; `handler` has that parameter alone."""
    try:
        expression = compile_expression(text)
    except ExpressionError:
        return
    if expression.names:
        return
    try:
        handler.arguments({name: expression.evaluate({})})
    except BusinessError as error:
        cure = Text("换成该类型的值；文字要加引号。", "Give a value of that type; put text in quotes.")
        yield subject.error("PARAMETER_TYPE", node, error.message, cure)


def forms(subject: Subject) -> Iterator[Finding]:
    """Forms of tasks and start events exist; `formMode` names forms by the variables of their answers, and the modes read or edit."""
    for node in subject.nodes:
        if node.form and node.form not in subject.parts.forms and node.form not in subject.parts.unread:
            yield _no_form(subject, node, node.form, subject.parts.forms)
        if node.form_modes:
            yield from _beside(subject, node)


def _beside(subject: Subject, node: Node) -> Iterator[Finding]:
    variables = filled(subject.parts, subject.process)
    for name, mode in node.form_modes.items():
        elsewhere = sorted(variable for variable, form in variables.items() if form == name)
        if name not in variables and name not in subject.parts.forms and name not in subject.parts.unread:
            yield _no_form(subject, node, name, {*variables, *subject.parts.forms})
        elif name not in variables and elsewhere:
            yield subject.error(
                "FORM_MODE_VARIABLE",
                node,
                Text(
                    f"表单 {name[:100]} 的内容不在同名变量里。",
                    f"The answers of the form {name[:100]} are not in the variable of that name.",
                ),
                Text(f"写变量名：{', '.join(elsewhere)[:200]}。", f"Write the variable: {', '.join(elsewhere)[:200]}."),
            )
        if mode not in MODES:
            reason = Text(f"表单 {name[:100]} 的方式 {mode[:100]!r} 无效。", f"The mode {mode[:100]!r} of form {name[:100]} is not valid.")
            yield subject.error("FORM_MODE_INVALID", node, reason, Text("写 read 或 edit。", "Write read or edit."))


def _no_form(subject: Subject, node: Node, name: str, known: Mapping[str, object] | set[str]) -> Finding:
    reason = Text(f"没有表单 {name[:100]!r}。", f"There is no form {name[:100]!r}.")
    return subject.error("FORM_UNKNOWN", node, reason, nearest(name, known))


def decisions(subject: Subject) -> Iterator[Finding]:
    """A business rule task names a decision table that exists."""
    for node in subject.nodes:
        if node.type == "businessRuleTask" and node.decision not in subject.parts.decisions:
            name = (node.decision or "")[:100]
            reason = Text(f"没有决策表 {name!r}。", f"There is no decision table {name!r}.")
            yield subject.error("DECISION_UNKNOWN", node, reason, nearest(name, subject.parts.decisions))


def calls(subject: Subject) -> Iterator[Finding]:
    """A call activity names a process that exists."""
    for node in subject.nodes:
        if node.type == "callActivity" and node.called not in subject.parts.processes:
            name = (node.called or "")[:100]
            reason = Text(f"没有流程 {name!r}。", f"There is no process {name!r}.")
            yield subject.error("CALL_UNKNOWN", node, reason, nearest(name, set(subject.parts.processes) - {subject.process.id}))


def lanes(subject: Subject) -> Iterator[Finding]:
    """A task that a person works is in a lane whose name the role table knows. Other lanes may have any name."""
    for node in subject.nodes:
        if not is_inbox(node):
            continue
        if not node.lane:
            yield subject.error(
                "LANE_MISSING",
                node,
                Text("任务不在泳道里，不知道由谁办理。", "The task is in no lane: nobody knows who works it."),
                Text("把它放进办理人的泳道。", "Put it into the lane of those who work it."),
            )
        elif node.lane not in subject.parts.lanes:
            name = node.lane[:100]
            reason = Text(f"泳道 {name!r} 不在角色表里。", f"The lane {name!r} is not in the role table.")
            yield subject.error("LANE_UNKNOWN", node, reason, nearest(name, subject.parts.lanes))
