"""The naive way, for comparison: the same diagram and the same rows of the same tables, with SpiffWorkflow's whole JSON, through SQLAlchemy's ORM.

Five durable completions a filing: start, submit, review, seal, push. It checks no answers, asks no roles and locks nothing.
"""

import json
import logging
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from filings import ANSWERS, FILES, prepared
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import ServiceTaskParser
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG
from SpiffWorkflow.spiff.serializer.task_spec import ServiceTaskConverter
from SpiffWorkflow.spiff.specs.defaults import ServiceTask
from sqlalchemy import select, text
from sqlalchemy.orm import Session, registry
from workbench import OWNER, REVIEWER

from workflow_runtime.actors import SYSTEM
from workflow_runtime.store import tables
from workflow_runtime.store.audit import GENESIS, chained
from workflow_runtime.store.database import Database
from workflow_runtime.store.search import case_terms, fold_answer

SEARCHED = ("model", "maker", "serial", "owner")
KEEP = text("INSERT OR REPLACE INTO case_search (rowid, terms) VALUES (:of, :terms)")
PARTIES = {"owner": "owner:A", "authority": "authority:H"}


class Row:
    """A row by its columns."""

    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


class Case(Row):
    pass


class Party(Row):
    pass


class Field(Row):
    pass


class Series(Row):
    pass


class UserTask(Row):
    pass


class Job(Row):
    pass


class Audit(Row):
    pass


TABLES = {
    Case: tables.cases,
    Party: tables.case_parties,
    Field: tables.case_fields,
    Series: tables.case_numbers,
    UserTask: tables.user_tasks,
    Job: tables.jobs,
    Audit: tables.audit_entries,
}
for kind, table in TABLES.items():
    registry().map_imperatively(kind, table)


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
        with engine.connect() as connection:
            self.bundle = connection.execute(select(tables.deployments.c.bundle_id)).scalar_one()

    def begin(self):
        with Session(self.engine) as session, session.begin():
            now = datetime.now(UTC)
            workflow = BpmnWorkflow(self.spec)
            workflow.do_engine_steps()
            series = session.get(Series, now.year)
            if series is None:
                series = Series(year=now.year, last=0)
                session.add(series)
            series.last += 1
            case = Case(
                number=f"{now.year}{series.last:07}", business="business", bundle_id=self.bundle, state="running", status="待提交", revision=0,
                parties=PARTIES, tokens=b"", variables={}, clocks={}, kept_messages=0, audit_seq=0, audit_head=GENESIS, opened_at=now,
                opened_by=OWNER.id,
            )  # fmt: skip
            session.add(case)
            session.flush()
            session.add_all(Party(case_id=case.id, name=name, party=party) for name, party in PARTIES.items())
            self.save(session, case, workflow, "case.started", OWNER, ANSWERS)
            searched = [(name, fold_answer(ANSWERS[name])) for name in SEARCHED]
            terms = case_terms(case.number, case.business, now, PARTIES.values(), searched)
            session.execute(KEEP, {"of": case.id, "terms": " ".join(terms)})
            return case.id

    def complete(self, case_id, element, actor, data):
        with Session(self.engine) as session, session.begin():
            case = session.get(Case, case_id)
            workflow = self.serializer.deserialize_json(case.tokens)
            task = workflow.get_next_task(state=TaskState.READY, spec_name=element)
            task.data.update(data)
            task.run()
            workflow.do_engine_steps()
            row = session.scalars(select(UserTask).where(UserTask.case_id == case_id, UserTask.state == "open")).one()
            row.state, row.outcome, row.completed_at = "completed", data.get("outcome", "done"), datetime.now(UTC)
            row.completed_by, row.completed_name, row.revision = actor.id, actor.name, row.revision + 1
            self.save(session, case, workflow, "task.completed", actor, data)

    def job(self, element):
        with Session(self.engine) as session, session.begin():
            now = datetime.now(UTC)
            due = select(Job).where(Job.state == "queued", Job.run_at <= now).order_by(Job.run_at, Job.id).limit(1)
            job = session.scalars(due).one()
            job.state, job.lease, job.worker, job.deliveries = "running", uuid4().hex, "bench", job.deliveries + 1
            job.lease_until = now + timedelta(seconds=job.lease_seconds)
            job_id = job.id
        with Session(self.engine) as session, session.begin():
            job = session.get(Job, job_id)
            case = session.get(Case, job.case_id)
            workflow = self.serializer.deserialize_json(case.tokens)
            task = workflow.get_next_task(state=TaskState.STARTED, spec_name=element)
            task.data[f"{element}_result"] = {"ok": True}
            task.complete()
            workflow.do_engine_steps()
            job.state, job.lease, job.lease_until, job.worker = "done", None, None, None
            job.attempts, job.finished_at = job.attempts + 1, datetime.now(UTC)
            self.save(session, case, workflow, "job.done", SYSTEM, {})

    def save(self, session, case, workflow, action, actor, answers):
        now = datetime.now(UTC)
        known = set(session.scalars(select(UserTask.token).where(UserTask.case_id == case.id)))
        for task in workflow.get_tasks(state=TaskState.READY, manual=True):
            if task.id.hex not in known:
                name = task.task_spec.name
                role, party = ("applicant", PARTIES["owner"]) if name == "submit" else ("reviewer", PARTIES["authority"])
                session.add(
                    UserTask(
                        case_id=case.id,
                        token=task.id.hex,
                        process="business",
                        element=name,
                        name=name,
                        role=role,
                        party=party,
                        state="open",
                        bulk=False,
                        created_at=now,
                        due_at=now + timedelta(days=9) if name == "review" else None,
                        revision=0,
                    )
                )
        parked = set(session.scalars(select(Job.token).where(Job.case_id == case.id)))
        for task in workflow.get_tasks(state=TaskState.STARTED):
            if task.id.hex not in parked and isinstance(task.task_spec, ParkedTask):
                session.add(
                    Job(
                        case_id=case.id,
                        token=task.id.hex,
                        process="business",
                        element=task.task_spec.name,
                        handler="outside.keyed",
                        arguments={"value": ANSWERS["model"]},
                        state="queued",
                        run_at=now,
                        attempts=0,
                        deliveries=0,
                        unsure=False,
                        lease_seconds=8.0,
                        created_at=now,
                    )
                )
        for name in SEARCHED:
            if name in answers:
                session.merge(Field(case_id=case.id, field=name, value=answers[name], folded=fold_answer(answers[name])))
        case.audit_seq += 1
        entry = json.dumps(
            {
                "stream": f"case:{case.number}", "seq": case.audit_seq, "at": now.isoformat(), "action": action,
                "who": [actor.id, actor.name, actor.party, ""], "subject": "", "details": {"answers": len(answers)}, "reason": "",
            },
            ensure_ascii=False,
        ).encode()  # fmt: skip
        case.audit_head = chained(case.audit_head, entry)
        session.add(
            Audit(
                stream=f"case:{case.number}", seq=case.audit_seq, at=now, actor=actor.id, entry=entry, hash=bytes.fromhex(case.audit_head)
            )
        )
        case.tokens = self.serializer.serialize_json(workflow).encode()
        case.revision += 1
        if workflow.completed:
            case.status, case.state, case.ended_at = "已归集", "ended", now

    def file_one(self):
        case = self.begin()
        self.complete(case, "submit", OWNER, dict(ANSWERS))
        self.complete(case, "review", REVIEWER, {"outcome": "approve", "opinion": ""})
        self.job("seal")
        self.job("push")


def run(filings):
    """Filings a second and bytes a filing of the naive way."""
    logging.getLogger("spiff").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "naive.db"
        database = Database(prepared(f"sqlite:///{path}"))
        naive = Naive(database.engine)
        for _ in range(10):
            naive.file_one()
        before, began = path.stat().st_size, time.perf_counter()
        for _ in range(filings):
            naive.file_one()
        seconds = time.perf_counter() - began
        database.close()
        return filings / seconds, (path.stat().st_size - before) / filings
