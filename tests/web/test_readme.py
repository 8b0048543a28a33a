"""The README's commands, executed as they are written."""

import os
import re
import subprocess
import sys
from datetime import datetime

from desk import ROOT

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
    ended = subprocess.run(["bash", "-ec", script], cwd=home, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    for shown in ("待审核", "PLATFORM_NOT_CONFIGURED", "all chains hold"):
        assert shown in ended.stdout


def test_every_command_is_in_the_readme():
    """A command that the README does not name would not be found."""
    from web.cli import main

    text = (ROOT / "README.md").read_text()
    assert [name for name in main.commands if f"crane {name}" not in text] == []
