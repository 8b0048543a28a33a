"""The diagrams and the decision table that come with the product: accepted as they are, and drawn in full. Where their tokens
go, the scenarios tell."""

from pathlib import Path

import pytest
from lxml import etree

from registry.parties import standard_lanes
from registry.rules import FORM_RULES
from workflow_runtime.catalogue import discover
from workflow_runtime.decisions import read_decisions
from workflow_runtime.diagram.contract import Parts, check
from workflow_runtime.diagram.contract.variables import parties
from workflow_runtime.diagram.model import INBOX
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.forms import read_form

ROOT = Path(__file__).parent.parent
DIAGRAMS = sorted((ROOT / "bpmn").glob("*.bpmn"))
READ = [read_bpmn(path.name, path.read_bytes()) for path in DIAGRAMS]
PROCESSES = {process.id: process for processes, _ in READ for process in processes}
TABLES = [read_decisions(path.name, path.read_bytes()) for path in sorted((ROOT / "bpmn").glob("*.dmn"))]
DECISIONS = {decision.id: decision for decisions, _ in TABLES for decision in decisions}
AGGREGATED = "已归集"
STATUS_WORDS = {
    *("待审核", "审核不通过（待补正）", "审核通过（待赋码）", "待签章", "已签章（待归集）", AGGREGATED),
    *("赋码失败", "签章异常", "归集失败", "已撤回", "不予备案"),
}
"""All that a user ever reads as the status of a filing."""

FORMS = [read_form(path.name, path.read_bytes(), FORM_RULES) for path in sorted((ROOT / "forms").glob("*.form"))]
NODES = [node for process in PROCESSES.values() for node in process.nodes]
FILING = [PROCESSES[name] for name in ("new_filing", "consult_tables", "issue_certificate")]


def test_the_diagrams_pass_the_contract_without_a_single_finding():
    """Reading and checking everything that is deployed together, over the real handlers, finds nothing, not even a warning."""
    read = [finding for _, found in [*READ, *TABLES, *FORMS] for finding in found]
    forms = {form.key: form for form, _ in FORMS if form is not None}
    catalogue = discover("tasks", lambda call: None)
    lanes = {lane.name: lane.party for lane in standard_lanes()}
    parts = Parts(PROCESSES, forms, DECISIONS, catalogue.handlers, lanes, frozenset(catalogue.receivers))
    assert [str(finding) for finding in [*read, *check(parts)]] == []


def test_owners_start_new_filings_and_never_the_issuing_of_a_certificate():
    """A new filing is a business; issuing is a part that businesses call."""
    assert PROCESSES["new_filing"].is_business
    assert not PROCESSES["issue_certificate"].is_business


def test_every_status_is_a_word_of_the_trade():
    """No diagram invents a status that people have not learnt to read."""
    assert {node.properties["status"] for node in NODES if "status" in node.properties} <= STATUS_WORDS


def test_a_filing_is_aggregated_only_at_its_very_end():
    """The status 已归集 stands at one place: the end event behind the issuing."""
    places = [(node.id, node.type) for process in FILING for node in process.nodes if node.properties.get("status") == AGGREGATED]
    assert places == [("aggregated", "endEvent")]


def test_every_element_has_a_chinese_name():
    """People read names, never ids: nodes, lanes, processes, and the branches of a gateway."""
    branches = [flow for p in PROCESSES.values() for s in p.scopes.values() for flow in s.flows if flow.condition]
    named = [*NODES, *PROCESSES.values(), *(lane for process in PROCESSES.values() for lane in process.lanes), *branches]
    assert [element.id for element in named if not any("一" <= letter <= "鿿" for letter in element.name)] == []


def test_user_tasks_are_worked_by_parties_of_the_role_table():
    """The owner corrects; all else is the issuing authority's."""
    lanes = {lane.name: lane.party for lane in standard_lanes()}
    worked = {node.id: lanes[node.lane] for process in FILING for node in process.nodes if node.type in INBOX}
    assert worked.pop("correct") == "owner"
    assert set(worked.values()) == {"authority"}


def test_people_see_these_forms():
    """Each user task has its form, with the application or the review beside it to read; only 归集 may be done for many at once."""
    shown = {n.id: (n.form, dict(n.form_modes)) for process in FILING for n in process.nodes if n.form}
    assert shown == {
        "submit": ("apply", {}),
        "correct": ("apply", {"review": "read"}),
        "review": ("review", {"apply": "read"}),
        "code_trouble": ("trouble", {}),
        "seal_trouble": ("trouble", {}),
        "aggregate_button": ("aggregate", {}),
        "aggregate_trouble": ("trouble", {}),
    }
    assert [node.id for process in FILING for node in process.nodes if node.properties.get("bulk") == "true"] == ["aggregate_button"]


def test_a_filing_goes_to_the_authority_that_its_owner_named():
    """The party `authority` of the case is the application's answer."""
    assert parties(PROCESSES["new_filing"]) == {"authority": "apply.authority"}


# --- the drawing

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"


def boxes(tree) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of every shape, by element."""
    found = {}
    for shape in tree.iter(f"{DI}BPMNShape"):
        x, y, width, height = (float(shape.find(f"{DC}Bounds").get(name)) for name in ("x", "y", "width", "height"))
        found[shape.get("bpmnElement")] = (x, y, x + width, y + height)
    return found


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_everything_is_drawn(path):
    """Every node, lane and flow has its place on the drawing, so that an editor shows the whole diagram."""
    tree = etree.fromstring(path.read_bytes())
    (process,) = read_bpmn(path.name, path.read_bytes())[0]
    edges = {edge.get("bpmnElement") for edge in tree.iter(f"{DI}BPMNEdge")}
    assert edges == {flow.id for scope in process.scopes.values() for flow in scope.flows}
    assert set(boxes(tree)) >= {node.id for node in process.nodes} | {lane.id for lane in process.lanes}


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_no_two_elements_lie_on_each_other(path):
    """Boxes of one scope keep apart, and each lies inside its lane."""
    shapes = boxes(etree.fromstring(path.read_bytes()))
    (process,) = read_bpmn(path.name, path.read_bytes())[0]
    for scope in process.scopes.values():
        drawn = [node.id for node in scope.nodes.values() if node.attached_to is None]
        assert [(a, b) for a in drawn for b in drawn if a < b and overlap(shapes[a], shapes[b])] == []
    for lane in process.lanes:
        assert [node for node in lane.nodes if not inside(shapes[node], shapes[lane.id])] == []


def overlap(a, b) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def inside(a, b) -> bool:
    return b[0] <= a[0] and a[2] <= b[2] and b[1] <= a[1] and a[3] <= b[3]


# --- the decision table


@pytest.mark.parametrize(
    ("machine", "years"),
    [
        ({"category": "T", "rated_moment": 629.9}, 10),
        ({"category": "T", "rated_moment": 630}, 15),
        ({"category": "T", "rated_moment": 1249.9}, 15),
        ({"category": "T", "rated_moment": 1250}, 20),
        ({"category": "T"}, None),
        ({"category": "T", "rated_moment": 63, "drive": "SC"}, 10),
        ({"category": "S", "drive": "SC"}, 8),
        ({"category": "S", "drive": "SS"}, 5),
        ({"category": "S", "drive": "SC", "rated_moment": 2000}, 8),
        ({"category": "S"}, None),
        ({"category": "S", "drive": "?"}, None),
        ({"category": "W"}, None),
        ({"category": "W", "rated_moment": 700, "drive": "SS"}, None),
        ({"category": "Q", "rated_moment": 700}, None),
        ({}, None),
    ],
)
def test_service_life_follows_the_standard(machine, years):
    """JGJ/T 189-2009, 3.0.2: 630 and 1250 kN·m belong to the longer life; what the standard does not name has no limit."""
    assert DECISIONS["service_life"].decide({"apply": machine}) == {"limit_years": years}
