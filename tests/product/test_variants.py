"""Businesses that other people have drawn, in their own words and with their own editors, run like ours: nothing in the product knows them.

Each folder of tests/variants is one such business; here they are deployed and driven through the interface for programs and the pages.
"""

import pytest
from asking import Program
from browsing import Browser
from kept import kept_offices
from office import ROOT

from workflow_runtime.deployment import deploy

AUTHORITY = "authority:11150100MB0000001L"
OWNER, REVIEWER, SAFETY, LICENSING, SUPERVISOR = "zhang", "li.150100", "sun.150100", "qian.150100", "chen.150000"
WHO = {"owner": OWNER, "authority": REVIEWER, "质量安全科": SAFETY, "行政审批科": LICENSING}


class Desk:
    """One installation with one of these businesses, as programs and browsers see it."""

    def __init__(self, office, variant):
        self.office, self.app = office, office.app
        files = [(path.name, path.read_bytes()) for path in sorted((ROOT / "tests" / "variants" / variant).iterdir())]
        with office.runtime.transaction() as uow:
            assert {warning.code for warning in deploy(uow, office.administrator, files).warnings} <= {"ID_NOT_ASCII"}
        self.programs = {}

    def program(self, login):
        return self.programs.setdefault(login, Program(self.office.runtime, login, app=self.app))

    def start(self, business, login=OWNER, **answers):
        return self.program(login).post(f"/businesses/{business}/cases", {"answers": answers}, expect=201).json["number"]

    def task(self, number, element):
        return next(task for task in self.office.tasks(number) if task.element == element)

    def login(self, task):
        if task.role == "supervisor":
            return SUPERVISOR
        return WHO[task.party.partition("/")[2] or task.party.partition(":")[0]]

    def done(self, number, element, outcome=None, opinion="", edits=None, expect=200, **answers):
        """Complete a task as whoever works on it."""
        task = self.task(number, element)
        program = self.program(self.login(task))
        seen = program.get(f"/tasks/{task.id}")
        given = {"answers": answers, "outcome": outcome, "opinion": opinion, "edits": edits or {}}
        answer = program.post(f"/tasks/{task.id}/completion", given, match=seen.tag, expect=expect)
        self.office.work()
        return answer

    def withdraw(self, number, login=OWNER):
        seen = self.program(login).get(f"/cases/{number}")
        self.program(login).post(f"/cases/{number}/withdrawal", {"reason": "不办了"}, match=seen.tag, expect=200)

    def at(self, number):
        """Status and open tasks."""
        return self.office.status(number), self.office.waiting(number)

    def page(self, login, path):
        return Browser(self.office.runtime, login, self.app).get(path)

    def task_page(self, number, element):
        task = self.task(number, element)
        return self.page(self.login(task), f"/tasks/{task.id}")


@pytest.fixture(scope="module")
def offices(tmp_path_factory):
    """One office for each kind of database: these businesses get along with each other."""
    with kept_offices(tmp_path_factory, lambda _: None) as office_of:
        yield office_of


@pytest.fixture
def desk(offices, database_kind, kept_address):
    office = offices(database_kind, kept_address)
    return lambda variant: Desk(office, variant)


def words(page, xpath="//main"):
    return " ".join(page.one(xpath).text_content().split())


def test_two_reviewers_one_after_the_other_send_back_to_either(desk):
    """One form, two variables: the second reads what the first has said; who gets it back hears why and finds his answers again."""
    desk = desk("two_reviewers")
    request = {"shixiang": "塔机安装", "jine": "12.5", "authority": AUTHORITY}
    number = desk.start("liangji_shenhe", **request)
    desk.done(number, "Activity_0x1y2z3", "pass", shuoming="已核对原件", yaodian=["cl"])
    assert desk.at(number) == ("待复审", ["Activity_1k2j3h4"])
    second = words(desk.task_page(number, "Activity_1k2j3h4"))
    assert "审核意见 · 初审 办理结果初审通过 审核要点材料齐全 说明已核对原件" in second
    desk.done(number, "Activity_1k2j3h4", "back1", "请再核对金额")
    first = desk.task_page(number, "Activity_0x1y2z3")
    assert "退回初审 请再核对金额" in words(first)
    assert first.one("//textarea[@name='answers.shuoming']").text.strip() == "已核对原件"
    desk.done(number, "Activity_0x1y2z3", "pass")
    desk.done(number, "Activity_1k2j3h4", "back0", "名称有误", expect=200)
    owner = desk.task_page(number, "Activity_0buzheng")
    assert owner.one("//input[@name='answers.shixiang']").get("value") == "塔机安装"
    assert "名称有误" in words(owner)
    desk.done(number, "Activity_0buzheng", **{**request, "shixiang": "升降机安装"})
    desk.done(number, "Activity_0x1y2z3", "pass")
    assert "申请事项塔机安装升降机安装" in words(desk.task_page(number, "Activity_1k2j3h4"), "//*[@class='task-differences']")
    desk.done(number, "Activity_1k2j3h4", "deny", "不属本机关")
    assert (desk.at(number), desk.office.case(number).state) == (("不予许可", []), "ended")


def test_of_two_reviewers_each_has_his_own_buttons_and_the_owner_withdraws_where_it_is_drawn(desk):
    desk = desk("two_reviewers")
    number = desk.start("liangji_shenhe", shixiang="塔机", jine="1", authority=AUTHORITY)

    def buttons(login):
        return [b.text.strip() for b in desk.page(login, "/cases?view=all").all("//*[@class='toolbar']//button")]

    assert buttons(LICENSING) == ["查看", "初审通过", "退回补正"]
    assert "初审通过" not in buttons(REVIEWER)
    assert "同意" in buttons(REVIEWER)
    desk.withdraw(number)
    assert desk.at(number) == ("已撤回", [])


def test_two_departments_give_their_opinions_with_one_form_and_a_third_reads_both(desk):
    """Publication for some working days, ended early by a withdrawal; a subprocess left by the clock, done again by the leader's word."""
    desk = desk("joint_review")
    number = desk.start("lianhe_yijian", gongcheng="花园", authority=AUTHORITY)
    desk.done(number, "Activity_za", "no", "附着点不清", yiju="JGJ 33")
    desk.done(number, "Activity_sp", "ok", yiju="无")
    leader = words(desk.task_page(number, "Activity_ld"))
    assert "科室意见 · 质安意见 办理结果不同意 依据JGJ 33" in leader
    assert "科室意见 · 审批意见 办理结果同意 依据无" in leader
    case = words(desk.page(OWNER, f"/cases/{number}"), "//*[@id='application']")
    assert "科室意见 · 质安意见 依据JGJ 33 科室意见 · 审批意见 依据无" in case
    desk.done(number, "Activity_ld", "redo", "附着点补充后再提")
    assert desk.at(number) == ("征求意见中", ["Activity_sp", "Activity_za"])
    assert "附着点补充后再提" in words(desk.task_page(number, "Activity_za"))
    desk.office.pass_time(days=10)
    assert desk.at(number) == ("督办中", ["Activity_chao"])
    desk.done(number, "Activity_chao")
    desk.done(number, "Activity_ld", "pub")
    assert desk.at(number) == ("公示中", [])
    desk.withdraw(number)
    assert desk.at(number) == ("已撤回", [])


def test_a_department_begins_a_business_and_an_authority_above_decides(desk):
    """Started from the list by those in whose lane the start event lies; nobody else is led there. Rejected work is found as it was."""
    desk = desk("inspection")
    assert "日常巡查" in words(desk.page(SAFETY, "/start"))
    assert desk.page(SAFETY, "/cases").one("//main//a[@href='/start']").text == "新建申请"
    assert desk.page(REVIEWER, "/cases").all("//main//a[@href='/start']") == []
    assert "日常巡查" not in words(desk.page(OWNER, "/start"))
    number = desk.start("xuncha", SAFETY, authority=AUTHORITY, name="某单位", category="safe")
    desk.done(number, "Z", qingkuang="已加固")
    desk.done(number, "F", "no", "仍有隐患")
    again = desk.task_page(number, "Z")
    assert again.one("//textarea[@name='answers.qingkuang']").text.strip() == "已加固"
    assert "仍有隐患" in words(again)
    desk.done(number, "Z", qingkuang="已更换")
    assert "整改情况已加固已更换" in words(desk.task_page(number, "F"), "//*[@class='task-differences']")
    desk.done(number, "F", "ok")
    assert desk.at(number) == ("巡查完成", [])
    asked = {q.text_content() for q in desk.page(SAFETY, "/cases?view=all").all("//*[@class='advanced-field']/label")}
    assert "设备类别／问题类别" in asked
    own = {q.text_content() for q in desk.page(SAFETY, "/cases?view=all&business=xuncha").all("//*[@class='advanced-field']/label")}
    assert "问题类别" in own


def test_a_business_of_the_barest_kind_still_tells_where_it_stands(desk):
    """No pool, no status words, no authority, a form without a title, nameless events, not marked as executable."""
    desk = desk("self_service")
    assert [h.text for h in desk.page(OWNER, "/start/zizhu").all("//h1")] == ["自助登记"]
    number = desk.start("zizhu", textfield_0a1b2c="登记")
    assert desk.at(number) == ("办理中", ["Activity_1"])
    assert "办理中" in words(desk.page(OWNER, "/cases"), "//tbody")
    assert "自助登记 登记内容登记" in words(desk.page(OWNER, f"/cases/{number}"), "//*[@id='application']")
    desk.done(number, "Activity_1")
    assert desk.at(number) == ("已办结", [])


def test_above_a_threshold_the_authority_above_confirms(desk):
    """A decision table says what is above; the reviewer corrects the application in his own form, and the corrected one counts."""
    desk = desk("threshold")
    filed = {"leibie": "T", "liju": 1200, "jiguan": AUTHORITY}
    number = desk.start("gaodu_queren", **filed)
    wrong = desk.done(number, "Activity_0shen", "ok", edits={"db_sq": {**filed, "liju": 0}}, expect=422)
    assert [field["field"] for field in wrong.json["fields"]] == ["liju"]
    desk.done(number, "Activity_0shen", "ok", edits={"db_sq": {**filed, "liju": 999_999}}, xianchang=True)
    assert desk.at(number) == ("待上级确认", ["Activity_0up"])
    page = words(desk.task_page(number, "Activity_0up"))
    assert "审查 办理结果审查通过 已现场核查是" in page
    desk.done(number, "Activity_0up", "yes", expect=422)
    desk.done(number, "Activity_0up", "yes", wenhao="〔2026〕12号")
    assert desk.at(number) == ("已报备", [])
    small = desk.start("gaodu_queren", leibie="W", jiguan=AUTHORITY)
    desk.done(small, "Activity_0shen", "ok")
    assert desk.at(small) == ("已报备", [])


def test_parallel_work_within_parallel_work_begins_again_as_often_as_it_is_sent_back(desk):
    """Elements with Chinese ids, a terminate end that stops its own subprocess only, a subprocess that is left by the clock."""
    desk = desk("nested")
    number = desk.start("Process_0qz8k1m-2", authority=AUTHORITY, name="嵌")
    for again in (True, False):
        desk.done(number, "甲", "redo")
        for element in ("乙", "丙"):
            desk.done(number, element)
        assert desk.at(number) == ("并行办理", ["甲"])
        desk.done(number, "甲", "ok")
        desk.done(number, "汇", "again" if again else "end", "重来")
    desk.done(number, "fu1", "stop", "有误")
    assert desk.at(number) == ("汇总", ["汇"])
    desk.done(number, "汇", "end")
    desk.office.pass_time(days=2)
    assert desk.at(number) == ("并行办理", sorted(["甲", "乙", "丙"]))
    last = desk.program(OWNER).get(f"/cases/{number}/timeline").json[-1]
    assert last["name"] == "超时回去"


def test_an_error_climbs_out_of_calls_in_calls_to_the_event_that_names_it(desk):
    desk = desk("calls")
    for outcome, status in (("ok", "成功"), ("bad", "深层失败")):
        number = desk.start("wai", authority=AUTHORITY)
        desk.done(number, "T", outcome, "见记录")
        assert (desk.at(number), desk.office.case(number).state) == ((status, []), "ended")
    assert desk.office.variables(number)["wrong"]["code"] == "SHENSHENDE"
