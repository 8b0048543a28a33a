"""The pictures of the manuals: each page as its reader meets it, on the demonstration's filings. `make screenshots` takes them anew.

They stand in docs/images; `tests/web/test_manual_pictures.py` holds them and what refers to them together.
"""

import pytest
from filing import attach, fill_in
from office import answers_of

OWNER, REVIEWER = "zhang", "li.150100"
HOHHOT = "11150100MB0000001L"
WIDTH, HEIGHT = 1366, 820
LOW = 480

pytestmark = pytest.mark.pictures

PLACES = {
    "sign-in": (None, "/sign-in"),
    "verify": (None, "/verify"),
    "preview": (None, "/preview/{code}"),
    "start": (OWNER, "/start", LOW),
    "correct": (OWNER, "/tasks/{correct}"),
    "worklist": (REVIEWER, "/cases"),
    "case": (REVIEWER, "/cases/{review}"),
    "sent-back": (REVIEWER, "/tasks/{sent_back}"),
    "case-aggregated": (REVIEWER, "/cases/{aggregated}"),
    "sealing": (REVIEWER, "/sealing", 600),
    "statistics": ("chen.150000", "/statistics"),
    "incidents": ("operator", "/incidents", LOW),
    "authority": ("admin", f"/authorities/{HOHHOT}"),
    "users": ("admin", "/users"),
    "legacy": (REVIEWER, "/legacy", 700),
    "legacy-entry": ("admin", "/legacy/2", 1000),
    "deployments": ("admin", "/deployments", LOW),
}
"""Pictures of pages as they are opened: by whom, where, and how high the window is."""


@pytest.fixture(scope="module")
def known(site):
    """A filing of the demonstration for each kind that is pictured."""
    with site.runtime.reading() as uow:
        rows = [row for row in map(uow.cases.by_number, site.numbers) if row.parties["authority"].endswith(HOHHOT)]
    first = {row.status: row.number for row in reversed(rows)}
    sent_back = next(row.number for row in rows if row.business == "reissue" and row.status == "待审核")
    return {
        "review": first["待审核"],
        "sent_back": site.task(sent_back).id,
        "sealed": first["已签章（待归集）"],
        "aggregated": first["已归集"],
        "correct": site.task(first["审核不通过（待补正）"]).id,
        "code": site.certificate(first["已归集"]).verification_code,
    }


@pytest.fixture
def opened(visit, known):
    def opened(login, address, height=HEIGHT):
        tab = visit(login, width=WIDTH, height=height)
        tab.go(address.format(**known))
        tab.page.wait_for_load_state("networkidle")
        return tab

    return opened


@pytest.mark.parametrize("name", PLACES)
def test_a_page(opened, name):
    tab = opened(*PLACES[name])
    assert tab.status == 200
    tab.screenshot(name)


def test_the_form(opened):
    """Half filled in, with its first file."""
    tab = opened(OWNER, "/start/new_filing")
    fill_in(tab, answers_of("tower_crane"))
    attach(tab)
    tab.page.locator(".form-files-list li").nth(4).wait_for()
    tab.page.evaluate("scrollTo(0, 0)")
    tab.screenshot("apply-form")


def test_what_is_wrong_with_the_form(opened):
    tab = opened(OWNER, "/start/new_filing")
    fill_in(tab, answers_of("tower_crane", owner_code="91150100MA0MJ0001X", contact_phone="123"))
    tab.press("提交")
    tab.page.locator(".form-summary").wait_for()
    tab.page.evaluate("scrollTo(0, 0)")
    tab.screenshot("apply-errors")


def test_the_search_for_more(opened):
    tab = opened(REVIEWER, "/cases?view=all")
    tab.press("高级查询")
    tab.page.locator("dialog[open]").wait_for()
    tab.screenshot("advanced-search")


@pytest.mark.parametrize(
    ("name", "kind", "button", "opinion"),
    [("review-dialog", "review", "审核不通过", "出厂编号与产品合格证不一致，请核对后重新提交。"), ("aggregate", "sealed", "归集", "")],
)
def test_a_dialog(opened, known, name, kind, button, opinion):
    tab = opened(REVIEWER, "/cases")
    tab.page.locator(f"#case-{known[kind]}").check()
    tab.press(button)
    tab.page.locator("#task-sheet").wait_for()
    if opinion:
        tab.page.locator("#task-sheet [name=opinion]").fill(opinion)
    tab.screenshot(name)


def test_the_preview_of_an_old_register(opened, tmp_path):
    file = tmp_path / "原备案登记簿2016.csv"
    head = "备案编号,产权单位,设备类别,制造单位,出厂编号,出厂日期,联系电话"
    rows = (
        "蒙A-2016-0131,内蒙古兴泰建设集团有限公司,塔机,中联重科股份有限公司,TC-2016-0207,2016.8.9,0471-1234567",
        "蒙A-2016-0132,内蒙古兴泰建设集团有限公司,施工电梯,广州市京龙工程机械有限公司,JL1607-012,2016年7月,",
        "合计,2台,,,,,",
    )
    file.write_text("\n".join([head, *rows]), encoding="gb18030")
    tab = opened("admin", "/legacy/import", 900)
    tab.page.locator("#f-authority").select_option(HOHHOT)
    tab.page.locator("#f-file").set_input_files(file)
    tab.press("预览", "main")
    tab.page.locator("#result").wait_for()
    tab.axe()
    tab.screenshot("legacy-import")
