"""What has changed in one element of a diagram. Lines, drawing and the ids of flows have no meaning."""

from collections.abc import Callable, Iterator, Mapping

from workflow_runtime.changes.change import Change, order_changed, value_changed
from workflow_runtime.changes.words import PROPERTIES, element_word, event_word, type_word
from workflow_runtime.diagram.model import Node, read_outcomes
from workflow_runtime.errors import Text
from workflow_runtime.expressions import ExpressionError, compile_expression
from workflow_runtime.schedules import TimerInvalid, read_schedule


def compare_elements(old: Node, new: Node) -> Iterator[Change]:
    """Every change of meaning between two versions of an element."""
    subject = element_word(new)
    if old.type != new.type:
        before, after = type_word(old.type), type_word(new.type)
        name = new.name or new.id
        yield Change("element.retyped", new.id, Text(f"“{name}”由{before.zh}改为{after.zh}", f"“{name}”: {before.en} became {after.en}"))
    yield from value_changed("element.renamed", new.id, _nameless(new), Text("名称", "name"), old.name, new.name)
    yield from value_changed("element.lane", new.id, subject, Text("泳道", "lane"), old.lane, new.lane)
    yield from value_changed("element.attached", new.id, subject, Text("所附活动", "host"), old.attached_to, new.attached_to)
    if old.interrupting != new.interrupting:
        zh, en = (
            ("改为打断所附活动", "now interrupts its host") if new.interrupting else ("改为不打断所附活动", "no longer interrupts its host")
        )
        yield Change("element.interrupting", new.id, Text(subject.zh + zh, f"{subject.en} {en}"))
    yield from _event(old, new, subject)
    yield from _work(old, new, subject)
    yield from compare_properties(old.properties, new.properties, new.id, subject)
    if old.documentation.split() != new.documentation.split():
        yield Change("element.documentation", new.id, Text(f"{subject.zh}的说明文字有改动", f"{subject.en}: its documentation has changed"))


def _nameless(node: Node) -> Text:
    word = type_word(node.type)
    return Text(f"{word.zh} {node.id} ", f"{word.en} {node.id}")


def _event(old: Node, new: Node, subject: Text) -> Iterator[Change]:
    if old.events != new.events and max(old.events, new.events) > 1:
        yield from value_changed("element.event", new.id, subject, Text("事件数", "number of events"), old.events, new.events)
    before, after = old.event, new.event
    if before is not None and after is not None and before.kind == after.kind == "timer":
        if not same_timer(before.text, after.text):
            yield from value_changed("element.timer", new.id, subject, Text("定时", "timer"), before.text, after.text)
        return
    yield from value_changed("element.event", new.id, subject, Text("事件", "event"), event_word(before), event_word(after))


def _work(old: Node, new: Node, subject: Text) -> Iterator[Change]:
    yield from value_changed("element.called", new.id, subject, Text("所调用流程", "called process"), old.called, new.called)
    yield from value_changed("element.decision", new.id, subject, Text("决策表", "decision table"), old.decision, new.decision)
    if old.markers != new.markers:
        yield from value_changed("element.marker", new.id, subject, Text("标记", "marker"), ", ".join(old.markers), ", ".join(new.markers))
    before, after = old.operator, new.operator
    yield from value_changed(
        "element.handler", new.id, subject, Text("处理程序", "handler"), before and before.handler, after and after.handler
    )
    yield from value_changed(
        "element.result",
        new.id,
        subject,
        PROPERTIES["resultVariable"],
        before and before.result_variable,
        after and after.result_variable,
    )
    given, wanted = before.parameters if before else {}, after.parameters if after else {}
    for name in dict.fromkeys((*given, *wanted)):
        if not same_expression(given.get(name), wanted.get(name)):
            what = Text(f"参数 {name} ", f"parameter {name}")
            yield from value_changed("element.parameter", new.id, subject, what, given.get(name), wanted.get(name))


def compare_properties(old: Mapping[str, str], new: Mapping[str, str], element: str, subject: Text) -> Iterator[Change]:
    """The extension properties of an element, or of a process."""
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, ""), new.get(name, "")
        meaning = _MEANINGS.get(name, str.strip)
        if meaning(before) == meaning(after):
            continue
        if name == "outcomes":
            yield from _outcomes(before, after, element, subject)
        else:
            what = PROPERTIES.get(name, Text(f"属性 {name} ", f"property {name}"))
            yield from value_changed(f"element.{name}", element, subject, what, before, after)


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition(":") for part in text.replace("，", ",").split(",") if part.strip())
    return {key.strip(): mode.strip() or "read" for key, _, mode in parts}


def _listed(text: str) -> list[str]:
    return [code.strip() for code in text.replace("，", ",").split(",") if code.strip()]


def _declared(text: str) -> list[str]:
    return ["=".join(part.strip() for part in pair.split("=")) for pair in text.replace("；", ";").split(";") if pair.strip()]


_MEANINGS: dict[str, Callable[[str], object]] = {
    "outcomes": read_outcomes,
    "formMode": _pairs,
    "toolbar": _listed,
    "parties": _declared,
    "bulk": lambda text: text == "true",
}
"""How a property is read; two texts that read the same mean the same."""


def _outcomes(old: str, new: str, element: str, subject: Text) -> Iterator[Change]:
    before, after = ({o.code: o for o in read_outcomes(text)} for text in (old, new))
    for code in dict.fromkeys((*before, *after)):
        was, now = before.get(code), after.get(code)
        what = Text(f"按钮 {code} ", f"button {code}")
        yield from value_changed("element.outcomes", element, subject, what, was and was.label, now and now.label)
        if was and now and was.opinion_required != now.opinion_required:
            zh, en = (
                ("改为必须填写意见", "now demands an opinion")
                if now.opinion_required
                else ("改为可以不填意见", "no longer demands an opinion")
            )
            yield Change(
                "element.outcomes", element, Text(f"{subject.zh}的按钮“{now.label}”{zh}", f"{subject.en}: button “{now.label}” {en}")
            )
    yield from order_changed("element.outcomes", element, subject, Text("按钮", "buttons"), before, after)


def same_expression(old: str | None, new: str | None) -> bool:
    """Whether two expression texts mean the same: blanks, kinds of brackets' spacing and a leading `=` do not matter."""
    if old == new or old is None or new is None:
        return old == new
    try:
        return compile_expression(old).tree == compile_expression(new).tree
    except ExpressionError:
        return old.split() == new.split()


def same_timer(old: str, new: str) -> bool:
    """Whether two timer texts mean the same."""
    try:
        before, after = read_schedule(old), read_schedule(new)
    except TimerInvalid:
        return old.split() == new.split()
    return before.text == after.text
