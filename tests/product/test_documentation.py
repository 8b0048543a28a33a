"""What the documentation says is done here as it says it."""

import importlib
import re
import sys

import pytest
from diagrams import boundary, bpmn, chain, end, service, start
from office import ROOT, answers_of
from workbench import Workbench, form

from registry.users import add_user, grant
from sandbox.misbehaviour import MODES
from web.composition import actor_named
from web.demonstration.filing import with_papers
from workflow_runtime import cases
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.deployment import deploy
from workflow_runtime.diagram.contract.properties import KNOWN


@pytest.fixture
def bench_of_docs(database, clock, tmp_path, monkeypatch):
    """The runtime with the documentation's handler and a diagram around it."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "handlers.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "weather_warning.py").write_text(code[1], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    catalogue = Catalogue(lambda call: call)
    catalogue.collect(importlib.import_module("weather_warning"))
    bench = Workbench(database, clock, catalogue=catalogue)
    bench.deploy(
        bpmn(
            start(form="apply"),
            service("ask", "weather.warning", {"place": "apply.place"}, "weather"),
            boundary("unknown", "ask", error="PLACE_UNKNOWN"),
            end(status="已查"),
            end("lost", status="无此地点"),
            chain("start", "ask", "end"),
            chain("unknown", "lost"),
        ),
        form("apply", "place!"),
    )
    yield bench
    del sys.modules["weather_warning"]


def examples():
    return [(p.name, p.read_bytes()) for p in sorted((ROOT / "docs" / "examples").iterdir())]


def test_the_analysts_example_is_deployed_and_runs(office):
    """docs/examples: two departments with one form, three days of publication, without a line of Python."""
    party = "authority:11150100MB0000001L"
    with office.runtime.transaction() as uow:
        for login, department in (("qian", "质量安全科"), ("sun", "行政审批科")):
            add_user(uow.connection, login, department, f"{party}/{department}", uow.now)
            grant(uow.connection, login, "reviewer", f"{party}/{department}", uow.now)
    with office.runtime.transaction() as uow:
        done = deploy(uow, office.administrator, examples())
    assert done.warnings == ()
    assert [b.business for b in done.businesses if b.changed] == ["opinions"]
    with office.runtime.transaction() as uow:
        number = cases.start(uow, "opinions", office.owner, {"subject": "塔机附着方案", "authority": party}).number
    assert office.status(number) == "征求意见"
    for login, element in (("sun", "licensing"), ("qian", "safety")):
        office.complete(number, element, actor_named(office.runtime, login), outcome="agree", basis="同意")
    assert office.status(number) == "公示中"
    office.pass_time(days=3)
    assert office.status(number) == "已办结"


def test_the_analysts_manual_names_every_property_and_no_other():
    text = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8")
    table = text[text.index("## 扩展属性") : text.index("## 变量与表达式")]
    named = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    assert named == KNOWN - {"resultVariable"}


def test_a_certificate_in_force_can_be_recoded_sealed_again_and_returned_for_correction(office):
    """After 归集失败 → 重新赋码 → 签章异常 → 退回补正 the owner corrects and the same certificate goes on."""
    number = office.file()
    office.to_the_button(number)
    office.misbehave("national", "refuse", "gj", arg={"code": "E3001", "message": "企业名称与信用代码不符"})
    office.push(number)
    office.misbehave("provincial", "wrong-seal-name", "seal-requests", arg="别的单位")
    office.complete(number, "aggregate_trouble", outcome="recode")
    office.until(lambda: office.waiting(number) == ["seal_trouble"])
    office.complete(number, "seal_trouble", outcome="return", opinion="请更正企业名称")
    office.complete(number, "correct", office.owner, **with_papers(office.runtime, office.owner, answers_of("tower_crane")))
    office.until(lambda: office.waiting(number) == ["review"])
    office.complete(number, "review", outcome="approve")
    office.until(lambda: office.waiting(number) == ["aggregate_button"] or office.incidents(number) or "review" in office.waiting(number))
    assert (office.waiting(number), office.incidents(number)) == (["aggregate_button"], [])
    office.push(number)
    assert office.status(number) == "已归集"


def test_every_misbehaviour_has_its_documented_outcome():
    text = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE)) == set(MODES)


def test_the_developers_handler_is_found_and_works(bench_of_docs):
    """The handler of docs/handlers.md, as printed there: discovered, called from a diagram, refused into its boundary event."""
    bench = bench_of_docs
    case = bench.start(answers={"place": "呼和浩特"})
    bench.work()
    assert bench.variables(case)["weather"] == {"place": "呼和浩特", "level": 2}
    lost = bench.start(answers={"place": "阴山"})
    bench.work()
    assert bench.case(lost).status == "无此地点"
