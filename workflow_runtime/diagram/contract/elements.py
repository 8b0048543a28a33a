"""Which BPMN elements a diagram may use. Everything that is not listed is refused."""

import re
from collections.abc import Iterator

from workflow_runtime.diagram.contract.subject import Element, Subject, is_inbox
from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Finding, Text

SUPPORTED = frozenset(
    {"startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent"}
    | {"userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "subProcess", "callActivity"}
    | {"exclusiveGateway", "parallelGateway", "eventBasedGateway"}
)
_NO_SCRIPT = Text("文件里的脚本不会执行。", "Scripts in a file are never run.")
_NO_DATA = Text("数据都在办件变量里，不用数据对象。", "Data lives in the case's variables, not in data objects.")
_USE_SERVICE = Text("改用服务任务或业务规则任务。", "Use a service task or a business rule task.")
_USE_GATEWAYS = Text("改用排他网关或并行网关。", "Use exclusive or parallel gateways.")
_USE_SUBPROCESS = Text("改用普通子流程。", "Use a plain subprocess.")
_REMOVE = Text("请删除该元素。", "Remove the element.")
REFUSED = {
    "scriptTask": (_NO_SCRIPT, _USE_SERVICE),
    "task": (
        Text("没有说明由谁来做。", "It does not say who does it."),
        Text("改为用户任务、人工任务或服务任务。", "Make it a user, manual or service task."),
    ),
    "inclusiveGateway": (
        Text("包容网关的汇合没有可靠的含义。", "The join of an inclusive gateway has no reliable meaning."),
        _USE_GATEWAYS,
    ),
    "complexGateway": (Text("复杂网关没有可移植的含义。", "A complex gateway has no portable meaning."), _USE_GATEWAYS),
    "adHocSubProcess": (Text("即席子流程没有确定的顺序。", "An ad-hoc subprocess has no fixed order."), _USE_SUBPROCESS),
    "transaction": (Text("尚不支持事务子流程。", "Transaction subprocesses are not supported."), _USE_SUBPROCESS),
    "dataObject": (_NO_DATA, _REMOVE),
    "dataObjectReference": (_NO_DATA, _REMOVE),
    "dataStoreReference": (_NO_DATA, _REMOVE),
}
MARKERS = {
    "loop": Text("循环标记", "The loop marker"),
    "multi-instance": Text("多实例标记", "The multi-instance marker"),
    "event-subprocess": Text("事件子流程", "An event subprocess"),
    "compensation": Text("补偿标记", "The compensation marker"),
    "instantiate": Text("由事件启动流程", "Starting a process by an event"),
    "preScript": Text("前置脚本", "A script before the element"),
    "postScript": Text("后置脚本", "A script after the element"),
    "script": Text("脚本", "A script"),
}

_ID = re.compile(r"[^\W\d][\w.\-]{0,99}")
_PROCESS_ID = re.compile(r"[A-Za-z_][\w.\-]{0,63}", re.ASCII)


def one_process(subject: Subject) -> Iterator[Finding]:
    """A file holds one process: it is one business, or one part that businesses share."""
    first = subject.parts.first_of_file[subject.process.file]
    if subject.process is not first:
        yield subject.error(
            "SEVERAL_PROCESSES",
            subject.process,
            Text(f"该文件已有流程 {first.id}，一个文件只放一个流程。", f"The file already holds {first.id}; a file holds one process."),
            Text("把流程分到各自的文件，用调用活动连接。", "Put each process into a file of its own; link them by call activities."),
        )


def ids(subject: Subject) -> Iterator[Finding]:
    """Ids are XML names of at most 100 characters; a process id is a business key of at most 64 ASCII characters."""
    if not _PROCESS_ID.fullmatch(subject.process.id):
        yield _bad_id(subject, "PROCESS_ID_INVALID", subject.process.id, subject.process.line)
    for scope in subject.process.scopes.values():
        named: list[Element] = [*scope.nodes.values(), *scope.flows]
        for element in named:
            if not _ID.fullmatch(element.id):
                yield _bad_id(subject, "ID_INVALID", element.id, element.line)


def ids_for_editors(subject: Subject) -> Iterator[Finding]:
    """Ids are of ASCII characters: the editors and viewers of bpmn.io leave out every element whose id is not, and save the rest."""
    named: list[Element] = [*subject.process.lanes]
    for scope in subject.process.scopes.values():
        named += [*scope.nodes.values(), *scope.flows]
    for element in named:
        if not element.id.isascii():
            yield subject.warning(
                "ID_NOT_ASCII",
                element,
                Text(
                    "编号含汉字等字符：bpmn.io 一类编辑器和页面上的流程图不认，打开时会丢掉这个元素。",
                    "Its id has characters beyond ASCII: bpmn.io's editors, and the diagram on pages, leave this element out.",
                ),
                Text(
                    "编号改用字母、数字和下划线；名称可以用汉字。", "Make the id of letters, digits and underscores; names may be Chinese."
                ),
            )


def _bad_id(subject: Subject, code: str, identity: str, line: int) -> Finding:
    return Finding(
        code,
        subject.process.file,
        identity[:100],
        line,
        Text(f"编号 {identity[:100]!r} 不合规。", f"The id {identity[:100]!r} is not usable."),
        Text(
            "以字母或下划线开头，只用字母、数字、_ - .，不要太长。",
            "Begin with a letter or _, use letters, digits, _ - . and keep it short.",
        ),
    )


def supported(subject: Subject) -> Iterator[Finding]:
    """Only supported elements, without loop and multi-instance markers and without scripts."""
    for node in subject.nodes:
        if node.type not in SUPPORTED:
            unknown = (Text("不支持这种元素。", "This kind of element is not supported."), _REMOVE)
            reason, cure = REFUSED.get(node.type, unknown)
            yield subject.error("ELEMENT_REFUSED", node, Text(f"{node.type}：{reason.zh}", f"{node.type}: {reason.en}"), cure)
        for marker in node.markers:
            name = MARKERS.get(marker, Text(marker, marker))
            yield subject.error(
                "MARKER_REFUSED", node, Text(f"不支持{name.zh}。", f"{name.en} is not supported."), Text("请去掉它。", "Take it away.")
            )


def starts(subject: Subject) -> Iterator[Finding]:
    """Every scope has exactly one start event; only the outermost may have a form."""
    for scope in subject.process.scopes.values():
        if len(scope.starts) != 1:
            yield subject.error(
                "START_COUNT",
                scope,
                Text(f"应有一个开始事件，现有 {len(scope.starts)} 个。", f"One start event is needed, there are {len(scope.starts)}."),
                Text("只保留一个开始事件。", "Draw exactly one start event."),
            )
        if scope is not subject.process.scope:
            for start in scope.starts:
                if start.form:
                    yield subject.error(
                        "START_FORM_INSIDE",
                        start,
                        Text("子流程的开始事件不能有表单。", "The start event of a subprocess cannot have a form."),
                        Text("在子流程里用用户任务来填表。", "Use a user task inside the subprocess."),
                    )


def operators(subject: Subject) -> Iterator[Finding]:
    """A service task has an operator; a send task an operator or a message; a receive task a message; nothing else an operator."""
    for node in subject.nodes:
        if node.type == "serviceTask" and (node.operator is None or not node.operator.handler):
            yield _incomplete(subject, node, Text("没有选择服务", "no operator is chosen"))
        elif node.type == "sendTask" and node.operator is None and node.event is None:
            yield _incomplete(subject, node, Text("既没有消息也没有服务", "neither a message nor an operator is chosen"))
        elif node.type == "receiveTask" and node.event is None:
            yield _incomplete(subject, node, Text("没有选择消息", "no message is chosen"))
        elif node.operator is not None and node.type not in ("serviceTask", "sendTask"):
            yield subject.error(
                "OPERATOR_MISPLACED",
                node,
                Text(f"{node.type} 不能调用服务。", f"A {node.type} cannot call an operator."),
                Text("改为服务任务。", "Make it a service task."),
            )


def _incomplete(subject: Subject, node: Node, what: Text) -> Finding:
    return subject.error(
        "TASK_INCOMPLETE",
        node,
        Text(f"{node.type} {what.zh}。", f"{node.type}: {what.en}."),
        Text("在属性面板里选择。", "Choose it in the properties panel."),
    )


def names(subject: Subject) -> Iterator[Finding]:
    """User tasks, and gateways that ask a question, have a name: people read it in the inbox and in the history."""
    for graph in subject.graphs:
        for node in graph.scope.nodes.values():
            asks = node.type == "exclusiveGateway" and len(graph.out(node.id)) > 1
            if not node.name and (is_inbox(node) or asks):
                yield subject.warning(
                    "NAME_MISSING",
                    node,
                    Text("没有名称，办理人看不懂。", "It has no name; people will not understand it."),
                    Text("请写上名称。", "Give it a name."),
                )
