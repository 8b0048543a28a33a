"""Every code that a finding in a deployed file can have, with what its rule asks for: in lists, manuals, SARIF."""

from collections.abc import Mapping

from workflow_runtime.errors import Text

_FILES = {
    "FILE_OVERVIEW": Text("这个文件整体上怎么了", "What is the matter with the file as a whole"),
    "FILE_NAME": Text("文件名可用", "A file has a usable name"),
    "UNKNOWN_FILE": Text("只部署流程图、决策表和表单", "Only diagrams, decision tables and forms are deployed"),
    "DEFINED_TWICE": Text("一个编号只在一个文件里定义", "An id is defined in one file only"),
    "LEFT_OUT": Text("替换文件时不丢失原有定义", "Replacing a file loses nothing that it defined"),
    "XML_INVALID": Text("文件是有效的 XML，编码与声明一致", "A file is well-formed XML in the encoding that it declares"),
    "XML_DOCTYPE": Text("没有 DOCTYPE 和实体", "There is no DOCTYPE and no entity"),
    "XML_TOO_LARGE": Text("文件大小有限", "A file has a bounded size"),
    "XML_TOO_DEEP": Text("元素数量和嵌套有限", "Elements are bounded in number and depth"),
    "NOT_BPMN": Text("文件是 BPMN 2.0", "A file is BPMN 2.0"),
    "NO_PROCESS": Text("文件里有一个流程", "A file holds a process"),
    "DUPLICATE_ID": Text("每个元素有自己的编号", "Every element has an id of its own"),
    "PROCESS_TOO_LARGE": Text("流程大小有限", "A process has a bounded size"),
    "SEVERAL_PROCESSES": Text("一个文件一个流程", "One process a file"),
    "DIALECT_READ": Text("其他引擎的写法已读懂", "A spelling of another engine was understood"),
    "DIALECT_UNSUPPORTED": Text("其他引擎的写法在这里不起作用", "A spelling of another engine has no effect here"),
}
_ELEMENTS = {
    "ELEMENT_REFUSED": Text("只用支持的元素", "Only supported elements are used"),
    "MARKER_REFUSED": Text("没有循环、多实例、脚本等标记", "There are no loop or multi-instance markers and no scripts"),
    "EVENT_REFUSED": Text("只用支持的事件", "Only supported events are used"),
    "SEVERAL_EVENTS": Text("一个事件一个定义", "An event has one definition"),
    "ID_INVALID": Text("元素编号合规", "Ids are usable"),
    "ID_NOT_ASCII": Text("元素编号用字母、数字和下划线", "Ids are of ASCII characters, which editors need"),
    "PROCESS_ID_INVALID": Text("流程编号是业务编号", "A process id is a business key"),
    "NAME_MISSING": Text("给人看的元素有名称", "What people read has a name"),
    "START_COUNT": Text("每层一个开始事件", "Every scope has one start event"),
    "START_FORM_INSIDE": Text("子流程的开始事件没有表单", "The start event of a subprocess has no form"),
    "START_WITHOUT_LANE": Text("业务的开始事件在泳道里", "The start event of a business lies in a lane"),
    "BOUNDARY_HOST": Text("边界事件贴在本层的活动上", "A boundary event sits on an activity of its own scope"),
    "BOUNDARY_ERROR_HOST": Text("错误边界事件贴在会出错的活动上", "An error boundary event sits on what can fail"),
    "ERROR_NOT_INTERRUPTING": Text("错误边界事件是中断的", "An error boundary event interrupts"),
    "TASK_INCOMPLETE": Text("任务选好了服务或消息", "A task has its handler or message"),
    "OPERATOR_MISPLACED": Text("只有服务任务和发送任务调用服务", "Only service and send tasks call a handler"),
    "MESSAGE_UNKNOWN": Text("消息在文件里有定义", "A message is defined in the file"),
    "ERROR_UNKNOWN": Text("错误在文件里有定义", "An error is defined in the file"),
}
_FLOWS = {
    "FLOW_DANGLING": Text("连线两端在同一层", "A flow joins two nodes of one scope"),
    "FLOW_INTO_EVENT": Text("连线不进入开始或边界事件", "No flow enters a start or boundary event"),
    "FLOW_OUT_OF_END": Text("连线不离开结束事件", "No flow leaves an end event"),
    "DEAD_END": Text("每个节点都有出线", "Every node has a way out"),
    "SEVERAL_WAYS_OUT": Text("只有网关分支", "Only gateways branch"),
    "UNREACHABLE": Text("每个节点都走得到", "Every node can be reached"),
    "NO_WAY_OUT": Text("从每个节点都能到结束", "From every node an end can be reached"),
    "LOOP_NEVER_WAITS": Text("循环里有等待", "Something waits in every loop"),
    "WAITS_FOREVER": Text("等待消息有时限或别的出路", "Who waits for a message has a time limit or another way out"),
    "TIMER_PILES_UP": Text("不断重复的定时不堆积任务", "An endless timer does not pile up tasks"),
    "DEFAULT_MISSING": Text("排他网关有默认出线", "An exclusive gateway has a default flow"),
    "DEFAULT_INVALID": Text("默认出线是它的出线", "The default is one of the gateway's flows"),
    "CONDITION_MISSING": Text("分支有条件", "A branch has a condition"),
    "CONDITION_MISPLACED": Text("条件只在排他网关的分支上", "Conditions stand on branches of exclusive gateways only"),
    "CONDITION_UNUSED": Text("默认出线没有条件", "A default flow has no condition"),
    "CONDITION_CONSTANT": Text("条件取决于案件", "A condition depends on the case"),
    "CONDITION_REPEATED": Text("各分支的条件不同", "The branches of a gateway have different conditions"),
    "GATEWAY_UNDECIDED": Text("网关的分支去往不同的地方", "The branches of a gateway lead to different places"),
    "EVENT_GATEWAY_TARGETS": Text("事件网关后至少两个事件", "Behind an event-based gateway stand at least two events"),
    "EVENT_GATEWAY_TARGET": Text("事件网关后只有专属的事件", "Behind an event-based gateway stand events of its own"),
    "DEADLOCK": Text("汇合不会永远等待", "No join waits for ever"),
    "TWO_TOKENS": Text("并行分支汇合后才继续", "Parallel branches are joined before they go on"),
    "SPLIT_NOT_JOINED": Text("并行分支有汇合", "Parallel branches are joined"),
    "SIDE_BRANCH_JOINS": Text("非中断事件的分支自己结束", "The branch of a non-interrupting event ends by itself"),
    "TOKENS_UNCHECKED": Text("分支组合查得完", "The combinations of branches can all be checked"),
}
_REFERENCES = {
    "OPERATOR_UNKNOWN": Text("服务存在", "A handler exists"),
    "PARAMETER_UNKNOWN": Text("服务有这个参数", "A handler has the parameter"),
    "PARAMETER_MISSING": Text("必填参数都给了", "Required parameters are given"),
    "PARAMETER_TYPE": Text("常量参数的类型对", "A constant parameter has the right type"),
    "FORM_UNKNOWN": Text("表单存在", "A form exists"),
    "FORM_MODE_INVALID": Text("formMode 是 read 或 edit", "A form mode is read or edit"),
    "FORM_MODE_VARIABLE": Text("旁边显示的表单变量有人写入", "A form shown beside a task names a variable that is written"),
    "DECISION_UNKNOWN": Text("决策表存在", "A decision table exists"),
    "CALL_UNKNOWN": Text("被调用的流程存在", "A called process exists"),
    "CALL_CYCLE": Text("流程不调用自己", "No process calls itself"),
    "LANE_AMBIGUOUS": Text("一个任务只在一个泳道里", "A task is in one lane"),
    "LANE_MISSING": Text("人办的任务在泳道里", "A task for people lies in a lane"),
    "LANE_UNKNOWN": Text("泳道在角色表里", "A lane is in the role table"),
    "LANE_PARTY_MISSING": Text("案件有泳道的那一方", "A case has the lane's party"),
    "MESSAGE_NEVER_SENT": Text("等待的消息有人发", "Somebody sends the message that is waited for"),
    "ERROR_NEVER_RAISED": Text("捕获的错误会发生", "An error that is caught can be raised"),
    "ERROR_UNCAUGHT": Text("抛出的错误有人捕获", "An error that is thrown is caught"),
}
_VALUES = {
    "DUE_DAYS_INVALID": Text("办理时限是工作日数", "Due days are a number of working days"),
    "BULK_INVALID": Text("bulk 是 true 或 false", "bulk is true or false"),
    "OUTCOMES_INVALID": Text("办理结果写法正确", "Outcomes are written properly"),
    "OUTCOME_UNKNOWN": Text("条件里的办理结果存在", "An outcome in a condition exists"),
    "OUTCOME_UNREAD": Text("每个办理结果都有网关区分", "Gateways tell all outcomes apart"),
    "TOOLBAR_INVALID": Text("列表按钮是任务的办理结果", "The toolbar names outcomes of its task"),
    "PROPERTY_UNKNOWN": Text("属性名没有写错", "Names of properties are not misspelt"),
    "TIMER_INVALID": Text("定时写法正确", "A timer names a time"),
    "TIMER_WITHOUT_DUE": Text("参照办理时限的定时有时限可参照", "A timer relative to a due date has one"),
    "TIMER_FIRES_ONCE": Text("循环定时在能重复的地方", "A repeating timer stands where it can repeat"),
    "EXPRESSION_INVALID": Text("表达式合语法", "Expressions are in the grammar"),
    "NAME_UNKNOWN": Text("读取的变量有人写入", "Somebody writes the variable that is read"),
    "NAME_TOO_EARLY": Text("读取变量之前有人写入", "A variable is written before it is read"),
    "FIELD_UNKNOWN": Text("读取的栏目存在", "The field that is read exists"),
    "WHOLE_COMPARED": Text("比较的是一项内容，不是整个结果", "One part of a result is compared, not the whole of it"),
    "VARIABLE_INVALID": Text("变量名能在表达式里使用", "Expressions can read the variable's name"),
    "VARIABLE_RESERVED": Text("变量名不与系统冲突", "A variable's name is not reserved"),
    "VARIABLE_SHARED": Text("不同表单写不同变量", "Different forms write different variables"),
    "PARALLEL_WRITERS": Text("并行分支不写同一变量", "Parallel branches do not write one variable"),
    "PARTIES_INVALID": Text("parties 写法正确", "parties is written properly"),
}
CODES: Mapping[str, Text] = {**_FILES, **_ELEMENTS, **_FLOWS, **_REFERENCES, **_VALUES}
"""The codes of diagrams; those of forms (FORM_…) and decision tables (DECISION_…) are told by their own packages."""


def about(code: str) -> Text:
    """What the rule behind a code asks for."""
    if code in CODES:
        return CODES[code]
    if code.startswith("FORM_"):
        return Text("表单文件合规", "A form file keeps to the profile")
    if code.startswith("DECISION_"):
        return Text("决策表合规", "A decision table keeps to the rules")
    return Text("画图的好习惯", "Good practice of drawing")
