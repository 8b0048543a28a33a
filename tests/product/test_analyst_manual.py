"""docs/analyst.md alone is enough: its walkthrough is done as printed, and its list of handlers is the catalogue's."""

import os
import re
import subprocess
import sys
from datetime import datetime

import pytest
from office import ROOT

from workflow_runtime.catalogue import discover
from workflow_runtime.clock import SHANGHAI

TEXT = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8")


def section(heading):
    return TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]


@pytest.fixture
def clone(tmp_path):
    """A folder as a fresh clone: everything is there, and an analyst writes beside it."""
    home = tmp_path / "a clone"
    home.mkdir()
    for name in ("bpmn", "forms", "docs"):
        (home / name).symlink_to(ROOT / name)
    (home / ".venv" / "bin").mkdir(parents=True)
    shim = home / ".venv" / "bin" / "crane"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m web "$@"\n')
    shim.chmod(0o755)
    (home / ".venv" / "bin" / "activate").write_text('PATH="$PWD/.venv/bin:$PATH"\n')
    return home


def test_the_walkthrough_from_an_empty_database_to_a_case_that_is_over(clone):
    """Its files are written and its commands run as printed, in order, in one shell."""
    script = ""
    for kind, name, content in re.findall(r"```(\w+) ?(\S*)\n(.*?)```", section("从头做一项业务"), re.DOTALL):
        script += content if kind == "sh" else f"cat > {name} <<'END-OF-FILE'\n{content}END-OF-FILE\n"
    script = re.sub(r"(?<=crane case )20\d\d(?=\d{7}\b)", str(datetime.now(SHANGHAI).year), script)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRANE_")} | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(["bash", "-ec", script], cwd=clone, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 条提示" in ended.stdout
    assert "4 个情景，0 个未通过" in ended.stdout
    assert "安装告知" in ended.stdout
    assert " · 已办结\n" in ended.stdout
    assert (clone / "var" / "coverage" / "installation.svg").is_file()


def test_the_list_of_handlers_is_the_catalogues():
    """Names, parameters (`?`: may be left out), results and errors of every handler, and no other."""
    handlers = discover("tasks", lambda call: None).handlers
    rows = re.findall(r"^\| `([a-z_.]+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section("处理程序"), re.MULTILINE)
    told = {name: tuple(re.findall(r"`\w+`\??", cell) for cell in cells) for name, *cells in rows}
    assert told == {
        name: (
            [f"`{p.name}`{'' if p.required else '?'}" for p in handler.parameters],
            [f"`{result}`" for result in names(handler.results)],
            [f"`{code}`" for code in handler.errors],
        )
        for name, handler in handlers.items()
    }


def names(results):
    """The names of a handler's results, however the catalogue holds them."""
    return list(results or ())


def test_the_examples_commands_are_those_that_are_tried():
    """The other commands of the manual are run where their own tests are; these change nothing."""
    from click.testing import CliRunner

    from web.cli import main

    commands = re.findall(r"^crane ((?:lint|try) [^#\n]+)", section("例：变更、注销、两个科室并行提出意见"), re.MULTILINE)
    assert commands == ["lint docs/examples", "try docs/examples --brief"]
    for command in commands:
        words = command.split()
        whole = [words[0], "bpmn", "forms", *words[1:]] if words[0] == "lint" else words
        ended = CliRunner().invoke(main, [str(ROOT / word) if "/" in word or word in ("bpmn", "forms") else word for word in whole])
        assert ended.exit_code == 0, ended.output
