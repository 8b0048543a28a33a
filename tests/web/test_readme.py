"""The README's commands, executed as they are written."""

import os
import re
import subprocess
import sys
from datetime import datetime

from desk import ROOT

from tasks.settings import documentation
from workflow_runtime.clock import SHANGHAI


def block(heading):
    """The first fenced block below a heading."""
    section = (ROOT / "README.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.search(r"```\n(.*?)```", section, re.DOTALL)[1]


def test_by_hand(tmp_path):
    """In a folder with a blank in its name, one after the other; each succeeds. The case's number begins with the present year."""
    home = tmp_path / "a clone"
    (home / ".venv" / "bin").mkdir(parents=True)
    for name in ("bpmn", "forms", "web"):
        (home / name).symlink_to(ROOT / name)
    crane = home / ".venv" / "bin" / "crane"
    crane.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m web "$@"\n')
    crane.chmod(0o755)
    (home / ".venv" / "bin" / "activate").write_text('PATH="$PWD/.venv/bin:$PATH"\n')
    script = re.sub(r"\b20\d\d(?=\d{7}\b)", str(datetime.now(SHANGHAI).year), block("By hand"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRANE_")}
    ended = subprocess.run(["bash", "-ec", script], cwd=home, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    for shown in ("待审核", "PLATFORM_NOT_CONFIGURED", "all chains hold"):
        assert shown in ended.stdout


def test_every_command_is_in_the_readme():
    """A command that the README does not name would not be found."""
    from web.cli import main

    text = (ROOT / "README.md").read_text()
    assert [name for name in main.modules if f"crane {name}" not in text] == []


def settings_rows():
    """The README's table of settings: variables in a row, its default cell."""
    section = (ROOT / "README.md").read_text().split("## Settings\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`(CRANE_[A-Z_]+)`", row[0]), row[-1]) for row in rows]


def test_every_setting_that_is_read_is_in_the_table_and_no_other():
    folders = ("web", "tasks", "registry", "workflow_runtime", "sandbox")
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.py") if "node_modules" not in file.parts)
    read = {name for file in files for name in re.findall(r"\bCRANE_[A-Z_]*[A-Z]\b", file.read_text(encoding="utf-8"))}
    told = [name for names, _ in settings_rows() for name in names]
    assert sorted(told) == sorted(read)


def test_the_defaults_in_the_table_are_those_of_the_handlers():
    """All but the tables, which are told in words."""
    defaults = {name: default for name, _, default in documentation()}
    for names, cell in settings_rows():
        told = [word.strip().strip("`") for word in cell.split(", ")] if len(names) > 1 and cell else [cell.strip("`")] * len(names)
        for name, word in zip(names, told, strict=True):
            if name in defaults and not defaults[name].startswith("{"):
                assert word == defaults[name], name
