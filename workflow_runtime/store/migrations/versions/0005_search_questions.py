"""search: each condition is a question of its own to PostgreSQL's index"""

from importlib import import_module

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Only the index is to be asked: the planner takes the table for small, and would read the long terms beside it.
FOUND = """
CREATE FUNCTION case_search_found(sought tsquery[], below bigint, most bigint) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off SET jit = off AS $$
DECLARE
  missing bigint := most;
  here bigint;
  behind bigint := ((below - 1) >> 13) + 1;
  wide bigint := 1;
  blocks tsquery;
  question text := 'SELECT case_id FROM case_search WHERE case_id < $1';
BEGIN
  -- Each is a question of its own to the index, which leaps from one's cases to the other's; in a single one it would go through the
  -- cases of every word that is rarer than the rarest that is needed.
  FOR place IN 1 .. cardinality(sought) LOOP
    question := question || format(' AND terms @@ %L::tsquery', sought[place]);
  END LOOP;
  WHILE behind > 0 AND wide <= 64 LOOP
    blocks := (SELECT string_agg('b' || block, '|') FROM generate_series(greatest(behind - wide, 0), behind - 1) block);
    RETURN QUERY EXECUTE question || ' AND terms @@ $3 ORDER BY case_id DESC LIMIT $2' USING below, missing, blocks;
    GET DIAGNOSTICS here = ROW_COUNT;
    missing := missing - here;
    IF missing <= 0 THEN
      RETURN;
    END IF;
    behind := behind - wide;
    -- As many blocks as are likely to hold what is missing.
    wide := missing * wide / greatest(here, 1) + 1;
  END LOOP;
  -- That would be many: it is rare, so all of it is found at once.
  RETURN QUERY EXECUTE question || ' ORDER BY case_id DESC LIMIT $2' USING least(below, behind << 13), missing;
END $$
"""

BEFORE: str = import_module("workflow_runtime.store.migrations.versions.0004_search").FOUND


def upgrade() -> None:
    """Forward."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION case_search_found")
        op.execute(FOUND)


def downgrade() -> None:
    """Back."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION case_search_found")
        op.execute(BEFORE)
