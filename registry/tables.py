"""The tables of the books. One `metadata`, from which the migrations are written."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from workflow_runtime.store.types import Document, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROW_ID = BigInteger().with_variant(Integer, "sqlite")
"""Only INTEGER counts up by itself on SQLite."""


def _one_where(name: str, column: Column[str], condition: ColumnElement[bool]) -> Index:
    """A unique index over the rows that fulfil the condition, alike on both databases."""
    return Index(name, column, unique=True, sqlite_where=condition, postgresql_where=condition)


region = Table(
    "region",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent", String(6), ForeignKey("region.code")),
    Column("letter", String(1), nullable=False),
)

authority = Table(
    "authority",
    metadata,
    Column("code", String(18), primary_key=True),
    Column("name", Text, nullable=False),
    Column("region", String(6), ForeignKey("region.code"), nullable=False),
    Column("parent", String(18), ForeignKey("authority.code")),
    Column("number_prefix", String(8), nullable=False),
    Column("seal_name", Text, nullable=False),
    Column("accepted_seal_names", Document, nullable=False),
    Column("departments", Document, nullable=False),
    Column("has_account", Boolean, nullable=False),
    Column("has_seal", Boolean, nullable=False),
    Column("catalogue_claimed", Boolean, nullable=False),
    Column("automatic_aggregation", Boolean, nullable=False),
)

owner = Table(
    "owner",
    metadata,
    Column("code", String(18), primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("legal_representative", Text, nullable=False),
    Column("legal_phone", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("contact_phone", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

user_account = Table(
    "user_account",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("unit", String(120), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("added_at", Instant, nullable=False),
)

user_grant = Table(
    "user_grant",
    metadata,
    Column("login", String(64), ForeignKey("user_account.login"), primary_key=True),
    Column("role", String(40), primary_key=True),
    Column("party", String(120), primary_key=True),
    Column("granted_at", Instant, nullable=False),
    Index(None, "role", "party"),
)

user_session = Table(
    "user_session",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("login", String(64), ForeignKey("user_account.login"), nullable=False, index=True),
    Column("opened_at", Instant, nullable=False, index=True),
    Column("used_at", Instant, nullable=False),
    Column("browser", String(200), nullable=False),
)
"""Who has signed in, by the SHA-256 of the browser's token."""

user_password = Table(
    "user_password",
    metadata,
    Column("login", String(64), ForeignKey("user_account.login"), primary_key=True),
    Column("hash", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("set_at", Instant, nullable=False),
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("login_hash", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False, index=True),
)
"""Wrong passwords in a row, by the SHA-256 of what was typed as login: also of logins that do not exist, and of passwords typed there."""

api_token = Table(
    "api_token",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("login", String(64), ForeignKey("user_account.login"), nullable=False, index=True),
    Column("label", String(100), nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)
"""Bearer tokens of programs, by their SHA-256."""

installation = Table(
    "installation",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
"""What all processes of one installation share."""

machine = Table(
    "machine",
    metadata,
    Column("equipment_no", String(40), primary_key=True),
    Column("machine_key", String(500), nullable=False, unique=True),
    Column("manufacturer", Text, nullable=False),
    Column("serial_no", Text, nullable=False),
    Column("category", String(8), nullable=False),
    Column("owner_code", String(18), ForeignKey("owner.code"), nullable=False, index=True),
    Column("facts", Document, nullable=False),
    Column("registered_at", Instant, nullable=False),
)

machine_claim = Table(
    "machine_claim",
    metadata,
    Column("machine_key", String(500), primary_key=True),
    Column("case_no", String(64), nullable=False, index=True),
    Column("claimed_at", Instant, nullable=False),
)

series = Table(
    "series",
    metadata,
    Column("scope", String(40), primary_key=True),
    Column("category", String(8), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

certificate_number = Table(
    "certificate_number",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("folded", String(40), nullable=False, unique=True),
    Column("prefix", String(8), nullable=False),
    Column("category", String(8), nullable=False),
    Column("year", Integer, nullable=False),
    Column("case_no", String(64), nullable=False, index=True),
    Column("state", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("reserved_at", Instant, nullable=False),
    Column("settled_at", Instant),
)
NUMBER_IS_LIVE = certificate_number.c.state != literal_column("'void'")
"""Written as a literal: PostgreSQL matches a partial index in a prepared statement only against a literal."""
_one_where("uq_certificate_number_live_case", certificate_number.c.case_no, NUMBER_IS_LIVE)

certificate = Table(
    "certificate",
    metadata,
    Column("identifier", String(100), primary_key=True),
    Column("number", String(40), nullable=False),
    Column("folded_number", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("equipment_no", String(40), ForeignKey("machine.equipment_no"), nullable=False, index=True),
    Column("owner_code", String(18), ForeignKey("owner.code"), nullable=False, index=True),
    Column("authority_code", String(18), ForeignKey("authority.code"), nullable=False, index=True),
    Column("case_no", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("face", Document, nullable=False),
    Column("previous_identifier", String(100), ForeignKey("certificate.identifier")),
    Column("replaced_number", Text),
    Column("folded_replaced_number", Text, index=True),
    Column("verification_code", String(64), nullable=False, unique=True),
    Column("drafted_at", Instant, nullable=False),
    Column("ecert_id", String(64)),
    Column("qr_text", Text),
    Column("coded_at", Instant),
    Column("seal_request", String(200)),
    Column("seal_requested_at", Instant),
    Column("seal_name", Text),
    Column("sealed_at", Instant),
    Column("file_version", Integer),
    Column("verified", Boolean, nullable=False),
    Column("verification_report", Document),
    Column("issued_at", Instant),
    Column("aggregated_at", Instant),
    Column("aggregation_warnings", Document),
    UniqueConstraint("folded_number", "version"),
)
CERTIFICATE_IS_VALID = certificate.c.state == literal_column("'valid'")
CERTIFICATE_IS_LIVE = certificate.c.state != literal_column("'void'")
CERTIFICATE_IS_DRAFT = certificate.c.state == literal_column("'draft'")
Index(
    "ix_certificate_draft_authority", certificate.c.authority_code, sqlite_where=CERTIFICATE_IS_DRAFT, postgresql_where=CERTIFICATE_IS_DRAFT
)
# By its digest: other organisations' texts may be longer than an ordered index takes.
Index("ix_certificate_qr_text", certificate.c.qr_text, postgresql_using="hash")
_one_where("uq_certificate_valid_machine", certificate.c.equipment_no, CERTIFICATE_IS_VALID)
_one_where("uq_certificate_live_case", certificate.c.case_no, CERTIFICATE_IS_LIVE)

KEY_LENGTH = 42
certificate_key = Table(
    "certificate_key",
    metadata,
    Column("key", String(KEY_LENGTH).with_variant(String(KEY_LENGTH, collation="C"), "postgresql"), primary_key=True),
    Column("identifier", String(100), ForeignKey("certificate.identifier"), primary_key=True),
)
"""Under what a certificate is looked for by a part of its number, see `number_keys`; the keys of one beginning stand together."""

certificate_file = Table(
    "certificate_file",
    metadata,
    Column("identifier", String(100), ForeignKey("certificate.identifier"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("media_type", String(100), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sm3", String(64), nullable=False),
    Column("stored_at", Instant, nullable=False),
)

certificate_event = Table(
    "certificate_event",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("identifier", String(100), ForeignKey("certificate.identifier"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("event", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    Column("detail", Document, nullable=False),
)

exchange = Table(
    "exchange",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("platform", String(40), nullable=False),
    Column("operation", String(60), nullable=False),
    Column("case_no", String(64), nullable=False),
    Column("key", String(200), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("request", Document, nullable=False),
    Column("status", Integer),
    Column("answer", Text, nullable=False),
    Column("outcome", String(12)),
    Column("duration_ms", Integer),
    Index(None, "case_no", "platform", "operation"),
    Index(None, "outcome", "id"),
)

notification = Table(
    "notification",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("party", String(120), nullable=False),
    Column("case_no", String(64), nullable=False),
    Column("key", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("read_at", Instant),
    UniqueConstraint("key", "party"),
    Index(None, "party", "id"),
)

seen_nonce = Table(
    "seen_nonce",
    metadata,
    Column("app_key", String(100), primary_key=True),
    Column("nonce", String(64), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
)

legacy_entry = Table(
    "legacy_entry",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("authority_code", String(18), ForeignKey("authority.code"), nullable=False),
    Column("number", String(100), nullable=False),
    Column("folded_number", String(200), nullable=False),
    Column("identifier", String(100), nullable=False),
    Column("equipment_no", String(40), nullable=False),
    Column("manufacturer", Text, nullable=False),
    Column("serial_no", Text, nullable=False),
    Column("category", String(8), nullable=False),
    Column("model", Text, nullable=False),
    Column("owner_name", Text, nullable=False),
    Column("owner_code", String(18), nullable=False),
    Column("made_on", Date),
    Column("issued_on", Date),
    Column("state", String(12), nullable=False),
    Column("reissued_as", String(100), index=True),
    Column("revision", Integer, nullable=False),
    Column("remarks", Document, nullable=False),
    Column("source", Text, nullable=False),
    Column("searched", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),
    UniqueConstraint("folded_number", "authority_code"),
    Index(None, "authority_code", "id"),
)
"""The authorities' old registers. `searched` is what a keyword may be part of, folded; `source` where in which file an entry stood."""

legacy_event = Table(
    "legacy_event",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("entry_id", ROW_ID, ForeignKey("legacy_entry.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("event", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", Document, nullable=False),
    Column("after", Document, nullable=False),
)
"""What changed in an entry after it was entered."""

legacy_upload = Table(
    "legacy_upload",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("login", String(64), nullable=False, index=True),
    Column("authority_code", String(18), ForeignKey("authority.code"), nullable=False),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("replacing", Boolean, nullable=False),
    Column("at", Instant, nullable=False, index=True),
)
"""Old registers between their preview in a browser and the person's word that they be imported."""
