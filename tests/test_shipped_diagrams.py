"""The diagrams and the decision table that come with the product: accepted as they are, drawn in full, and walked to every end."""

from itertools import pairwise

import pytest
from filing_walks import (
    AGGREGATED,
    CASE,
    CERTIFICATE,
    CHECKED,
    DECISIONS,
    DIAGRAMS,
    PREPARED,
    PROCESSES,
    PUSHED,
    READ,
    ROOT,
    SEALED,
    SEALING,
    STATUS_WORDS,
    TABLES,
    WALKS,
    done,
    later,
    walked,
)
from lxml import etree

from registry.parties import standard_lanes
from registry.rules import FORM_RULES
from workflow_runtime.catalogue import discover
from workflow_runtime.diagram.contract import Parts, check
from workflow_runtime.diagram.contract.variables import parties
from workflow_runtime.diagram.model import INBOX
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.engine.surroundings import Refused
from workflow_runtime.forms import read_form

FORMS = [read_form(path.name, path.read_bytes(), FORM_RULES) for path in sorted((ROOT / "forms").glob("*.form"))]
NODES = [node for process in PROCESSES.values() for node in process.nodes]
FILING = [PROCESSES["new_filing"], PROCESSES["issue_certificate"]]


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


# --- walks


@pytest.mark.parametrize("name", WALKS)
def test_a_filing_shows_these_statuses_and_ends(name):
    """Whatever happens on the way, the status always says where the filing is, and the last step ends it."""
    steps, statuses = WALKS[name]
    walk = walked(steps)
    assert distinct(walk.statuses) == statuses
    assert walk.ended


def test_a_filing_just_submitted_awaits_review():
    """The owner reads 待审核 at once, while the checks still run."""
    assert walked([]).statuses == ["待审核"]


def distinct(statuses: list[str]) -> list[str]:
    return [statuses[0], *(after for before, after in pairwise(statuses) if before != after)]


def test_the_walks_pass_every_element_and_every_branch():
    """No element and no branch of a gateway is there that no filing can come to."""
    paths = [walked(steps).path for steps, _ in WALKS.values()]
    gateways = [(n, s) for p in FILING for s in p.scopes.values() for n in s.nodes.values() if n.type.endswith("Gateway")]
    branches = {(node.id, flow.target) for node, scope in gateways for flow in scope.outgoing(node.id)}
    assert {node.id for process in FILING for node in process.nodes} - {element for path in paths for element in path} == set()
    assert branches - {pair for path in paths for pair in pairwise(path)} == set()


def test_handlers_get_what_the_filing_says():
    """The parameters of the service tasks read the right variables."""
    walk = walked([*SEALED, *PUSHED])
    filing = {"filing": walk.variables["apply"], "authority": walk.variables["case"]["authority"]}
    assert walk.calls.pop("precheck") == {**filing, "service_life": {"limit_years": 10}}
    assert walk.calls.pop("national_check") == filing
    assert walk.calls.pop("prepare") == {**filing, "operation": "new", "replaces": None}
    assert walk.calls.pop("assign_code") == {"certificate_no": CERTIFICATE["number"], "operation": CERTIFICATE["operation"]}
    assert walk.calls == {element: {"certificate_no": CERTIFICATE["number"]} for element in walk.calls}


REMINDERS = {"remind": "authority", "escalate": "authority.parent", "remind_seal": "authority", "remind_aggregate": "authority"}


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([*CHECKED, later(days=8)], set()),
        ([*CHECKED, later(days=9)], {"remind"}),
        ([*CHECKED, later(days=10)], {"remind", "escalate"}),
        ([*SEALING, later(days=3)], {"remind_seal"}),
        ([*SEALED, later(days=3)], {"remind_aggregate"}),
    ],
)
def test_a_reminder_names_the_case_and_goes_to_those_who_can_act(steps, told):
    """Before the due date the authority is reminded, at it its superior is told; whoever forgets to seal or to push is reminded too."""
    calls = walked(steps).calls
    assert {task for task in REMINDERS if task in calls} == told
    assert all(calls[task]["to"] == REMINDERS[task] and CASE["number"] in calls[task]["text"] for task in told)


@pytest.mark.parametrize(
    ("steps", "element"),
    [
        ([], "precheck"),
        (PREPARED, "assign_code"),
        ([*PREPARED, done("assign_code")], "seal"),
        ([*SEALING, later(minutes=10)], "poll"),
    ],
)
def test_an_error_that_no_one_foresaw_is_left_to_the_operator(steps, element):
    """A wrong parameter, say, becomes an incident; no one is asked to correct a filing for it."""
    walk = walked(steps)
    tokens = walk.tokens()
    assert tokens.fail(walk.at(tokens, element).token, Refused("PARAMETER_INVALID")) is None


@pytest.mark.parametrize(
    ("steps", "possible"),
    [(CHECKED, True), ([done("precheck", blocked=True), done("national_check")], True), ([], False), (PREPARED, False), (SEALED, False)],
)
def test_the_owner_may_withdraw_before_the_decision_only(steps, possible):
    """While under review or being corrected a filing can be taken back; once approved it cannot."""
    walk = walked(steps)
    assert walk.tokens().deliver("withdraw", {"reason": "sold"}) is possible
    assert walk.variables.get("withdrawal") == ({"reason": "sold"} if possible else None)
