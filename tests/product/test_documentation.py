"""What the documentation says is done here as it says it."""

import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from office import ROOT, answers_of

from registry.rules import FORM_RULES
from registry.users import add_user, grant
from sandbox.misbehaviour import MODES
from web.composition import actor_named
from web.demonstration.filing import with_papers
from workflow_runtime import cases
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.deployment import deploy
from workflow_runtime.diagram.contract.properties import KNOWN
from workflow_runtime.forms.profile import COMPONENTS


def examples():
    return [(p.name, p.read_bytes()) for p in sorted((ROOT / "docs" / "examples").iterdir()) if p.is_file()]


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
    assert "opinions" in [b.business for b in done.businesses if b.changed]
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


def test_the_analysts_manual_names_every_question_of_forms_with_what_it_may_say():
    text = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8")
    section = text[text.index("## 表单") : text.index("## 签发证照")]
    types = {word for row in re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)}
    assert types == {*COMPONENTS, "text", "group"}
    offered = {word for kind in COMPONENTS.values() for word in (kind.validate | kind.properties)} | {
        *FORM_RULES.options,
        *FORM_RULES.validators,
    }
    assert sorted(word for word in offered if not re.search(rf"[`.]{word}`", section)) == []


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


@pytest.fixture
def clone(tmp_path):
    """A folder as a developer's fresh clone: `tasks` and `tests` are his own to write to, everything else is as it is here."""
    home = tmp_path / "a clone"
    shutil.copytree(ROOT / "tasks", home / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
    (home / "tests" / "tasks").mkdir(parents=True)
    for name in ("registry", "sandbox", "web", "workflow_runtime", "pyproject.toml"):
        (home / name).symlink_to(ROOT / name)
    for name in ("conftest.py", "databases.py", "diagrams.py", "templates_once.py", "workbench.py"):
        (home / "tests" / name).symlink_to(ROOT / "tests" / name)
    (home / ".venv" / "bin").mkdir(parents=True)
    for command, module in (("crane", "web"), ("pytest", "pytest -p no:cacheprovider")):
        shim = home / ".venv" / "bin" / command
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        shim.chmod(0o755)
    (home / ".venv" / "bin" / "activate").write_text('PATH="$PWD/.venv/bin:$PATH"\n')
    return home


def test_the_developers_ten_minutes(clone):
    """docs/developer.md, first section: its files are written and its commands run as printed, in order, in one shell."""
    text = (ROOT / "docs" / "developer.md").read_text(encoding="utf-8")
    section = text.split("## Ten minutes\n")[1].split("\n## ")[0]
    script = ""
    for kind, name, content in re.findall(r"```(\w+) ?(\S*)\n(.*?)```", section, re.DOTALL):
        if kind == "sh":
            script += content
        else:
            assert name, "a file that has no name"
            script += f"mkdir -p {Path(name).parent}\ncat > {name} <<'END-OF-FILE'\n{content}END-OF-FILE\n"
    script = re.sub(r"\b20\d\d(?=\d{7}\b)", str(datetime.now(SHANGHAI).year), script)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRANE_")}
    ended = subprocess.run(["bash", "-ec", script], cwd=clone, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "weather.warning(place)" in ended.stdout
    assert "2 个文件，0 条提示" in ended.stdout
    assert "已查（已办结）" in ended.stdout
    linted = subprocess.run([sys.executable, "-m", "ruff", "check", "tasks", "tests/tasks"], cwd=clone, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout


SCREENSHOTS = {
    "sign-in", "worklist", "advanced-search", "case", "review-dialog", "sealing", "aggregate", "case-aggregated", "start", "apply-form",
    "sent-back", "legacy", "legacy-entry", "legacy-import",
    "apply-errors", "correct", "incidents", "authority", "users", "statistics", "verify", "preview", "deployments",
}  # fmt: skip
"""The pictures that the operation manual shows."""


def test_the_operation_manual_shows_every_picture_once():
    text = (ROOT / "docs" / "reviewer.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"!\[[^\]]+\]\(images/([\w-]+)\.png\)", text)) == sorted(SCREENSHOTS)


def test_every_picture_is_there():
    """They are made by the tests in a browser; until these have run, the missing ones are named."""
    if missing := sorted(SCREENSHOTS - {path.stem for path in (ROOT / "docs" / "images").glob("*.png")}):
        pytest.skip(f"no pictures yet: {', '.join(missing)}")


def test_the_operation_manual_explains_every_status_word():
    """Those of the deployed diagrams, and no other."""
    text = (ROOT / "docs" / "reviewer.md").read_text(encoding="utf-8")
    table = text.split("## 审核状态\n")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| (\S+) \|", table, re.MULTILINE)) - {"审核状态"}
    drawn = {
        word
        for diagram in (ROOT / "bpmn").glob("*.bpmn")
        for word in re.findall(r'name="status" value="([^"]+)"', diagram.read_text(encoding="utf-8"))
    }
    assert told == drawn


def test_the_operation_manual_keeps_the_order_of_the_work():
    text = (ROOT / "docs" / "reviewer.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#{2,3} (.+)$", text, re.MULTILINE)
    order = ["登录", "起重机械电子备案", "查询", "重置", "高级查询", "查看", "审核通过和审核不通过", "签章", "归集"]
    assert [heading for heading in headings if heading in order] == order


def test_the_manuals_name_commands_that_there_are():
    from web.cli import main

    named = {
        (document.name, command)
        for document in (ROOT / "docs").glob("*.md")
        for command in re.findall(r"(?:`|^)crane ([a-z][a-z-]+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert [pair for pair in sorted(named) if pair[1] not in main.modules] == []


def test_the_operation_manuals_words_are_on_the_pages():
    """What it puts between quotation marks — buttons, menu entries, status words — is said exactly so by the product."""
    told = re.findall("“([^”]+)”", (ROOT / "docs" / "reviewer.md").read_text(encoding="utf-8"))
    kinds = {"web": ("*.html", "*.py"), "registry": ("*.py",), "bpmn": ("*.bpmn",), "forms": ("*.form",)}
    files = (file for folder, names in kinds.items() for name in names for file in sources(ROOT / folder, name))
    product = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert sorted({word for word in told if word not in product}) == []


def sources(folder, name):
    """Our own files of this kind."""
    return (file for file in folder.rglob(name) if "node_modules" not in file.parts)


def test_the_analysts_way_from_a_change_to_its_migration(tmp_path):
    """docs/analyst.md, on versions: its commands run as printed, in order, in a folder with a case under way and an edited diagram."""
    text = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8")
    section = text.split("## 版本：比较、预演、部署、迁移\n")[1].split("\n## ")[0]
    script = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]
    for folder in ("bpmn", "forms"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    answers = ROOT / "web" / "demonstration" / "tower_crane.json"
    papers = "business_licence manufacturing_licence product_certificate supervision_certificate purchase_proof".split()
    attached = " ".join(f'--attach {name}="{ROOT}/web/demonstration/paper.pdf"' for name in papers)
    before = f"""crane() {{ "{sys.executable}" -m web "$@"; }}
crane db upgrade && crane deploy && crane user demonstration && crane start new_filing --as zhang --answers "{answers}" {attached}
sed -i 's/name="审核"/name="初审"/' bpmn/new_filing.bpmn
"""
    script = script.replace("crane diff deployed bpmn ", "crane diff deployed bpmn || test $? = 1 ")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRANE_")} | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        ["bash", "-ec", before + script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for told in ("的名称由“审核”改为“初审”", "可以迁移 1，不能迁移 0", "已迁移 1，未迁移 0", "已撤销 1，未撤销 0"):
        assert told in ended.stdout
