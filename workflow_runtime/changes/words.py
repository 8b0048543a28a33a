"""What BPMN's and our own words are called in sentences."""

from workflow_runtime.diagram.model import Event, Node
from workflow_runtime.errors import Text

TYPES = {
    "startEvent": Text("开始事件", "start event"),
    "endEvent": Text("结束事件", "end event"),
    "userTask": Text("用户任务", "user task"),
    "manualTask": Text("人工任务", "manual task"),
    "serviceTask": Text("服务任务", "service task"),
    "sendTask": Text("发送任务", "send task"),
    "receiveTask": Text("接收任务", "receive task"),
    "businessRuleTask": Text("业务规则任务", "business rule task"),
    "exclusiveGateway": Text("排他网关", "exclusive gateway"),
    "parallelGateway": Text("并行网关", "parallel gateway"),
    "eventBasedGateway": Text("事件网关", "event-based gateway"),
    "callActivity": Text("调用活动", "call activity"),
    "subProcess": Text("子流程", "subprocess"),
    "boundaryEvent": Text("边界事件", "boundary event"),
    "intermediateCatchEvent": Text("中间捕获事件", "intermediate catch event"),
    "intermediateThrowEvent": Text("中间抛出事件", "intermediate throw event"),
    "task": Text("任务", "task"),
}
"""BPMN element types; others are told by their BPMN name."""

EVENTS = {
    "timer": Text("定时", "timer"),
    "message": Text("消息", "message"),
    "error": Text("错误", "error"),
    "terminate": Text("终止", "terminate"),
}

PROPERTIES = {
    "formKey": Text("表单", "form"),
    "formMode": Text("旁边显示的表单", "forms shown beside it"),
    "variableName": Text("变量名", "variable"),
    "resultVariable": Text("结果变量", "result variable"),
    "outcomes": Text("按钮", "buttons"),
    "dueWorkingDays": Text("办理时限（工作日）", "working days"),
    "toolbar": Text("列表上方的按钮", "buttons above the list"),
    "bulk": Text("批量办理", "bulk"),
    "status": Text("状态词", "status word"),
    "parties": Text("参与方", "parties"),
}
"""Extension properties; others are told by their name."""


def type_word(kind: str) -> Text:
    """An element type in words."""
    return TYPES.get(kind, Text(kind, kind))


def element_word(node: Node) -> Text:
    """An element as a sentence begins: its type and its name."""
    word, name = type_word(node.type), node.name or node.id
    return Text(f"{word.zh}“{name}”", f"{word.en} “{name}”")


def event_word(event: Event | None) -> Text:
    """What an event waits for or throws."""
    if event is None or event.kind == "none":
        return Text("", "")
    word = EVENTS.get(event.kind, Text(event.kind, event.kind))
    what = event.text or event.name or ""
    return Text(f"{word.zh} {what}".strip(), f"{word.en} {what}".strip())
