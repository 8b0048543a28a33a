"""签章: what waits for the seal, what is in the way, and the guide in the manual's words."""

from datetime import timedelta

import pytest
from browsing import Browser
from office import Office, furnished
from workbench import MONDAY

from web.app import create_app
from workflow_runtime.clock import ManualClock


@pytest.fixture(scope="module")
def office(addresses, tmp_path_factory):
    """One certificate whose seal never comes, one whose seal has another name, one that is still reviewed."""
    with Office(addresses.sqlite(furnished), tmp_path_factory.mktemp("office"), ManualClock(MONDAY)) as opened:
        opened.numbers = [opened.file(serial_no=f"2026-{n}") for n in range(3)]
        opened.misbehave("provincial", "never-seal", "seal-requests")
        opened.approve(opened.numbers[0])
        opened.until(lambda: opened.status(opened.numbers[0]) == "待签章")
        opened.misbehave("provincial", "wrong-seal-name", "seal-requests", arg="别的单位")
        opened.approve(opened.numbers[1])
        opened.until(lambda: opened.waiting(opened.numbers[1]) == ["seal_trouble"])
        opened.app = create_app(opened.runtime)
        yield opened


def rows(page):
    return [row.text_content() for row in page.all("//main//tbody/tr")]


def test_the_list_says_what_waits_how_long_and_what_is_in_the_way(office):
    office.clock.advance(timedelta(hours=3))
    page = Browser(office.runtime, "li.150100", office.app).get("/sealing")
    assert page.status == 200
    waiting, troubled = rows(page)
    number = office.certificate(office.numbers[0]).number
    assert all(word in waiting for word in (number, "内蒙古蒙建机械租赁有限公司", "3 小时", "待签章", "无"))
    assert all(word in troubled for word in ("签章异常", "签章“别的单位”未通过核验"))
    [link] = page.all("//main//tbody//a[starts-with(@href, '/tasks/')]")
    assert link.text == "签章异常处理"
    assert page.one(f"//main//tbody//a[text()='{number}']").get("href") == f"/cases/{office.numbers[0]}"


def test_the_guide_speaks_the_manuals_words(office):
    page = Browser(office.runtime, "li.150100", office.app).get("/sealing")
    guide = page.one("//aside").text_content()
    for words in (
        "操作指南",
        "认领证照清单目录",
        "电子签章名称必须和发证机关名称保持一致",
        "自动生成电子证照",
        "统一电子证照库系统操作手册管理端",
    ):
        assert words in guide
    assert page.one("//aside//a[@rel='noreferrer']").get("href") == "https://zwfw.nmg.gov.cn/"
    assert "签章状态由系统自动查询" in page.text


def test_another_authority_has_a_list_of_its_own(office):
    page = Browser(office.runtime, "li.150200", office.app).get("/sealing")
    assert rows(page) == []
    assert "没有待签章的备案证" in page.text


@pytest.mark.parametrize(
    ("login", "status"), [("zhang", 403), ("operator", 403), ("chen.150000", 403), ("li.150100", 200), ("sun.150100", 200)]
)
def test_the_page_is_for_reviewers(office, login, status):
    assert Browser(office.runtime, login, office.app).get("/sealing").status == status
