"""The sentences of reasons and notices."""

from workflow_runtime.changes.words import element_word, event_word, type_word
from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Failure, Text
from workflow_runtime.migration.verdict import Reason


def gone(node: Node) -> Reason:
    """The new version has no such element."""
    word = element_word(node)
    return Reason(
        "ELEMENT_GONE",
        node.id,
        Text(f"新版本中没有{word.zh}（{node.id}）。", f"The new version has no {word.en} ({node.id})."),
    )


def moved(node: Node) -> Reason:
    """The element is in another subprocess now."""
    word = element_word(node)
    return Reason("ELEMENT_MOVED", node.id, Text(f"{word.zh}已移到另一个子流程。", f"{word.en} is in another subprocess now."))


def retyped(old: Node, new: Node) -> Reason:
    """The element is of another kind now."""
    word, kind = element_word(old), type_word(new.type)
    what = event_word(new.event) if old.type == new.type else kind
    return Reason("ELEMENT_RETYPED", old.id, Text(f"{word.zh}已改为{what.zh}。", f"{word.en} has become {what.en}."))


def called_other(old: Node, new: Node) -> Reason:
    """A call activity calls another process now."""
    word = element_word(old)
    return Reason(
        "CALL_CHANGED",
        old.id,
        Text(
            f"{word.zh}改为调用 {new.called}，而 {old.called} 正在办理。",
            f"{word.en} now calls {new.called}, and {old.called} is under way.",
        ),
    )


def join_changed(node: Node) -> Reason:
    """A join at which some branches have arrived has other branches now."""
    word = element_word(node)
    return Reason(
        "JOIN_CHANGED",
        node.id,
        Text(f"{word.zh}已有分支到达，但其入口有变。", f"Branches have arrived at {word.en}, but its ways in have changed."),
    )


def branch_changed(node: Node) -> Reason:
    """The element has got onto a branch beside the rest, or from there onto the main way."""
    word = element_word(node)
    return Reason(
        "BRANCH_CHANGED",
        node.id,
        Text(f"{word.zh}在主流程与旁支之间移动过。", f"{word.en} has moved between the main way and a branch beside it."),
    )


def would_stick(node: Node) -> Reason:
    """A join would wait for a branch that no token is on."""
    word = element_word(node)
    return Reason(
        "WOULD_STICK",
        node.id,
        Text(f"案件会在{word.zh}处一直等待没有走过的分支。", f"The case would wait at {word.en} for a branch that it is not on."),
    )


def would_repeat(node: Node) -> Reason:
    """Two tokens would come to one element."""
    word = element_word(node)
    return Reason(
        "WOULD_REPEAT",
        node.id,
        Text(f"案件会两次走到{word.zh}。", f"The case would come to {word.en} twice."),
    )


def job_started(old: Node) -> Reason:
    """A job that may have had its effect calls something else now."""
    word = element_word(old)
    return Reason(
        "JOB_STARTED",
        old.id,
        Text(
            f"{word.zh}的处理程序或参数有变，而其任务已经开始。",
            f"{word.en} calls another handler, or with other values, and its job has begun.",
        ),
    )


def job_anew(old: Node) -> Reason:
    """A job that has not begun is queued anew."""
    word = element_word(old)
    return Reason("JOB_ANEW", old.id, Text(f"{word.zh}的任务按新版本重新排队。", f"The job of {word.en} is queued anew."))


def timer_kept(new: Node, old: Node) -> Reason:
    """A timer's text has changed; the instant for which it was set stays."""
    word = element_word(new)
    before, after = (node.event.text if node.event else "" for node in (old, new))
    return Reason(
        "TIMER_KEPT",
        old.id,
        Text(
            f"{word.zh}的定时由 {before} 改为 {after}；已开始的计时保留剩余时间。",
            f"{word.en}: its timer changed from {before} to {after}; the time that is left stays.",
        ),
    )


def timer_reread(new: Node) -> Reason:
    """A timer is asked anew."""
    word = element_word(new)
    return Reason("TIMER_REREAD", new.id, Text(f"{word.zh}的定时按新版本重新计算。", f"{word.en}: its timer is reckoned anew."))


def event_new(new: Node) -> Reason:
    """An event on a waiting activity's edge begins to wait."""
    word, what = element_word(new), event_word(new.event)
    return Reason(
        "EVENT_NEW", new.id, Text(f"{word.zh}（{what.zh}）自迁移时起生效。", f"{word.en} ({what.en}) waits from the migration on.")
    )


def event_gone(old: Node) -> Reason:
    """An event on a waiting activity's edge no longer waits."""
    word = element_word(old)
    return Reason("EVENT_GONE", old.id, Text(f"{word.zh}不再等待。", f"{word.en} no longer waits."))


def message_changed(old: Node, new: Node) -> Reason:
    """A message event waits for another message."""
    word = element_word(new)
    before, after = (node.event.name if node.event else "" for node in (old, new))
    return Reason(
        "MESSAGE_CHANGED",
        old.id,
        Text(f"{word.zh}改为等待消息 {after}（原为 {before}）。", f"{word.en} waits for message {after} now (was {before})."),
    )


def due_changed(new: Node) -> Reason:
    """A task gets another due date."""
    word, days = element_word(new), new.properties.get("dueWorkingDays")
    zh = f"{word.zh}的时限改为 {days} 个工作日，自任务产生时起算。" if days else f"{word.zh}不再有时限。"
    en = f"{word.en} is due {days} working days after it came up." if days else f"{word.en} has no due date any more."
    return Reason("DUE_CHANGED", new.id, Text(zh, en))


def lane_changed(new: Node) -> Reason:
    """Others work the task now; whoever had claimed it is let go of it."""
    word = element_word(new)
    return Reason(
        "LANE_CHANGED",
        new.id,
        Text(
            f"{word.zh}改由“{new.lane}”办理；如已有人签收，将释放。", f"{word.en} goes to “{new.lane}”; whoever claimed it is let go of it."
        ),
    )


def variable_missing(name: str) -> Reason:
    """The new way reads a variable that this case has not."""
    return Reason(
        "VARIABLE_MISSING",
        "",
        Text(
            f"新版本此后会读取变量 {name}，案件中没有，按空值处理。",
            f"The new way reads the variable {name}; the case lacks it, so it reads as null.",
        ),
    )


def party_missing(new: Node, reason: Text) -> Reason:
    """The lane's party cannot be found for this case."""
    word = element_word(new)
    return Reason("PARTY_MISSING", new.id, Text(f"{word.zh}无法确定办理单位：{reason.zh}", f"{word.en}: no party works it: {reason.en}"))


def no_lane(name: str) -> Text:
    """The role table lacks the lane."""
    return Text(f"角色表中没有泳道 {name}。", f"The role table has no lane {name}.")


def unforeseen(error: Exception) -> Reason:
    """The new version could not take the case in, though nothing seemed to stand against it."""
    if isinstance(error, Failure):
        return Reason(error.code, "", error.message)
    return Reason(
        "MOVE_FAILED", "", Text("迁移时出错，案件保持原样；请查看日志。", "The move failed and the case is as it was; see the log.")
    )
