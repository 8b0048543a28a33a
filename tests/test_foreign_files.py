"""Any file of any tool may be handed to the check: no exception, little time and memory, and a first finding that says what is the matter."""

import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from deployment import HANDLERS, LANES
from foreign_files import CONSTRUCTS, GREAT, GREAT_OTHERS, MODEL, SHELLS, STRANGERS, encoded, files, xml
from timing import within

from workflow_runtime.catalogue import Catalogue
from workflow_runtime.checking import linted
from workflow_runtime.diagram.practice import practice
from workflow_runtime.forms import FormRules

ROOT = Path(__file__).parents[1]
CATALOGUE = Catalogue(lambda _: None, handlers=dict(HANDLERS))
SECONDS = 2.0
"""CPU seconds that one file may take; whole processes have as long on a quiet machine."""


def lint(name: str, data: bytes):
    return linted([(name, data)], [], LANES, CATALOGUE, FormRules())


def first_of(data: bytes, name: str = "x.bpmn"):
    found = lint(name, data)
    assert found, "nothing was found in a file that cannot run"
    assert all((*f.message, *f.cure, f.file == name) for f in found)
    return found[0]


def test_a_mixed_sample_of_foreign_files_gives_findings_quickly():
    """Dialects, encodings, namespaces, constructs and damages, thrown together."""
    for label, data in files(seed=20240403, count=250):
        first = within(SECONDS, partial(first_of, data), label)
        assert len(str(first)) < 3_000, label


@pytest.mark.parametrize(
    ("name", "data"), [*(("x.bpmn", data) for data in GREAT.values()), *GREAT_OTHERS.values()], ids=[*GREAT, *GREAT_OTHERS]
)
def test_a_megabyte_is_checked_within_seconds_and_megabytes(name, data):
    assert len(data) < 1_100_000
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    within(SECONDS, partial(first_of, data, name))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200_000  # kB


@pytest.mark.parametrize(("name", "data"), STRANGERS.items(), ids=STRANGERS)
def test_what_is_no_bpmn_is_told_what_it_is(name, data):
    first = first_of(data)
    assert first.code in ("XML_INVALID", "XML_DOCTYPE", "NOT_BPMN")
    if name in ("XPDL", "draw.io", "Visio", "SVG", "DMN", "CMMN", "BPEL", "AML", "JSON", "a Git LFS pointer"):
        assert name.removeprefix("a ").lower().replace(" pointer", "") in first.message.en.lower()


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_every_construct_of_every_tool_is_read(construct):
    for number, shell in enumerate(SHELLS):
        first_of(encoded(xml(shell, construct, number), "UTF-8"))


@pytest.mark.parametrize(
    ("construct", "said"),
    {
        "black boxes": "2 pool(s) with nothing inside",
        "a choreography": "choreography",
        "a conversation": "conversation",
        "global things": "globalTask",
        "nothing": "it is empty",
    }.items(),
)
def test_a_file_without_a_process_says_what_it_holds(construct, said):
    first = first_of(encoded(xml("bpmn.io", construct), "UTF-8"))
    assert first.code == "NO_PROCESS"
    assert said in first.message.en


@pytest.mark.parametrize(
    ("data", "said"),
    {
        "GBK said to be UTF-8": (encoded(xml("Camunda 7", "a process"), "GBK", "UTF-8").replace(b"/>", "中/>".encode("gbk")[:2] + b"/>"), "GB18030"),
        "blanks before": (b"\n\n" + encoded(xml("Camunda 7", "a process"), "UTF-8"), "declaration"),
        "cut off": (encoded(xml("Camunda 7", "a process"), "UTF-8")[:-40], "cut off"),
        "no namespace": (b"<definitions><process id='p'/></definitions>", "lacks the namespace"),
        "a draft of BPMN": (encoded(xml("Activiti", "a process", namespace="http://schema.omg.org/spec/BPMN/2.0"), "UTF-8"), "draft"),
    }.values(),
    ids=str,
)  # fmt: skip
def test_damage_is_named(data, said):
    assert said in first_of(data).message.en


def test_the_first_finding_speaks_of_the_file_as_a_whole():
    """Which tool drew it, how much must be changed, what kinds of things; then come the places."""
    tasks = "".join(f'<b:task id="t{n}"/>' for n in range(14))
    data = (
        f'<b:definitions xmlns:b="{MODEL}" exporter="Signavio"><b:process id="p"><b:startEvent id="s"/>{tasks}</b:process></b:definitions>'
    )
    first = first_of(data.encode())
    assert (first.code, first.severity) == ("FILE_OVERVIEW", "error")
    for part in ("drawn with Signavio", "14 task(s) do not say who does them", "nobody can start it"):
        assert part in first.message.en


MEASURED = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:], stdout=open(sys.argv[1], "wb"), stderr=subprocess.STDOUT)
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A small process between: the memory of a child is counted from its parent's, and the tests' own process is large."""


def test_a_whole_process_stays_within_its_bounds(tmp_path):
    """`crane lint` as people run it, start of the interpreter and all: no traceback, an exit status of 1, 300 MB."""
    file, said = tmp_path / "great.bpmn", tmp_path / "said"
    file.write_bytes(GREAT["nine hundred tasks in a row"])
    environment = {"CRANE_DATABASE_URL": f"sqlite:///{tmp_path}/none.db", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-I", "-c", MEASURED, said, sys.executable, "-m", "web", "lint", file, "--json"]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    status, memory = map(int, told.stdout.split())
    assert status == 1
    assert b"Traceback" not in said.read_bytes()
    assert memory < 300_000  # kB


ADVISED = {
    "BPMNLINT_SUPERFLUOUS_GATEWAY": '<exclusiveGateway id="x"/>',
    "BPMNLINT_NO_GATEWAY_JOIN_FORK": '<exclusiveGateway id="x"/><sequenceFlow id="f3" sourceRef="s" targetRef="x"/><sequenceFlow id="f4" sourceRef="x" targetRef="e"/>',
    "BPMNLINT_NO_DUPLICATE_SEQUENCE_FLOWS": '<task id="x"/><sequenceFlow id="f3" sourceRef="s" targetRef="x"/>',
}


def advised(body: str, more: str = "", before: str = "") -> set[str]:
    flows = '<sequenceFlow id="f1" sourceRef="s" targetRef="x"/><sequenceFlow id="f2" sourceRef="x" targetRef="e"/>'
    linked = (
        body.replace('"x"/>', '"x"><incoming>f1</incoming><outgoing>f2</outgoing>@</exclusiveGateway>', 1)
        if "exclusiveGateway" in body
        else body
    )
    linked = linked.replace("@", "<incoming>f3</incoming><outgoing>f4</outgoing>" if "f4" in body else "")
    data = f'<definitions xmlns="{MODEL}">{before}<process id="p"><startEvent id="s"/>{linked}<endEvent id="e"/>{flows}</process>{more}</definitions>'
    return {f.code for f in practice("x.bpmn", data.encode())}


@pytest.mark.parametrize(("code", "body"), ADVISED.items(), ids=ADVISED)
def test_good_practice_is_advised(code, body):
    assert code in advised(body)


def test_an_unused_message_and_a_missing_shape_are_advised():
    picture = (
        '<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI" id="d"><d:BPMNPlane id="q" bpmnElement="p"/></d:BPMNDiagram>'
    )
    assert {"BPMNLINT_GLOBAL", "BPMNLINT_NO_BPMNDI"} <= advised('<task id="x"/>', picture, '<message id="m" name="n"/>')
    assert "BPMNLINT_NO_BPMNDI" not in advised('<task id="x"/>')


@pytest.mark.parametrize("path", sorted([*ROOT.glob("bpmn/*.bpmn"), *ROOT.glob("docs/examples/**/*.bpmn")]), ids=lambda path: path.name)
def test_our_own_diagrams_follow_good_practice(path):
    assert [str(f) for f in practice(path.name, path.read_bytes())] == []


def test_advice_is_not_given_at_any_price():
    """A file too large for a reader in pure Python is not read by it."""
    assert practice("x.bpmn", GREAT["a megabyte of one name"]) == []
