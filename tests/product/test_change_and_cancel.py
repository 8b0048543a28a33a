"""变更 and 注销, drawn in docs/examples with general handlers only, deployed into a running system and driven to their ends.

One story, told once on each database: a tower crane is filed, its certificate changed, then cancelled, then filed by another owner. Server and
worker run from before the deployment to the end.
"""

from dataclasses import dataclass

import pytest
from desk import ROOT
from office import answers_of
from running import System
from visiting import text

from web.composition import HISTORIES
from web.demonstration.filing import PAPERS
from web.demonstration.papers import pdf

EXAMPLES = ROOT / "docs" / "examples"
AUTHORITY = "authority:11150100MB0000001L"
OWNER, REVIEWER, BUYER = "zhang", "li.150100", "wang"
RENAMED, FULL_WIDTH = "内蒙古青城起重(集团)有限公司", "内蒙古青城起重（集团）有限公司"
"""The owner's new name as it is typed, and as the national platform wants it."""


def file(system, login, **changes):
    """新申请, from the owner's answers to 已归集; gives the case."""
    number = system.start(login, "new_filing", answers_of("tower_crane", **changes) | system.attach(login, *PAPERS))
    system.complete(REVIEWER, number, "review", outcome="approve")
    system.complete(REVIEWER, number, "aggregate_button", outcome="push")
    return system.reaches(number, "已归集", login)


def public(system, certificate):
    """What anybody reads on the public page of a certificate."""
    return text(system.visitor().get(f"/verify/{certificate['verification_code']}"))


@dataclass
class Told:
    """The story's system, its cases, and what was to be seen on the way."""

    system: System
    filed: dict
    changed: dict
    cancelled: dict
    sold: dict
    seen: dict


def change(system, number, seen):
    """变更 by pages: the owner finds everything filled in and changes name and model; the reviewer approves."""
    owner, reviewer = system.visitor(OWNER), system.visitor(REVIEWER)
    asked = {"answers.certificate_no": number, "answers.authority": AUTHORITY, "answers.reason": "企业更名"}
    proof = [("answers.proof", "proof.pdf", pdf("proof"))]
    what = {"answers.subjects": ["owner_name", "machine"]}
    started = owner.submit(owner.get("/start/change"), "/start/change", ("action", "submit"), proof, **asked, **what)
    case = started.address.rpartition("/")[2]
    page = owner.get(f"/tasks/{system.task(OWNER, case, 'fill_in').json['id']}")
    seen["filled in"] = {
        name: page.one(f"//*[@name='answers.{name}']").value.strip() for name in ("model", "serial_no", "parameters", "owner_code")
    }
    owner.submit(
        page, page.address, **{"answers.owner_name": RENAMED, "answers.model": "QTZ100", "answers.serial_no": "伪造"}, outcome="submit"
    )
    task = system.task(REVIEWER, case, "review").json
    seen["review"] = text(reviewer.get(f"/tasks/{task['id']}"))
    reviewer.submit(reviewer.get(f"/tasks/{task['id']}"), f"/tasks/{task['id']}", outcome="approve", **{"answers.checked": ["licence"]})
    system.task(REVIEWER, case, "aggregate_button")
    seen["inbox of changes"] = text(reviewer.get("/cases?view=todo"))
    system.complete(REVIEWER, case, "aggregate_button", outcome="push")
    return system.reaches(case, "已归集")


def cancel(system, number, seen):
    """注销 by programs; the national platform refuses the report once."""
    answers = {
        "certificate_no": number,
        "authority": AUTHORITY,
        "ground": "sold",
        "reason": "设备已出售",
        "commitment": True,
    } | system.attach(OWNER, "contract")
    case = system.start(OWNER, "cancel", answers)
    seen["inbox"] = text(system.visitor(REVIEWER).get("/cases?view=todo"))
    system.misbehave("refuse", "update", arg={"code": "E9001", "message": "平台维护"})
    system.complete(REVIEWER, case, "review", outcome="approve", answers={"paper": "none"})
    task = system.task(REVIEWER, case, "trouble").json
    seen["trouble"] = text(system.visitor(REVIEWER).get(f"/tasks/{task['id']}"))
    seen["status in trouble"] = system.case(case)["status"]
    seen["updates in trouble"] = system.effects("update")
    seen["public in trouble"] = public(system, seen["certificate"])
    system.complete(REVIEWER, case, "trouble", outcome="retry")
    return system.reaches(case, "已注销")


def tell(system):
    seen = {"before": text(system.visitor(OWNER).get("/start"))}
    filed = file(system, OWNER)
    system.desk.crane("deploy", EXAMPLES)
    seen["after"] = text(system.visitor(OWNER).get("/start"))
    changed = change(system, filed["certificate"]["number"], seen)
    seen["certificate"] = changed["certificate"]
    seen["public after the change"] = public(system, filed["certificate"]), public(system, changed["certificate"])
    cancelled = cancel(system, filed["certificate"]["number"], seen)
    sold = file(system, BUYER, owner_name="包头市鹿城建筑工程有限公司", owner_code="91150200MA0MJ00024")
    return Told(system, filed, changed, cancelled, sold, seen)


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    """A function: the story on this kind of database, told once."""
    told, opened = {}, {}

    def story(kind, kept_address):
        if kind in opened:
            assert kind in told, "the story has come to no end"
        else:
            system = System(tmp_path_factory.mktemp(f"a {kind} system"), None if kind == "sqlite" else kept_address(*HISTORIES))
            opened[kind] = system.__enter__()
            told[kind] = tell(system)
        return told[kind]

    yield story
    for system in opened.values():
        system.__exit__()


@pytest.fixture
def story(stories, database_kind, kept_address):
    return stories(database_kind, kept_address)


def test_both_businesses_are_there_once_they_are_deployed(story):
    """In the start list of pages and in the list of the interface, without a restart; before, they were nowhere."""
    for title in ("变更", "注销"):
        assert title not in story.seen["before"]
        assert title in story.seen["after"]
        [business] = [b for b in story.system.program(OWNER).get("/businesses").json if b["title"] == title]
        assert business["may_start"]
        assert "certificate_no" in business["form"]["properties"]


def test_the_interface_describes_them(story):
    """OpenAPI knows the answers of their forms."""
    schemas = story.system.program(OWNER).get("/openapi.json").json["components"]["schemas"]
    assert {"certificate_no", "dismantling"} <= schemas["answers.cancel"]["properties"].keys()
    assert {"certificate_no", "subjects"} <= schemas["answers.change"]["properties"].keys()


def test_reviewers_have_them_in_their_inbox(story):
    assert "注销" in story.seen["inbox"]
    assert story.filed["certificate"]["number"] in story.seen["inbox"]
    assert "变更" in story.seen["inbox of changes"]


def test_they_are_found_by_keyword_and_by_their_own_questions(story):
    number, visitor = story.filed["certificate"]["number"], story.system.visitor(REVIEWER)
    for address in (f"q={number}", f"f.certificate_no={number}", "business=cancel", "f.ground=sold"):
        assert story.cancelled["number"] in text(visitor.get(f"/cases?view=all&{address}")), address
    found = story.system.program(REVIEWER).get(f"/cases?q={number}").json["rows"]
    assert {story.cancelled["number"], story.changed["number"], story.filed["number"]} <= {row["number"] for row in found}
    [row] = visitor.get(f"/cases?view=all&q={RENAMED}").all("//main//table/tbody/tr")
    assert "变更" in row.text_content()


def test_statistics_count_them(story):
    page = text(story.system.visitor("chen.150000").get("/statistics"))
    assert "注销" in page
    assert "已注销" in page
    assert "变更" in page


def test_the_audit_trail_tells_every_step_and_holds(story):
    """Who did what, in the order in which it happened; no chain is broken."""
    number = story.cancelled["number"]
    entries = story.system.program("admin").get(f"/trail/entries?stream=case:{number}").json
    actions = [entry["action"] for entry in entries]
    assert actions.count("task.completed") == 2
    assert story.system.desk.data("audit", "verify")["breaches"] == []


def test_the_owner_finds_everything_filled_in_and_cannot_change_the_machine(story):
    answers = answers_of("tower_crane")
    assert story.seen["filled in"] == {name: str(answers[name]) for name in story.seen["filled in"]}
    items = story.changed["variables"]["items"]
    assert (items["serial_no"], items["owner_code"], items["model"]) == (answers["serial_no"], answers["owner_code"], "QTZ100")


def test_a_changed_certificate_replaces_the_old_one(story):
    """The same number, one version more, the old one named; old and new are told to the platforms and to the public."""
    before, after = story.filed["certificate"], story.changed["certificate"]
    assert (after["number"], after["version"], before["version"]) == (before["number"], 2, 1)
    [sent] = [r["request"]["AcceptData"][0] for r in story.system.received("fm") if r["request"]["AcceptData"][0]["operateType"] == "08"]
    assert (sent["associatedZzeCertID"], sent["companyName"]) == (before["identifier"], FULL_WIDTH)
    old, new = story.seen["public after the change"]
    assert "已换发" in old
    assert RENAMED not in old
    assert "现行有效" in new
    assert RENAMED in new
    assert "QTZ100" in new


def test_a_cancelled_certificate_shows_it_at_once_whatever_the_platform_says(story):
    """The register comes first: while the national platform refuses, the public page says 注销 already."""
    assert story.seen["updates in trouble"] == []
    assert "注销" in story.seen["public in trouble"]
    assert "现行有效" not in story.seen["public in trouble"]


def test_a_refused_report_waits_for_a_person_with_reason_and_remedy(story):
    """Our register and the platform are never apart unnoticed."""
    assert story.seen["status in trouble"] == "上报失败"
    assert "平台维护" in story.seen["trouble"]
    assert "请按平台提示核对数据后重试" in story.seen["trouble"]


def test_the_national_platform_was_told_once(story):
    """One state update, 注销 (04); no 归集 of its own."""
    [update] = story.system.effects("update")
    aggregated = [row["zzeCertID"] for row in story.system.effects("gj") if row["certNum"] == story.filed["certificate"]["number"]]
    assert aggregated == [story.filed["certificate"]["identifier"], story.changed["certificate"]["identifier"]]
    assert (update["zzeCertID"], update["certState"]) == (aggregated[-1], "04")


def test_after_a_cancellation_the_buyer_files_the_machine_anew(story):
    """With a number of his own; the machine keeps its 设备唯一编号."""
    before, after = story.changed["certificate"], story.sold["certificate"]
    assert after["number"] != before["number"]
    assert "现行有效" in public(story.system, after)
    assert "注销" in public(story.system, before)
