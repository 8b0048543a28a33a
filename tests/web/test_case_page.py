"""The page of a case: who sees what of it, without JavaScript."""

from contextlib import ExitStack
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import Browser
from lxml import etree
from office import Office, furnished
from workbench import MONDAY

from registry.sealed_ofd.problems import CHECKS
from workflow_runtime import inbox
from workflow_runtime.clock import ManualClock

OPINION = "产品合格证扫描件不清晰。\n请重新上传。"
STEPS = ("审核", "赋码", "签章", "归集")


class Folder:
    """Cases in every state, and a browser of each person."""

    def __init__(self, office):
        self.office = office
        self.made = 0
        self.done = self.file()
        office.to_the_button(self.done)
        self.waiting = self.file()
        office.until(lambda: "review" in office.waiting(self.waiting))
        office.push(self.done)
        self.corrected = self.reviewed()
        office.misbehave("provincial", "wrong-seal-name")
        self.troubled = self.file()
        office.approve(self.troubled)
        office.until(lambda: "seal_trouble" in office.waiting(self.troubled))
        self.browsers = {}

    def file(self):
        self.made += 1
        return self.office.file(serial_no=f"2023T-1{self.made:03d}")

    def reviewed(self):
        number = self.file()
        self.office.until(lambda: "review" in self.office.waiting(number))
        self.office.complete(number, "review", outcome="reject", opinion=OPINION)
        return number

    def browser(self, login):
        if login not in self.browsers:
            self.browsers[login] = Browser(self.office.runtime, login)
        return self.browsers[login]

    def page(self, login, number, more=""):
        return self.browser(login).get(f"/cases/{number}{more}")


@pytest.fixture(scope="module")
def folders(addresses, tmp_path_factory, request):
    """A function that gives the folder on a kind of database, made once."""
    with ExitStack() as stack:
        made = {}

        def folder(kind):
            if kind not in made:
                server = [request.getfixturevalue("postgresql_server")] if kind == "postgresql" else []
                address = getattr(addresses, kind)(*server, furnished)
                made[kind] = Folder(stack.enter_context(Office(address, tmp_path_factory.mktemp(kind), ManualClock(MONDAY))))
            return made[kind]

        yield folder


@pytest.fixture
def folder(folders, database_kind):
    return folders(database_kind)


def words(page, xpath):
    return [" ".join(found.text_content().split()) for found in page.all(xpath)]


def facts(page, section):
    """The labels and values of a section."""
    pairs = page.all(f"//*[@id='{section}']//dl/div")
    return {div.find("dt").text_content().strip(): div.find("dd").text_content().strip() for div in pairs}


def stages(page):
    return [li.get("class").rpartition("-")[2] for li in page.all("//ol[@class='stepper']/li")]


REVIEWER, OWNER = "li.150100", "zhang"


def test_a_case_under_review(folder):
    """Title, number, status, who decides, until when, what is to be done by whom."""
    page = folder.page(REVIEWER, folder.waiting)
    assert page.status == 200
    assert words(page, "//h1") == [f"新申请 {folder.waiting} 待审核"]
    assert facts(page, "standing")["发证机关"] == "呼和浩特市住房和城乡建设局"
    assert facts(page, "standing")["当前环节"] == "审核"
    assert "2026-03-11" in facts(page, "standing")["办理时限"]
    assert words(page, "//ol[@class='stepper']//span[@class='stepper-name']") == list(STEPS)
    assert stages(page) == ["current", "ahead", "ahead", "ahead"]
    [task] = folder.office.tasks(folder.waiting)
    assert words(page, "//div[@class='heading-actions']/a") == ["审核通过", "审核不通过", "办理：审核", "返回列表"]
    assert [a.get("href").partition("?")[0] for a in page.all("//div[@class='heading-actions']/a")] == [f"/tasks/{task.id}"] * 3 + [
        "/cases"
    ]


@pytest.mark.parametrize(
    ("led", "back"),
    [
        ("http://localhost/cases?view=todo&at=7", "/cases?view=todo&at=7"),
        ("http://localhost/users", "/cases"),
        ("https://example.org/cases?view=todo", "/cases"),
        (None, "/cases"),
    ],
    ids=["list", "elsewhere here", "outside", "nowhere"],
)
def test_the_way_back_leads_to_the_list_as_it_was(folder, led, back):
    """With its search and its place, for the link and for what is decided from here."""
    reviewer = folder.browser(REVIEWER)
    page = reviewer.get(f"/cases/{folder.waiting}", headers={"Referer": led} if led else {})
    assert page.one("//a[text()='返回列表']").get("href") == back
    [task] = folder.office.tasks(folder.waiting)
    decided = urlsplit(page.one("//a[text()='审核通过']").get("href"))
    assert (decided.path, parse_qs(decided.query)) == (f"/tasks/{task.id}", {"outcome": ["approve"], "next": [back]})


def test_answers_and_papers_stand_under_the_forms_own_labels(folder):
    """Choices in words; each file leads to its content."""
    page = folder.page(OWNER, folder.waiting)
    told = facts(page, "application")
    assert (told["产权单位"], told["设备类别"], told["属地发证机关"]) == (
        "内蒙古蒙建机械租赁有限公司", "塔式起重机", "呼和浩特市住房和城乡建设局",
    )  # fmt: skip
    rows = words(page, "//*[@id='papers']//tbody/tr")
    assert len(rows) == 5
    assert rows[0].startswith("（一）产权单位法人营业执照副本 business_licence.pdf")
    assert page.all("//*[@id='papers']//tbody//a/@href")[0].startswith("/attachments/")
    assert "没有发现问题" in words(page, "//*[@id='remarks']")[0]


@pytest.mark.parametrize(("login", "seen"), [(OWNER, True), (REVIEWER, True), ("operator", False), ("chen.150000", False)])
def test_telephones_are_not_for_everybody_who_may_look(folder, login, seen):
    """The owner and the authority work with them; others who see the case do not."""
    page = folder.page(login, folder.waiting)
    assert page.status == 200
    assert ("13800000001" in page.text) is seen


@pytest.mark.parametrize("login", ["wang", "li.150200"])
@pytest.mark.parametrize(
    "more", ["", "/standing", "/diagram/new_filing.bpmn", "/qr.svg", "/certificate", "/withdraw"], ids=lambda more: more or "page"
)
def test_others_find_no_case(folder, login, more):
    """Another owner, another authority: nothing that belongs to it is told."""
    page = folder.page(login, folder.done, more)
    assert page.status == 404
    assert "蒙AA-T2026" not in page.text


def test_the_owner_reads_what_has_to_be_corrected(folder):
    """The opinion with which it was sent back stands on top, its lines kept."""
    page = folder.page(OWNER, folder.corrected)
    assert page.one("//section[@class='case-opinion']/p").text_content() == OPINION
    assert words(page, "//div[@class='heading-actions']/a") == ["办理：补正", "撤回", "返回列表"]
    assert OPINION.splitlines()[0] in words(page, "//*[@id='timeline']//tbody/tr")[0]
    assert not folder.page(OWNER, folder.waiting).all("//section[@class='case-opinion']")


def test_findings_that_block_are_pointed_out_to_who_has_to_deal_with_them(folder):
    """Counted on top for the owner, with severity, words, remedy and question below for everybody."""
    number = folder.office.file(serial_no="2023T-9001", made_on="2009-01-01")
    folder.office.until(lambda: "correct" in folder.office.waiting(number))
    page = folder.page(OWNER, number)
    assert words(page, "//p[contains(@class, 'alert-warning')]") == ["预审发现 1 处须补正的问题。 查看预审结果"]
    found = words(page, "//ul[@class='remarks']/li")
    assert found[0].startswith("须补正 未上传安全评估报告 请上传安全评估报告。")
    assert found[1].startswith("提示")
    assert not folder.page(REVIEWER, number).all("//p[contains(@class, 'alert-warning')]")


def test_the_outline_tells_what_the_drawing_shows(folder):
    """Each place in the order of the flow with its state in words; the place where the case stands is marked as current."""
    page = folder.page(REVIEWER, folder.waiting)
    first = words(page, "//ol[@data-process='new_filing']/li")
    assert first[0].startswith("提交申请 已完成 产权单位 · 张建国 · 2026-03-02 09:00")
    assert page.all("//ol[@data-process='new_filing']/li[@aria-current='step']/@data-element") == ["review"]
    assert set(page.all("//ol[@data-process='issue_certificate']/li/@data-state")) == {"ahead"}
    assert page.all("//*[@data-drawing]/@data-source")[0] == f"/cases/{folder.waiting}/diagram/new_filing.bpmn"


def test_the_diagram_file_is_the_one_that_was_deployed(folder):
    """As BPMN, to be saved and not run by a browser; of processes that are not the case's there is none."""
    client = folder.browser(OWNER).client
    answer = client.get(f"/cases/{folder.waiting}/diagram/issue_certificate.bpmn")
    assert answer.mimetype == "application/xml"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "issue_certificate" in etree.fromstring(answer.data).xpath("//*[local-name()='process']/@id")
    assert client.get(f"/cases/{folder.waiting}/diagram/other.bpmn").status_code == 404


def test_a_finished_case_shows_its_certificate(folder):
    """The face's thirteen items, the checks of the file in words, the file, the public pages."""
    page = folder.page(OWNER, folder.done)
    number = folder.office.certificate(folder.done).number
    assert words(page, "//h1") == [f"新申请 {folder.done} 已归集"]
    assert stages(page) == ["done"] * 4
    face = facts(page, "face")
    assert (face["编号"], face["规格型号"], len(face)) == (number, "QTZ80(TC6012)", 12)
    assert page.one("//figure//img").get("alt") == "全国平台签发的查询二维码"
    assert set(words(page, "//ul[@class='checks']//span[@class='check-word']")) == {"通过"}
    assert len(page.all("//ul[@class='checks']/li")) == len(CHECKS)
    assert any("/preview/" in link for link in page.all("//p[@class='certificate-links']/a/@href"))


def test_the_face_and_file_can_be_fetched(folder):
    """The QR is drawn from the national platform's own text; the file is the one that the network made, under a readable name."""
    client = folder.browser(OWNER).client
    drawn = client.get(f"/cases/{folder.done}/qr.svg")
    assert (drawn.status_code, drawn.mimetype) == (200, "image/svg+xml")
    assert etree.fromstring(drawn.data).tag.endswith("svg")
    sent = client.get(f"/cases/{folder.done}/certificate")
    assert (sent.mimetype, sent.data[:4]) == ("application/ofd", b"PK\x03\x04")
    assert "UTF-8''" in sent.headers["Content-Disposition"]
    for path in ("qr.svg", "certificate"):
        assert client.get(f"/cases/{folder.waiting}/{path}").status_code == 404


def test_trouble_is_told_with_its_remedy(folder):
    """On top and at its stage, not by colour alone; the failed check is named."""
    page = folder.page(REVIEWER, folder.troubled)
    [alert] = words(page, "//div[@role='alert']")
    assert "签章名称" in alert
    assert "请联系政务局更正签章名称" in alert
    assert stages(page) == ["done", "done", "trouble", "ahead"]
    assert "不通过" in words(page, "//li[@class='check-failed']")[0]


def test_a_page_looks_again_while_something_moves_by_itself(folder):
    """Only then; what it fetches is the same part of the page, and the outline."""
    number = folder.file()
    standing = folder.page(OWNER, number).one("//*[@id='standing']")
    assert (standing.get("hx-get"), standing.get("hx-trigger")) == (f"/cases/{number}/standing?next=/cases", "every 3s")
    part = folder.page(OWNER, number, "/standing")
    assert [e.get("id") for e in part.all("//*[@id='standing' or @id='outlines']")] == ["standing", "outlines"]
    assert not part.all("//header")
    assert facts(part, "standing")["当前环节"] == "全国查重"
    folder.office.until(lambda: "review" in folder.office.waiting(number))
    assert "hx-get" not in folder.page(OWNER, number, "/standing").one("//*[@id='standing']").attrib


def test_operators_see_the_machinery(folder):
    """Jobs and calls of the platforms; nobody else does."""
    page = folder.page("operator", folder.done)
    assert "certificate.aggregate" in words(page, "//*[@id='jobs']")[0]
    assert "gj" in words(page, "//*[@id='push-log']")[0]
    assert not folder.page(REVIEWER, folder.done).all("//*[@id='jobs' or @id='push-log']")


def test_the_owner_withdraws_with_a_reason(folder):
    """Asked first; then the case is over, and the timeline says why."""
    number, browser = folder.reviewed(), folder.browser(OWNER)
    question = browser.get(f"/cases/{number}/withdraw")
    assert question.one("//textarea[@name='reason']").get("id") == question.one("//label[@for='reason']").get("for")
    page = browser.submit(question, reason="设备已出售")
    assert words(page, "//div[@role='status']") == ["申请已撤回。"]
    assert words(page, "//h1") == [f"新申请 {number} 已撤回"]
    assert "设备已出售" in words(page, "//*[@id='timeline']//tbody/tr")[0]
    assert words(page, "//div[@class='heading-actions']/a") == ["返回列表"]


def test_who_acts_on_an_old_page_is_told_who_was_faster(folder):
    """Nothing is done, and the reason that was typed is still there."""
    number, browser = folder.reviewed(), folder.browser(OWNER)
    question = browser.get(f"/cases/{number}/withdraw")
    [task] = folder.office.tasks(number)
    with folder.office.runtime.transaction() as uow:
        inbox.claim(uow, task.id, folder.office.owner, task.revision)
    page = browser.submit(question, reason="设备已出售")
    assert page.status == 409
    assert "张建国" in words(page, "//div[@role='alert']")[0]
    assert page.one("//textarea").text.strip() == "设备已出售"
    assert folder.office.case(number).state == "running"


def test_an_operator_suspends_resumes_and_cancels(folder):
    """Each with its reason; an act that does not fit the state is refused in words."""
    number, browser = folder.reviewed(), folder.browser("operator")
    for act, state in (("suspend", "suspended"), ("resume", "running"), ("cancel", "cancelled")):
        browser.submit(browser.get(f"/cases/{number}/{act}"), reason="核查")
        assert folder.office.case(number).state == state
    page = browser.submit(browser.get(f"/cases/{number}/resume"), reason="再来")
    assert page.status == 409
    assert "没有被中止" in words(page, "//div[@role='alert']")[0]


def test_an_administrator_frees_a_task_of_somebody_who_has_left(folder):
    """With a reason that the timeline keeps; nobody else is offered it, and a task that nobody holds is not."""
    number, admin = folder.reviewed(), folder.browser("admin")
    [task] = folder.office.tasks(number)
    action = f"/tasks/{task.id}/unassign"
    assert admin.get(f"/cases/{number}").all(f"//form[@action='{action}']") == []
    with folder.office.runtime.transaction() as uow:
        inbox.claim(uow, task.id, folder.office.owner, task.revision)
    assert folder.page("operator", number).all(f"//form[@action='{action}']") == []
    question = admin.get(f"/cases/{number}")
    assert "张建国" in question.one(f"//details[.//form[@action='{action}']]/summary").text_content()
    assert admin.submit(question, action, reason=" ").status == 422
    freed = admin.submit(question, action, reason="已调离")
    assert freed.address == f"/cases/{number}"
    assert [task.claimed_by for task in folder.office.tasks(number)] == [None]
    assert "已调离" in words(freed, "//*[@id='timeline']")[0]


@pytest.mark.parametrize("act", ["cancel", "suspend", "resume"])
def test_only_operators_stop_cases(folder, act):
    """Whoever else asks is told so, and nothing happens."""
    page = folder.browser(REVIEWER).post(f"/cases/{folder.waiting}/{act}", {"reason": "x"})
    assert page.status == 403
    assert folder.office.case(folder.waiting).state == "running"


@pytest.mark.parametrize(("reason", "why"), [("长" * 2001, "2000"), (" ", "请填写理由")], ids=["too long", "none"])
@pytest.mark.parametrize("act", ["cancel", "suspend", "resume"])
def test_a_wrong_reason_is_told_at_its_field(folder, act, reason, why):
    """The field is marked, the words are kept; nothing is done without a reason."""
    page = folder.browser("operator").post(f"/cases/{folder.waiting}/{act}", {"reason": reason})
    assert page.status == 422
    field = page.one("//textarea")
    assert (field.get("aria-invalid"), field.get("aria-describedby"), field.get("required")) == ("true", "reason-error", "")
    assert why in page.one("//*[@id='reason-error']").text_content()
    assert field.text.strip() == reason.strip()
    assert folder.office.case(folder.waiting).state == "running"


def test_statements_are_counted(folder, statements):
    """However long the case's history is."""
    for number in (folder.waiting, folder.done):
        browser = folder.browser(REVIEWER)
        browser.get(f"/cases/{number}")
        with statements(folder.office.runtime) as sent:
            browser.get(f"/cases/{number}")
        assert len(sent) <= 16, "\n".join(sent)
