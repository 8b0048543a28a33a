"""`crane new-business`: what it writes is sound at once; what it cannot do it says, and writes nothing."""

import shlex

import pytest
from click.testing import CliRunner
from desk import Desk

from web.cli import main

WRITTEN = ["bpmn/dismantling.bpmn", "bpmn/scenarios/dismantling.toml", "forms/dismantling.form", "forms/dismantling_review.form"]
TITLE = "拆卸“备案” <一>"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Somebody in an empty folder, with a database of his own."""
    desk = Desk(tmp_path / "desk")
    monkeypatch.chdir(desk.folder)
    return desk


def there(desk):
    return sorted(str(path.relative_to(desk.folder)) for path in desk.folder.rglob("*") if path.is_file() and path.name != "crane.db")


def test_it_is_sound_at_once(desk):
    """Not a warning from lint, every scenario passes, and they pass all of it."""
    said = desk.crane("new-business", "dismantling", "--title", TITLE)
    assert there(desk) == WRITTEN
    assert "crane try" in said.out
    assert desk.crane("lint", "--json").json == []
    assert desk.data("try", "bpmn/dismantling.bpmn")["passed"]
    [covered] = desk.data("coverage", "bpmn/dismantling.bpmn", "--out", "pictures", "--at-least", "100")["processes"]
    assert (desk.folder / covered["picture"]).is_file()


def test_the_commands_that_it_prints_can_be_run(desk):
    """Also in a folder with a blank in its name."""
    said = desk.crane("new-business", "dismantling", "--into", "my own")
    commands = [line.partition(": crane ")[2] for line in said.out.splitlines() if ": crane " in line]
    assert [command.split()[0] for command in commands] == ["lint", "try", "coverage", "deploy"]
    for command in commands[:2]:
        desk.crane(*shlex.split(command))


def test_it_is_deployed_started_and_found_in_the_inbox(desk):
    """Deployed beside the product's own, an owner starts it and the reviewer finds it, under its title."""
    for command in (("db", "upgrade"), ("user", "demonstration"), ("new-business", "dismantling", "--title", TITLE)):
        desk.crane(*command)
    [deployed] = desk.data("deploy", "bpmn", "forms")["businesses"]
    assert (deployed["business"], deployed["title"]) == ("dismantling", TITLE)
    (desk.folder / "answers.json").write_text('{"subject": "塔机拆卸", "authority": "authority:11150100MB0000001L"}', encoding="utf-8")
    desk.crane("start", "dismantling", "--as", "zhang", "--answers", "answers.json")
    [waiting] = desk.data("tasks", "--as", "li.150100")
    assert (waiting["task"]["element"], waiting["case"]["status"] if "case" in waiting else "待审核") == ("review", "待审核")


@pytest.mark.parametrize("kept", WRITTEN)
def test_nothing_is_overwritten(desk, kept):
    """No file is written when one of them is there."""
    (desk.folder / kept).parent.mkdir(parents=True)
    (desk.folder / kept).write_text("mine")
    said = desk.run("new-business", "dismantling")
    assert (said.status, there(desk), (desk.folder / kept).read_text()) == (1, [kept], "mine")
    assert "FILE_EXISTS" in said.err


def test_an_id_that_another_file_uses_is_taken(desk):
    """Whatever the files are called."""
    desk.crane("new-business", "dismantling")
    for name in WRITTEN:
        (desk.folder / name).rename((desk.folder / name).with_stem("other" + (desk.folder / name).stem))
    said = desk.run("new-business", "dismantling")
    assert (said.status, "BUSINESS_TAKEN" in said.err, len(there(desk))) == (1, True, 4)


@pytest.mark.parametrize(
    "key", ["", "Dismantling", "dis-mantling", "../escape", "2nd", "拆卸", "a" * 41, "a b", "case", "and", "not", "null"]
)
def test_a_bad_key_is_refused_with_words(desk, key):
    """Also the words that mean something in expressions."""
    said = desk.run("new-business", key)
    assert (said.status, there(desk)) == (1, [])
    assert "BUSINESS_KEY" in said.err
    assert "dismantling" in said.err


@pytest.mark.parametrize("title", ["", "  ", "两\n行", "a\x1b[31m", "长" * 41])
def test_a_bad_title_is_refused_with_words(desk, title):
    said = desk.run("new-business", "dismantling", "--title", title)
    assert (said.status, there(desk)) == (1, [])
    assert "BUSINESS_TITLE" in said.err


def test_a_folder_that_cannot_be_written_is_told(desk):
    (desk.folder / "bpmn").write_text("a file")
    said = CliRunner().invoke(main, ["new-business", "dismantling"], catch_exceptions=False)
    assert said.exit_code == 1
    assert "FILE_UNWRITABLE" in said.stderr
