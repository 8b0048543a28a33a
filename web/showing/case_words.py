"""The page's own words for what the runtime and the push log say in codes."""

from flask_babel import lazy_gettext as _l

ACTIONS = {
    "case.started": _l("提交申请"),
    "case.withdrawn": _l("撤回"),
    "case.cancelled": _l("终止"),
    "case.suspended": _l("中止"),
    "case.resumed": _l("恢复"),
    "case.migrated": _l("迁移到新版本"),
    "case.migration_undone": _l("迁移已撤销"),
    "task.claimed": _l("签收"),
    "task.released": _l("放回"),
    "task.delegated": _l("转办"),
    "task.unassigned": _l("解除签收"),
    "task.completed": _l("办理"),
    "job.done": _l("自动办理完成"),
    "job.refused": _l("对方系统未受理"),
    "message.received": _l("收到消息"),
    "message.late": _l("结束后收到消息"),
    "timer.fired": _l("定时触发"),
    "incident.raised": _l("出现异常"),
    "incident.retried": _l("异常重试"),
    "incident.resolved": _l("异常处理"),
}
"""What happened, by the audit's action."""

PLACES = {"waiting": _l("办理中"), "trouble": _l("异常"), "done": _l("已完成"), "ahead": _l("未到达")}
"""The state of a place in the diagram."""

STAGE_STATES = {"current": _l("办理中"), "trouble": _l("异常"), "done": _l("已完成"), "ahead": _l("未到达")}
"""The state of a stage of the certificate's way."""

JOB_STATES = {
    "queued": _l("等待执行"),
    "running": _l("执行中"),
    "held": _l("已中止"),
    "done": _l("已完成"),
    "incident": _l("异常"),
    "cancelled": _l("已取消"),
}

OUTCOMES = {
    "accepted": _l("成功"),
    "warned": _l("成功，有提示"),
    "refused": _l("被拒绝"),
    "transient": _l("未送达，将重试"),
    "unknown": _l("结果不明"),
}
"""What an answer of another platform means."""

SEVERITIES = {"block": _l("须补正"), "warn": _l("提示")}

BROUGHT = (
    _l("系统"),
    _l("上级主管部门"),
    _l("认可的签章名称"),
    _l("已终止"),
    _l("已办结"),
    _l("表单"),
    _l("消息名称"),
    _l("消息内容"),
    _l("用途"),
    _l("有效天数"),
    _l("制造单位"),
    _l("设备类别"),
    _l("文件名"),
)
"""What the runtime and the books say in Chinese only, and no page says in its own words: names of fields, the system's own name, a status."""


def said(table: dict[str, str], code: str) -> str:
    """The word for a code; the code itself where there is none."""
    return str(table.get(code, code))


def size(count: int) -> str:
    """A file's size as people read it."""
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(1, round(count / 1024))} KB"
