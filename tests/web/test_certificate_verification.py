"""The certificates of a list verified anew, in the books as they are now."""

import pytest
from browsing import Browser
from office import Office, furnished
from sqlalchemy import select, update
from workbench import MONDAY

from registry.tables import certificate_file
from web.pages import certificate_files
from workflow_runtime.clock import ManualClock

ADDRESS = "/cases/verification?view=all"


@pytest.fixture
def office(addresses, tmp_path):
    """Three certificates in force, and a filing that waits for its review."""
    with Office(addresses.sqlite(furnished), tmp_path / "office", ManualClock(MONDAY)) as opened:
        opened.numbers = [opened.file(serial_no=f"V-{n}") for n in range(3)]
        for number in opened.numbers:
            opened.to_the_button(number)
        opened.file(serial_no="V-waiting")
        yield opened


def said(page):
    return page.one("//*[@id='verification-progress']/p").text_content()


def spoil(office, number, content):
    """What stands in the books of this certificate is something else now."""
    with office.runtime.database.transaction() as connection:
        file = certificate_file.c
        connection.execute(update(certificate_file).where(file.identifier == office.certificate(number).identifier).values(content=content))


def content_of(office, number):
    with office.runtime.database.reading() as connection:
        file = certificate_file.c
        return connection.execute(select(file.content).where(file.identifier == office.certificate(number).identifier)).scalar_one()


def test_the_list_leads_to_it_and_all_hold(office):
    browser = Browser(office.runtime, "li.150100")
    address = browser.get("/cases?view=all").one("//p[@class='list-file']/a[2]").get("href")
    assert address == ADDRESS
    assert said(browser.get(address)) == "核验完毕：4 件备案中有 3 张生效的电子证照，全部通过"


def test_a_spoilt_file_and_another_certificates_file_are_named(office):
    """The other certificate's file is a good one: but it is not this certificate's."""
    first, second, third = office.numbers
    spoil(office, first, content_of(office, first)[:-10])
    spoil(office, second, content_of(office, third))
    page = Browser(office.runtime, "li.150100").get(ADDRESS)
    assert said(page) == "核验完毕：4 件备案中有 3 张生效的电子证照，2 张不通过"
    named = [h.text_content() for h in page.all("//section[contains(@class, 'panel')]/h2/a")]
    assert named == [office.certificate(number).number for number in (second, first)]
    texts = [section.text_content() for section in page.all("//section[contains(@class, 'panel')]")]
    assert "证照标识" in texts[0]
    assert "已经损坏" in texts[1]


def test_it_goes_on_some_at_a_time_with_and_without_javascript(office, monkeypatch):
    monkeypatch.setattr(certificate_files, "AT_ONCE", 2)
    spoil(office, office.numbers[0], b"nothing")
    browser = Browser(office.runtime, "li.150100")
    page = browser.get(ADDRESS)
    assert said(page) == "正在核验，2 / 4 件备案"
    bar = page.one("//progress")
    assert (bar.get("max"), bar.get("value")) == ("4", "2")
    going_on = page.one("//p[@hx-get]")
    assert going_on.get("hx-get") == page.one("//p[@hx-get]/a").get("href")
    assert said(browser.get(going_on.get("hx-get"))) == "核验完毕：4 件备案中有 3 张生效的电子证照，1 张不通过"
    part = browser.client.get(going_on.get("hx-get"), headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert 'hx-swap-oob="outerMorph"' in part
    assert "核验完毕：4 件备案中有 3 张生效的电子证照，1 张不通过" in part


def test_it_follows_the_list_and_shows_nobody_more_than_he_may_see(office):
    reviewer, stranger = Browser(office.runtime, "li.150100"), Browser(office.runtime, "li.150200")
    assert said(reviewer.get(f"{ADDRESS}&f.serial_no=V-1")) == "核验完毕：1 件备案中有 1 张生效的电子证照，全部通过"
    assert said(reviewer.get(f"{ADDRESS}&q=V-waiting")) == "列表中的备案没有生效的电子证照。"
    assert said(stranger.get(ADDRESS)) == "列表中的备案没有生效的电子证照。"
    assert Browser(office.runtime).client.get(ADDRESS).status_code == 302


@pytest.mark.parametrize("odd", ["seen=-1", "of=x", "files=99999999999", "failed=１", "after=~"])
def test_an_odd_address_harms_nothing(office, odd):
    assert "3 张生效的电子证照" in said(Browser(office.runtime, "li.150100").get(f"{ADDRESS}&{odd}"))
