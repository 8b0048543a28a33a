"""One case in one transaction: opened under its row lock, moved on, saved once with everything that follows from it."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from workflow_runtime.actors import SYSTEM, Actor
from workflow_runtime.audit import Details, digest
from workflow_runtime.bundles import Bundle
from workflow_runtime.clock import SHANGHAI, ManualClock
from workflow_runtime.confidence import CONFIDENTIAL
from workflow_runtime.decided import DECIDED, spans
from workflow_runtime.diagram.model import Node
from workflow_runtime.due_days import DueInvalid, due_days
from workflow_runtime.engine.surroundings import Ran, Refused, Surroundings
from workflow_runtime.engine.tokens import RunawayError, Tokens, Waiting
from workflow_runtime.errors import BusinessError, Failure, Text
from workflow_runtime.expressions import compile_expression
from workflow_runtime.handlers import Call, CaseFacts, Handler, Json, as_json
from workflow_runtime.notices import Notice
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.database import is_outage
from workflow_runtime.store.rows import TIMERS, CaseRow
from workflow_runtime.waits import write_jobs, write_user_tasks

log = logging.getLogger(__name__)

CASE = "case"
"""The variable that the runtime itself fills: `case.number`, `case.business`, `case.authority`, …"""

UNDER_WAY, OVER = "办理中", "已办结"
"""The status of cases whose diagram has said none so far."""

MAX_MESSAGES = 500
"""Messages delivered in one transaction; more means branches that answer each other for ever."""

LONGEST_ERROR = 500
"""Characters that are kept of a defect's own words: they may quote a whole request."""


def error_document(error: BaseException) -> dict[str, Json]:
    """What is kept of an error: code, sentence and remedy in both languages, the other system's own code."""
    if isinstance(error, Failure):
        message, remedy, code = error.message, error.remedy, error.code
    else:
        told = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
        message = Text(f"处理程序出错：{told}", f"The handler failed: {told}")
        remedy = Text("请联系开发人员查看日志；修复后在此重试。", "Have a developer look at the log; retry here when it is mended.")
        code = "HANDLER_FAILED"
    return {
        "code": _storable(code),
        "remote_code": _storable(str(getattr(error, "remote_code", ""))),
        "message": {"zh": _storable(message.zh), "en": _storable(message.en)},
        "remedy": {"zh": _storable(remedy.zh), "en": _storable(remedy.en)},
    }


def _storable(text: str) -> str:
    """Another system's words may hold halves of surrogate pairs, which no database takes."""
    return text.encode(errors="replace").decode()


def case_facts(case: CaseRow) -> CaseFacts:
    """What handlers may know of a case."""
    return CaseFacts(case.number, case.business, case.opened_at, dict(case.parties), case.status)


class Step:
    """A case in hand. Use `opened` or `begun`, move `tokens`, then `save`."""

    def __init__(self, uow: UnitOfWork, case: CaseRow, bundle: Bundle) -> None:
        self.uow = uow
        self.case = case
        self.bundle = bundle
        self.variables: dict[str, Json] = case.variables
        self.variables[CASE] = self._facts()
        self._before = digest({k: v for k, v in self.variables.items() if k != CASE})
        self._status = case.status
        self._failures: dict[str, dict[str, Json]] = {}
        self._incidents: list[tuple[str, Details]] = []
        self._said: list[Json] = []
        self._thrown = 0
        self.settled: set[str] = set()
        """Tokens whose inbox row or job the use case has written itself."""
        self._surroundings = Surroundings(
            now=uow.now,
            calendar=uow.runtime.calendar,
            variables=self.variables,
            service=self._service,
            due=self.due,
            suspended=case.state == "suspended",
        )
        self.tokens: Tokens

    @classmethod
    def opened(cls, uow: UnitOfWork, case: CaseRow) -> "Step":
        """A stored case, whose row the caller has locked."""
        step = cls(uow, case, uow.bundle(case.bundle_id))
        step.tokens = Tokens.load(step.bundle.program, case.tokens, step._surroundings)
        return step

    @classmethod
    def begun(cls, uow: UnitOfWork, case: CaseRow) -> "Step":
        """A new case, inserted already; its token runs to the first waits."""
        step = cls(uow, case, uow.bundle(case.bundle_id))
        step._before = digest({})
        uow.search.touch(case.id)
        step.tokens = Tokens.start(step.bundle.program, step._surroundings)
        return step

    def due(self, node: Node, since: datetime | None = None) -> datetime | None:
        """The due date of a user task that is reached now, or was `since`: its working days less those used up in earlier rounds, at least one.

        None for a task without a limit. Raises DueInvalid when an expression's value is no number of days.
        """
        text = node.properties.get("dueWorkingDays")
        days = due_days(text, self.variables) if text else None
        if days is None:
            return None
        left = max(1, days - self.case.clocks.get(clock_of(node), 0))
        return self.uow.runtime.calendar.add(since or self.uow.now, left)

    def wait_for(self, dues: Mapping[tuple[str, str], datetime | None]) -> None:
        """Timers that ask for the due date of a task (by process and element) that came up earlier are told this one."""
        self._surroundings.due = lambda node: dues[node.process, node.id] if (node.process, node.id) in dues else self.due(node)

    def _due_or_told(self, node: Node) -> datetime | None:
        """The due date; where it cannot be told the task has none, and the operator is."""
        try:
            return self.due(node)
        except DueInvalid as error:
            self._surroundings.unreadable[node.id] = error
            return None

    def spend(self, node: Node, since: datetime) -> None:
        """Count the working days since a user task came up against the deadlines of its later rounds."""
        if "dueWorkingDays" in node.properties:
            used = self.uow.runtime.calendar.between(since, self.uow.now)
            self.case.clocks[clock_of(node)] = self.case.clocks.get(clock_of(node), 0) + used

    def save(self, actor: Actor, action: str, subject: str, details: Details, reason: str = "") -> CaseRow:
        """Write what follows from the moves: inbox, jobs, timers, kept messages, status, audit, and the case itself."""
        self._deliver_messages()
        arrived, left = self.tokens.arrived(), [w for w in self.tokens.left() if w.token not in self.settled]
        write_user_tasks(self.uow, self.case, _of("user", arrived), _of("user", left), self._due_or_told)
        failed = write_jobs(self.uow, self.case, _of("service", arrived), _of("service", left), self.parameters, self._failures)
        self._incidents += [(job.element, {"handler": job.handler, "error": job.error}) for job in failed]
        self._take_status()
        self._close_if_ended()
        case = self.case
        # First the timers: asking one for the first time fixes its instant in the token.
        case.next_due = self.tokens.next_due() if case.state == "running" else None
        self._report_timers()
        case.tokens = self.tokens.save()
        del self.variables[CASE]
        self._record(actor, action, subject, details, reason)
        for element, trouble in self._incidents:
            self.uow.audit.record_case(case, SYSTEM, "incident.raised", element, trouble)
        self.uow.cases.save(case)
        self.uow.search.renew(case)
        return case

    def _report_timers(self) -> None:
        """Timers that name no time never fire; the operator is told, the person in front of the screen is not stopped."""
        if self.case.state != "running":
            return
        for node, error in self._surroundings.unreadable.items():
            document = error_document(error)
            if self.uow.jobs.stop_timers(self.case, node, document, self.uow.now):
                self._incidents.append((node, {"error": document}))

    def _facts(self) -> dict[str, Json]:
        case = self.case
        return {
            **case.parties,
            "number": case.number,
            "business": case.business,
            "opened": case.opened_at.astimezone(SHANGHAI).date().isoformat(),
            "today": self.uow.now.astimezone(SHANGHAI).date().isoformat(),
            "status": case.status,
        }

    def _call(self, key: str, element: str, name: str = "") -> Call:
        """One step, one instant: what handlers write of it and what the step writes itself belong together."""
        return Call(key, case_facts(self.case), element, 1, ManualClock(self.uow.now), self._own_connection, name)

    @contextmanager
    def _own_connection(self) -> Iterator[Any]:
        yield self.uow.connection

    def parameters(self, node: Node) -> dict[str, Json]:
        """The values of a service task's parameters now."""
        if node.operator is None:
            return {}
        return {name: compile_expression(text).evaluate(self.variables) for name, text in node.operator.parameters.items()}

    def _service(self, token: str, node: Node) -> Ran | Refused:
        handler = self.uow.runtime.catalogue.handlers.get(node.operator.handler if node.operator else "")
        if handler is None or not handler.local:
            return Ran.PARKED
        result = self.run_local(handler, token, node)
        if isinstance(result, BusinessError):
            document = error_document(result)
            self._failures[token] = document
            self._said.append(document["message"])
            return Refused(result.code, self.error_details(document, node, 1))
        if isinstance(result, Exception):
            self._failures[token] = error_document(result)
            return Ran.PARKED
        self.take_result(node, result)
        return Ran.DONE

    def run_local(self, handler: Handler, token: str, node: Node) -> Json | Exception:
        """Run a local handler inside this transaction: its result, or the error with which it failed and left nothing behind."""
        try:
            with self.uow.connection.begin_nested():
                arguments = handler.arguments(self.parameters(node))
                context = self.uow.runtime.catalogue.provide(self._call(f"{self.case.number}-{token}", node.id, node.name))
                result = handler.function(context, **arguments)
                told = as_json(result)
        except BusinessError as error:
            return error
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("local handler %s failed in case %s", handler.name, self.case.number)
            return error
        if isinstance(result, Notice):
            self._said.append({**result.message, **({CONFIDENTIAL: True} if result.confidential else {})})
        return told

    def take_result(self, node: Node, result: Json) -> None:
        """Put a handler's result under the task's variable."""
        if node.writes is not None:
            self.variables[node.writes] = result

    def error_details(self, document: Mapping[str, Json], node: Node, attempts: int) -> dict[str, Json]:
        """What the diagram gets of an error: code, message, remedy, step and time."""
        return {**document, "element": node.id, "step": node.name, "at": self.uow.now.isoformat(), "attempts": attempts}

    def _deliver_messages(self) -> None:
        self._keep_thrown()
        moved, delivered = self.case.state == "running" and self.case.kept_messages > 0, 0
        while moved:
            moved = False
            for message in self.uow.messages.undelivered(self.case.id):
                if self.tokens.deliver(message.name, message.payload):
                    self.uow.messages.delivered(message.id, self.uow.now)
                    self.case.kept_messages -= 1
                    moved, delivered = True, delivered + 1
            if delivered > MAX_MESSAGES:
                raise RunawayError(f"{delivered} messages in one step")
            # What was delivered may have let the diagram throw more.
            self._keep_thrown()

    def _keep_thrown(self) -> None:
        for name in self._surroundings.sent:
            self._thrown += 1
            self.uow.messages.keep(self.case.id, name, f"thrown {self.case.revision} {self._thrown}", {}, self.uow.now)
            self.case.kept_messages += 1
        self._surroundings.sent.clear()

    def _take_status(self) -> None:
        for node in self.tokens.path:
            if status := node.properties.get("status"):
                self.case.status = status
        # A diagram without status words still shows people whether it goes on.
        if self.case.status in ("", UNDER_WAY):
            self.case.status = OVER if self.tokens.ended else UNDER_WAY

    def _close_if_ended(self) -> None:
        if not self.tokens.ended or self.case.state not in ("running", "suspended"):
            return
        self.close("ended")

    def close(self, state: Any) -> None:
        """The case is over, however it ended: whoever keeps books for it settles them in this transaction."""
        self.case.state = state
        self.case.ended_at = self.uow.now
        self.uow.jobs.cancel(self.case.id, [TIMERS], self.uow.now)
        for settle in self.uow.runtime.catalogue.case_ends:
            settle(self.uow.runtime.catalogue.provide(self._call(self.case.number, "")))

    def _record(self, actor: Actor, action: str, subject: str, details: Details, reason: str) -> None:
        told = dict(details)
        path = [node.id for node in self.tokens.path]
        if path:
            told["path"] = path
        if self._surroundings.decided:
            told[DECIDED] = {element: spans(rules) for element, rules in self._surroundings.decided.items()}
        if self.case.status != self._status:
            told["status"] = self.case.status
        if self._said:
            told["said"] = self._said
        after = digest(self.variables)
        if after != self._before:
            told["data"] = [self._before, after]
        self.uow.audit.record_case(self.case, actor, action, subject, told, reason)


def clock_of(node: Node) -> str:
    """The key of a task's used-up days: element ids are unique only within their process."""
    return f"{node.process}/{node.id}"


def _of(kind: str, waits: Iterable[Waiting]) -> list[Waiting]:
    return [waiting for waiting in waits if waiting.kind == kind]
