"""The list of the reviewer's screen, without JavaScript: tabs, search, buttons, many at once."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import Browser
from office import Office, furnished

from web.app import create_app
from workflow_runtime.clock import ManualClock

REVIEWER, OWNER, OTHER_OWNER, ELSEWHERE, SUPERVISOR, OPERATOR = "li.150100", "zhang", "wang", "li.150200", "chen.150000", "operator"


@pytest.fixture(scope="module")
def office(addresses, tmp_path_factory):
    """Three filings: one pushed as far as the 归集 button, two that wait for their review; one of those in English letters."""
    from workbench import MONDAY

    with Office(addresses.sqlite(furnished), tmp_path_factory.mktemp("office"), ManualClock(MONDAY)) as opened:
        opened.numbers = [opened.file(serial_no=f"2026-{n:03d}", model=model) for n, model in enumerate(("QTZ80", "QTZ63", "TC5610"))]
        opened.to_the_button(opened.numbers[0])
        opened.app = create_app(opened.runtime)
        yield opened


@pytest.fixture(scope="module")
def browser(office):
    """A function: the browser of a person, who has just signed in."""
    return lambda login: Browser(office.runtime, login, office.app)


def shown(page):
    """The case numbers of the rows, in order."""
    return page.all("//input[@name='case']/@value")


def labels(page):
    return [each.text_content().strip() for each in page.all("//*[@class='toolbar']//button | //*[@class='toolbar']//a")]


def warned(page):
    return [each.text_content().strip() for each in page.all("//*[@role='status'][contains(@class, 'alert')]")]


def test_the_reviewer_begins_with_what_waits_for_him(browser, office):
    """The tab 待办 with its number; the earliest due first; the manual's buttons in the manual's order."""
    page = browser(REVIEWER).get("/")
    assert page.address == "/cases"
    [tab] = page.all("//*[@class='tabs']//a[@aria-current='page']")
    assert tab.text_content().split() == ["待办", "3"]
    assert set(shown(page)) == set(office.numbers)
    assert shown(page)[-1] == office.numbers[0]  # no due date: the button waits for him
    assert labels(page) == ["查看", "审核通过", "审核不通过", "签章", "归集"]
    first = page.one("//table//tbody/tr[1]")
    assert all(word in first.text_content() for word in ("塔式起重机", "QTZ63", "待审核", "新申请", "剩 7 个工作日", "审核"))
    assert page.all("//table//th[@scope='col']/text()")[:3] == ["备案编号", "审核状态", "业务"]
    assert list(page.all("//input[@name='case']/@type")) == ["radio", "radio", "checkbox"]


def test_what_waits_is_counted_by_status_and_one_status_is_a_click(browser, office):
    """The statuses in the order of the diagrams; the chosen one is marked, and the others stay in sight."""
    reviewer = browser(REVIEWER)
    page = reviewer.get("/cases")
    links = page.all("//nav[@class='waiting']//a")
    assert [each.text_content().split() for each in links] == [["待审核", "2"], ["已签章（待归集）", "1"]]
    chosen = reviewer.get(links[1].get("href"))
    assert shown(chosen) == [office.numbers[0]]
    assert chosen.one("//nav[@class='waiting']//a[@aria-current]").text_content().split() == ["已签章（待归集）", "1"]
    assert len(chosen.all("//nav[@class='waiting']//a")) == 2
    assert reviewer.get("/cases?view=all").all("//nav[@class='waiting']") == []


def test_pages_that_the_list_leads_to_belong_to_it_in_the_menu(browser, office):
    """What is done to several filings, a case and a task; pages outside the work belong to nothing."""
    reviewer = browser(REVIEWER)
    button = {"button": "push", "case": office.numbers[0]}
    for path, query in (("/cases", {}), ("/cases/bulk", button), (f"/cases/{office.numbers[0]}", {})):
        [entry] = reviewer.get(path, query_string=query).all("//nav[@class='masthead-menu']//a[@aria-current]")
        assert entry.text == "起重机械电子备案"
        assert entry.get("aria-current") == ("page" if path == "/cases" else "true")
    for path in ("/account", "/help", "/verify"):
        assert reviewer.get(path).all("//nav[@class='masthead-menu']//a[@aria-current]") == []


def test_a_certificates_number_stands_in_its_row(browser, office):
    """And finds it, however its dash is typed."""
    number = office.certificate(office.numbers[0]).number
    page = browser(REVIEWER).get("/cases", query_string={"view": "all", "q": number.replace("-", "－")})
    assert shown(page) == [office.numbers[0]]
    assert page.one("//tbody//th/a").text == number


SEES = {
    OWNER: (3, "all", ["查看"]),
    OTHER_OWNER: (0, "all", []),
    ELSEWHERE: (0, "todo", []),
    SUPERVISOR: (3, "all", ["查看"]),
    OPERATOR: (3, "all", ["查看"]),
    "sun.150100": (3, "all", ["查看", "签章"]),
}


@pytest.mark.parametrize("login", SEES)
def test_everybody_has_his_own_list(browser, login):
    """On the tab where his work begins, with the buttons that he may press."""
    rows, view, buttons = SEES[login]
    page = browser(login).get("/cases")
    assert (len(shown(page)), labels(page)) == (rows, buttons)
    assert f"view={view}" in page.one("//*[@class='tabs']//a[@aria-current='page']/@href")
    assert rows or page.one("//*[@class='nothing']").text_content().strip()


SEARCHES = [
    ({"q": "TC5610"}, [2]), ({"q": "蒙建"}, [2, 1, 0]), ({"q": "没有"}, []), ({"status": "待审核"}, [2, 1]), ({"business": "new_filing"}, [2, 1, 0]),
    ({"business": "x"}, []), ({"f.model": "qtz"}, [1, 0]), ({"f.category": "S"}, []), ({"f.unknown": "x"}, [2, 1, 0]), ({"from": "2026-03-03"}, []),
    ({"to": "2026-03-02"}, [2, 1, 0]), ({"from": "yesterday"}, [2, 1, 0]), ({"overdue": "1"}, []), ({"q": "\0"}, []), ({"after": "x"}, [2, 1, 0]),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(SEARCHES)))
def test_conditions_stand_in_the_address(browser, office, number):
    """Each shows as what can be taken away again; 重置 takes all away."""
    asked, which = SEARCHES[number]
    page = browser(REVIEWER).get("/cases", query_string={"view": "all", **asked})
    assert (page.status, shown(page)) == (200, [office.numbers[n] for n in which])
    given = page.all("//*[@class='asked']//a")
    for each in given:
        assert len(shown(browser(REVIEWER).get(each.get("href")))) == 3
    resets = page.all("//a[text()='重置']/@href")
    assert set(resets) == {"/cases?view=all"}


def test_the_keyword_keeps_the_other_conditions(browser, office):
    page = browser(REVIEWER).get("/cases?view=all&status=待审核")
    form = next(f for f in page.tree.forms if f.get("role") == "search")
    assert dict(form.form_values()) == {"view": "all", "status": "待审核", "q": ""}
    advanced = page.one("//details[@id='advanced']//form")
    assert advanced.form_values()[:1] == [("view", "all")]
    assert dict(advanced.form_values())["status"] == "待审核"


def test_view_opens_the_chosen_filing(browser, office):
    """查看, as the first button, is also what Enter presses."""
    mine = browser(REVIEWER)
    page = mine.get("/cases")
    answer = mine.client.post(
        "/cases/act", data={"csrf_token": mine.token(), "case": office.numbers[1], "button": "view"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{office.numbers[1]}")
    assert page.all("//form[@id='worklist']//button[1]/@value")[0] == "view"


def pressed(browser, button, *cases):
    answer = browser.client.post(
        "/cases/act",
        data={"csrf_token": browser.token(), "case": list(cases), "button": button, "next": "/cases?view=todo"},
        follow_redirects=False,
    )
    return answer.status_code, answer.headers["Location"]


def test_a_button_leads_to_the_task_of_the_chosen_filing(browser, office):
    """With the outcome chosen, and the way back to the list."""
    task = next(t for t in office.tasks(office.numbers[1]) if t.element == "review")
    for code in ("approve", "reject"):
        status, address = pressed(browser(REVIEWER), code, office.numbers[1])
        assert (status, address) == (303, f"/tasks/{task.id}?outcome={code}&next=/cases?view%3Dtodo")
    button = next(t for t in office.tasks(office.numbers[0]) if t.element == "aggregate_button")
    assert pressed(browser(REVIEWER), "push", office.numbers[0])[1].startswith(f"/tasks/{button.id}?outcome=push")


REFUSALS = {
    "nothing chosen": ("approve", [], "请先在列表中选择一条数据。"),
    "nothing to look at": ("view", [], "请先在列表中选择一条数据。"),
    "too many to look at": ("view", [0, 1], "一次只能查看一条数据，请只选择一条。"),
    "too many to review": ("approve", [1, 2], "一次只能办理一条数据，请只选择一条。"),
    "another step": ("approve", [0], "所选数据当前不能“审核通过”：不在该环节，或不由您办理。"),
    "not yet": ("push", [1], "所选数据当前不能“归集”：不在该环节，或不由您办理。"),
    "no such button": ("refuse", [1], "没有这个操作。"),
    "nonsense": ("\0", ["\0"], "没有这个操作。"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_why_a_button_does_nothing_is_said_in_plain_words(browser, office, why):
    button, chosen, words = REFUSALS[why]
    cases = [office.numbers[n] if isinstance(n, int) else n for n in chosen]
    mine = browser(REVIEWER)
    page = mine.post("/cases/act", {"case": cases, "button": button, "next": "/cases?view=todo"})
    assert (page.status, page.address, warned(page)) == (200, "/cases", [words])


def test_another_authoritys_filing_is_not_there_to_press_at(browser, office):
    """Neither for a reviewer elsewhere, nor for somebody who may only read."""
    assert pressed(browser(ELSEWHERE), "approve", office.numbers[1]) == (303, "/cases?view=todo")
    assert pressed(browser(OWNER), "approve", office.numbers[1]) == (303, "/cases?view=todo")
    page = browser(ELSEWHERE).get("/cases/bulk", query_string={"button": "push", "case": office.numbers[0]})
    assert (page.all("//input[@name='task']"), page.all("//tbody/tr")) == ([], [])


def standing(page):
    return page.all("//input[@name='case'][@checked][@autofocus]/@value")


def test_the_list_stands_where_one_left_it(browser, office):
    """The first of the filings named in the address that is still there is chosen and has the focus; searching forgets it."""
    mine, (first, second, third) = browser(REVIEWER), office.numbers
    assert standing(mine.get(f"/cases?view=todo&at=gone&at={second}&at={third}")) == [second]
    assert standing(mine.get("/cases?view=todo&at=gone")) == standing(mine.get("/cases?view=todo")) == []
    page = mine.get(f"/cases?view=todo&at={first}&q=2026")
    assert standing(page) == [first]
    assert [name for form in page.tree.forms for name in form.form_values() if name[0] == "at"] == []
    assert not any("at=" in address for address in page.all("//form[@id='worklist']//input[@name='next']/@value"))


def test_a_decision_leads_back_to_the_next_filing(browser, office):
    """The way back names the chosen filing and those below it, in the list's order; what could not be done comes back to it at once."""
    mine, (first, second, third) = browser(REVIEWER), office.numbers
    sent = {"csrf_token": mine.token(), "case": second, "shown": f"{third} {second} {first}", "next": "/cases?view=todo"}
    for button, led in (("approve", "/tasks/"), ("push", "/cases?")):
        address = mine.client.post("/cases/act", data={**sent, "button": button}, follow_redirects=False).headers["Location"]
        assert address.startswith(led)
        back = parse_qs(urlsplit(address).query).get("next", [address])[0]
        assert parse_qs(urlsplit(back).query) == {"view": ["todo"], "at": [second, first]}


def test_an_owner_sees_no_column_that_says_the_same_in_every_row(browser, office):
    """His own name on every line would take the place of what he looks for; a reviewer has many owners, and his columns stay."""

    def columns(login):
        return [each.text_content().strip() for each in browser(login).get("/cases?view=all").all("//table//th[@scope='col']")[1:]]

    told = ["备案编号", "审核状态", "业务", "规格型号", "出厂编号", "受理时间", "办理时限"]
    assert [name for name in columns(REVIEWER) if name not in told] == ["产权单位", "设备类别", "制造单位"]
    assert columns(OWNER) == told


def test_the_way_back_never_leads_outside(browser):
    mine = browser(REVIEWER)
    answer = mine.client.post("/cases/act", data={"csrf_token": mine.token(), "button": "x", "next": "https://example.org/"})
    assert answer.headers["Location"] == "/"


def test_a_page_costs_few_statements(browser, office, statements):
    """Whatever the number of rows: who asks, what can be asked for, the page, its answers, its tasks, the counts."""
    mine = browser(REVIEWER)
    for path, most in (("/cases?view=todo", 24), ("/cases?view=all&q=蒙建&f.model=QTZ", 28), ("/sealing", 12)):
        mine.get(path)
        with statements(office.runtime) as sent:
            mine.get(path)
        assert len([s for s in sent if not s.startswith(("BEGIN", "PRAGMA"))]) <= most, sent


def test_a_list_is_turned_page_by_page(browser, office, monkeypatch):
    """下一页 and back to the first, with the conditions kept."""
    monkeypatch.setattr("workflow_runtime.worklist.worklist.__kwdefaults__", {"after": "", "limit": 2})
    mine = browser(REVIEWER)
    first = mine.get("/cases?view=all&q=蒙建")
    assert shown(first) == office.numbers[:0:-1]
    second = mine.get(first.one("//a[@rel='next']/@href"))
    assert shown(second) == office.numbers[:1]
    assert not second.all("//a[@rel='next']")
    assert shown(mine.get(second.one("//a[text()='返回首页']/@href"))) == shown(first)


def test_a_late_filing_says_so_in_words(browser, office):
    """Not by colour alone. Nobody works meanwhile."""
    office.clock.advance(timedelta(days=14))
    page = browser(REVIEWER).get("/cases?overdue=1&view=todo")
    assert len(shown(page)) == 2
    assert "逾期 3 个工作日" in page.one("//tbody/tr[1]").text_content()


def test_english_has_its_page(browser, office):
    """The same list with the other language's words where the catalogue has them; forms bring their own."""
    mine = Browser(office.runtime, REVIEWER, office.app)
    mine.client.set_cookie("language", "en")
    page = mine.get("/cases?view=all")
    assert page.tree.get("lang") == "en"
    assert "Tower crane" in page.text


# --- many at once


@pytest.fixture(scope="module")
def ready(office):
    numbers = [office.numbers[0], office.file(serial_no="b-1"), office.file(serial_no="b-2")]
    for number in numbers[1:]:
        office.to_the_button(number)
    return numbers


def test_the_chosen_are_listed_before_anything_is_done(browser, office, ready):
    """Those at another step are told apart, and are not sent."""
    page = browser(REVIEWER).post("/cases/act", {"case": [*ready, office.numbers[1]], "button": "push"})
    assert page.address == "/cases/bulk"
    assert len(page.all("//input[@name='task']")) == 3
    assert "将办理 3 条" in page.text
    assert "不办理 1 条" in page.text
    assert office.waiting(ready[0]) == ["aggregate_button"]


def test_each_is_done_or_says_why_not(browser, office, ready):
    """Another person was faster with one: the others are done all the same; sent again, each is told."""
    mine = browser(REVIEWER)
    page = mine.get("/cases/bulk", query_string={"button": "push", "case": ready})
    office.complete(ready[1], "aggregate_button", outcome="push")
    done = mine.submit(page, "/cases/bulk")
    rows = [each.text_content() for each in done.all("//tbody/tr")]
    assert ["未办理" in row for row in rows] == [False, True, False]
    assert "李慧敏" in rows[1]
    assert "已办理 2 条" in done.text
    office.until(lambda: all(office.status(number) == "已归集" for number in ready))
    assert all(office.effects(number)[1] == 1 for number in ready)
    again = mine.submit(page, "/cases/bulk")
    assert "已办理 0 条" in again.text


@pytest.mark.parametrize("task", ["", "x", "1:2", "1:x:1", f"1:{'9' * 30}:1", "1:99999999:1", "\0:1:1"])
def test_what_is_not_from_the_page_does_nothing(browser, task):
    page = browser(REVIEWER).post("/cases/bulk", {"button": "push", "task": task})
    assert (page.status, "已办理 0 条" in page.text) == (200, True)


def test_only_buttons_that_may_be_pressed_for_many(browser, office):
    """A review is done one by one."""
    for login, code in ((REVIEWER, "approve"), (OWNER, "push"), (REVIEWER, "\0")):
        mine = browser(login)
        assert mine.get("/cases/bulk", query_string={"button": code, "case": office.numbers}).address == "/cases"
        assert mine.post("/cases/bulk", {"button": code}).address == "/cases"
