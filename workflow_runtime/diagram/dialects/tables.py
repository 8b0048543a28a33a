"""The dialects as data: where each one says a form, a handler, a decision, a called process; and what it says in vain.

A place is a path from the element: `@formKey` an attribute in the dialect's namespace, `formDefinition@formId` an attribute of an extension
element, `connector/connectorId` the text of one inside another.
"""

from dataclasses import dataclass
from typing import Literal

from workflow_runtime.errors import Text

What = Literal["form", "operator", "result", "decision", "called", "documentation"]


@dataclass(frozen=True)
class Dialect:
    """One vocabulary: `prefix` as it is usually written, its namespaces, its spellings, and what has no counterpart with its cure.

    `inputs` are the extension elements that give a parameter: (place, attribute of the name, attribute of the value or "" for its text).
    """

    prefix: str
    namespaces: frozenset[str]
    spellings: tuple[tuple[str, What], ...]
    unsupported: tuple[tuple[str, Text], ...]
    inputs: tuple[tuple[str, str, str], ...] = ()
    properties: str = "properties/property"


_HANDLER = Text(
    "选择一个处理程序：crane handlers 列出可用的，crane new-handler 新建。",
    "Choose a handler: `crane handlers` lists them, `crane new-handler` begins one.",
)
_LANE = Text(
    "由谁办理写在泳道里：把任务放进泳道，泳道名称见 crane lane list。",
    "Who works a task is said by its lane: put it into one; `crane lane list` shows the lanes.",
)
_DUE = Text("办理时限写属性 dueWorkingDays（工作日）。", "Write the property dueWorkingDays (working days).")
_FORM = Text("用表单编辑器画表单，存入 forms/，在 formKey 写它的编号。", "Draw a form, put it into forms/, and name it in formKey.")
_SCRIPT = Text("脚本和监听器从不执行：改用服务任务。", "Scripts and listeners are never run: use a service task.")
_SHARED = Text("同一案件的变量是共用的，不需要传入传出。", "All processes of a case share its variables: nothing is passed in or out.")

_JAVA = (
    ("@class", _HANDLER),
    ("@delegateExpression", _HANDLER),
    ("@expression", _HANDLER),
    ("@type", _HANDLER),
    ("connector/connectorId", _HANDLER),
    ("@assignee", _LANE),
    ("@candidateUsers", _LANE),
    ("@candidateGroups", _LANE),
    ("@dueDate", _DUE),
    ("@followUpDate", _DUE),
    ("formData", _FORM),
    ("formProperty", _FORM),
    ("executionListener", _SCRIPT),
    ("taskListener", _SCRIPT),
    ("in@variables", _SHARED),
    ("in@source", _SHARED),
    ("in@sourceExpression", _SHARED),
    ("out@variables", _SHARED),
    ("out@source", _SHARED),
    ("inputOutput/outputParameter", _SHARED),
    ("potentialStarter", _LANE),
    ("@candidateStarterGroups", _LANE),
    ("@candidateStarterUsers", _LANE),
)
_JAVA_SPELLINGS: tuple[tuple[str, What], ...] = (
    ("@formKey", "form"),
    ("@formRef", "form"),
    ("@topic", "operator"),
    ("@resultVariable", "result"),
    ("@resultVariableName", "result"),
    ("@decisionRef", "decision"),
    ("field[decisionTableReferenceKey]", "decision"),
)

DIALECTS = (
    Dialect(
        "camunda",
        frozenset({"http://camunda.org/schema/1.0/bpmn", "http://activiti.org/bpmn20-camunda", "http://operaton.org/schema/1.0/bpmn"}),
        _JAVA_SPELLINGS,
        _JAVA,
        inputs=(("inputOutput/inputParameter", "name", ""),),
    ),
    Dialect("activiti", frozenset({"http://activiti.org/bpmn"}), _JAVA_SPELLINGS, _JAVA),
    Dialect("flowable", frozenset({"http://flowable.org/bpmn"}), _JAVA_SPELLINGS, _JAVA),
    Dialect(
        "zeebe",
        frozenset({"http://camunda.org/schema/zeebe/1.0"}),
        (
            ("taskDefinition@type", "operator"),
            ("formDefinition@formId", "form"),
            ("formDefinition@externalReference", "form"),
            ("formDefinition@formKey", "form"),
            ("calledElement@processId", "called"),
            ("calledDecision@decisionId", "decision"),
            ("calledDecision@resultVariable", "result"),
        ),
        (
            ("assignmentDefinition@assignee", _LANE),
            ("assignmentDefinition@candidateGroups", _LANE),
            ("assignmentDefinition@candidateUsers", _LANE),
            ("taskSchedule@dueDate", _DUE),
            ("taskSchedule@followUpDate", _DUE),
            ("script@expression", _SCRIPT),
            ("executionListeners/executionListener", _SCRIPT),
            ("taskListeners/taskListener", _SCRIPT),
            ("userTaskForm", _FORM),
        ),
        inputs=(("ioMapping/input", "target", "source"), ("taskHeaders/header", "key", "value")),
    ),
    Dialect(
        "drools",
        frozenset({"http://www.jboss.org/drools"}),
        (("@taskName", "operator"), ("@ruleFlowGroup", "decision"), ("dataInput[TaskName]", "form")),
        (("onEntry-script", _SCRIPT), ("onExit-script", _SCRIPT), ("import", _SCRIPT), ("global", _SCRIPT)),
    ),
    Dialect(
        "spiffworkflow",
        frozenset({"http://spiffworkflow.org/bpmn/schema/1.0/core"}),
        (("properties[formJsonSchemaFilename]", "form"), ("instructionsForEndUser", "documentation")),
        (),
        properties="",
    ),
)
SCRIPTED_EVENTS = Text("改用发送任务或服务任务并选择处理程序。", "Use a send task or service task, and choose a handler.")
"""The cure for a handler on a message event: events send messages here and call nothing."""
PERFORMERS = ("potentialOwner", "humanPerformer", "performer", "resourceRole")
"""BPMN's own elements for who works a task; here the lane says it."""
BY_LANE = _LANE
