"""What scenarios pass of a diagram, counted and drawn."""

import re

import pytest
from lxml import etree
from stages import ROOT, SHIPPED, contents_around, stage

from web.cli.workspace import own_processes, read_scenario_file, scenario_files
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.diagram.xml import parse_xml
from workflow_runtime.drawing.layout import plan_of
from workflow_runtime.drawing.plan import read_plan
from workflow_runtime.drawing.svg import SVG, Passes, draw
from workflow_runtime.scenarios.coverage import Share, coverage
from workflow_runtime.scenarios.running import play

DIAGRAMS = sorted(own_processes(SHIPPED, contents_around(SHIPPED)))


@pytest.fixture(scope="module")
def played():
    return [play(stage(SHIPPED, s.process), s) for path in scenario_files(SHIPPED) for s in read_scenario_file(path)]


@pytest.mark.parametrize("process", DIAGRAMS)
def test_the_shipped_scenarios_pass_everything_of_the_shipped_diagrams(played, process):
    """No element, no branch of a gateway and no boundary event is there that no scenario comes to."""
    covered = coverage(contents_around(SHIPPED).processes[process], played)
    assert (covered.elements.missing, covered.branches.missing, covered.boundary_events.missing, covered.flows.missing) == ((), (), (), ())
    assert covered.least == 100


def test_a_share_is_never_rounded_up_to_the_whole():
    """One of two thousand missing is not a hundred per cent; nothing to pass is."""
    assert Share(2000, ("one",)).percent == 99.9
    assert Share(3, ("one",)).percent == 66.7
    assert Share(0, ()).percent == 100


def opinions(number):
    """The example's process and what its scenarios up to this number pass."""
    file = ROOT / "docs" / "examples" / "opinions.bpmn"
    scenarios = read_scenario_file(ROOT / "docs" / "examples" / "scenarios" / "opinions.toml")[:number]
    there = stage(file, "opinions")
    return there.process, coverage(there.process, [play(there, s) for s in scenarios])


def test_a_branch_that_no_scenario_takes_is_missing():
    """With the first scenario alone, nobody is refused; both flows into the join count once it has passed."""
    _, covered = opinions(1)
    assert covered.elements.missing == ("returned",)
    assert covered.branches.missing == ("agreed_to_returned",)
    assert covered.flows.missing == ("agreed_to_returned",)
    assert covered.passes.flows["safety_to_join"] == covered.passes.flows["licensing_to_join"] == 1


def drawing(process, passes):
    data = (ROOT / "docs" / "examples" / process.file).read_bytes()
    plan = read_plan(parse_xml(process.file, data)[0])
    return etree.fromstring(draw(plan, process, "图", passes))


def groups(picture, state):
    return {
        g.findtext(f"{{{SVG}}}title").split("（")[-1].split("）")[0]
        for g in picture.iter(f"{{{SVG}}}g")
        if g.get("class").endswith(state) and g.find(f"{{{SVG}}}title") is not None
    }


def test_the_picture_shows_every_element_and_flow_and_marks_those_that_are_missing():
    """By a sign and by the line, not by colour alone; the names are on it in Chinese."""
    process, covered = opinions(1)
    picture = drawing(process, covered.passes)
    parts = {node.id for node in process.nodes} | {flow.id for scope in process.scopes.values() for flow in scope.flows}
    assert groups(picture, " missed") == {"returned", "agreed_to_returned"}
    assert groups(picture, " passed") == parts - {"returned", "agreed_to_returned"}
    words = [text.text for text in picture.iter(f"{{{SVG}}}text")]
    assert {"提出申请", "公示三天", "质量安全科", "征求意见"} <= set(words)
    assert words.count("✗") == 2 + 1  # the legend has one, too


def test_the_picture_needs_nothing_from_elsewhere():
    """One file: no script, no font, no picture and no address but the name of the format."""
    process, covered = opinions(2)
    picture = drawing(process, covered.passes)
    assert {etree.QName(e).localname for e in picture.iter("{*}*")}.isdisjoint({"script", "image", "use", "foreignObject", "link"})
    assert b"http" not in etree.tostring(picture).replace(SVG.encode(), b"")


def test_a_plain_picture_marks_nothing():
    """Without counts it is the drawing alone."""
    process, _ = opinions(0)
    picture = drawing(process, None)
    assert groups(picture, " missed") == groups(picture, " passed") == set()
    assert "✗" not in [text.text for text in picture.iter(f"{{{SVG}}}text")]


def test_words_of_a_diagram_are_never_markup():
    """A name with angle brackets is a name."""
    data = (ROOT / "docs" / "examples" / "opinions.bpmn").read_bytes().replace("质量安全科意见".encode(), b"&lt;script&gt;")
    (process,), _ = read_bpmn("opinions.bpmn", data)
    picture = etree.fromstring(draw(read_plan(parse_xml("opinions.bpmn", data)[0]), process, "<b>", Passes({}, {})))
    assert {etree.QName(e).localname for e in picture.iter("{*}*")}.isdisjoint({"script", "b"})
    assert any("<script>" in (text.text or "") for text in picture.iter(f"{{{SVG}}}text"))


def undrawn():
    """The example without its drawing, and without what its nodes say of their flows."""
    data = (ROOT / "docs" / "examples" / "opinions.bpmn").read_text(encoding="utf-8")
    bare = re.sub(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", data, flags=re.DOTALL)
    return re.sub(r"<bpmn:(incoming|outgoing)>.*?</bpmn:\1>", "", bare).encode()


def test_a_diagram_without_a_drawing_is_laid_out():
    """Every element and every flow has its place then, too."""
    process, _ = opinions(0)
    plan = plan_of("opinions.bpmn", undrawn())
    assert {shape.element for shape in plan.shapes} >= {node.id for node in process.nodes}
    assert {edge.element for edge in plan.edges} == {flow.id for scope in process.scopes.values() for flow in scope.flows}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<dc:Bounds x="230" y="122" width="36" height="36" />', ""),
        ('x="230" y="122"', 'x="NaN" y="1e99"'),
        ('x="230" y="122"', 'x="here" y=""'),
        ('<di:waypoint x="266" y="140" />', ""),
        ('bpmnElement="submit"', 'bpmnElement="nobody"'),
        ('bpmnElement="opinions_pool"', ""),
    ],
)
def test_a_faulty_drawing_is_drawn_as_far_as_it_goes(old, new):
    """A shape or an edge without a place is left out; nothing fails."""
    process, covered = opinions(1)
    data = (ROOT / "docs" / "examples" / "opinions.bpmn").read_text(encoding="utf-8")
    assert old in data
    picture = draw(plan_of("opinions.bpmn", data.replace(old, new).encode()), process, "图", covered.passes)
    assert b"NaN" not in picture
    assert len(groups(etree.fromstring(picture), " passed")) > 10
