"""The pictures of the analyst's manual: the business that its walkthrough makes, in an installation of its own; `make screenshots` takes them anew."""

import re
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from office import ROOT, Office, furnished
from tab import Tab

from web.app import create_app
from web.cli import main
from web.cli.paths import read_paths
from web.demonstration.people import PASSWORD
from web.server import serving
from workflow_runtime import cases
from workflow_runtime.deployment import deploy

MANUAL = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8")
IMAGES = ROOT / "docs" / "images"


pytestmark = pytest.mark.pictures


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """The folder that the walkthrough leaves."""
    folder = tmp_path_factory.mktemp("walkthrough") / "mine"
    made = CliRunner().invoke(main, ["new-business", "installation", "--title", "安装告知", "--into", str(folder)])
    assert made.exit_code == 0, made.output
    for name, content in re.findall(r"```(?:json|toml) mine/(\S+)\n(.*?)```", MANUAL, re.DOTALL):
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def tab(addresses, tmp_path, clock, mine, chromium, request):
    """A function: a tab of somebody's browser, where the business is deployed and a case of it waits for its review."""
    images = IMAGES if request.config.getoption("--screenshots", default=False) else None
    answers = {"site": "青城广场", "certificate_no": "蒙AA-T202600001", "height": 60, "authority": "authority:11150100MB0000001L"}
    opened = []
    with Office(addresses.sqlite(furnished), tmp_path, clock) as office:
        with office.runtime.transaction() as uow:
            deploy(uow, office.administrator, read_paths((mine,)))
        with office.runtime.transaction() as uow:
            cases.start(uow, "installation", office.owner, answers)
        with serving(create_app(office.runtime)) as address:

            def open_tab(login=None, height=620):
                context = chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": height}, base_url=address)
                opened.append(Tab(context, SimpleNamespace(address=address), images))
                if login is not None:
                    opened[-1].sign_in(login, PASSWORD)
                return opened[-1]

            yield open_tab
            assert [complaint for each in opened for complaint in each.close()] == []


def test_the_form(tab):
    shown = tab("zhang").go("/start/installation")
    assert "工程名称" in shown.text()
    shown.screenshot("analyst-form")


def test_the_inbox(tab):
    shown = tab("li.150100", 480).go("/cases")
    assert "青城广场" in shown.text()
    shown.screenshot("analyst-inbox")


@pytest.mark.parametrize(("name", "width", "height"), [("analyst-diagram", 900, 420), ("analyst-cancel", 1280, 740)])
def test_a_diagram(tab, mine, tmp_path, name, width, height):
    """As `crane coverage` draws it."""
    file = mine / "bpmn" / "installation.bpmn" if name == "analyst-diagram" else ROOT / "docs" / "examples" / "cancel.bpmn"
    drawn = CliRunner().invoke(main, ["coverage", str(file), "--out", str(tmp_path / "pictures")])
    assert drawn.exit_code == 0, drawn.output
    [picture] = (tmp_path / "pictures").glob("*.svg")
    shown = tab()
    shown.page.set_viewport_size({"width": width, "height": height})
    shown.page.set_content(
        f"<style>body {{ margin: 0 }} svg {{ width: 100vw; height: 100vh }}</style>{picture.read_text(encoding='utf-8')}"
    )
    assert shown.page.locator("svg").is_visible()
    shown.screenshot(name)
