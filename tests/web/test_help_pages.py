"""Help: the manuals of docs/ as pages."""

import re

import pytest
from browsing import Browser
from desk import ROOT
from workbench import MONDAY

from web.composition import HISTORIES, Settings, open_runtime
from web.showing.manual import PAGES
from workflow_runtime.clock import ManualClock


@pytest.fixture(scope="module")
def browser(addresses):
    """A visitor: nobody has signed in."""
    runtime = open_runtime(Settings.read({"CRANE_DATABASE_URL": addresses.sqlite(*HISTORIES)}), clock=ManualClock(MONDAY))
    yield Browser(runtime)
    runtime.database.close()


def test_the_index_leads_to_every_manual(browser):
    page = browser.get("/help")
    assert [a.get("href") for a in page.all("//h2/a")] == [f"/help/{name}" for name in PAGES]
    assert all(browser.get(f"/help/{name}").status == 200 for name in PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_the_contents_lead_to_the_headings(browser, name):
    """Each anchor is there once; nothing of the Markdown has become a script."""
    page = browser.get(f"/help/{name}")
    anchors = page.all("//article//@id")
    assert len(anchors) == len(set(anchors))
    listed = [a.get("href").removeprefix("#") for a in page.all("//nav[contains(@class, 'manual-contents')]//li/a")]
    assert listed
    assert set(listed) <= set(anchors)
    assert page.all("//article//script") == []


def test_the_guide_to_sealing_has_its_anchor(browser):
    """The list links to /help/reviewer#签章."""
    assert browser.get("/help/reviewer").one("//*[@id='签章']").text_content() == "签章"


def test_links_between_the_manuals_stay_on_the_help_pages(browser):
    links = browser.get("/help/reviewer").all("//article//a/@href")
    assert "/help/analyst" in links
    assert [link for link in links if link.endswith(".md")] == []


def test_tables_are_real_tables(browser):
    headings = browser.get("/help/reviewer").all("//article//table//th")
    assert headings
    assert {th.get("scope") for th in headings} == {"col"}


def test_a_picture_is_served_and_a_missing_one_is_named(browser, tmp_path, monkeypatch):
    """With its words as alternative text; a missing one leaves its words, never a broken picture."""
    (tmp_path / "case.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    monkeypatch.setattr("web.showing.manual.IMAGES", tmp_path)
    monkeypatch.setattr("web.pages.help.IMAGES", tmp_path)
    page = browser.get("/help/reviewer")
    [picture] = page.all("//article//img")
    assert (picture.get("src"), picture.get("alt")) == ("/help/images/case.png", "备案详情")
    assert "［截图：登录页面］" in page.text
    answer = browser.client.get("/help/images/case.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    answer.close()


@pytest.mark.parametrize(
    "path", ["/help/nothing", "/help/platforms", "/help/..%2FREADME", "/help/images/nothing.png", "/help/images/..%2f..%2fREADME.md"]
)
def test_what_is_not_there_is_told_in_words(browser, path):
    assert browser.get(path).status == 404


MARKDOWN = """# 标题

中文一行
又一行 <script>alert(1)</script>

## 一节 `x`

## 一节 x

| 甲 | 乙 |
|---|---|
| [画法](analyst.md#元素) | <b>b</b> |

```python tasks/new.py
print("<&>")
```
"""


@pytest.fixture
def small(browser, tmp_path, monkeypatch):
    """The page of a manual that says the text above."""
    (tmp_path / "reviewer.md").write_text(MARKDOWN, encoding="utf-8")
    monkeypatch.setattr("web.showing.manual.DOCS", tmp_path)
    return browser.get("/help/reviewer").one("//article")


def test_html_in_a_manual_is_shown_as_text(small):
    assert small.xpath(".//script | .//b") == []
    assert "<script>alert(1)</script>" in small.text_content()


def test_a_lines_end_between_chinese_signs_is_no_blank(small):
    assert "中文一行又一行" in small.text_content()


def test_headings_of_the_same_words_have_different_anchors(small):
    assert small.xpath(".//h2/@id") == ["一节-x", "一节-x-2"]


def test_a_link_keeps_its_anchor(small):
    assert small.xpath(".//td/a/@href") == ["/help/analyst#%E5%85%83%E7%B4%A0"]


def test_code_stands_under_its_files_name_and_is_reached_by_keyboard(small):
    assert small.xpath("string(.//p[@class='manual-file'])") == "tasks/new.py"
    [block] = small.xpath(".//pre")
    assert (block.get("tabindex"), block.text_content()) == ("0", 'print("<&>")\n')


def test_help_asks_no_database(browser, statements):
    with statements(browser.runtime) as sent:
        for path in ("/help", "/help/reviewer"):
            assert browser.client.get(path).status_code == 200
    assert sent == []


def test_every_page_links_to_help(browser):
    assert browser.get("/verify").all("//footer//a[@href='/help']")


def test_no_page_is_left_out():
    """What help serves is in docs/."""
    assert [name for name in PAGES if not re.match(r"# \S", (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8"))] == []
