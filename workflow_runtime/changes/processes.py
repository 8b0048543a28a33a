"""What has changed in a process: its elements and its sequence flows, in all its subprocesses."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from workflow_runtime.changes.change import Change, order_changed, value_changed
from workflow_runtime.changes.elements import compare_elements, compare_properties, same_expression
from workflow_runtime.changes.words import element_word
from workflow_runtime.diagram.model import Flow, Node, Process
from workflow_runtime.errors import Text

Way = tuple[str, str]
"""Source and target of a flow: by these it is known, since its id has no meaning."""


def compare_processes(old: Process, new: Process) -> Iterator[Change]:
    """Every change of meaning between two versions of a process."""
    subject = Text(f"流程“{new.name}”", f"process “{new.name}”")
    yield from value_changed(
        "process.renamed", new.id, Text(f"流程 {new.id} ", f"process {new.id}"), Text("名称", "name"), old.name, new.name
    )
    for change in compare_properties(old.properties, new.properties, new.id, subject):
        yield replace(change, kind=change.kind.replace("element.", "process."))
    if old.documentation.split() != new.documentation.split():
        yield Change("process.documentation", new.id, Text(f"{subject.zh}的说明文字有改动", f"{subject.en}: its documentation has changed"))
    before, after = _places(old), _places(new)
    renumbered = renumbered_elements(old, new)
    yield from _elements(before, after, renumbered)
    yield from _flows(old, new, before, after, renumbered)


def _places(process: Process) -> dict[str, tuple[str, Node]]:
    return {node.id: (scope.id, node) for scope in process.scopes.values() for node in scope.nodes.values()}


def renumbered_elements(old: Process, new: Process) -> dict[str, str]:
    """Elements whose id alone seems to have changed: old id → new id, where type, name and subprocess fit one pair only."""
    before, after = _places(old), _places(new)
    gone = _by_looks({key: place for key, place in before.items() if key not in after})
    come = _by_looks({key: place for key, place in after.items() if key not in before})
    return {ids[0]: come[looks][0] for looks, ids in gone.items() if len(ids) == 1 and len(come.get(looks, [])) == 1}


def _by_looks(places: Mapping[str, tuple[str, Node]]) -> dict[tuple[str, str, str], list[str]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for key, (scope, node) in places.items():
        if node.name:
            found.setdefault((scope, node.type, node.name), []).append(key)
    return found


def _elements(
    before: Mapping[str, tuple[str, Node]], after: Mapping[str, tuple[str, Node]], renumbered: Mapping[str, str]
) -> Iterator[Change]:
    for key, (scope, node) in before.items():
        twin = renumbered.get(key, key)
        if twin not in after:
            word = element_word(node)
            yield Change("element.removed", key, Text(f"删除{word.zh}", f"{word.en} removed"))
            continue
        new_scope, new_node = after[twin]
        word = element_word(new_node)
        if twin != key:
            yield Change("element.id", twin, Text(f"{word.zh}的编号由 {key} 改为 {twin}", f"{word.en}: id changed from {key} to {twin}"))
        if new_scope != renumbered.get(scope, scope):
            yield Change(
                "element.moved", twin, Text(f"{word.zh}由 {scope} 移至 {new_scope}", f"{word.en} moved from {scope} to {new_scope}")
            )
        attached = renumbered.get(node.attached_to, node.attached_to) if node.attached_to else None
        yield from compare_elements(replace(node, attached_to=attached), new_node)
    for key, (_, node) in after.items():
        if key not in before and key not in renumbered.values():
            word = element_word(node)
            yield Change("element.added", key, Text(f"新增{word.zh}", f"{word.en} added"))


def _flows(
    old: Process,
    new: Process,
    before: Mapping[str, tuple[str, Node]],
    after: Mapping[str, tuple[str, Node]],
    renumbered: Mapping[str, str],
) -> Iterator[Change]:
    was = _ways(old, renumbered)
    now = _ways(new, {})
    twins = {new_id: old_id for old_id, new_id in renumbered.items()}
    for way in dict.fromkeys((*was, *now)):
        ends = _ends(way, before, after, twins)
        pairs = [*zip(was.get(way, []), now.get(way, []), strict=False)]
        for (earlier, default_before), (later, default_after) in pairs:
            yield from _flow(earlier, later, default_before, default_after, ends)
        for gone, _ in was.get(way, [])[len(pairs) :]:
            yield Change("flow.removed", gone.id, Text(f"删除{ends.zh}的流向{_on(gone)}", f"flow {ends.en}{_on(gone)} removed"))
        for come, is_default in now.get(way, [])[len(pairs) :]:
            extra = Text("（默认）", " (default)") if is_default else Text("", "")
            text = Text(f"新增{ends.zh}的流向{_on(come)}{extra.zh}", f"flow {ends.en}{_on(come)}{extra.en} added")
            yield Change("flow.added", come.id, text)
    yield from _asked_in_order(was, now, after)


def _ways(process: Process, renumbered: Mapping[str, str]) -> dict[Way, list[tuple[Flow, bool]]]:
    found: dict[Way, list[tuple[Flow, bool]]] = {}
    for scope in process.scopes.values():
        defaults = {node.default for node in scope.nodes.values() if node.default}
        for flow in scope.flows:
            way = (renumbered.get(flow.source, flow.source), renumbered.get(flow.target, flow.target))
            found.setdefault(way, []).append((flow, flow.id in defaults))
    return found


def _ends(way: Way, before: Mapping[str, tuple[str, Node]], after: Mapping[str, tuple[str, Node]], twins: Mapping[str, str]) -> Text:
    names = []
    for end in way:
        place = after.get(end) or before.get(twins.get(end, end))
        names.append(end if place is None else place[1].name or end)
    return Text(f"“{names[0]}”到“{names[1]}”", f"“{names[0]}” → “{names[1]}”")


def _on(flow: Flow) -> str:
    return f" [{flow.condition}]" if flow.condition else ""


def _flow(old: Flow, new: Flow, default_before: bool, default_after: bool, ends: Text) -> Iterator[Change]:
    subject = Text(f"{ends.zh}的流向", f"flow {ends.en}")
    if not same_expression(old.condition, new.condition):
        yield from value_changed("flow.condition", new.id, subject, Text("条件", "condition"), old.condition, new.condition)
    if default_before != default_after:
        zh, en = ("改为默认流向", "is now the default") if default_after else ("不再是默认流向", "is no longer the default")
        yield Change("flow.default", new.id, Text(subject.zh + zh, f"{subject.en} {en}"))
    yield from value_changed("flow.renamed", new.id, subject, Text("名称", "name"), old.name, new.name)


def _asked_in_order(
    was: Mapping[Way, list[tuple[Flow, bool]]], now: Mapping[Way, list[tuple[Flow, bool]]], after: Mapping[str, tuple[str, Node]]
) -> Iterator[Change]:
    """An exclusive gateway asks its conditions in the order of the file."""
    counts = Counter(source for source, _ in now)
    for gateway, (_, node) in after.items():
        if node.type == "exclusiveGateway" and counts[gateway] > 1:
            before, later = (
                [target for (source, target), flows in ways.items() if source == gateway and flows[0][0].condition] for ways in (was, now)
            )
            yield from order_changed("flow.order", gateway, element_word(node), Text("条件", "conditions"), before, later)
