"""The case of a scenario: the engine's tokens with what surrounds them, saved and loaded again between all moves as in the database."""

from collections.abc import Callable, Iterator
from datetime import datetime

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.diagram.contract.variables import parties
from workflow_runtime.diagram.model import INBOX, Node
from workflow_runtime.due_days import due_days
from workflow_runtime.engine.surroundings import Surroundings
from workflow_runtime.engine.tokens import Tokens, Waiting
from workflow_runtime.errors import Text
from workflow_runtime.expressions import compile_expression
from workflow_runtime.handlers import Json
from workflow_runtime.scenarios.model import Scenario
from workflow_runtime.scenarios.problems import ScenarioRunaway
from workflow_runtime.scenarios.stage import Stage
from workflow_runtime.scenarios.trace import Trace

CASE = "case"
NUMBER = "20260000001"
OWNER = "owner:91150100MA0EXAMPLE"

MOST_MOVES = 10_000
"""Moves of one scenario: a poll every ten minutes over two months is within; more is a diagram, or a scenario, that runs away."""

MOST_MESSAGES = 500
"""Messages delivered in one move; more means branches that answer each other for ever."""


class PlayedCase:
    """One case on its way. `trace` tells what has happened, `calls` the last parameters of each service task, by element."""

    def __init__(self, stage: Stage, scenario: Scenario, start: dict[str, Json]) -> None:
        self.stage, self.scenario = stage, scenario
        self.now = self.opened = scenario.now
        self.variables: dict[str, Json] = {**scenario.given, **start}
        self.trace = Trace()
        self.calls: dict[str, dict[str, Json]] = {}
        self.kept: list[tuple[str, dict[str, Json]]] = []
        self.waiting: list[Waiting] = []
        self.next_due: datetime | None = None
        self.ended = False
        self._facts: dict[str, Json] = {
            "number": NUMBER,
            "business": stage.key,
            "owner": OWNER,
            "opened": _day(self.now),
            "status": "",
            **{party: compile_expression(text).evaluate(self.variables) for party, text in parties(stage.process).items()},
            **scenario.case,
        }
        self._since: dict[str, datetime] = {}
        self._due: dict[str, datetime] = {}
        self._spent: dict[str, int] = {}
        self._moves = 0
        self._state = b""
        self._keep(Tokens.start(stage.program, self._surroundings()))

    def move(self, act: Callable[[Tokens], object]) -> None:
        """Load, act, take everything in that follows, save. Raises ScenarioRunaway, RunawayError."""
        self._moves += 1
        if self._moves > MOST_MOVES:
            raise ScenarioRunaway(
                Text(f"超过 {MOST_MOVES} 步仍未停下。", f"More than {MOST_MOVES} moves, and no end."),
                Text("请检查循环、定时和等待的时间。", "Check loops, timers and how long the scenario waits."),
            )
        tokens = Tokens.load(self.stage.program, self._state, self._surroundings())
        act(tokens)
        self._keep(tokens)

    def places(self, kind: str) -> list[Waiting]:
        """Where tokens wait for a person (`user`), a handler (`service`), an event (`event`)."""
        return [waiting for waiting in self.waiting if waiting.kind == kind]

    def standing(self) -> list[str]:
        """The elements where tokens wait, boundary events left out."""
        return sorted(waiting.node.id for waiting in self.waiting if waiting.node.type != "boundaryEvent")

    def accepted(self) -> list[str]:
        """The messages that somebody waits for now."""
        return sorted({name for waiting in self.places("event") for name in self._awaited(waiting.node)})

    def due(self) -> datetime | None:
        """The first due date of the user tasks that are open."""
        return min(self._due.values(), default=None)

    def spend(self, waiting: Waiting) -> None:
        """A person has completed this task: the working days that it took count against its later rounds."""
        if waiting.token in self._due:
            key = _clock(waiting.node)
            self._spent[key] = self._spent.get(key, 0) + self.stage.calendar.between(self._since[waiting.token], self.now)

    def parameters(self, node: Node) -> dict[str, Json]:
        """The values of a service task's parameters now."""
        given = node.operator.parameters if node.operator is not None else {}
        return {name: compile_expression(text).evaluate(self.variables) for name, text in given.items()}

    def _surroundings(self) -> Surroundings:
        self.variables[CASE] = {**self._facts, "today": _day(self.now)}
        self._sent: list[str] = []
        return Surroundings(self.now, self.stage.calendar, self.variables, due=self._due_of, sent=self._sent, seen=self._seen)

    def _seen(self, source: Node | None, node: Node) -> None:
        self.trace.arrive(self.stage, self.variables, source, node)

    def _due_of(self, node: Node) -> datetime | None:
        text = node.properties.get("dueWorkingDays")
        days = due_days(text, self.variables) if text else None
        return None if days is None else self.stage.calendar.add(self.now, max(1, days - self._spent.get(_clock(node), 0)))

    def _keep(self, tokens: Tokens) -> None:
        self._deliver(tokens)
        self._facts["status"] = (self.trace.statuses or [""])[-1]
        for arrived in tokens.arrived():
            if arrived.node.type in INBOX:
                self._open(arrived)
            elif arrived.node.operator is not None:
                self.calls[arrived.node.id] = self.parameters(arrived.node)
        self.waiting, self.ended = tokens.waiting(), tokens.ended
        for token in self._due.keys() - {waiting.token for waiting in self.waiting}:
            del self._due[token]
        # Asked before saving: asking a timer for the first time fixes its instant in the token.
        self.next_due = tokens.next_due()
        self._state = tokens.save()

    def _open(self, task: Waiting) -> None:
        self._since[task.token] = self.now
        due = self._due_of(task.node)
        if due is not None:
            self._due[task.token] = due

    def _deliver(self, tokens: Tokens) -> None:
        delivered, moved = 0, True
        while moved:
            self.kept += [(name, {}) for name in self._sent]
            self._sent.clear()
            taken = next((kept for kept in self.kept if tokens.deliver(*kept)), None)
            moved = taken is not None
            if taken is not None:
                self.kept.remove(taken)
            delivered += moved
            if delivered > MOST_MESSAGES:
                raise ScenarioRunaway(
                    Text("消息往复不止。", "Messages answer each other without end."),
                    Text("请检查发送与等待消息的循环。", "Check the loop of messages that are sent and waited for."),
                )

    def _awaited(self, node: Node) -> Iterator[str]:
        scope = self.stage.scope(node)
        events = [scope.nodes[flow.target] for flow in scope.outgoing(node.id)] if node.type == "eventBasedGateway" else [node]
        return (e.event.name for e in events if e.event is not None and e.event.kind == "message" and e.event.name)


def _day(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).date().isoformat()


def _clock(node: Node) -> str:
    return f"{node.process}/{node.id}"
