"""The figures: what there is, by business and status, by authority, and what is late; each person counts what he may see."""

import csv
import io
from datetime import timedelta

from kept import browser


def prepare(office):
    first = office.file(serial_no="T-1")
    office.file(serial_no="T-2")
    office.work()
    office.complete(first, "review", outcome="reject", opinion="补充材料")
    office.file("hoist", owner=office.other_owner)
    office.work()
    office.clock.advance(timedelta(days=20))


def figures(page):
    return {pair.xpath("dt")[0].text: int(pair.xpath("dd")[0].text) for pair in page.all("//dl[@class='figures']/div")}


def rows(page, heading):
    table = page.one(f"//section[@aria-labelledby='{heading}']/table")
    return [[cell.text_content().strip() for cell in row.xpath("th|td")] for row in table.xpath("tbody/tr")]


def test_a_supervisor_counts_the_cases_below_him(office):
    page = browser(office, "chen.150000").get("/statistics")
    assert figures(page) == {"备案总数": 3, "已逾期": 2, "发证机关": 2}
    statuses = {status: (count, share) for status, count, share in rows(page, "by-status")}
    assert statuses["待审核"] == ("2", "67%")
    assert statuses["新申请"] == ("3", "")
    assert rows(page, "by-authority")[0][:3] == ["呼和浩特市住房和城乡建设局", "2", "1"]


def test_a_reviewer_counts_his_own_authority_s_cases_only(office):
    page = browser(office, "li.150200").get("/statistics")
    assert figures(page)["备案总数"] == 1
    assert [row[0] for row in rows(page, "by-authority")] == ["包头市住房和城乡建设局"]
    nobody = browser(office, "li.150400").get("/statistics")
    assert figures(nobody)["备案总数"] == 0
    assert nobody.all("//p[@class='nothing']")


def test_an_owner_has_no_statistics(office):
    visitor = browser(office, "zhang")
    assert visitor.get("/statistics").status == 403
    assert visitor.get("/statistics.csv").status == 403


def test_a_bar_is_only_a_picture_of_the_number_beside_it(office):
    page = browser(office, "chen.150000").get("/statistics")
    bars = page.all("//main//*[local-name()='svg']")
    assert len(bars) == len(page.all("//td[contains(@class, 'bars')]"))
    assert {bar.get("aria-hidden") for bar in bars} == {"true"}
    assert max(float(bar.xpath("*[local-name()='rect']")[0].get("width")) for bar in bars) == 100


def test_the_same_figures_go_out_as_a_table(office):
    visitor = browser(office, "chen.150000")
    answer = visitor.client.get("/statistics.csv")
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert lines[0] == ["业务", "审核状态", "发证机关", "件数"]
    assert sum(int(line[3]) for line in lines[1:]) == 3
    assert ["新申请", "待审核", "包头市住房和城乡建设局", "1"] in lines


def test_the_page_needs_few_statements(office, statements):
    visitor = browser(office, "chen.150000")
    visitor.get("/statistics")
    with statements(office.runtime) as sent:
        visitor.get("/statistics")
    assert len(sent) <= 16, sent


def test_late_cases_are_counted_by_authority_once_each(office):
    page = browser(office, "chen.150000").get("/statistics")
    assert figures(page)["已逾期"] == 2
    assert {row[0]: row[2] for row in rows(page, "by-authority")} == {"呼和浩特市住房和城乡建设局": "1", "包头市住房和城乡建设局": "1"}
    assert figures(browser(office, "li.150200").get("/statistics"))["已逾期"] == 1
    assert figures(browser(office, "operator").get("/statistics"))["已逾期"] == 2
