"""`crane new-handler`: what it writes is green at once; what it cannot do it says, and writes nothing."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from desk import ROOT

from web.cli import main

CODE, TEST = "tasks/weather_warning.py", "tests/tasks/test_weather_warning.py"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder as a developer's clone: its own `tasks`, everything else as it is."""
    home = tmp_path / "a clone"
    home.mkdir()
    (home / "tasks").mkdir()
    (home / "tasks" / "__init__.py").touch()
    for name in ("registry", "workflow_runtime", "pyproject.toml"):
        (home / name).symlink_to(ROOT / name)
    (home / "tasks" / "context.py").write_text("class Context: ...\n")
    monkeypatch.chdir(home)
    return home


def crane(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


def written(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*.py") if "weather" in p.name)


def passes(folder, test):
    """The test, run by a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test], cwd=folder, capture_output=True, text=True, timeout=240
    )
    return told.returncode == 0, told.stdout + told.stderr


def test_handler_and_test_are_green_at_once(here):
    """Typed, formatted as the product's own files, and its test passes before anything is filled in."""
    said = crane("new-handler", "weather.warning")
    assert (said.exit_code, written(here)) == (0, [CODE, TEST])
    assert CODE in said.stdout
    green, told = passes(here, TEST)
    assert green, told
    for check in (["check"], ["format", "--check"]):
        ended = subprocess.run([sys.executable, "-m", "ruff", *check, CODE, TEST], cwd=here, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout


def test_a_package_of_ones_own_is_made(here):
    """With its `__init__`, its test beside it, and the line for its pyproject."""
    said = crane("new-handler", "weather.warning", "--into", "bureau/weather_tasks")
    assert said.exit_code == 0
    assert written(here) == ["bureau/tests/test_weather_warning.py", "bureau/weather_tasks/weather_warning.py"]
    assert 'weather_tasks = "weather_tasks"' in said.stdout
    (here / "bureau" / "conftest.py").write_text("import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))\n")
    assert passes(here, "bureau/tests/test_weather_warning.py")[0]
    assert crane("new-handler", "weather.report", "--into", "bureau/weather_tasks").exit_code == 0


@pytest.mark.parametrize("kept", [CODE, TEST])
def test_nothing_is_overwritten(here, kept):
    """Neither file is written when one of them is there."""
    (here / kept).parent.mkdir(parents=True, exist_ok=True)
    (here / kept).write_text("mine")
    said = crane("new-handler", "weather.warning")
    assert (said.exit_code, written(here), (here / kept).read_text()) == (1, [kept], "mine")
    assert "FILE_EXISTS" in said.stderr


@pytest.mark.parametrize(
    "name", ["", "Weather.warning", "weather-warning", "../escape", "weather.", ".warning", "2fast", "class", "天气", "a" * 61, "a b"]
)
def test_a_bad_name_is_refused_with_words(here, name):
    said = crane("new-handler", name)
    assert (said.exit_code, written(here)) == (1, [])
    assert "HANDLER_NAME" in said.stderr
    assert "weather.warning" in said.stderr


def test_outside_of_the_product_a_folder_must_be_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "NO_TASKS_FOLDER" in crane("new-handler", "weather.warning").stderr
    assert "PACKAGE_NAME" in crane("new-handler", "weather.warning", "--into", "no-package").stderr
    (tmp_path / "taken").write_text("a file")
    assert "FILE_UNWRITABLE" in crane("new-handler", "weather.warning", "--into", "taken").stderr
    assert written(tmp_path) == []
