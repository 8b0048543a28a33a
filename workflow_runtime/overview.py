"""What is the matter with a file as a whole: the first thing that an analyst wants to know of a file that was drawn for something else."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from workflow_runtime.contents import Contents
from workflow_runtime.diagram.model import Process
from workflow_runtime.errors import Finding, Text

MANY = 5
"""Errors from which on a list needs a heading."""

_WHOLE = frozenset({"FILE_NAME", "UNKNOWN_FILE", "XML_INVALID", "XML_DOCTYPE", "XML_TOO_LARGE", "XML_TOO_DEEP", "NOT_BPMN", "NO_PROCESS"})
"""Findings that speak of a file as a whole by themselves."""

_TALLIES: dict[str, Text] = {
    "SEVERAL_PROCESSES": Text("多出 {n} 个流程，一个文件只放一个", "{n} process(es) too many, a file holds one"),
    "task": Text("{n} 个任务没有说明由谁来做", "{n} task(s) do not say who does them"),
    "ELEMENT_REFUSED": Text("{n} 个元素不支持", "{n} element(s) are not supported"),
    "MARKER_REFUSED": Text("{n} 处循环、多实例或脚本", "{n} loop(s), multi-instance marker(s) or script(s)"),
    "EVENT_REFUSED": Text("{n} 个事件不支持", "{n} event(s) are not supported"),
    "START_COUNT": Text("{n} 处开始事件不是正好一个", "{n} scope(s) without exactly one start event"),
    "TASK_INCOMPLETE": Text("{n} 个任务没有选择服务或消息", "{n} task(s) have no handler or message"),
    "OPERATOR_UNKNOWN": Text("{n} 个服务不存在", "{n} handler(s) do not exist"),
    "FORM_UNKNOWN": Text("{n} 处表单不存在", "{n} form(s) do not exist"),
    "CALL_UNKNOWN": Text("{n} 个被调用的流程不存在", "{n} called process(es) do not exist"),
    "LANE_MISSING": Text("{n} 个任务不在泳道里", "{n} task(s) are in no lane"),
    "LANE_UNKNOWN": Text("{n} 个任务的泳道不在角色表里", "{n} task(s) are in lanes that no role is given to"),
    "DEFAULT_MISSING": Text("{n} 个网关没有默认出线", "{n} gateway(s) have no default flow"),
    "CONDITION_MISSING": Text("{n} 条分支没有条件", "{n} branch(es) have no condition"),
    "EXPRESSION_INVALID": Text("{n} 个表达式看不懂", "{n} expression(s) cannot be read"),
    "DEAD_END": Text("{n} 个节点没有出线", "{n} node(s) lead nowhere"),
    "UNREACHABLE": Text("{n} 个节点走不到", "{n} node(s) cannot be reached"),
    "SEVERAL_WAYS_OUT": Text("{n} 处没有网关就分支", "{n} branching(s) without a gateway"),
}
_CURE = Text(
    "按每条提示修改；其他工具的文件怎样改，见业务人员手册“从其他建模工具带来的文件”。",
    "Mend each finding; the analyst's manual tells how files of other tools are brought here.",
)


def arranged(findings: Iterable[Finding], contents: Contents) -> list[Finding]:
    """The findings file by file: first what is the matter with the file as a whole, then by line, hints about other dialects last."""
    found = list(dict.fromkeys(findings))
    processes: dict[str, list[Process]] = {}
    for process in contents.processes.values():
        processes.setdefault(process.file, []).append(process)
    called = {node.called for process in contents.processes.values() for node in process.nodes}
    errors: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.severity == "error":
            errors.setdefault(finding.file, []).append(finding)
    headings = [_heading(file, own, errors.get(file, []), called) for file, own in processes.items()]
    return in_order([*filter(None, headings), *found])


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """File by file: the whole file, then by line, then hints about other dialects and good practice."""
    return sorted(findings, key=_place)


def _place(finding: Finding) -> tuple[str, int, int, str, str]:
    rank = (
        0
        if finding.code == "FILE_OVERVIEW"
        else 1
        if finding.code in _WHOLE
        else 3
        if finding.code.startswith(("DIALECT_", "BPMNLINT_"))
        else 2
    )
    return finding.file, rank, finding.line, finding.element, finding.code


def _heading(file: str, processes: list[Process], errors: list[Finding], called: Collection[str | None]) -> Finding | None:
    origin = next((process.origin for process in processes if process.origin), "")
    if not errors or (len(errors) < MANY and not origin and len(processes) == 1):
        return None
    tallies = list(_tallies(errors))
    if not any(process.is_business or process.id in called for process in processes):
        tallies.append(Text("开始事件没有表单，谁也不能发起", "no start event has a form: nobody can start it"))
    drawn = (
        Text(f"文件由 {origin} 绘制，不是为本系统画的。", f"The file was drawn with {origin}, not for this system. ")
        if origin
        else Text("", "")
    )
    message = Text(
        f"{drawn.zh}有 {len(errors)} 处须修改：{'；'.join(t.zh for t in tallies) or '见下'}。",
        f"{drawn.en}{len(errors)} thing(s) must be changed: {'; '.join(t.en for t in tallies) or 'see below'}.",
    )
    return Finding("FILE_OVERVIEW", file, processes[0].id[:100], processes[0].line, message, _CURE)


def _tallies(errors: list[Finding]) -> Iterator[Text]:
    counts = Counter("task" if f.code == "ELEMENT_REFUSED" and f.message.en.startswith("task:") else f.code for f in errors)
    for code, text in _TALLIES.items():
        if counts[code]:
            yield Text(text.zh.format(n=counts[code]), text.en.format(n=counts[code]))
