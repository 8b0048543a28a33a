"""What each command does, through the command line."""

import json
import sqlite3
from contextlib import closing

import pytest
from desk import HOHHOT, ROOT, SECRETS, Desk, settings_of, task_of, until

import sandbox
from web.app import create_app
from web.composition import Settings, open_runtime
from web.server import serving

OPERATIONS = {"token", "check", "fm", "seal", "fetch", "gj"}
"""Calls that each filing needs."""


@pytest.fixture
def platforms(tmp_path):
    """Both stand-ins; gives the settings with which they are reached."""
    running = sandbox.start(tmp_path / "platforms")
    yield settings_of(running, tmp_path / "platforms")
    running.stop()


@pytest.fixture
def aggregated(database_kind, new_address, tmp_path, platforms):
    """A desk at which a filing went all the way by commands alone, and the case's number."""
    desk = Desk(tmp_path / "a desk", None if database_kind == "sqlite" else new_address(), **platforms)
    desk.prepare()
    receiving = open_runtime(Settings.read(desk.environment))
    with serving(create_app(receiving)) as address:
        desk.environment["CRANE_PUBLIC_URL"] = address
        number = desk.file()
        desk.crane("complete", task_of(desk, "li.150100", "review"), "--as", "li.150100", "--outcome", "approve", "--opinion", "同意")
        desk.crane("complete", task_of(desk, "li.150100", "aggregate_button"), "--as", "li.150100")
        until(lambda: desk.crane("worker", "--drain") and desk.data("case", number)["case"]["status"] == "已归集")
    receiving.database.close()
    return desk, number


def test_a_filing_goes_from_the_owner_to_aggregation_by_commands(aggregated):
    """On either database: cases, case, push log, incidents and audit tell the same story, in words and as JSON, and no secret."""
    desk, number = aggregated
    [row] = desk.data("cases", "--status", "已归集")
    assert (row["number"], row["state"]) == (number, "ended")
    assert number in desk.crane("cases").out
    told = desk.data("case", number)
    assert [t["outcome"] for t in told["tasks"]] == ["approve", "push"]
    assert told["timeline"][-1]["status"] == "已归集"
    assert "已归集" in desk.crane("case", number).out
    log = desk.data("push-log", number)
    assert {e["operation"] for e in log} >= OPERATIONS
    assert {e["outcome"] for e in log} <= {"accepted", "warned"}
    for secret in SECRETS:
        assert secret not in json.dumps(log)
    assert "access_token" not in json.dumps(log)
    assert "accepted" in desk.crane("push-log", number, "--as", "operator").out
    assert desk.data("incidents") == []
    report = desk.data("audit", "verify")
    assert report["breaches"] == []
    assert report["entries"] > 10
    assert desk.crane("db", "check").out


def test_the_check_of_an_authority_brings_the_books_up_to_date(at, platforms):
    """What the network says of account, seal and catalogue is entered, and the change is in the audit."""
    desk = at("prepared")
    desk.environment |= platforms
    desk.crane("authority", "set", HOHHOT, "--no-catalogue", "--seal-name", "旧印章")
    before = desk.data("audit", "verify")["entries"]
    found = desk.data("authority", "check", HOHHOT)
    assert (found["known"], found["changed"], [c["ok"] for c in found["checks"]]) == (True, True, [True] * 4)
    [told] = [a for a in desk.data("authority", "list") if a["code"] == HOHHOT]
    assert told["catalogue_claimed"] is True
    assert desk.data("audit", "verify")["entries"] == before + 1
    assert "无变化" in desk.crane("authority", "check", HOHHOT).out


def test_only_an_administrator_lets_an_authority_be_checked(at, platforms):
    """Refused before anybody is asked and before the books change."""
    desk = at("prepared")
    desk.environment |= platforms
    desk.crane("authority", "set", HOHHOT, "--no-catalogue")
    before = desk.books()
    said = desk.run("authority", "check", HOHHOT, "--as", "operator")
    assert (said.status, "NOT_ALLOWED" in said.err) == (1, True)
    assert desk.books() == before


def test_a_lane_is_set_with_an_audit_entry_and_diagrams_may_use_it(at):
    """A diagram with a new lane is refused until the lane is in the role table."""
    desk = at("prepared")
    diagram = (ROOT / "bpmn" / "new_filing.bpmn").read_text().replace('name="发证机关"', 'name="备案窗口"')
    path = desk.write("new_filing.bpmn", diagram)
    assert desk.run("lint", path).status == 1
    assert "set" in desk.crane("lane", "set", "备案窗口", "reviewer", "authority").out
    assert {"name": "备案窗口", "role": "reviewer", "party": "authority"} in desk.data("lane", "list")
    assert desk.run("lint", path).status == 0
    entries = desk.data("audit", "verify")["entries"]
    assert "nothing changed" in desk.crane("lane", "set", "备案窗口", "reviewer", "authority").out
    desk.crane("lane", "set", "备案窗口", "supervisor", "authority.parent")
    assert desk.data("audit", "verify")["entries"] == entries + 1
    assert "备案窗口" in desk.crane("lane", "list").out


def test_users_are_added_granted_revoked_and_locked_out(at):
    """Each change takes effect at once; a repetition says that nothing changed."""
    desk = at("prepared")
    party = f"authority:{HOHHOT}"
    desk.crane("user", "add", "zhao", "赵敏", party)
    assert "granted" in desk.crane("user", "grant", "zhao", "reviewer", party).out
    assert "had it" in desk.crane("user", "grant", "zhao", "reviewer", party).out
    [zhao] = [u for u in desk.data("user", "list") if u["login"] == "zhao"]
    assert zhao["grants"] == [{"role": "reviewer", "party": party}]
    desk.crane("tasks", "--as", "zhao")
    desk.crane("user", "disable", "zhao")
    assert "nothing changed" in desk.crane("user", "disable", "zhao").out
    assert "NOT_ALLOWED" in desk.run("tasks", "--as", "zhao").err
    desk.crane("user", "disable", "zhao", "--enable")
    assert "revoked" in desk.crane("user", "revoke", "zhao", "reviewer", party).out
    assert "did not have" in desk.crane("user", "revoke", "zhao", "reviewer", party).out
    assert "赵敏" in desk.crane("user", "list").out


def test_an_authority_is_added_and_changed(at):
    """Its preconditions are shown beside it."""
    desk = at("prepared")
    desk.crane("authority", "add", "11150300MB0000005B", "乌海市住房和城乡建设局", "150300", "--prefix", "蒙CA")
    assert "changed" in desk.crane("authority", "set", "11150300MB0000005B", "--seal-name", "乌海市住房和城乡建设局", "--account").out
    assert "nothing" in desk.crane("authority", "set", "11150300MB0000005B", "--account").out
    [told] = [a for a in desk.data("authority", "list") if a["region"] == "150300"]
    assert told["preconditions"] == {"account": True, "seal": False, "catalogue": False, "seal_name": True}
    assert "蒙CA" in desk.crane("authority", "list").out


def test_departments_come_and_go_one_by_one(at):
    """One is added or removed and the others stay; there is no option that replaces them all."""
    desk = at("prepared")

    def departments():
        return next(a["departments"] for a in desk.data("authority", "list") if a["code"] == HOHHOT)

    before = departments()
    desk.crane("authority", "set", HOHHOT, "--add-department", "法规科")
    assert departments() == [*before, "法规科"]
    assert "nothing" in desk.crane("authority", "set", HOHHOT, "--add-department", "法规科").out
    desk.crane("authority", "set", HOHHOT, "--remove-department", before[0])
    assert departments() == [*before[1:], "法规科"]
    assert desk.run("authority", "set", HOHHOT, "--department", "法规科").status == 2


def test_lint_needs_no_database(empty):
    """For a build server: the shipped lanes and the given files alone, said on standard error; nothing is left behind."""
    said = empty.run("lint", ROOT / "bpmn", ROOT / "forms", "--json")
    assert said.status == 0
    assert isinstance(said.json, list)
    assert "No database" in said.err
    diagram = (ROOT / "bpmn" / "new_filing.bpmn").read_text().replace('name="发证机关"', 'name="备案窗口"')
    assert empty.run("lint", empty.write("new_filing.bpmn", diagram), ROOT / "bpmn" / "issue_certificate.bpmn", ROOT / "forms").status == 1
    assert not empty.path.exists()


def test_the_demonstration_has_a_reviewer_at_each_department(at):
    """The analyst's example can be worked: each of the two departments finds its task."""
    desk = at("prepared")
    desk.crane("deploy", ROOT / "docs" / "examples")
    request = desk.write("request.json", json.dumps({"subject": "塔机附着方案", "authority": f"authority:{HOHHOT}"}))
    desk.crane("start", "opinions", "--as", "zhang", "--answers", request)
    elements = [[i["task"]["element"] for i in desk.data("tasks", "--as", f"{login}.150100")] for login in ("sun", "qian")]
    assert elements == [["safety"], ["licensing"]]
    desk.crane("user", "demonstration")


def test_an_incident_is_shown_retried_and_resolved(at):
    """A retry without a cure ends in a new incident; a result entered by hand lets the case go on."""
    desk = at("troubled")
    [found] = desk.data("incidents")
    assert found["incident"]["error"]["code"] == "PLATFORM_NOT_CONFIGURED"
    desk.crane("retry", found["incident"]["id"])
    desk.crane("worker", "--drain")
    [again] = desk.data("incidents")
    assert again["incident"]["id"] != found["incident"]["id"]
    assert [i["id"] for i in desk.data("case", found["number"])["incidents"]] == [again["incident"]["id"]]
    assert f"incident {again['incident']['id']}" in desk.crane("case", found["number"]).out
    result = desk.write("result.json", '{"blocked": false, "findings": []}')
    desk.crane("resolve", again["incident"]["id"], "--answers", result, "--reason", "电话核实")
    assert desk.data("incidents") == []
    assert len(desk.data("incidents", "--all")) == 2
    assert [i["task"]["element"] for i in desk.data("tasks", "--as", "li.150100", "--case", found["number"])] == ["review"]


def test_a_case_tells_who_has_to_do_what_and_until_when_its_timers_wait(at):
    """The open task with its party, due date and the outcomes that may be given; the job that an incident holds."""
    desk = at("reviewing")
    [row] = desk.data("cases")
    [task] = desk.data("tasks", "--as", "li.150100")
    said = desk.crane("case", row["number"]).out
    assert f"reviewer@authority:{HOHHOT}" in said
    assert "approve reject" in said
    assert " ".join(task["task"]["due_at"].split("+")[0].split("T")).split()[0] in said
    assert "timers wait" in said
    desk = at("troubled")
    [row] = desk.data("cases")
    told = desk.crane("case", row["number"]).out
    assert "open jobs" in told
    assert "PLATFORM_NOT_CONFIGURED" in told
    assert "open tasks" not in told


def test_what_goes_into_a_pipe_keeps_its_lines_whole(at):
    """A row is one line, and an incident's sentence and remedies are one line each, in both languages."""
    desk = at("troubled")
    [found] = desk.data("incidents")
    said = desk.crane("incidents").out.splitlines()
    error = found["incident"]["error"]
    for sentence in (*error["message"].values(), *(f"→ {words}" for words in error["remedy"].values())):
        assert f"  {sentence}" in said
    long = "超长名称" * 40
    desk.crane("user", "add", "long", long, "system")
    assert any(long in line for line in desk.crane("user", "list").out.splitlines())


def test_draining_says_what_came_of_it(at):
    """A job that ends in an incident was attempted, not done."""
    desk = at("troubled")
    [found] = desk.data("incidents")
    desk.crane("retry", found["incident"]["id"])
    assert desk.data("worker", "--drain") == {"attempted": 1, "done": 0, "retry": 0, "incidents": 1, "timers": 0}
    assert "attempted 0 jobs: 0 done" in desk.crane("worker", "--drain").out


def test_the_owner_withdraws(at):
    """Where the diagram allows it, the case ends with its word."""
    desk = at("reviewing")
    [row] = desk.data("cases", "--as", "zhang")
    assert desk.data("withdraw", row["number"], "--as", "zhang", "--reason", "填错")["status"] == "已撤回"
    assert desk.crane("tasks", "--as", "li.150100")


def test_handlers_tells_what_diagrams_may_call(empty):
    """Without any database, in words and as JSON."""
    told = empty.data("handlers")
    assert "certificate.seal" in [h["name"] for h in told["handlers"]]
    assert told["receivers"] == ["certificate.sealed"]
    assert "certificate.sealed" in empty.crane("handlers").out
    assert not empty.path.exists()


def test_a_cut_of_the_audit_is_found_with_the_checkpoint(at):
    """Without the checkpoint's file a chain that is gone as a whole would not be missed."""
    desk = at("reviewing")
    heads = desk.folder / "heads.json"
    desk.crane("audit", "checkpoint", heads)
    assert desk.crane("audit", "verify", "--checkpoints", heads).status == 0
    document = json.loads(heads.read_bytes())
    document["gone"] = [3, "0" * 64]
    desk.write("heads.json", json.dumps(document))
    said = desk.run("audit", "verify", "--checkpoints", heads, "--json")
    assert (said.status, [b["stream"] for b in said.json["breaches"]]) == (1, ["gone"])
    assert "gone" in desk.run("audit", "verify", "--checkpoints", heads).out


def test_deploy_says_what_has_changed_and_repeats_without_harm(at):
    """The same files again are the same version."""
    desk = at("prepared")
    told = desk.data("deploy", ROOT / "bpmn", ROOT / "forms")
    assert [(b["business"], b["changed"]) for b in told["businesses"]] == [("new_filing", False), ("reissue", False)]
    assert "未变" in desk.crane("deploy", ROOT / "bpmn", ROOT / "forms").out


def test_what_people_typed_cannot_steer_the_terminal(at):
    """Escape sequences that have come into the books, by another system's words say, are shown and not sent."""
    desk = at("prepared")
    desk.crane("user", "add", "sly", "狡猾", "system")
    with closing(sqlite3.connect(desk.path)) as books, books:
        books.execute("UPDATE user_account SET display_name = ? WHERE login = 'sly'", ("狡\x1b[2J猾",))
    assert "\x1b" not in desk.crane("user", "list").out


def test_lists_and_histories_speak_in_words(at):
    """Neither references of the books, nor codes of options, of states, of what happened."""
    desk = at("reviewing")
    [row] = desk.data("cases")
    known = "内蒙古蒙建机械租赁有限公司 91150100MA0MJ0001U 塔式起重机 QTZ80(TC6012) 中联重科股份有限公司 ZL2024-0518 2024-05-18 呼和浩特市住房和城乡建设局"
    for listed in (desk.crane("cases").out, desk.crane("tasks", "--as", "li.150100").out):
        assert known in listed
        assert row["fields"]["authority"] not in listed
    told = desk.crane("case", row["number"]).out
    assert "待审核（办理中）" in told
    assert "提交申请" in told
    assert "case.started" not in told
