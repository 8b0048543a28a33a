"""keys of certificate numbers"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 5_000


def upgrade() -> None:
    """Forward; the certificates that there are get their keys."""
    length = 42
    key = op.create_table(
        "certificate_key",
        sa.Column("key", sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql"), nullable=False),
        sa.Column("identifier", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["identifier"], ["certificate.identifier"], name=op.f("fk_certificate_key_identifier")),
        sa.PrimaryKeyConstraint("key", "identifier", name=op.f("pk_certificate_key")),
    )
    connection, last = op.get_bind(), ""
    asked = sa.text("SELECT identifier, folded_number FROM certificate WHERE identifier > :last ORDER BY identifier LIMIT :batch")
    while rows := connection.execute(asked, {"last": last, "batch": BATCH}).all():
        found = [{"key": each, "identifier": row.identifier} for row in rows for each in sorted(_keys(row.folded_number))]
        connection.execute(sa.insert(key), found)
        last = rows[-1].identifier


def downgrade() -> None:
    """Back."""
    op.drop_table("certificate_key")


def _keys(folded: str) -> set[str]:
    """As they were when this was written."""
    return {f">{folded}", f">{folded.rpartition('-')[2]}", f"<{folded[::-1]}"}
