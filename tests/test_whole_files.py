"""Files checked together, as the command checks them: ours have no finding, and what is wrong in one file is not told of another."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest
from bpmn_io import BpmnModdle
from click.testing import CliRunner
from deployment import HANDLERS, LANES
from diagrams import bpmn, chain, end, start, user

from web.cli import main
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.checking import linted
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.forms import FormRules

ROOT = Path(__file__).parents[1]
OURS = ["bpmn forms docs/examples", *(f"bpmn forms {path.relative_to(ROOT)}" for path in sorted(ROOT.glob("tests/variants/*/")))]


@pytest.mark.parametrize("folders", OURS)
def test_our_own_files_have_no_finding(folders, tmp_path, monkeypatch):
    """`crane lint`, whole: contract, tables, forms and good practice, over the handlers and lanes of the product; warnings count."""
    monkeypatch.chdir(ROOT)
    ended = CliRunner().invoke(
        main, ["lint", *folders.split(), "--json"], env={"CRANE_DATABASE_URL": f"sqlite:///{tmp_path}/none.db"}, catch_exceptions=False
    )
    found = {finding["code"] for finding in json.loads(ended.stdout)}
    assert (found, ended.exit_code) == ({"ID_NOT_ASCII"} if folders.endswith("nested") else set(), 0)


DIAGRAMS = sorted([*ROOT.glob("bpmn/*.bpmn"), *ROOT.glob("docs/examples/*.bpmn"), *ROOT.glob("tests/variants/*/*.bpmn")])


def as_read(data: bytes):
    """What our reader makes of a file, lines left out: an editor breaks lines as it likes."""
    processes, found = read_bpmn("x.bpmn", data)
    return without_lines([asdict(process) for process in processes]), [finding.code for finding in found]


def without_lines(value):
    if isinstance(value, Mapping):
        return {key: without_lines(each) for key, each in value.items() if key not in ("line", "origin")}
    return [without_lines(each) for each in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.name)
def test_a_file_that_an_editor_saves_loses_nothing(path):
    """Read and written by the model that bpmn.io's editors work on; where it would lose elements, the contract has said so."""
    data = path.read_bytes()
    model = BpmnModdle()
    saved = model.to_xml(model.from_xml(data.decode()).root_element, {"format": True})
    unreadable = any(True for process in read_bpmn("x.bpmn", data)[0] for node in process.nodes if not node.id.isascii())
    assert (as_read(saved.xml.encode()) == as_read(data)) is not unreadable
    assert unreadable is (path.name == "qiantao.bpmn")


def codes(form: bytes) -> set[tuple[str, str]]:
    diagram = bpmn(
        start(form="ask", lane="owner"), user("u", "owner", "ask", variableName="v", formMode="ask:read"), end(), chain("start", "u", "end")
    )
    files = [("d.bpmn", diagram), ("ask.form", form)]
    return {
        (f.file, f.code)
        for f in linted(files, [], LANES, Catalogue(lambda _: None, handlers=dict(HANDLERS)), FormRules())
        if f.severity == "error"
    }


FORM = {"type": "default", "id": "ask", "schemaVersion": 18, "components": [{"id": "F", "type": "textfield", "key": "f", "label": "f"}]}


def test_a_form_with_an_error_is_told_once():
    """The diagram that uses it is not said to name an unknown form."""
    assert codes(json.dumps(FORM | {"components": [{"id": "F", "type": "slider"}]}).encode()) == {("ask.form", "FORM_COMPONENT")}
    assert codes(b"{") == {("ask.form", "FORM_UNREADABLE")}


def test_a_form_that_is_sound_is_no_finding():
    assert codes(json.dumps(FORM).encode()) == set()
