"""The tables of the books. One `metadata`, from which the migrations are written."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
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

region = Table(
    "region",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("parent", String(6), ForeignKey("region.code")),
    Column("letter", String(1), nullable=False),
)

authority = Table(
    "authority",
    metadata,
    Column("code", String(18), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("region", String(6), ForeignKey("region.code"), nullable=False),
    Column("parent", String(18), ForeignKey("authority.code")),
    Column("number_prefix", String(8), nullable=False),
    Column("seal_name", String(200), nullable=False),
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
    Column("name", String(200), nullable=False),
    Column("address", String(300), nullable=False),
    Column("legal_representative", String(100), nullable=False),
    Column("legal_phone", String(40), nullable=False),
    Column("contact", String(100), nullable=False),
    Column("contact_phone", String(40), nullable=False),
    Column("updated_at", Instant, nullable=False),
)

user_account = Table(
    "user_account",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("display_name", String(100), nullable=False),
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

machine = Table(
    "machine",
    metadata,
    Column("equipment_no", String(40), primary_key=True),
    Column("machine_key", String(500), nullable=False, unique=True),
    Column("manufacturer", String(200), nullable=False),
    Column("serial_no", String(200), nullable=False),
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
    Column("reason", String(500), nullable=False),
    Column("reserved_at", Instant, nullable=False),
    Column("settled_at", Instant),
)
Index("uq_certificate_number_live_case", certificate_number.c.case_no, unique=True,
      sqlite_where=certificate_number.c.state != "void", postgresql_where=certificate_number.c.state != "void")  # fmt: skip

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
    Column("replaced_number", String(100)),
    Column("folded_replaced_number", String(100), index=True),
    Column("verification_code", String(64), nullable=False, unique=True),
    Column("drafted_at", Instant, nullable=False),
    Column("ecert_id", String(64)),
    Column("qr_text", Text),
    Column("coded_at", Instant),
    Column("seal_request", String(200)),
    Column("seal_requested_at", Instant),
    Column("seal_name", String(200)),
    Column("sealed_at", Instant),
    Column("file_version", Integer),
    Column("verified", Boolean, nullable=False),
    Column("verification_report", Document),
    Column("issued_at", Instant),
    Column("aggregated_at", Instant),
    Column("aggregation_warnings", Document),
    UniqueConstraint("folded_number", "version"),
)
Index("uq_certificate_valid_machine", certificate.c.equipment_no, unique=True,
      sqlite_where=certificate.c.state == "valid", postgresql_where=certificate.c.state == "valid")  # fmt: skip
Index("uq_certificate_live_case", certificate.c.case_no, unique=True,
      sqlite_where=certificate.c.state != "void", postgresql_where=certificate.c.state != "void")  # fmt: skip

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
)
