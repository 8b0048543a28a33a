"""What an installation says by its environment."""

from web.composition import Settings


def test_settings_do_not_show_what_may_be_secret():
    shown = repr(Settings.read({"CRANE_DATABASE_URL": "postgresql+psycopg://crane:hush@db/crane", "CRANE_PROVINCIAL_APP_SECRET": "hush"}))
    assert "hush" not in shown


def test_an_empty_variable_is_a_missing_one():
    assert Settings.read({"CRANE_DATABASE_URL": ""}).database == Settings.read({}).database
