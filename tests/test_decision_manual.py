"""What the analyst's manual says of decision tables."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from web.cli import main
from workflow_runtime.decisions import read_decisions
from workflow_runtime.decisions.cases import read_cases, run_cases
from workflow_runtime.decisions.cells import read_cell

ROOT = Path(__file__).parent.parent
SECTION = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8").split("\n## 决策表\n")[1].split("\n## ")[0]
COMMANDS = re.findall(r"^crane ([^#\n]+)", SECTION, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_succeed(command, monkeypatch):
    """They are run from the product's folder, as printed."""
    monkeypatch.chdir(ROOT)
    ended = CliRunner().invoke(main, command.split())
    assert ended.exit_code == 0, ended.output


def test_its_cells_are_cells():
    """Every way of writing a cell that the manual shows is read."""
    part = SECTION.split("### 单元格")[1].split("###")[0]
    cells = [cell for row in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) for cell in re.findall(r"`([^`]+)`", row)]
    assert len(cells) > 15
    for cell in cells:
        read_cell(cell)


def test_its_cases_are_those_of_the_shipped_table():
    """The file that is shown is the beginning of a sound one."""
    ((life,), _) = read_decisions("service_life.dmn", (ROOT / "bpmn" / "service_life.dmn").read_bytes())
    shown = re.search(r"```csv\n(.*?)```", SECTION, re.DOTALL)[1]
    assert run_cases(life, read_cases(life, "shown.csv", shown.encode())).passed


def test_its_table_is_the_shipped_one():
    """The rows that are printed are the rules of the file, in its order."""
    ((life,), _) = read_decisions("service_life.dmn", (ROOT / "bpmn" / "service_life.dmn").read_bytes())
    rows = [[cell.strip(" `") for cell in row.split("|")] for row in re.findall(r"^\| \d \| (.*) \|$", SECTION, re.MULTILINE)]
    for rule, (*cells, years) in zip(life.rules, rows, strict=False):
        assert rule.cells == tuple(map(read_cell, cells))
        assert rule.outputs[0].text == years


def test_it_lists_every_shipped_table():
    named = set(re.findall(r"^\| `(\w+)` [^|]+ \|", SECTION, re.MULTILINE))
    assert named == {path.stem for path in (ROOT / "bpmn").glob("*.dmn")}
