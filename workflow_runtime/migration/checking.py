"""Whether the tokens of a case have a place in the new version, scope by scope."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import uuid4

from workflow_runtime.changes.elements import same_expression
from workflow_runtime.diagram.model import INBOX, Node
from workflow_runtime.engine.places import AT_END, Attached, Internal, Marking, Place, alternatives, joined_from, timer_key
from workflow_runtime.migration import reasons
from workflow_runtime.migration.passage import Passage, ScopePair
from workflow_runtime.migration.timers import carried, is_over, is_timer, keeps_instant, schedule_of
from workflow_runtime.migration.verdict import JobFacts, Reason, Stand, Verdict


def examine(passage: Passage, marking: Marking, jobs: Mapping[str, JobFacts]) -> Verdict:
    """What would become of a case whose tokens stand so; `jobs` are its open jobs by token."""
    check = _Check(passage, jobs)
    target = check.scope(marking, marking.scope)
    notices = tuple(dict.fromkeys(check.notices))
    if check.reasons:
        return Verdict(tuple(dict.fromkeys(check.reasons)), notices, None)
    return Verdict((), notices, target, tuple(check.tasks), tuple(check.jobs), frozenset(check.anew))


class _Check:
    """One examination while it goes on."""

    def __init__(self, passage: Passage, facts: Mapping[str, JobFacts]) -> None:
        self.passage, self.facts = passage, facts
        self.reasons: list[Reason] = []
        self.notices: list[Reason] = []
        self.tasks: list[Stand] = []
        self.jobs: list[Stand] = []
        self.anew: set[str] = set()

    def scope(self, marking: Marking, target: str) -> Marking:
        """The tokens of this scope in the new version's scope `target`."""
        pair = self.passage.pair(marking.scope, target)
        places = [moved for place in marking.places if (moved := self._place(pair, place)) is not None]
        if not self.reasons:
            self._soundness(pair, places)
        return Marking(target, tuple(places))

    def _twin(self, pair: ScopePair, element: str) -> str:
        return self.passage.mapping.new_id(pair.process, element)

    def _place(self, pair: ScopePair, place: Place) -> Place | None:
        if place.element == AT_END:
            return place
        old = pair.old.scope.nodes[place.element]
        new = pair.new.scope.nodes.get(self._twin(pair, old.id))
        if new is None:
            elsewhere = self.passage.new.contents.processes[pair.process].node(self._twin(pair, old.id))
            self.reasons.append(reasons.gone(old) if elsewhere is None else reasons.moved(old))
            return None
        if old.type != new.type or (old.event and old.event.kind) != (new.event and new.event.kind):
            self.reasons.append(reasons.retyped(old, new))
            return None
        if (old.id in pair.old_main) != (new.id in pair.new_main):
            self.reasons.append(reasons.branch_changed(old))
        internal = self._internal(pair, old, new, place.internal)
        attached = tuple(self._attached(pair, old, new, place))
        self._work(old, new, place)
        return replace(place, element=new.id, internal=internal, attached=attached, inside=self._inside(old, new, pair, place))

    def _inside(self, old: Node, new: Node, pair: ScopePair, place: Place) -> Marking | None:
        if place.inside is None:
            return None
        if old.type == "callActivity":
            if old.called != new.called:
                self.reasons.append(reasons.called_other(old, new))
                return None
            return self.scope(place.inside, old.called or "")
        return self.scope(place.inside, f"{pair.process}/{new.id}")

    def _internal(self, pair: ScopePair, old: Node, new: Node, internal: Internal) -> Internal:
        if place_source := Place("", 0, "", internal).source:
            ways = sorted(self._twin(pair, flow.source) for flow in pair.old.into(old.id))
            if ways != sorted(flow.source for flow in pair.new.into(new.id)):
                self.reasons.append(reasons.join_changed(old))
            return joined_from(self._twin(pair, place_source))
        if old.type == "eventBasedGateway":
            return self._race(pair, internal, new)
        self._message(old, new)
        return self._timer(old, new, internal, due_changed=False) if is_timer(old) else internal

    def _race(self, pair: ScopePair, internal: Internal, gateway: Node) -> Internal:
        """The events behind an event-based gateway, each as if it waited by itself."""
        kept = {key: value for key, value in internal.items() if key not in alternatives(internal).values()}
        following = set(pair.new.next(gateway.id))
        for element, key in alternatives(internal).items():
            old, new = pair.old.scope.nodes[element], pair.new.scope.nodes.get(self._twin(pair, element))
            if new is None or new.id not in following or not is_timer(new):
                self.notices.append(reasons.event_gone(old))
                continue
            self._timer_told(old, new, due_changed=False)
            if keeps_instant(old, new, due_changed=False):
                kept[timer_key(new.id)] = internal[key]
        return kept

    def _message(self, old: Node, new: Node) -> None:
        if old.event and new.event and old.event.kind == "message" and old.event.name != new.event.name:
            self.notices.append(reasons.message_changed(old, new))

    def _timer(self, old: Node, new: Node, internal: Internal, *, due_changed: bool) -> Internal:
        self._timer_told(old, new, due_changed=due_changed)
        return carried(internal, old, new, due_changed=due_changed)

    def _timer_told(self, old: Node, new: Node, *, due_changed: bool) -> None:
        if not keeps_instant(old, new, due_changed=due_changed):
            self.notices.append(reasons.timer_reread(new))
        elif schedule_of(old).text != schedule_of(new).text:
            self.notices.append(reasons.timer_kept(new, old))

    def _attached(self, pair: ScopePair, old: Node, new: Node, place: Place) -> Iterator[Attached]:
        """The events on the activity's edge: those that wait go on, new ones begin; what has happened already does not happen again."""
        due_changed = old.properties.get("dueWorkingDays") != new.properties.get("dueWorkingDays")
        waiting = {event.element: event for event in place.attached}
        wanted = {event.id: event for event in pair.new.on(new.id)}
        known = {self._twin(pair, event.id): event for event in pair.old.on(old.id)}
        for before in pair.old.on(old.id):
            after = wanted.get(self._twin(pair, before.id))
            if before.id in waiting and (after is None or not _alike(before, after)):
                self.notices.append(reasons.event_gone(before))
        for after in wanted.values():
            former = known.get(after.id)
            if former is None or not _alike(former, after):
                self.notices.append(reasons.event_new(after))
                yield Attached(after.id, uuid4().hex, {})
            elif former.id in waiting:
                event = waiting[former.id]
                self._message(former, after)
                if not is_timer(after):
                    yield replace(event, element=after.id)
                elif not is_over(event.internal, after):
                    yield Attached(after.id, event.token, self._timer(former, after, event.internal, due_changed=due_changed))

    def _work(self, old: Node, new: Node, place: Place) -> None:
        stand = Stand(place.token, old, new)
        if old.type in INBOX:
            self.tasks.append(stand)
            if old.properties.get("dueWorkingDays") != new.properties.get("dueWorkingDays"):
                self.notices.append(reasons.due_changed(new))
            if old.lane != new.lane:
                self.notices.append(reasons.lane_changed(new))
        elif (job := self.facts.get(place.token)) is not None:
            self.jobs.append(stand)
            if _same_call(old, new):
                return
            if job.started:
                self.reasons.append(reasons.job_started(old))
            else:
                self.anew.add(place.token)
                self.notices.append(reasons.job_anew(old))

    def _soundness(self, pair: ScopePair, places: list[Place]) -> None:
        if found := pair.trouble(places, self.passage.mapping):
            node = pair.new.scope.nodes[found[1]]
            self.reasons.append(reasons.would_stick(node) if found[0] == "stuck" else reasons.would_repeat(node))


def _alike(old: Node, new: Node) -> bool:
    return (old.event and old.event.kind) == (new.event and new.event.kind)


def _same_call(old: Node, new: Node) -> bool:
    before, after = old.operator, new.operator
    if before is None or after is None:
        return before is after
    names = {*before.parameters, *after.parameters}
    same = all(same_expression(before.parameters.get(name), after.parameters.get(name)) for name in names)
    return before.handler == after.handler and same
