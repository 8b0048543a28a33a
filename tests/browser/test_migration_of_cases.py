"""迁移 as an analyst does it, with a small business of its own: what the other tests look at stays as it is."""

import re

import pytest
from click.testing import CliRunner

from web.cli.new_business import new_business
from web.composition import actor_named
from workflow_runtime import cases
from workflow_runtime.deployment import deploy

AUTHORITY = "authority:11150100MB0000001L"


@pytest.fixture
def drawn(tmp_path):
    """The files of a new business."""
    assert CliRunner().invoke(new_business, ["dismantling", "--title", "拆卸备案", "--into", str(tmp_path)]).exit_code == 0
    return [path for path in sorted(tmp_path.rglob("*")) if path.suffix in (".bpmn", ".form")]


@pytest.fixture
def waiting(site, drawn):
    """A case of it, on the version that was deployed first."""
    analyst, owner = actor_named(site.runtime, "admin"), actor_named(site.runtime, "zhang")
    with site.runtime.transaction() as uow:
        deploy(uow, analyst, [(path.name, path.read_bytes()) for path in drawn])
    with site.runtime.transaction() as uow:
        return cases.start(uow, "dismantling", owner, {"subject": "塔机拆卸", "authority": AUTHORITY}).number


def test_files_stay_chosen_after_a_check_and_a_case_is_moved_and_brought_back(visit, site, drawn, waiting):
    begun = site.row(waiting).bundle_id
    [diagram] = [path for path in drawn if path.suffix == ".bpmn"]
    diagram.write_text(re.sub(r'"dueWorkingDays" value="\d+"', '"dueWorkingDays" value="4"', diagram.read_text("utf-8")), "utf-8")
    tab = visit("admin")
    tab.go("/deployments").page.get_by_label("文件").set_input_files(diagram)
    tab.press("检查")
    tab.page.get_by_text("用户任务“审核”的时限改为 4 个工作日").wait_for()
    tab.axe()
    tab.press("部署")
    assert "已部署：拆卸备案" in tab.text()

    tab.press("迁移：拆卸备案")
    tab.fill("理由", "时限缩短")
    tab.press("预测")
    assert "可以迁移 1 件，不能迁移 0 件" in tab.text()
    assert tab.page.get_by_label("理由", exact=True).input_value() == "时限缩短"
    tab.axe()
    tab.press("迁移")
    assert "已迁移 1 件，未迁移 0 件" in tab.text()
    assert site.row(waiting).bundle_id != begun

    tab.fill("撤销的理由", "弄错")
    tab.page.get_by_role("button", name="撤销").click()
    tab.page.get_by_text("已撤销 1 件，未撤销 0 件").wait_for()
    assert site.row(waiting).bundle_id == begun
    tab.axe()
