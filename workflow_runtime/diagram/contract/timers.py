"""Timer events: their text is a time, and one relative to a due date has a due date to be relative to."""

from collections.abc import Iterator

from workflow_runtime.diagram.contract.subject import Subject, is_inbox
from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Failure, Finding, Text
from workflow_runtime.schedules import Schedule, read_schedule


def schedules(subject: Subject) -> Iterator[tuple[Node, Schedule]]:
    """The timer events whose text can be read."""
    for node in subject.nodes:
        if node.event is not None and node.event.kind == "timer":
            try:
                yield node, read_schedule(node.event.text)
            except Failure:
                continue


def texts(subject: Subject) -> Iterator[Finding]:
    """Every timer has a text that the schedule reader takes."""
    for node in subject.nodes:
        if node.event is not None and node.event.kind == "timer":
            try:
                read_schedule(node.event.text)
            except Failure as failure:
                yield subject.error("TIMER_INVALID", node, failure.message, failure.remedy)


def due(subject: Subject) -> Iterator[Finding]:
    """`due…` stands on the boundary of a task with `dueWorkingDays`; elsewhere there is no due date."""
    for node, schedule in schedules(subject):
        host = subject.process.node(node.attached_to) if node.attached_to else None
        has_due = host is not None and is_inbox(host) and "dueWorkingDays" in host.properties
        if schedule.relative_to_due and not has_due:
            yield subject.error(
                "TIMER_WITHOUT_DUE",
                node,
                Text("这里没有办理时限可参照。", "There is no due date here to be relative to."),
                Text("贴在设有 dueWorkingDays 的用户任务上，或写明时间。", "Put it on a user task with dueWorkingDays, or write a time."),
            )


def repeats(subject: Subject) -> Iterator[Finding]:
    """Only a non-interrupting boundary event can fire more than once."""
    for node, schedule in schedules(subject):
        if schedule.repetitions != 1 and (node.type != "boundaryEvent" or node.interrupting):
            yield subject.warning(
                "TIMER_FIRES_ONCE",
                node,
                Text("这里的循环定时只会触发一次。", "A repeating timer fires only once here."),
                Text("改为非中断边界事件，或写单次时间。", "Make it a non-interrupting boundary event, or write one time."),
            )
