"""Prints the steps of a case as they happen, in columns."""

import time

from rich.cells import set_cell_size
from rich.text import Text as Line

from web.cli.output import console, visible
from workflow_runtime.errors import Text
from workflow_runtime.queries import TimelineEntry

ACTIONS = {
    "case.started": Text("提交", "filed"),
    "task.completed": Text("办理", "acted"),
    "job.done": Text("完成", "done"),
    "job.refused": Text("拒绝", "refused"),
    "message.received": Text("消息", "told"),
    "timer.fired": Text("定时", "timer"),
    "incident.raised": Text("异常", "incident"),
}

STATUSES = {
    "待审核": "to be reviewed",
    "审核不通过（待补正）": "to be corrected",
    "审核通过（待赋码）": "to be coded",
    "待签章": "to be sealed",
    "已签章（待归集）": "to be aggregated",
    "已归集": "aggregated",
}
WHO, DID, WHAT = 8, 14, 28
"""Widths of the columns in cells; a Chinese character takes two."""
LEFT = 9 + WHO + 1 + DID + 1


class Watch:
    """Prints each step: seconds since the beginning, who, what, the case's status from then on; below it the opinion and what was said in return."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, entry: TimelineEntry) -> None:
        """Print one step."""
        action = ACTIONS.get(entry.action, Text(entry.action, ""))
        what = " ".join(filter(None, (entry.name, "" if entry.label == entry.name else entry.label)))
        line = Line(f"{time.monotonic() - self._begun:6.2f}s  ", style="dim")
        line.append(set_cell_size(visible(entry.who), WHO) + " ", style="cyan")
        line.append(set_cell_size(f"{action.zh} {action.en}", DID) + " ", style="not dim")
        if entry.status:
            line.append(set_cell_size(visible(what), WHAT), style="not dim")
            english = STATUSES.get(entry.status)
            line.append(f" → {visible(entry.status)}" + (f" · {english}" if english else ""), style="not dim bold green")
        else:
            line.append(visible(what), style="not dim")
        if entry.opinion:
            line.append(f"\n{' ' * LEFT}“{visible(entry.opinion)}”", style="not dim italic")
        for reason in entry.said:
            line.append(f"\n{' ' * LEFT}▸ {visible(reason.zh)}", style="not dim yellow")
        console.print(line, soft_wrap=True)
