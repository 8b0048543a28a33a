"""What a waiting timer keeps when its diagram changes: the time that is left.

A timer that counts (`P5D`, `WD7`, `R3/PT1H`) and still counts goes on to the instant for which it was set, whatever its text says now; so
does one whose text is the same. One that names an instant or asks for it (a date, the due date, an expression) is asked again when its text
has changed, or the due date has. Of a cycle, the firings that are over are not repeated.
"""

from collections.abc import Mapping
from typing import Any

from workflow_runtime.diagram.model import Node
from workflow_runtime.engine.places import TIMER_DUE, TIMER_LEFT, Internal
from workflow_runtime.schedules import Schedule, read_schedule

COUNTING = ("duration", "cycle")


def is_timer(node: Node) -> bool:
    """The node waits for a time."""
    return node.event is not None and node.event.kind == "timer"


def schedule_of(node: Node) -> Schedule:
    """The timer of a node that has one."""
    return read_schedule(node.event.text if node.event is not None else "")


def keeps_instant(old: Node, new: Node, *, due_changed: bool) -> bool:
    """Whether the instant that was fixed for the old timer holds for the new one."""
    before, after = schedule_of(old), schedule_of(new)
    if before.text == after.text:
        return not (after.relative_to_due and due_changed)
    return before.kind in COUNTING and after.kind in COUNTING


def _repeats(node: Node) -> bool:
    return node.attached_to is not None and not node.interrupting and schedule_of(node).repetitions != 1


def is_over(internal: Internal, new: Node) -> bool:
    """A repeating timer that has fired for the last time, and that the new version does not repeat more often."""
    if internal.get(TIMER_LEFT) != 0:
        return False
    return not _repeats(new)


def carried(internal: Internal, old: Node, new: Node, *, due_changed: bool) -> Internal:
    """What the token of a boundary or catch event with a timer remembers in the new version."""
    kept = dict(internal)
    if not keeps_instant(old, new, due_changed=due_changed):
        kept.pop(TIMER_DUE, None)
    return _counted(kept, internal, old, new)


def _counted(kept: dict[str, Any], internal: Mapping[str, Any], old: Node, new: Node) -> Internal:
    left = kept.pop(TIMER_LEFT, None)
    if TIMER_LEFT not in internal or not _repeats(new):
        return kept
    before, after = schedule_of(old).repetitions, schedule_of(new).repetitions
    used = before - left if before is not None and left is not None else 0
    remaining = None if after is None else max(0, after - used)
    kept[TIMER_LEFT] = remaining
    if remaining == 0:
        kept[TIMER_DUE] = ""
    elif left == 0:
        kept.pop(TIMER_DUE, None)
    return kept
