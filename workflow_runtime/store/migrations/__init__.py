"""The runtime's Alembic history."""

from pathlib import Path

from workflow_runtime.store.database import Migrations
from workflow_runtime.store.tables import metadata

MIGRATIONS = Migrations(Path(__file__).parent / "versions", "runtime_version", metadata)
