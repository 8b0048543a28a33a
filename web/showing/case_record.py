"""Everything that the page of a case tells, read in one view of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.authorities import authority
from registry.certificates import FACE, STATES, Certificate, by_case
from registry.exchanges import Exchange, exchanges
from registry.legacy_reissue import associated_identifier
from registry.parties import party_code
from registry.pipeline import Stage, leads_to_certificate, pipeline
from registry.verification_report import Check, told_checks
from workflow_runtime.actors import Actor
from workflow_runtime.answered import Answered, Fact, Obstacle, Remark, answered, has_been_checked, obstacles, remarks
from workflow_runtime.diagram.model import Node, Outcome
from workflow_runtime.errors import NotFound, Text
from workflow_runtime.guards import ADMINISTRATOR, OPERATOR
from workflow_runtime.outline import Drawing, Place, drawn, may_withdraw
from workflow_runtime.queries import CaseView, TimelineEntry, case, timeline
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import CaseRow, IncidentRow, TaskRow

AUTHORITY = "authority"
CALL = "callActivity"
BUSY = ("queued", "running")
SOON, LATER = 3, 15
"""Seconds after which the page looks again: while a job is under way, and while something outside is waited for."""


@dataclass(frozen=True)
class CaseRecord:
    """What one person may know of a case, now."""

    now: datetime
    view: CaseView
    mine: tuple[TaskRow, ...]
    buttons: Mapping[int, tuple[Outcome, ...]]
    timeline: Sequence[TimelineEntry]
    drawings: tuple[Drawing, ...]
    answered: tuple[Answered, ...]
    remarks: tuple[Remark, ...]
    checked: bool
    """Whether there was a check: where there was none, nobody may read that nothing was found."""
    obstacles: tuple[Obstacle, ...]
    certificate: Certificate | None
    associated: str
    """The 关联证照标识: the identifier of what the certificate has replaced."""
    stages: tuple[Stage, ...]
    """Of the certificate's way; empty in a business that leads to none."""
    exchanges: Sequence[Exchange]
    authority: str
    may_withdraw: bool
    operates: bool
    to_free: tuple[TaskRow, ...]

    @property
    def case(self) -> CaseRow:
        """The case's row."""
        return self.view.case

    @property
    def running(self) -> bool:
        """Neither suspended nor over."""
        return self.case.state == "running"

    @property
    def over(self) -> bool:
        """Nothing more will happen."""
        return self.case.state in ("ended", "cancelled")

    @property
    def open_tasks(self) -> tuple[TaskRow, ...]:
        """What somebody has to do now."""
        return () if self.over else tuple(task for task in self.view.tasks if task.state == "open")

    @property
    def current(self) -> list[Place]:
        """Where the case stands: the steps that wait for a person, a job or an event."""
        steps = (place for drawing in self.drawings for place in drawing.steps)
        return [place for place in steps if place.state in ("waiting", "trouble") and place.type != CALL]

    @property
    def summary(self) -> list[Fact]:
        """The answers by which the case is known."""
        return [fact for form in self.answered for fact in form.facts if fact.searchable]

    @property
    def looks_again(self) -> int | None:
        """Seconds after which the page should look again; None when nothing moves without the person in front of it."""
        if not self.running:
            return None
        if any(job.state in BUSY for job in self.view.jobs):
            return SOON
        return None if self.open_tasks or self.view.incidents else LATER

    @property
    def blocking(self) -> int:
        """How many findings have to be dealt with before the case can go on."""
        return sum(remark.severity == "block" for remark in self.remarks)

    @property
    def opinion(self) -> TimelineEntry | None:
        """What was said when somebody sent the case to those who have to work on it now."""
        begun = {task.created_at for task in self.open_tasks}
        return next((e for e in reversed(self.timeline) if e.opinion and e.at in begun and e.action == "task.completed"), None)

    @property
    def names(self) -> dict[tuple[str, str], str]:
        """The names of the diagrams' places, by process and element."""
        return {(drawing.process, place.element): place.name for drawing in self.drawings for place in drawing.places if place.name}

    @property
    def face(self) -> list[tuple[Text, str]]:
        """The face's items with their values (operation manual, “照面信息”), but the QR code."""
        values = {} if self.certificate is None else self.certificate.face
        return [(label, str(values.get(key) or "")) for key, label in FACE.items()]

    @property
    def certificate_state(self) -> Text:
        """The certificate's state as a word."""
        return STATES[self.certificate.state] if self.certificate is not None else Text("", "")

    @property
    def checks(self) -> Sequence[Check]:
        """The checks of the sealed file."""
        return told_checks(None if self.certificate is None else self.certificate.verification_report)


def case_record(uow: UnitOfWork, actor: Actor, number: str) -> CaseRecord:
    """What this person may know of the case; jobs and the push log are the operator's. Raises NotFound."""
    view, told = case(uow, actor, number), timeline(uow, actor, number)
    pictures = drawn(uow, view, told)
    certificate, calls = by_case(uow.connection, number), exchanges(uow.connection, number)
    standing, operates = obstacles(actor, view.case, view.tasks), actor.has_role(OPERATOR)
    issuing = any(drawing.waits for drawing in pictures[1:])
    mine = tuple(t for t in view.tasks if t.state == "open" and view.case.state == "running" and actor.may_work(t.role, t.party))
    bundle = uow.bundle(view.case.bundle_id)
    nodes = (node for drawing in pictures for node in bundle.contents.processes[drawing.process].nodes)
    issues = leads_to_certificate(node.operator.handler for node in nodes if node.operator is not None)
    stages = pipeline(certificate, calls, issuing=issuing, trouble=_trouble(standing, view.incidents)) if issues or certificate else ()
    return CaseRecord(
        now=uow.now,
        view=view,
        mine=mine,
        buttons={task.id: _buttons(bundle.node(task.process, task.element)) for task in mine},
        timeline=told,
        drawings=pictures,
        answered=answered(uow, actor, number),
        remarks=remarks(uow, actor, view.case),
        checked=has_been_checked(view.case),
        obstacles=standing,
        certificate=certificate,
        associated=_associated(uow, certificate) if certificate is not None else "",
        stages=stages,
        exchanges=calls if operates else (),
        authority=_authority_name(uow, view.case),
        may_withdraw=may_withdraw(uow, actor, number),
        operates=operates,
        to_free=_claimed(view) if actor.has_role(ADMINISTRATOR) else (),
    )


def _associated(uow: UnitOfWork, held: Certificate) -> str:
    return associated_identifier(uow.connection, held.identifier, held.previous_identifier, held.replaced_number)


def _claimed(view: CaseView) -> tuple[TaskRow, ...]:
    """The tasks that somebody holds: when he has left, the administrator frees them."""
    return tuple(t for t in view.tasks if t.state == "open" and view.case.state == "running" and t.claimed_by is not None)


def _buttons(node: Node) -> tuple[Outcome, ...]:
    """The task's outcomes that have a button above the list: they have it on the case's page, too."""
    return tuple(outcome for outcome in node.outcomes if outcome.code in node.toolbar)


def _trouble(standing: Sequence[Obstacle], incidents: Sequence[IncidentRow]) -> Text | None:
    if errors := [obstacle for obstacle in standing if not obstacle.notice]:
        return errors[0].message
    return incident_words(incidents[0], "message") if incidents else None


def incident_words(incident: IncidentRow, part: str) -> Text:
    """An incident's `message` or `remedy`."""
    words = incident.error.get(part) or {}
    return Text(str(words.get("zh", "")), str(words.get("en", "")))


def _authority_name(uow: UnitOfWork, row: CaseRow) -> str:
    code = party_code(row.parties.get(AUTHORITY, ""))
    try:
        return authority(uow.connection, code).name if code else ""
    except NotFound:
        return ""
