"""What is made again, and what is not: a second start must not build the front end, nor tests meet files that are just being written."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE_AT = 1_700_000_000
SOURCES = (
    "requirements.lock",
    "pyproject.toml",
    "web/front_end/app.js",
    "web/front_end/package.json",
    "web/front_end/package-lock.json",
    "web/translations/en/LC_MESSAGES/messages.po",
)
MADE = (
    ".venv/ready",
    "web/front_end/node_modules/.package-lock.json",
    "web/translations/en/LC_MESSAGES/messages.mo",
    "web/static/ready",
)


@pytest.fixture
def clone(tmp_path):
    """A clone in which everything has been made."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for age, names in ((0, SOURCES), (10, MADE)):
        for name in names:
            _touch(tmp_path / name, MADE_AT + age)
    return tmp_path


def _touch(path, at):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (at, at))


def _to_do(clone):
    told = subprocess.run(["make", "--dry-run", "web/static/ready"], cwd=clone, capture_output=True, text=True, check=True).stdout
    return {word for word in ("venv", "pip", " ci ", " build ", "compile") if f" {word.strip()} " in told}


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize(
    ("changed", "made"),
    [
        (None, set()),
        (".venv/ready", set()),
        ("web/front_end/app.js", {" build "}),
        ("web/front_end/package-lock.json", {" ci ", " build "}),
        ("web/translations/en/LC_MESSAGES/messages.po", {"compile", " build "}),
    ],
)
def test_only_what_depends_on_a_change_is_made_again(clone, changed, made):
    """Nothing changed: nothing is made. A newer environment alone makes no new front end; only a new lock file installs packages."""
    if changed:
        _touch(clone / changed, MADE_AT + 20)
    assert _to_do(clone) == made
