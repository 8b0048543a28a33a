"""The books' Alembic history."""

from pathlib import Path

from registry.tables import metadata
from workflow_runtime.store.database import Migrations

MIGRATIONS = Migrations(Path(__file__).parent / "versions", "registry_version", metadata)
