"""search"""

import sqlalchemy as sa
from alembic import op

from workflow_runtime.store.search import renew_all

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")

# Only the index is to be asked: the planner takes the table for small, and would read the long terms beside it.
FOUND = """
CREATE FUNCTION case_search_found(sought tsquery, below bigint, most bigint) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off SET jit = off AS $$
DECLARE
  missing bigint := most;
  here bigint;
  newest bigint := (below - 1) >> 13;
  wide bigint := 1;
  blocks text;
BEGIN
  WHILE newest >= 0 LOOP
    blocks := (SELECT string_agg('b' || block, '|') FROM generate_series(greatest(newest - wide + 1, 0), newest) block);
    RETURN QUERY
      SELECT case_id FROM case_search WHERE terms @@ (sought && CAST(blocks AS tsquery)) AND case_id < below
      ORDER BY case_id DESC LIMIT missing;
    GET DIAGNOSTICS here = ROW_COUNT;
    missing := missing - here;
    EXIT WHEN missing <= 0;
    newest := newest - wide;
    -- What is rare here is looked for in more blocks at once, what is frequent in fewer.
    wide := CASE WHEN here <= 60 * wide THEN least(4 * wide, 32) ELSE greatest(wide / 4, 1) END;
  END LOOP;
END $$
"""


def upgrade() -> None:
    """Forward."""
    op.create_table("search_field", sa.Column("field", sa.String(length=64), primary_key=True))
    if op.get_context().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE case_search USING fts5(terms, detail=none, columnsize=0, tokenize='ascii')")
    else:
        # The terms lie beside the rows, which are read by the thousand: the index alone says which have them.
        op.execute("CREATE TABLE case_search (case_id bigint PRIMARY KEY, terms tsvector NOT NULL) WITH (toast_tuple_target = 128)")
        op.execute("ALTER TABLE case_search ALTER COLUMN terms SET STORAGE EXTERNAL")
        # What has been added lately is looked through from end to end: little of it.
        op.execute(FOUND)
        op.execute("CREATE INDEX ix_case_search_terms ON case_search USING gin (terms) WITH (gin_pending_list_limit = 256)")
    op.drop_index("ix_user_task_inbox", "user_task")
    inbox = ["party", "role", "due_at", "id", "case_id"]
    op.create_index("ix_user_task_inbox", "user_task", inbox, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_user_task_due_at", "user_task", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_index("ix_case_field_folded", "case_field")
    renew_all(op.get_bind())


def downgrade() -> None:
    """Back."""
    op.create_index("ix_case_field_folded", "case_field", ["field", "folded", "case_id"])
    op.drop_index("ix_user_task_due_at", "user_task")
    op.drop_index("ix_user_task_inbox", "user_task")
    op.create_index("ix_user_task_inbox", "user_task", ["state", "party", "role", "due_at", "id"])
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION case_search_found")
    op.execute("DROP TABLE case_search")
    op.drop_table("search_field")
