"""`crane try` and `crane coverage` at the command line: what they print, and how they end."""

import pytest
from desk import ROOT, Desk

EXAMPLE = ROOT / "docs" / "examples" / "opinions.bpmn"
SCENARIOS = ROOT / "docs" / "examples" / "scenarios" / "opinions.toml"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Somebody in an empty folder: neither database nor diagrams."""
    desk = Desk(tmp_path / "desk")
    monkeypatch.chdir(desk.folder)
    return desk


def write(desk, text):
    path = desk.folder / "s.toml"
    path.write_text('process = "opinions"\nstart = { subject = "x" }\n' + text, encoding="utf-8")
    return path


def test_the_path_is_printed_element_by_element(desk):
    """Name, id, lane, status word, and the decision with the condition that held and what it read; no database is made."""
    said = desk.crane("try", EXAMPLE, "--only", "公示").out
    for words in (
        "提出申请（submit） [产权单位]",
        "质量安全科意见（safety） [质量安全科]  状态 status：征求意见",
        '→ 是：safety.outcome = "agree" and licensing.outcome = "agree"',
        "licensing.outcome = “agree”",
        "时间到 2026-03-05 09:00",
        "1 个情景，0 个未通过",
    ):
        assert words in said
    assert not desk.path.exists()


def test_a_difference_is_marked_line_by_line(desk):
    """Exit status 1; expected and got can be told apart without colour."""
    said = desk.run("try", EXAMPLE, "--scenario", write(desk, '[[scenario]]\nname = "a"\nstatus = ["征求意见", "已办结"]\nends = "done"'))
    assert said.status == 1
    for words in ("状态的先后 · statuses", "- 已办结", "期望 expected：“done”", "实际 got：     false"):
        assert words in said.out
    [told] = desk.run("try", EXAMPLE, "--scenario", desk.folder / "s.toml", "--json").json["scenarios"]
    assert [(d["expected"], d["got"]) for d in told["differences"]] == [(["征求意见", "已办结"], ["征求意见"]), ("done", False)]


def test_a_step_that_cannot_be_played_is_told_with_its_number(desk):
    said = desk.run(
        "try", EXAMPLE, "--scenario", write(desk, '[[scenario]]\nsteps = [{ complete = "safty", outcome = "agree" }]'), "--brief"
    )
    assert said.status == 1
    for words in ("第 1 步 step · STEP_IMPOSSIBLE", "是不是 safety", "Did you mean safety"):
        assert words in said.out


def test_what_all_scenarios_fail_at_is_told_once(desk):
    """The answers of the start belong to all of them: a wrong one is not told as often as there are scenarios."""
    scenario = '[[scenario]]\nname = "{}"\nstart = {{ nowhere = 1 }}\n'
    said = desk.run("try", EXAMPLE, "--scenario", write(desk, scenario.format("甲") + scenario.format("乙")))
    assert (said.status, said.out.count("nowhere：表单中没有这一项"), said.out.count("同前")) == (1, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((EXAMPLE, "--only", "没有"), "NO_SCENARIO"),
        ((EXAMPLE, "--scenario", "none.toml"), "FILE_UNREADABLE"),
        (("none.bpmn",), "FILE_UNREADABLE"),
        ((EXAMPLE, "--scenario", EXAMPLE), "SCENARIO_INVALID"),
    ],
)
def test_what_cannot_be_tried_is_told(desk, arguments, code):
    said = desk.run("try", *arguments)
    assert (said.status, code in said.err) == (1, True), said


def test_a_scenario_of_a_process_that_is_nowhere_is_told(desk):
    """It is mistyped; left out in silence, it would never be missed."""
    (desk.folder / "opinions.bpmn").write_bytes(EXAMPLE.read_bytes())
    (desk.folder / "scenarios").mkdir()
    (desk.folder / "scenarios" / "s.toml").write_text('process = "opinion"\n[[scenario]]\n', encoding="utf-8")
    for command in ("try", "coverage"):
        said = desk.run(command, "opinions.bpmn")
        assert (said.status, "opinions" in said.err) == (1, True)


def test_a_faulty_diagram_is_refused_before_anything_is_played(desk):
    """With the findings that `crane lint` would have."""
    text = EXAMPLE.read_text(encoding="utf-8").replace('sourceRef="join" targetRef="agreed"', 'sourceRef="join" targetRef="nobody"')
    (desk.folder / "opinions.bpmn").write_text(text, encoding="utf-8")
    said = desk.run("try", "opinions.bpmn", "--scenario", SCENARIOS)
    assert (said.status, "DIAGRAM_REFUSED" in said.err) == (1, True)


def test_coverage_ends_with_1_below_what_is_asked(desk):
    """And names what is missing."""
    half = SCENARIOS.read_text(encoding="utf-8").split("[[scenario]]")
    (desk.folder / "scenarios").mkdir()
    (desk.folder / "scenarios" / "s.toml").write_text("[[scenario]]".join(half[:2]), encoding="utf-8")
    for path in EXAMPLE.parent.iterdir():
        if path.suffix in (".form", ".bpmn") and path.stem in ("opinions", "opinion", "request"):
            (desk.folder / path.name).write_bytes(path.read_bytes())
    said = desk.run("coverage", "opinions.bpmn", "--at-least", "80")
    assert (said.status, "退回（returned）" in said.out, "agreed → returned" in said.out) == (1, True, True)
    assert desk.run("coverage", "opinions.bpmn", "--at-least", "75").status == 0
    told = desk.data("coverage", "opinions.bpmn")["processes"][0]
    assert (told["elements"]["missing"], told["branches"]["percent"]) == (["returned"], 75.0)


def test_coverage_needs_a_diagram(desk):
    (desk.folder / "empty").mkdir()
    (desk.folder / "empty" / "a.form").write_bytes((EXAMPLE.parent / "opinion.form").read_bytes())
    said = desk.run("coverage", "empty")
    assert (said.status, "NO_PROCESS" in said.err) == (1, True)
