"""The naive way, for comparison: the same diagram and the same rows, with SpiffWorkflow's whole JSON through SQLAlchemy's ORM.

Five durable commits a filing: start, submit, review, seal, push; inbox, jobs, searchable fields and audit are written as by the runtime.
"""

import hashlib
import json
import logging
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from filings import ANSWERS, FILES
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import ServiceTaskParser
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG
from SpiffWorkflow.spiff.serializer.task_spec import ServiceTaskConverter
from SpiffWorkflow.spiff.specs.defaults import ServiceTask
from sqlalchemy import ForeignKey, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Case(Base):
    __tablename__ = "case_"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    state: Mapped[str]


class Party(Base):
    __tablename__ = "party"
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(index=True)


class Field(Base):
    __tablename__ = "field"
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(index=True)


class UserTask(Base):
    __tablename__ = "user_task"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    token: Mapped[str]
    element: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    outcome: Mapped[str | None]
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class Job(Base):
    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    token: Mapped[str]
    element: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    lease: Mapped[str | None]


class Audit(Base):
    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_.id"), index=True)
    action: Mapped[str]
    entry: Mapped[str]
    hash: Mapped[str]


class ParkedTask(ServiceTask):
    """Parks, as the runtime's does, so that both do the same work."""

    def _execute(self, task):
        return None


class Parser(SpiffBpmnParser):
    OVERRIDE_PARSER_CLASSES: ClassVar = {
        **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
        full_tag("serviceTask"): (ServiceTaskParser, ParkedTask),
    }


CONFIG = {**{k: v for k, v in DEFAULT_CONFIG.items() if k is not ServiceTask}, ParkedTask: ServiceTaskConverter}


def naive_spec():
    """The same diagram in the library's own dialect: Python's `==`, dictionary look-ups."""
    xml = FILES[0].decode().replace('review.outcome = "approve"', 'outcome == "approve"')
    parser = Parser()
    parser.add_bpmn_str(xml.encode())
    return parser.get_spec("business")


class Naive:
    def __init__(self, engine):
        self.engine = engine
        self.spec = naive_spec()
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(CONFIG))
        self.count = 0

    def begin(self):
        with Session(self.engine) as session, session.begin():
            self.count += 1
            workflow = BpmnWorkflow(self.spec)
            workflow.do_engine_steps()
            case = Case(number=f"{self.count:08}", status="待提交", state="")
            session.add(case)
            session.flush()
            session.add_all(Party(case_id=case.id, name=n, party=p) for n, p in (("owner", "owner:A"), ("authority", "authority:H")))
            self.save(session, case, workflow, "started", ANSWERS)
            return case.id

    def complete(self, case_id, element, data):
        with Session(self.engine) as session, session.begin():
            case = session.get(Case, case_id)
            workflow = self.serializer.deserialize_json(case.state)
            task = workflow.get_next_task(state=TaskState.READY, spec_name=element)
            task.data.update(data)
            task.run()
            workflow.do_engine_steps()
            row = session.scalars(select(UserTask).where(UserTask.case_id == case_id, UserTask.state == "open")).one()
            row.state, row.outcome, row.completed_at = "completed", data.get("outcome"), datetime.now(UTC)
            self.save(session, case, workflow, "completed", data)

    def job(self, case_id, element):
        with Session(self.engine) as session, session.begin():
            job = session.scalars(select(Job).where(Job.state == "queued").order_by(Job.id).limit(1)).one()
            job.state, job.lease = "running", "lease"
        with Session(self.engine) as session, session.begin():
            case = session.get(Case, case_id)
            workflow = self.serializer.deserialize_json(case.state)
            task = workflow.get_next_task(state=TaskState.STARTED, spec_name=element)
            task.data[f"{element}_result"] = {"ok": True}
            task.complete()
            workflow.do_engine_steps()
            session.scalars(select(Job).where(Job.case_id == case_id, Job.state == "running")).one().state = "done"
            self.save(session, case, workflow, "job", {})

    def save(self, session, case, workflow, action, answers):
        known = set(session.scalars(select(UserTask.token).where(UserTask.case_id == case.id)))
        for task in workflow.get_tasks(state=TaskState.READY, manual=True):
            if str(task.id) not in known:
                session.add(
                    UserTask(case_id=case.id, token=str(task.id), element=task.task_spec.name, state="open", created_at=datetime.now(UTC))
                )
        parked = set(session.scalars(select(Job.token).where(Job.case_id == case.id)))
        for task in workflow.get_tasks(state=TaskState.STARTED):
            if str(task.id) not in parked and isinstance(task.task_spec, ParkedTask):
                session.add(Job(case_id=case.id, token=str(task.id), element=task.task_spec.name, state="queued"))
        for name in ("model", "maker", "serial", "owner"):
            if name in answers:
                session.merge(Field(case_id=case.id, name=name, value=str(answers[name])))
        last = session.scalars(select(Audit).where(Audit.case_id == case.id).order_by(Audit.id.desc()).limit(1)).first()
        entry = json.dumps({"action": action, "at": datetime.now(UTC).isoformat(), "data": answers}, ensure_ascii=False)
        session.add(
            Audit(
                case_id=case.id, action=action, entry=entry, hash=hashlib.sha256(((last.hash if last else "") + entry).encode()).hexdigest()
            )
        )
        case.state = self.serializer.serialize_json(workflow)
        case.status = "已归集" if workflow.completed else case.status

    def file_one(self):
        case = self.begin()
        self.complete(case, "submit", dict(ANSWERS))
        self.complete(case, "review", {"outcome": "approve", "opinion": ""})
        self.job(case, "seal")
        self.job(case, "push")


def run(filings):
    """Filings a second and bytes a filing of the naive way."""
    logging.getLogger("spiff").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "naive.db"
        engine = create_engine(f"sqlite:///{path}")

        @event.listens_for(engine, "connect")
        def durable(connection, _record):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

        Base.metadata.create_all(engine)
        naive = Naive(engine)
        for _ in range(10):
            naive.file_one()
        began = time.perf_counter()
        for _ in range(filings):
            naive.file_one()
        seconds = time.perf_counter() - began
        engine.dispose()
        return filings / seconds, path.stat().st_size / (filings + 10)
