"""What the analyst's manual says of trying a diagram."""

import re
import tomllib

from click.testing import CliRunner
from stages import ROOT

from web.cli import main

SECTION = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8").split("## 试运行：`crane try`\n")[1].split("\n## ")[0]
COMMANDS = re.findall(r"^crane ([^#\n]+)", SECTION, re.MULTILINE)


def test_its_commands_succeed(tmp_path, monkeypatch):
    """As printed, one after the other, where the product's files are."""
    for name in ("bpmn", "forms", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) > 8
    for command in COMMANDS:
        ended = CliRunner().invoke(main, command.split())
        assert ended.exit_code == 0, f"{command}\n{ended.output}"


def test_its_scenario_is_the_one_beside_the_example():
    """The file that is shown is the beginning of the one that is there."""
    shown = tomllib.loads(re.search(r"```toml\n(.*?)```", SECTION, re.DOTALL)[1])
    there = tomllib.loads((ROOT / "docs" / "examples" / "scenarios" / "opinions.toml").read_text(encoding="utf-8"))
    (told,), (real, *_) = shown.pop("scenario"), there.pop("scenario")
    assert shown == there
    assert told.items() <= real.items()
