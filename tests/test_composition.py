"""What an installation says by its environment."""

import pytest

from web.composition import Settings
from workflow_runtime.errors import Failure
from workflow_runtime.store.database import Pool


def test_settings_do_not_show_what_may_be_secret():
    shown = repr(Settings.read({"CRANE_DATABASE_URL": "postgresql+psycopg://crane:hush@db/crane", "CRANE_PROVINCIAL_APP_SECRET": "hush"}))
    assert "hush" not in shown


def test_an_empty_variable_is_a_missing_one():
    assert Settings.read({"CRANE_DATABASE_URL": ""}).database == Settings.read({}).database


def test_the_pool_of_connections_is_a_setting():
    given = {"CRANE_POOL_SIZE": "3", "CRANE_POOL_OVERFLOW": "0", "CRANE_POOL_SECONDS": "5"}
    assert (Settings.read(given).pool, Settings.read({}).pool) == (Pool(3, 0, 5.0), Pool())
    for wrong in ("0", "-1", "many", "1e3", "99999"):
        with pytest.raises(Failure, match="CRANE_POOL_SIZE") as caught:
            _ = Settings.read({"CRANE_POOL_SIZE": wrong}).pool
        assert caught.value.code == "POOL"
