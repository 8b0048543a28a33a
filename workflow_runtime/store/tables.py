"""The runtime's tables. One row of `workflow_case` is the lock for everything that belongs to the case."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from workflow_runtime.store.types import Document, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for INTEGER keys."""


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _case() -> Column[int]:
    return Column("case_id", Id, ForeignKey("workflow_case.id"), nullable=False)


library = Table(
    "library_file",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("file", String(255), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""What is deployed now: the newest file of every process, decision and form."""

bundles = Table(
    "bundle",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("business", String(64), nullable=False),
    Column("content", Document, nullable=False),
    Column("created_at", Instant, nullable=False),
)

deployments = Table(
    "deployment",
    metadata,
    Column("business", String(64), primary_key=True),
    Column("bundle_id", String(64), ForeignKey("bundle.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("startable", Boolean, nullable=False),
    Column("deployed_at", Instant, nullable=False),
    Column("deployed_by", String(128), nullable=False),
)

cases = Table(
    "workflow_case",
    metadata,
    _id(),
    Column("number", String(32), nullable=False, unique=True),
    Column("business", String(64), nullable=False),
    Column("bundle_id", String(64), ForeignKey("bundle.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("parties", Document, nullable=False),
    Column("tokens", LargeBinary, nullable=False),
    Column("variables", Document, nullable=False),
    Column("clocks", Document, nullable=False),
    Column("next_due", Instant),
    Column("kept_messages", Integer, nullable=False),
    Column("audit_seq", Integer, nullable=False),
    Column("audit_head", String(64), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", String(128), nullable=False),
    Column("ended_at", Instant),
    Index(
        "ix_workflow_case_next_due", "next_due", sqlite_where=text("next_due IS NOT NULL"), postgresql_where=text("next_due IS NOT NULL")
    ),
    Index("ix_workflow_case_business_status", "business", "status"),
    Index("ix_workflow_case_state_bundle", "state", "bundle_id"),
    Index("ix_workflow_case_status", "status", "id"),
    Index("ix_workflow_case_opened_at", "opened_at", "id"),
)

case_parties = Table(
    "case_party",
    metadata,
    Column("case_id", Id, ForeignKey("workflow_case.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("party", String(160), nullable=False),
    Index("ix_case_party_party", "party", "case_id"),
)

case_numbers = Table(
    "case_series",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

case_fields = Table(
    "case_field",
    metadata,
    Column("case_id", Id, ForeignKey("workflow_case.id"), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("folded", Text, nullable=False),
)

search_fields = Table("search_field", metadata, Column("field", String(64), primary_key=True))
"""The fields that case_field has rows of. The index over them, `case_search`, is each database's own: see `store.search`."""

user_tasks = Table(
    "user_task",
    metadata,
    _id(),
    _case(),
    Column("token", String(32), nullable=False),
    Column("process", String(64), nullable=False),
    Column("element", String(128), nullable=False),
    Column("name", Text, nullable=False),
    Column("role", String(64), nullable=False),
    Column("party", String(160), nullable=False),
    Column("state", String(16), nullable=False),
    Column("bulk", Boolean, nullable=False),
    Column("claimed_by", String(128)),
    Column("claimed_name", Text),
    Column("claimed_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("revision", Integer, nullable=False),
    Column("draft", Document),
    Column("outcome", String(64)),
    Column("completed_by", String(128)),
    Column("completed_name", Text),
    Column("completed_at", Instant),
    UniqueConstraint("case_id", "token"),
    # Open tasks are few beside those of all years: an index of their own stays small, whatever the statistics say. It answers by itself.
    Index(
        "ix_user_task_inbox",
        "party",
        "role",
        "due_at",
        "id",
        "case_id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index("ix_user_task_due_at", "due_at", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
)

start_drafts = Table(
    "start_draft",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("business", String(64), nullable=False),
    Column("login", String(128), nullable=False),
    Column("party", String(160), nullable=False),
    Column("answers", Document, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_start_draft_login", "login", "updated_at"),
)
"""Unfinished answers of start forms: there is no case yet."""

once_keys = Table(
    "once_key",
    metadata,
    Column("login", String(128), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Document, nullable=False),
    Column("at", Instant, nullable=False, index=True),
)
"""What was done under a person's key, and how it was answered: written in the commit of what was done, so it is never done twice."""

jobs = Table(
    "job",
    metadata,
    _id(),
    _case(),
    Column("token", String(32), nullable=False),
    Column("process", String(64), nullable=False),
    Column("element", String(128), nullable=False),
    Column("handler", String(128), nullable=False),
    Column("arguments", Document, nullable=False),
    Column("state", String(16), nullable=False),
    Column("run_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("unsure", Boolean, nullable=False),
    Column("lease", String(32)),
    Column("lease_seconds", Float, nullable=False),
    Column("lease_until", Instant),
    Column("worker", String(128)),
    Column("error", Document),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    UniqueConstraint("case_id", "token"),
    Index("ix_job_due", "state", "run_at"),
    Index("ix_job_state", "state", "id"),
)

messages = Table(
    "message",
    metadata,
    _id(),
    _case(),
    Column("name", String(128), nullable=False),
    Column("key", String(128), nullable=False),
    Column("payload", Document, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    UniqueConstraint("case_id", "key"),
)

incidents = Table(
    "incident",
    metadata,
    _id(),
    _case(),
    Column("job_id", Id, ForeignKey("job.id"), nullable=False),
    Column("element", String(128), nullable=False),
    Column("error", Document, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", String(128)),
    Column("resolution", Text),
    Index("ix_incident_state", "state", "id"),
    Index("ix_incident_job_id", "job_id"),
)

audit_entries = Table(
    "audit_entry",
    metadata,
    Column("stream", String(160), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
"""Append-only. `entry` is the exact text that was hashed (canonical JSON), `hash` = SHA-256(previous hash + entry)."""

audit_streams = Table(
    "audit_stream",
    metadata,
    Column("stream", String(160), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("head", String(64), nullable=False),
)
"""Heads of the streams that are not cases; a case's head is in its own row, which is locked anyway."""

attachments = Table(
    "attachment",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_id", Id, ForeignKey("workflow_case.id")),
    Column("uploaded_by", String(128), nullable=False),
    Column("party", String(160), nullable=False),
    Column("name", Text, nullable=False),
    Column("type", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_attachment_loose", "party", sqlite_where=text("case_id IS NULL"), postgresql_where=text("case_id IS NULL")),
)

lanes = Table(
    "lane_role",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("role", String(64), nullable=False),
    Column("party", String(160), nullable=False),
)
"""Which role at which party works the user tasks in a lane."""

migration_batches = Table(
    "migration_batch",
    metadata,
    _id(),
    Column("business", String(64), nullable=False),
    Column("bundle_id", String(64), ForeignKey("bundle.id"), nullable=False),
    Column("mapping", Document, nullable=False),
    Column("numbers", Document),
    Column("reason", Text, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("begun_by", String(128), nullable=False),
    Column("begun_name", Text, nullable=False),
    Column("cursor", Id, nullable=False),
    Column("finished_at", Instant),
    Index("ix_migration_batch_business", "business", "id"),
)
"""Cases that are moved together to another bundle; `cursor` is the last case that was looked at."""

migrated_cases = Table(
    "migrated_case",
    metadata,
    Column("batch_id", Id, ForeignKey("migration_batch.id"), primary_key=True),
    Column("case_id", Id, ForeignKey("workflow_case.id"), primary_key=True),
    Column("from_bundle", String(64), ForeignKey("bundle.id"), nullable=False),
    Column("tokens", LargeBinary, nullable=False),
    Column("kept", Document, nullable=False),
    Column("after", String(64), nullable=False),
    Column("undone_at", Instant),
)
"""What a case was before it was moved, and the fingerprint of its tokens afterwards: it can be brought back until they move."""
