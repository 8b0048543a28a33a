"""The checks that use cases share, always in the same order: it exists, the actor may, nothing has changed, the state allows it."""

import unicodedata
from datetime import datetime

from workflow_runtime.actors import Actor
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Conflict, FieldError, Invalid, NotFound, Text, WrongState
from workflow_runtime.refusals import ActorRefused, HiddenFromActor
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import CaseRow, TaskRow

OPERATOR = "operator"
ADMINISTRATOR = "administrator"

MAX_OPINION = 2000
"""Characters of a 审核意见, or of a reason."""

_RELOAD = Text("请刷新页面查看最新情况；您已填写的内容仍保留。", "Reload to see the present state; what you typed is kept.")


def not_found(what: Text) -> NotFound:
    """It does not exist, or the actor may not know that it does."""
    return NotFound(
        Text(f"{what.zh}不存在，或您无权查看。", f"{what.en} does not exist, or you may not see it."),
        Text("请核对编号，或联系管理员确认权限。", "Check the number, or ask the administrator for access."),
    )


def hidden(what: Text, actor: Actor) -> NotFound:
    """It belongs to another party: the same words as if it did not exist, but kept in the audit."""
    told = not_found(what)
    return HiddenFromActor(told.message, told.remedy, actor=actor, subject=what.en.strip())


def case_locked(uow: UnitOfWork, number: str) -> CaseRow:
    """The case of this number, locked. Raises NotFound."""
    case = uow.cases.locked_by_number(number)
    if case is None:
        raise not_found(Text(f"案件 {number} ", f"Case {number}"))
    return case


def task_locked(uow: UnitOfWork, task_id: int, actor: Actor) -> tuple[TaskRow, CaseRow]:
    """The user task and its case, locked. Raises NotFound, also for tasks of other parties."""
    what = Text(f"任务 {task_id} ", f"Task {task_id}")
    found = uow.tasks.locked(task_id)
    if found is None:
        raise not_found(what)
    if not actor.may_work(found[0].role, found[0].party):
        raise hidden(what, actor)
    return found


def ensure_open(task: TaskRow, case: CaseRow) -> None:
    """The task still waits. Raises Conflict (who was faster and when) or WrongState."""
    if task.state == "completed":
        raise conflict(task.completed_name, task.completed_at, "已办理该任务", "has completed this task")
    if task.state == "cancelled":
        raise WrongState(Text(f"任务“{task.name}”已随案件进展而取消。", f"The task “{task.name}” is gone: the case has moved on."), _RELOAD)
    if case.state != "running":
        raise WrongState(
            Text(f"案件 {case.number} 已中止或结束。", f"Case {case.number} is suspended or over."),
            Text("请等待案件恢复办理，或联系运维人员。", "Wait until the case goes on, or ask the operator."),
        )


def ensure_unclaimed_by_others(task: TaskRow, actor: Actor) -> None:
    """Nobody else works on it. Raises Conflict."""
    if task.claimed_by is not None and task.claimed_by != actor.id:
        raise conflict(task.claimed_name, task.claimed_at, "已签收该任务", "has claimed this task")


def ensure_seen(task: TaskRow, seen: int) -> None:
    """The task is as the person saw it. Raises Conflict."""
    if task.revision != seen:
        raise conflict(task.claimed_name, task.claimed_at, "已更新该任务", "has changed this task")


def conflict(who: str | None, when: datetime | None, did_zh: str, did_en: str) -> Conflict:
    """Somebody was faster; says who and when."""
    moment = "" if when is None else when.astimezone(SHANGHAI).strftime(" %Y-%m-%d %H:%M:%S")
    zh, en = f"{who or '其他用户'}{moment} {did_zh}。", f"{who or 'Somebody else'} {did_en}{moment}."
    return Conflict(Text(zh, en), _RELOAD, who=who, when=when)


def ensure_role(actor: Actor, *roles: str) -> None:
    """The actor has one of these roles. Raises NotAllowed."""
    if not any(actor.has_role(role) for role in roles):
        raise ActorRefused(
            Text(f"{actor.name} 没有所需的角色（{'、'.join(roles)}）。", f"{actor.name} lacks the role ({', '.join(roles)})."),
            Text("请联系管理员授予角色。", "Ask the administrator for the role."),
            actor=actor,
            subject=f"role {', '.join(roles)}",
        )


def read_words(field: str, label: str, text: str) -> tuple[str, list[FieldError]]:
    """An opinion or a reason as it is kept, and what is wrong with it: too long, or characters that cannot be shown."""
    words = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    errors = []
    if len(words) > MAX_OPINION:
        errors.append(FieldError(field, label, Text(f"不能超过 {MAX_OPINION} 个字。", f"At most {MAX_OPINION} characters.")))
    if any(c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cs"} for c in words):
        errors.append(
            FieldError(field, label, Text("含有不可见的控制字符，请删除。", "It holds invisible control characters: remove them."))
        )
    return words, errors


def kept_words(text: str) -> str:
    """Unfinished words as a draft keeps them: bounded, and such as every database takes."""
    return text[: 2 * MAX_OPINION].replace("\0", "").encode("utf-8", "ignore").decode()


def reason_given(text: str, *, needed: bool = False) -> str:
    """The reason for a step, as it is kept; `needed` where somebody steps in from outside. Raises Invalid."""
    words, errors = read_words("reason", "理由", text)
    if needed and not words:
        errors.append(FieldError("reason", "理由", Text("请填写理由。", "Give the reason.")))
    if errors:
        raise Invalid(errors)
    return words
