"""The runtime as one object: what the composition root puts together and every use case works with."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workflow_runtime.actors import Actor
from workflow_runtime.attachments import AttachmentLimits
from workflow_runtime.audit import Audit
from workflow_runtime.bundles import Bundle, BundleCache
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.clock import Clock, SystemClock
from workflow_runtime.dispatch import Dispatcher, Polling
from workflow_runtime.errors import NotFound, Text
from workflow_runtime.forms import FormRules
from workflow_runtime.handlers import Call, CaseFacts
from workflow_runtime.refusals import REFUSALS, ActorRefused, HiddenFromActor
from workflow_runtime.store.attachments import Attachments
from workflow_runtime.store.audit import AuditRows
from workflow_runtime.store.batches import Batches
from workflow_runtime.store.cases import Cases
from workflow_runtime.store.database import Database
from workflow_runtime.store.drafts import StartDrafts
from workflow_runtime.store.jobs import Jobs
from workflow_runtime.store.library import Library
from workflow_runtime.store.messages import Messages
from workflow_runtime.store.once import OnceKeys
from workflow_runtime.store.search import SearchIndex
from workflow_runtime.store.user_tasks import UserTasks
from workflow_runtime.working_days import WorkingDays

ResolveParty = Callable[[Any, str, Mapping[str, str]], str]
"""(connection, party expression, the case's parties) → party. Raises NotFound when there is no such party."""


def own_parties(_connection: Any, expression: str, parties: Mapping[str, str]) -> str:
    """Knows only the parties that the case itself stores, and departments (`party/department`)."""
    name, slash, department = expression.partition("/")
    if name not in parties:
        raise NotFound(
            Text(f"案件没有参与方 {name}。", f"The case has no party {name}."),
            Text("请检查泳道的角色配置。", "Check the lane's entry in the role table."),
        )
    return parties[name] + slash + department


Oversees = Callable[[Any, Actor], Collection[str]]
"""(connection, actor) → parties, besides his own, whose cases he may read: never work on."""


def no_one(_connection: Any, _actor: Actor) -> Collection[str]:
    """Nobody reads the cases of others."""
    return ()


def unobserved(_handler: str, _verdict: str, _seconds: float) -> None:
    """Nobody counts what becomes of jobs."""


@dataclass
class Runtime:
    """Everything that the use cases need. `observe` is told handler, verdict and seconds of each delivery of a job in this process.

    `points`: named places at which a test may pause or kill; in operation nobody listens.
    """

    database: Database
    catalogue: Catalogue
    clock: Clock = field(default_factory=SystemClock)
    calendar: WorkingDays = field(default_factory=WorkingDays)
    rules: FormRules = field(default_factory=FormRules)
    resolve_party: ResolveParty = own_parties
    oversees: Oversees = no_one
    limits: AttachmentLimits = field(default_factory=AttachmentLimits)
    dispatcher: Dispatcher = field(default_factory=Polling)
    observe: Callable[[str, str, float], None] = unobserved

    def __post_init__(self) -> None:
        self.bundles = BundleCache(self.rules)

    @contextmanager
    def transaction(self) -> "Iterator[UnitOfWork]":
        """One use case: commits when the block ends well, otherwise nothing has happened but that a refusal is kept. Raises Unavailable."""
        try:
            with self.database.transaction() as connection:
                uow = UnitOfWork(self, connection)
                yield uow
        except (ActorRefused, HiddenFromActor) as refusal:
            self._keep(refusal)
            raise
        if uow.queued:
            self.dispatcher.deliver(uow.queued)

    def _keep(self, refusal: ActorRefused | HiddenFromActor) -> None:
        with self.database.transaction() as connection:
            audit = UnitOfWork(self, connection).audit
            audit.record(REFUSALS, refusal.actor, "refused", refusal.subject, {"code": refusal.code}, refusal.message.en)

    def call_without_case(self, name: str) -> Call:
        """The call of a receiver or an operation: it belongs to no case, and its transactions are its own."""
        return Call("", CaseFacts("", "", self.clock.now(), {}, ""), name, 1, self.clock, self.database.transaction)

    @contextmanager
    def reading(self) -> "Iterator[UnitOfWork]":
        """One consistent view for queries."""
        with self.database.reading() as connection:
            yield UnitOfWork(self, connection)


class UnitOfWork:
    """One transaction: the rows, the audit and the instant `now` at which all of it happens."""

    def __init__(self, runtime: Runtime, connection: Any) -> None:
        self.runtime = runtime
        self.connection = connection
        self.now: datetime = runtime.clock.now()
        self.cases = Cases(connection)
        self.tasks = UserTasks(connection)
        self.jobs = Jobs(connection)
        self.messages = Messages(connection)
        self.library = Library(connection)
        self.attachments = Attachments(connection)
        self.drafts = StartDrafts(connection)
        self.once = OnceKeys(connection)
        self.batches = Batches(connection)
        self.search = SearchIndex(connection)
        self.audit_rows = AuditRows(connection)
        self.audit = Audit(self.audit_rows, self.now)
        self.queued: list[int] = []
        """The numbers of the jobs that this transaction leaves to be done."""

    def bundle(self, bundle_id: str) -> Bundle:
        """An opened bundle. Raises NotFound."""
        opened = self.runtime.bundles.get(bundle_id)
        if opened is not None:
            return opened
        stored = self.library.bundle(bundle_id)
        if stored is None:
            raise NotFound(
                Text(f"流程版本 {bundle_id[:12]} 不存在。", f"There is no bundle {bundle_id[:12]}."),
                Text("请检查部署记录。", "Check the deployments."),
            )
        return self.runtime.bundles.open(bundle_id, *stored)
